//! Replacing arrays of a value without its Rust type.

use super::Storage;
use super::entry::ArrayInfo;
use super::intent::Intent;
use super::list::array_info;
use super::name::Name;
use super::report::SaveReport;
use super::rewrite::Becomes;
use super::version::Version;
use crate::array::AnyArray;
use crate::engine::unblock;
use crate::error::Result;
use crate::trace::in_span;

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
    /// Everything else of the document stays as it is: its numbers, its external objects, and which arrays are plain
    /// `ndarray` fields.
    ///
    /// # Errors
    /// Those of `replace`, with the array's path; `Conflict` if another program has replaced the value in the meantime;
    /// those of [`load`](Self::load) that do not depend on a type, and of [`save`](Self::save). The old value stays.
    pub fn replace_arrays(
        &self,
        name: &str,
        mut replace: impl FnMut(&ArrayInfo, &AnyArray) -> Result<Option<AnyArray>>,
    ) -> Result<SaveReport> {
        let own = Name::parse(name)?;
        in_span!("save", document = name; {
            let fetched = self.fetch(&own)?;
            let intent = Intent::ReplaceVersion(Version::of(fetched.head.manifest.write_id()));
            let backend = self.place.backend(own.workflow());
            let planned = fetched.with_arrays(self, &own, intent, |entry, array| {
                let info = array_info(entry, &*backend, &*self.place, &own)?;
                let replaced = replace(&info, &AnyArray::of(array.clone()));
                Ok(match replaced.map_err(|error| error.at_path(entry.path()))? {
                    Some(array) => Becomes::Replaced(array.erased().clone()),
                    // Without a manifest it has no checksums yet.
                    None if entry.named.is_some() => Becomes::Replaced(array),
                    None => Becomes::Kept(array),
                })
            });
            planned.map_err(|error| error.in_document(name))?.carry_out()
        })
    }

    /// The async form of [`replace_arrays`](Self::replace_arrays). `replace` is called on the thread that does the work.
    ///
    /// # Errors
    /// As for [`replace_arrays`](Self::replace_arrays).
    pub fn replace_arrays_async<F>(
        &self,
        name: &str,
        replace: F,
    ) -> impl Future<Output = Result<SaveReport>> + Send + use<F>
    where
        F: FnMut(&ArrayInfo, &AnyArray) -> Result<Option<AnyArray>> + Send + 'static,
    {
        let (storage, name) = (self.clone(), name.to_owned());
        unblock(move || storage.replace_arrays(&name, replace))
    }
}
