//! Verifying: whether what is stored is what was saved, without any Rust type.

use super::Storage;
use super::missing::open;
use super::name::Name;
use super::read::{is_foreign, located, look_at_arrays};
use crate::engine::{Origin, StoredArray, check_all, check_length};
use crate::error::{Error, Result};
use crate::plugin::{FileEntry, Head, ObjectEntry};
use crate::protocol::FileReader;
use crate::task::{check_cancelled, counted, expecting, over_values};
use crate::trace::in_span;
use serde::{Deserialize, Serialize};

/// How thoroughly values are verified. See [`Storage::verify`] for an example.
///
/// `Display`, `FromStr` and serde use the names `quick` and `deep`.
///
/// ```
/// use arraystow::VerifyDepth;
///
/// let depth: VerifyDepth = "deep".parse()?;
/// assert_eq!((depth, depth.to_string()), (VerifyDepth::Deep, "deep".to_owned()));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VerifyDepth {
    /// The documents are read and checked. The arrays are only checked for their existence and their length.
    Quick,
    /// Every byte is read and compared with its checksum.
    Deep,
}

crate::error::named!(VerifyDepth, "depth", [Quick = "quick", Deep = "deep"]);

/// The result of verifying one value. See [`Storage::verify`] for an example. With serde it is a map of its fields.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Verification {
    /// The value's name.
    pub name: String,
    /// The number of its arrays.
    pub arrays: usize,
    /// The number of its arrays without checksums, such as those of a document of FunctionFuse. Damage in them cannot
    /// be detected.
    pub unchecked: usize,
    /// Its [external objects](crate::persistent).
    pub external_objects: usize,
    /// Bytes of its document, its arrays and its external objects, as they were saved.
    pub bytes: u64,
    /// All faults. Each error names the place in the value, the array and the file or key.
    pub faults: Vec<Error>,
}

impl Verification {
    /// Returns whether there are no faults. See [`Storage::verify`] for an example.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

impl Storage {
    /// Compares a value with what was saved. No Rust type is needed, and nothing is changed. Faults are in the returned
    /// value: they are not an error.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::VerifyDepth;
    ///
    /// storage.save("zeros", &ndarray::Array1::<f64>::zeros(10_000))?;
    /// let found = storage.verify("zeros", VerifyDepth::Deep)?;
    /// assert!(found.is_sound(), "{:?}", found.faults);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such document.
    pub fn verify(&self, name: &str, depth: VerifyDepth) -> Result<Verification> {
        in_span!("verify", document = name; self.verify_one(&Name::parse(name)?, depth))
    }

    /// Verifies every value of the storage, one after the other. A [`Task`](crate::Task) reports the progress.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{Task, VerifyDepth};
    ///
    /// let task = Task::with_progress(|at| println!("{} of {} values, {:?}", at.values_done, at.values, at.name));
    /// let found = task.run(|| storage.verify_all(VerifyDepth::Deep))?;
    /// for fault in found.iter().flat_map(|value| &value.faults) {
    ///     println!("{fault}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io` if the storage cannot be listed.
    pub fn verify_all(&self, depth: VerifyDepth) -> Result<Vec<Verification>> {
        let entries = self.list("**")?;
        let mut found = Vec::with_capacity(entries.len());
        over_values(entries.len(), |values| {
            for entry in entries {
                values.begin(&entry.name);
                let name = Name::parse(&entry.name)?;
                match in_span!("verify", document = name.as_str(); self.verify_one(&name, depth)) {
                    // In a folder it would not have been listed.
                    Ok(verification) if !verification.is_sound() && is_foreign(&*self.place, &name) => {}
                    Ok(verification) => found.push(verification),
                    // Removed since it was listed.
                    Err(error) if error.is_not_found() => {}
                    Err(error) => return Err(error),
                }
                values.done();
            }
            Ok(())
        })?;
        Ok(found)
    }

