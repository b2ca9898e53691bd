//! Verifying: whether what is stored is what was saved, without any Rust type.

use super::Storage;
use super::load::MOST_ATTEMPTS;
use super::missing::open;
use super::name::Name;
use super::read::{is_foreign, located};
use crate::engine::{Origin, StoredArray, check_all, check_length};
use crate::error::{Error, Result};
use crate::plugin::{FileEntry, Head, ObjectEntry};
use crate::protocol::FileReader;
use crate::task::{Reports, check_cancelled, expecting};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// How thoroughly values are verified. With serde: `quick` or `deep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum VerifyDepth {
    /// The documents are read and checked, of the arrays it is seen whether they are there and of the right length: a look
    /// at each.
    Quick,
    /// Every byte is read and compared with its checksum.
    Deep,
}

/// What was found of one value.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Verification {
    /// The value's name.
    pub name: String,
    /// Its arrays.
    pub arrays: usize,
    /// Its [external objects](crate::persistent).
    pub objects: usize,
    /// Bytes of its document, its arrays and its external objects, as they were saved.
    pub bytes: u64,
    /// All that is wrong; each names the place in the value, the array and the file or key.
    pub faults: Vec<Error>,
}

impl Verification {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }
}

/// How far a verification has come; see [`Storage::verify_all`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VerifyProgress {
    /// The value that is being looked at, or was looked at last.
    pub name: String,
    /// Values that have been looked at; at the end, all of them.
    pub objects_done: usize,
    /// All values.
    pub objects: usize,
    /// Bytes of this value's chunks that have been looked at, before compression.
    pub bytes_done: u64,
    /// Bytes of all its chunks, before compression.
    pub bytes: u64,
}

