//! One array of a document, without any Rust type.

use super::Storage;
use super::missing::open;
use super::name::Name;
use super::read::located;
use crate::array::AnyArray;
use crate::engine::{Edition, Origin, StoredArray};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Manifest, ManifestEntry, read_head, typed};
use std::sync::Arc;

/// Paths that are offered in the place of one that there is not.
const MOST_OFFERED: usize = 3;
/// So many of a document's paths are compared with it, each if it is no longer than this.
const MOST_COMPARED: usize = 10_000;
const LONGEST_COMPARED: usize = 200;

impl Storage {
    /// One array of the object of that name, whatever the object's Rust type. `path` is its place in the object, as
    /// [`info`](Self::info) and errors print it: `height`, `runs[3].field`, or nothing if the object itself is an array.
    ///
    /// Only the document's list of arrays is read; the array is lazy, and its file is opened when its data is asked for.
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
    /// `NotFound` if there is no such document, or no array at that path (a plain `ndarray` of less
    /// than 4 KiB stands in the document itself); `Unsupported` if what is there has its own serializer; `Corrupt` if the document is
    /// damaged.
    pub fn array(&self, name: &str, path: &str) -> Result<AnyArray> {
        let name = Name::parse(name)?;
        let mut document = open(&*self.place, &name)?;
        let locate = |error| located(error, &*self.place, &name);
        let head = read_head(&mut document.contents, self.place.limits()).map_err(locate)?;
        let entry = find(&head.manifest, path).map_err(|error| locate(error).at_path(path))?;
        let expected = entry.expected().map_err(locate)?;
        let (data_type, grid) = (expected.data_type, expected.grid.clone());
        let edition = Edition::new(self.place.identity(&name), head.manifest.write_id());
        let document = Some(name.as_str().to_owned());
        let origin = Origin { document, path: Some(path.to_owned()), edition: Some(edition) };
        let backend = self.place.backend(name.workflow());
        let stored = StoredArray::lazy(backend, entry.id.file().to_owned(), expected, origin).held();
        Ok(AnyArray::of(typed(data_type, grid, Arc::new(stored))))
    }
}

fn find<'a>(manifest: &'a Manifest, path: &str) -> Result<&'a ManifestEntry> {
    let is_at = |paths: &[String]| paths.iter().any(|known| known == path);
    let mut found = manifest.arrays.iter().filter(|entry| is_at(&entry.paths));
    match (found.next(), found.next()) {
        (Some(entry), None) => return Ok(entry),
        (Some(_), Some(_)) => {
            return Err(Error::invalid(
                "two arrays of the object have the same path, since a key in it holds a dot or a bracket: load the object \
                 with its Rust type",
            ));
        }
        (None, _) => {}
    }
    if let Some(object) = manifest.objects.iter().find(|object| is_at(&object.paths)) {
        return Err(Error::unsupported(format!(
            "what lies there is no array: the serializer {:?} keeps it; load the object with its Rust type",
            object.id.name()
        )));
    }
    let text = "the object has no stored array at that path";
    let text = match near(manifest, path).as_slice() {
        [] if manifest.arrays.is_empty() => format!("{text}, and no stored array at all"),
        [] => format!("{text}; its arrays are at {}", listed(manifest)),
        [names @ .., last] if !names.is_empty() => format!("{text}; did you mean {} or {last}?", names.join(", ")),
        [last, ..] => format!("{text}; did you mean {last}?"),
    };
    Err(Error::new(ErrorKind::NotFound, text))
}

/// The paths that are nearest to one, quoted.
fn near(manifest: &Manifest, path: &str) -> Vec<String> {
    let wanted = path.to_lowercase();
    let most = (wanted.chars().count() / 3).max(1);
    let distance = |known: &String| {
        if known.len() > LONGEST_COMPARED || wanted.len() > LONGEST_COMPARED {
            return None;
        }
        let known = known.to_lowercase();
        // A path that was cut, or its last field alone.
        let is_part = wanted.chars().count() > 2 && (known.starts_with(&wanted) || known.ends_with(&wanted));
        let distance = if is_part { 1 } else { strsim::damerau_levenshtein(&wanted, &known) };
        (distance <= most).then_some(distance)
    };
    let paths = manifest.arrays.iter().flat_map(|entry| &entry.paths).take(MOST_COMPARED);
    let mut near: Vec<_> = paths.filter_map(|known| Some((distance(known)?, known))).collect();
    near.sort_unstable();
    near.into_iter().take(MOST_OFFERED).map(|(_, known)| format!("{known:?}")).collect()
}

/// The first paths of a document.
fn listed(manifest: &Manifest) -> String {
    let mut paths = manifest.arrays.iter().flat_map(|entry| &entry.paths);
    let mut text = paths.by_ref().take(MOST_OFFERED).map(|path| format!("{path:?}")).collect::<Vec<_>>().join(", ");
    if paths.next().is_some() {
        text.push_str(", ..");
    }
    text
}