    fn verify_one(&self, name: &Name, depth: VerifyDepth) -> Result<Verification> {
        let mut found = self.read_current(name, || {
            check_cancelled()?;
            let mut found = Verification {
                name: name.as_str().to_owned(),
                arrays: 0,
                unchecked: 0,
                external_objects: 0,
                bytes: 0,
                faults: Vec::new(),
            };
            let mut head = match self.read_checked(name, &mut found) {
                Ok(head) => head,
                Err(error) if error.is_not_found() => return Err(error),
                Err(error) => {
                    found.faults.push(error);
                    return Ok((found, None));
                }
            };
            look_at_arrays(&*self.place, name.workflow(), &mut head.manifest)?;
            self.verify_parts(name, &head, depth, &mut found);
            // What was not looked at any more is no fault.
            check_cancelled()?;
            let gone = found.faults.iter().any(Error::is_gone).then(|| head.manifest.write_id().to_owned());
            Ok((found, gone))
        })?;
        let locate = |error: Error| error.in_document(name.as_str());
        found.faults = found.faults.into_iter().map(locate).collect();
        Ok(found)
    }

    /// Reads and checks the document. A damaged body does not hide the arrays.
    fn read_checked(&self, name: &Name, found: &mut Verification) -> Result<Head> {
        let mut document = open(&*self.place, name)?;
        found.bytes = document.bytes;
        let head = document.head(&*self.place, name)?;
        if let Err(error) = document.body(&head, &*self.place, name) {
            found.faults.push(error);
        }
        Ok(head)
    }

    fn verify_parts(&self, name: &Name, head: &Head, depth: VerifyDepth, found: &mut Verification) {
        let backend = self.place.backend(name.workflow());
        let mut arrays = Vec::with_capacity(head.manifest.arrays.len());
        let mut total = 0_u64;
        for entry in &head.manifest.arrays {
            found.arrays += 1;
            found.bytes = found.bytes.saturating_add(entry.bytes);
            match entry.expected() {
                Ok(expected) => {
                    found.unchecked += usize::from(expected.digest.is_none());
                    let bytes = expected.grid.len().saturating_mul(expected.data_type.size());
                    total = total.saturating_add(bytes as u64);
                    let (document, path) = (Some(name.as_str().to_owned()), entry.paths.first().cloned());
                    let origin = Origin { document, path, ..Origin::default() };
                    let file = entry.id.file().to_owned();
                    arrays.push((
                        StoredArray::lazy(backend.clone(), file, expected.without_opening(), origin),
                        entry.bytes,
                        bytes,
                    ));
                }
                Err(error) => found.faults.push(located(error, &*self.place, name)),
            }
        }
        let object_bytes = head.manifest.objects.iter().map(ObjectEntry::bytes).fold(0, u64::saturating_add);
        found.bytes = found.bytes.saturating_add(object_bytes);
        total = total.saturating_add(object_bytes);
        let to_read = if depth == VerifyDepth::Deep { total } else { 0 };
        expecting(to_read, || {
            for (array, stored, bytes) in arrays {
                if check_cancelled().is_err() {
                    return;
                }
                let length = check_length(&array, stored);
                let is_there = !length.as_ref().is_err_and(Error::is_gone);
                found.faults.extend(length.err());
                match depth {
                    VerifyDepth::Quick => {}
                    VerifyDepth::Deep if is_there => found.faults.extend(check_all(&array, bytes)),
                    VerifyDepth::Deep => counted(bytes, |counter| counter.add(bytes)),
                }
            }
            for entry in &head.manifest.objects {
                found.external_objects += 1;
                for file in &entry.files {
                    if check_cancelled().is_err() {
                        return;
                    }
                    if let Err(error) = self.check_file(name, file, depth) {
                        found.faults.push(error.at_path(entry.path()).in_array(entry.id.file()));
                    }
                    if depth == VerifyDepth::Deep {
                        let bytes = usize::try_from(file.bytes).unwrap_or(usize::MAX);
                        counted(bytes, |counter| counter.add(bytes));
                    }
                }
            }
        });
    }

    /// Checks a file of an external object.
    fn check_file(&self, name: &Name, file: &FileEntry, depth: VerifyDepth) -> Result<()> {
        let files = self.place.protocols(name.workflow()).files()?;
        let mut reader = FileReader::open(files, &file.name, Some(file.summary()?))?;
        if depth == VerifyDepth::Quick {
            return Ok(());
        }
        let read = std::io::copy(&mut reader, &mut std::io::sink());
        read.map(drop).map_err(|error| match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::io("a file of the external object cannot be read", error),
        })
    }
}
