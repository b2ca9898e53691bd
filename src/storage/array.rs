//! One array of a document, or all of it, without any Rust type.

use super::Storage;
use super::missing::open;
use super::name::Name;
use super::read::{located, look_at_arrays};
use crate::array::AnyArray;
use crate::engine::{Edition, Origin, StoredArray};
use crate::error::{Error, ErrorKind, Result};
use crate::near::did_you_mean;
use crate::plugin::{ArrayEntry, Manifest, Value, typed};
use std::sync::Arc;

/// Paths that are named in the place of one that there is not.
const MOST_NAMED: usize = 3;

impl Storage {
    /// Returns one array of the value with this name, whatever the value's Rust type. `path` is its place in the value,
    /// as [`info`](Self::info) and errors print it: `height`, `runs[3].field`, or the empty string if the value itself
    /// is an array.
    ///
    /// Only the document's list of arrays is read. The array is lazy, and its file is opened when its elements are
    /// needed.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::DataType;
    /// use ndarray::{Array2, s};
    /// use std::collections::BTreeMap;
    ///
    /// let runs = BTreeMap::from([("first", vec![Array2::<f32>::ones((100, 200))])]);
    /// storage.save("runs", &runs)?;
    ///
    /// let array = storage.array("runs", "first[0]")?;
    /// assert_eq!((array.data_type(), array.shape()), (DataType::Float32, &[100, 200][..]));
    /// let corner = array.downcast::<f32>()?.slice(s![..10, ..10])?;
    /// assert_eq!(corner.sum()?, 100.0);
    ///
    /// let error = storage.array("runs", "frist[0]").unwrap_err();
    /// assert!(error.to_string().contains("did you mean \"first[0]\"?"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document, or no array at that path (a plain `ndarray` of less than 4 KiB is in
    /// the document itself: use [`value`](Self::value)); `Unsupported` if it is an external object; `Corrupt` if the
    /// document is damaged.
    pub fn array(&self, name: &str, path: &str) -> Result<AnyArray> {
        let name = Name::parse(name)?;
        let mut document = open(&*self.place, &name)?;
        let locate = |error| located(error, &*self.place, &name);
        let mut head = document.head(&*self.place, &name)?;
        look_at_arrays(&*self.place, name.workflow(), &mut head.manifest)?;
        let entry = find(&head.manifest, path).map_err(|error| locate(error).at_path(path))?;
        let expected = entry.expected().map_err(locate)?;
        let (data_type, grid) = (expected.data_type.clone(), expected.grid.clone());
        let edition = Edition::new(self.place.identity(&name), head.manifest.write_id());
        let document = Some(name.as_str().to_owned());
        let origin = Origin { document, path: Some(path.to_owned()), edition: Some(edition) };
        let backend = self.place.backend(name.workflow());
        let stored = StoredArray::lazy(backend, entry.id.file().to_owned(), expected, origin).held();
        typed(data_type, grid, Arc::new(stored)).map(AnyArray::of)
    }

    /// Returns the value with this name, whatever its Rust type, as a tree of plain values with arrays as leaves. No
    /// array is opened.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("runs", &vec![("first", Some(1.5)), ("second", None)])?;
    /// let runs = storage.value("runs")?;
    /// assert_eq!(runs.to_string(), r#"[["first", 1.5], ["second", null]]"#);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if it is damaged; `Limit` if its values do not fit into
    /// memory.
    pub fn value(&self, name: &str) -> Result<Value> {
        self.load(name)
    }
}

fn find<'a>(manifest: &'a Manifest, path: &str) -> Result<&'a ArrayEntry> {
    let is_at = |paths: &[String]| paths.iter().any(|known| known == path);
    let mut found = manifest.arrays.iter().filter(|entry| is_at(&entry.paths));
    match (found.next(), found.next()) {
        (Some(entry), None) => return Ok(entry),
        (Some(_), Some(_)) => {
            return Err(Error::invalid(
                "two arrays of the value have the same path, since a key in it contains a dot or a bracket: load the \
                 value with its Rust type",
            ));
        }
        (None, _) => {}
    }
    if let Some(object) = manifest.objects.iter().find(|object| is_at(&object.paths)) {
        return Err(Error::unsupported(format!(
            "this is an external object of the serializer {:?}, not an array: load the value with its Rust type",
            object.id.name()
        )));
    }
    let text = "the value has no stored array at that path";
    let paths = manifest.arrays.iter().flat_map(|entry| entry.paths.iter().map(String::as_str));
    let rest = match did_you_mean(path, paths) {
        Some(near) => near,
        None if manifest.arrays.is_empty() => ", and no stored array at all".to_owned(),
        None => format!("; its arrays are at {}", listed(manifest)),
    };
    Err(Error::new(ErrorKind::NotFound, format!("{text}{rest}")))
}

/// The first paths of a document.
fn listed(manifest: &Manifest) -> String {
    let mut paths = manifest.arrays.iter().flat_map(|entry| &entry.paths);
    let mut text = paths.by_ref().take(MOST_NAMED).map(|path| format!("{path:?}")).collect::<Vec<_>>().join(", ");
    if paths.next().is_some() {
        text.push_str(", ..");
    }
    text
}