impl Storage {
    /// Compares a value with what was saved. No Rust type is needed, nothing is changed, and what is wrong stands in the
    /// returned value: it is not an error.
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
        self.verify_one(&Name::parse(name)?, depth, &|_, _| {})
    }

    /// The same of every value of the storage. `progress` is called some times a second at most, on the threads that do the
    /// work, and once more when all is done.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::VerifyDepth;
    ///
    /// let found = storage.verify_all(VerifyDepth::Deep, |at| {
    ///     println!("{} of {} objects, {:?}: {} of {} bytes", at.objects_done, at.objects, at.name, at.bytes_done, at.bytes);
    /// })?;
    /// for fault in found.iter().flat_map(|object| &object.faults) {
    ///     println!("{fault}");
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io` if the storage cannot be listed.
    pub fn verify_all(
        &self,
        depth: VerifyDepth,
        progress: impl Fn(&VerifyProgress) + Sync,
    ) -> Result<Vec<Verification>> {
        let entries = self.list("**")?;
        let mut found = Vec::with_capacity(entries.len());
        let reports = Reports::default();
        let mut at =
            VerifyProgress { name: String::new(), objects_done: 0, objects: entries.len(), bytes_done: 0, bytes: 0 };
        for entry in entries {
            at.name = entry.name;
            let bytes = AtomicU64::new(0);
            let told = |done, all| {
                bytes.store(all, Ordering::Relaxed);
                reports.seldom(|| progress(&VerifyProgress { bytes_done: done, bytes: all, ..at.clone() }));
            };
            let name = Name::parse(&at.name)?;
            match self.verify_one(&name, depth, &told) {
                // In a folder it would not have been listed.
                Ok(verification) if !verification.is_sound() && is_foreign(&*self.place, &name) => {}
                Ok(verification) => found.push(verification),
                // Removed since it was listed.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
            at.objects_done += 1;
            (at.bytes_done, at.bytes) = (bytes.load(Ordering::Relaxed), bytes.load(Ordering::Relaxed));
        }
        progress(&at);
        Ok(found)
    }

    fn verify_one(&self, name: &Name, depth: VerifyDepth, told: &(dyn Fn(u64, u64) + Sync)) -> Result<Verification> {
        let mut attempt = 1;
        loop {
            check_cancelled()?;
            let mut found =
                Verification { name: name.as_str().to_owned(), arrays: 0, objects: 0, bytes: 0, faults: Vec::new() };
            let head = match self.read_checked(name, &mut found) {
                Ok(head) => head,
                Err(error) if error.is_not_found() => return Err(error),
                Err(error) => {
                    found.faults.push(error);
                    return Ok(found);
                }
            };
            self.verify_arrays(name, &head, depth, &mut found, told);
            // What was not looked at any more is no fault.
            check_cancelled()?;
            let gone = found.faults.iter().any(Error::is_gone);
            if gone && attempt < MOST_ATTEMPTS && self.was_replaced(name, head.manifest.write_id())? {
                attempt += 1;
                continue;
            }
            let locate = |error: Error| error.in_document(name.as_str());
            found.faults = found.faults.into_iter().map(locate).collect();
            return Ok(found);
        }
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

    fn verify_arrays(
        &self,
        name: &Name,
        head: &Head,
        depth: VerifyDepth,
        found: &mut Verification,
        told: &(dyn Fn(u64, u64) + Sync),
    ) {
        let backend = self.place.backend(name.workflow());
        let mut arrays = Vec::with_capacity(head.manifest.arrays.len());
        let mut total = 0_u64;
        for entry in &head.manifest.arrays {
            found.arrays += 1;
            found.bytes = found.bytes.saturating_add(entry.bytes);
            match entry.expected() {
                Ok(expected) => {
                    let bytes = expected.grid.len().saturating_mul(expected.data_type.size());
                    total = total.saturating_add(bytes as u64);
                    let (document, path) = (Some(name.as_str().to_owned()), entry.paths.first().cloned());
                    let origin = Origin { document, path, ..Origin::default() };
                    let file = entry.id.file().to_owned();
                    arrays.push((
                        StoredArray::lazy(backend.clone(), file, expected, origin),
                        entry.bytes,
                        bytes as u64,
                    ));
                }
                Err(error) => found.faults.push(located(error, &*self.place, name)),
            }
        }
        let object_bytes = head.manifest.objects.iter().map(ObjectEntry::bytes).fold(0, u64::saturating_add);
        found.bytes = found.bytes.saturating_add(object_bytes);
        total = total.saturating_add(object_bytes);
        let done = Mutex::new(0_u64);
        told(0, total);
        let mut check_array = |array: &StoredArray, stored| {
            let length = check_length(array, stored);
            let is_there = !length.as_ref().is_err_and(Error::is_gone);
            found.faults.extend(length.err());
            if depth == VerifyDepth::Deep && is_there {
                let piece_done = |piece: u64| {
                    let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                    *done = done.saturating_add(piece);
                    told(*done, total);
                };
                found.faults.extend(check_all(array, &piece_done));
            }
        };
        let to_read = if depth == VerifyDepth::Deep { total.saturating_sub(object_bytes) } else { 0 };
        expecting(to_read, || {
            for (array, stored, bytes) in arrays {
                if check_cancelled().is_err() {
                    return;
                }
                let before = *done.lock().unwrap_or_else(PoisonError::into_inner);
                check_array(&array, stored);
                *done.lock().unwrap_or_else(PoisonError::into_inner) = before.saturating_add(bytes);
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        for entry in &head.manifest.objects {
            found.objects += 1;
            for file in &entry.files {
                if check_cancelled().is_err() {
                    return;
                }
                if let Err(error) = self.check_file(name, file, depth) {
                    found.faults.push(error.at_path(entry.path()).in_array(entry.id.file()));
                }
                done = done.saturating_add(file.bytes);
                told(done, total);
            }
        }
        told(total, total);
    }

    /// Checks a file of an external object.
    fn check_file(&self, name: &Name, file: &FileEntry, depth: VerifyDepth) -> Result<()> {
        let files = self.place.protocols(name.workflow()).files()?;
        let mut reader = FileReader::open_expecting(files, &file.name, Some(file.summary()?))?;
        if depth == VerifyDepth::Quick {
            return Ok(());
        }
        let read = std::io::copy(&mut reader, &mut std::io::sink());
        read.map(drop).map_err(|error| match error.downcast::<Error>() {
            Ok(error) => error,
            Err(error) => Error::io("a file of the object cannot be read", error),
        })
    }
}
