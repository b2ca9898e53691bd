//! Listing and looking, without any Rust type.

use super::Storage;
use super::entry::{ArrayInfo, ExternalObjectInfo, ListEntry, ValueInfo};
use super::glob::Glob;
use super::missing::open;
use super::name::{Name, Workflow};
use super::place::{Listed, Place};
use super::read::{located, look_at_arrays};
use crate::backend::Backend;
use crate::error::Result;
use crate::plugin::ArrayEntry;
use crate::task::check_cancelled;

impl Storage {
    /// Returns the documents whose names match a glob, in the order of their names. In a glob, `*` and `?` match within
    /// a segment, `**` matches across segments, `[a-c]` and `{a,b}` match alternatives, and `\` escapes the next
    /// character.
    ///
    /// In a folder, a file that does not begin as a document is skipped. An empty file, one of zeros, and one whose
    /// first bytes are nearly those of a document are listed, because they may be damaged documents. In an object
    /// store, checking this would take a request for each object, so every object that could be a document is listed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("global/a", &1)?;
    /// storage.save("global/b", &2)?;
    /// storage.save("local/a", &3)?;
    /// let names: Vec<String> = storage.list("global/*")?.into_iter().map(|entry| entry.name).collect();
    /// assert_eq!(names, ["global/a", "global/b"]);
    /// assert_eq!(storage.list("**")?.len(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the glob is invalid, or has more than 4096 bytes, 256 alternatives or 8 levels of nested
    /// braces; `Io` if a folder cannot be read. A storage that does not exist is like an empty one; see
    /// [`exists`](Self::exists).
    pub fn list(&self, glob: &str) -> Result<Vec<ListEntry>> {
        check_cancelled()?;
        let glob = Glob::parse(glob)?;
        let mut entries = Vec::new();
        // Where no document's name can be, nothing is looked for: "../*" leads nowhere.
        let Some(workflow) = glob.workflow() else { return Ok(entries) };
        self.place.walk(workflow, &mut |Listed { name, bytes, modified, .. }| {
            if glob.is_match(name.as_str()) && self.place.is_document(&name) {
                entries.push(ListEntry { name: name.as_str().to_owned(), bytes, modified });
            }
        })?;
        entries.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    /// Returns whether the storage exists: whether its folder exists, or any object below it in an object store. The
    /// first save creates it. [`list`](Self::list) returns nothing for a storage that does not exist, as for an empty
    /// one.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let folder = folder.path().join("surveys");
    /// let storage = arraystow::Storage::open(folder)?;
    /// assert!(!storage.exists()?);
    /// storage.save("answer", &42)?;
    /// assert!(storage.exists()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io` or `PermissionDenied` if this cannot be determined.
    pub fn exists(&self) -> Result<bool> {
        self.place.exists()
    }

    /// Returns whether there is a document with this name, as [`list`](Self::list) returns it.
    ///
    /// # Errors
    /// `InvalidName` if the name is invalid; `Io` if this cannot be determined.
    pub fn contains(&self, name: &str) -> Result<bool> {
        let name = Name::parse(name)?;
        self.place.contains(&name).map_err(|error| error.in_document(name.as_str()))
    }

    /// Returns the contents of the document's manifest: for every array its places in the value, type, shape, chunks
    /// and bytes, and the files of external objects.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{ArrayInfo, ChunkedArray, ExternalObjectInfo, ValueInfo};
    ///
    /// let height = ChunkedArray::<f32>::zeros(&[100, 200], &[50, 50])?;
    /// storage.save("survey", &("flat", height))?;
    /// let info: ValueInfo = storage.info("survey")?;
    /// let array: &ArrayInfo = &info.arrays[0];
    /// assert_eq!((array.paths[0].as_str(), array.shape()), ("[1]", &[100, 200][..]));
    /// assert_eq!(array.data_type, arraystow::DataType::Float32);
    /// assert!(info.array_bytes() >= 80_000 && array.digest.is_some());
    /// let files: Vec<String> = info.external_objects.iter().flat_map(|object: &ExternalObjectInfo| object.files.clone()).collect();
    /// assert!(files.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if it is damaged.
    pub fn info(&self, name: &str) -> Result<ValueInfo> {
        let name = Name::parse(name)?;
        let mut document = open(&*self.place, &name)?;
        let mut head = document.head(&*self.place, &name)?;
        look_at_arrays(&*self.place, name.workflow(), &mut head.manifest)?;
        let backend = self.place.backend(name.workflow());
        let arrays = head.manifest.arrays.iter().map(|entry| array_info(entry, &*backend, &*self.place, &name));
        let arrays = arrays.collect::<Result<Vec<_>>>()?;
        let files = self.place.protocols(name.workflow()).files()?;
        let external_objects = head.manifest.objects.iter().map(|entry| ExternalObjectInfo {
            paths: entry.paths.clone(),
            serializer: entry.id.name().to_owned(),
            files: entry.files.iter().map(|file| files.describe(&file.name)).collect(),
            bytes: entry.bytes(),
        });
        let external_objects = external_objects.collect();
        let (name, bytes) = (name.as_str().to_owned(), document.bytes);
        Ok(ValueInfo { name, format: head.format, bytes, arrays, external_objects })
    }

    /// The names of all documents of a workflow and of those below it.
    pub(super) fn names_under(&self, workflow: &Workflow) -> Result<Vec<String>> {
        let mut names = Vec::new();
        self.place.walk(workflow, &mut |Listed { name, .. }| {
            if self.place.is_document(&name) {
                names.push(name.as_str().to_owned());
            }
        })?;
        names.sort_unstable();
        Ok(names)
    }
}

/// What a document says of one of its arrays.
pub(super) fn array_info(
    entry: &ArrayEntry,
    backend: &dyn Backend,
    place: &dyn Place,
    name: &Name,
) -> Result<ArrayInfo> {
    let expected = entry.expected().map_err(|error| located(error, place, name))?;
    Ok(ArrayInfo {
        paths: entry.paths.clone(),
        file: entry.id.file().to_owned(),
        // Not in every manifest.
        format: expected
            .format
            .unwrap_or_else(|| backend.holder(entry.id.file()).map_or(backend.format(), |holder| holder.format())),
        data_type: expected.data_type,
        grid: expected.grid,
        dims: expected.labels.dims().map(<[String]>::to_vec),
        attrs: expected.labels.attrs().clone(),
        bytes: entry.bytes,
        codec: entry.codec.as_ref().and_then(|codec| codec.parse().ok()),
        plain: entry.plain,
        digest: expected.digest,
    })
}
