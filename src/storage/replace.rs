//! Replacing arrays of a value without its Rust type.

use super::Storage;
use super::entry::ArrayInfo;
use super::intent::Intent;
use super::list::array_info;
use super::load::Fetched;
use super::name::Name;
use super::report::SaveReport;
use super::version::Version;
use crate::array::AnyArray;
use crate::error::Result;
use crate::plugin::Value;

impl Storage {
    /// Saves the value with this name again, with some of its arrays replaced: for other chunks, another codec or other
    /// elements. No Rust type is needed. `replace` is called with each array, and returns the array in its place, or
    /// `None` to keep it. All places of an array in the value get the same one.
    ///
    /// It is one commit: the old value stays until the new one is durable. The other arrays stay where they are.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::Codec;
    ///
    /// storage.save("survey", &("north", ndarray::Array2::<f32>::ones((1000, 1000))))?;
    /// assert_eq!(storage.array("survey", "[1]")?.stored_codec()?, Some(Codec::NONE));
    /// storage.replace_arrays("survey", |info, array| {
    ///     println!("{}: {} bytes", info.paths[0], info.bytes);
    ///     array.rechunk(&[100, 100])?.with_codec(Codec::zstd(3)?).map(Some)
    /// })?;
    /// let array = storage.array("survey", "[1]")?;
    /// assert_eq!((array.grid().chunk_count(), array.stored_codec()?), (100, Some(Codec::zstd(3)?)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A plain `ndarray` becomes a chunked array, which a field of either type reads.
    ///
    /// # Errors
    /// Those of `replace`, with the array's path; `Unsupported` if the value has an external object; `Conflict` if
    /// another program has replaced the value in the meantime; those of [`load`](Self::load) that do not depend on a
    /// type, and of [`save`](Self::save). The old value stays.
    pub fn replace_arrays(
        &self,
        name: &str,
        mut replace: impl FnMut(&ArrayInfo, &AnyArray) -> Result<Option<AnyArray>>,
    ) -> Result<SaveReport> {
        let own = Name::parse(name)?;
        let Fetched { head, body, resolver, stamp } = self.fetch(&own)?;
        let version = Version::of(head.manifest.write_id());
        let backend = self.place.backend(own.workflow());
        for entry in &head.manifest.arrays {
            let info = array_info(entry, &*backend, &*self.place, &own)?;
            let array = resolver.array(&entry.id)?;
            let replaced = replace(&info, &AnyArray::of(array));
            let located = |error: crate::error::Error| error.at_path(entry.path()).in_document(name);
            if let Some(array) = replaced.map_err(located)? {
                resolver.replace(&entry.id, array.erased().clone());
            }
        }
        let storage = Self { format: head.format, ..self.clone() };
        let value: Value = Fetched { head, body, resolver, stamp }.walk(&own)?;
        storage.save_now(name, &value, Intent::ReplaceVersion(version))
    }
}
