//! Repairing what earlier versions wrote in a way that other programs misread, without any Rust type.

use super::Storage;
use super::name::Name;
use super::place::{Announced, Claim};
use super::read::{head, is_no_document};
use crate::backend::Misread;
use crate::engine::{Job, Origin, StoredArray, run};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::plugin::ArrayEntry;
use crate::task::{check_cancelled, over_values, unstoppable};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// The result of a repair; see [`Storage::repair`]. With serde it is a map of its fields.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Repair {
    /// The arrays that were changed.
    pub arrays: Vec<RepairedArray>,
    /// The arrays that could not be repaired because they are damaged or cannot be read. Each error names the value and
    /// the array.
    pub faults: Vec<Error>,
}

/// An array whose metadata a repair has changed. See [`Storage::repair`] for an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RepairedArray {
    /// The name of the value that it belongs to.
    pub value: String,
    /// Its places in that value.
    pub paths: Vec<String>,
    /// The file name of its persistent id.
    pub file: String,
    /// Whether it had a fill value that xarray reads as missing.
    pub fill_value: bool,
    /// Whether its axes had the same names as those of other arrays.
    pub axis_names: bool,
}

impl Storage {
    /// Repairs the arrays of all values whose names match a glob (see [`list`](Self::list)): those that earlier
    /// versions of arraystow wrote in a way that other programs misread. `repair("**")` repairs all values.
    ///
    /// These are Zarr arrays, in an object store. In Zarr version 2 they had the fill value 0, so that xarray read
    /// zeros as NaN, integers as floats and `false` as NaN. In both versions the axes of all arrays had the same names,
    /// so that `xarray.open_zarr` failed for a group with arrays of two shapes. arraystow itself reads these arrays
    /// correctly, before and after the repair.
    ///
    /// A repair rewrites only metadata. Documents, elements, checksums and loaded arrays are not changed. It may be
    /// interrupted at any point and called again. Arrays that need no repair are read, but not written. Earlier
    /// versions of arraystow do not open a repaired array.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("zeros", &ndarray::Array1::<f64>::zeros(10_000))?;
    /// let repair = storage.repair("**")?;
    /// // This version writes nothing that needs a repair.
    /// assert!(repair.arrays.is_empty() && repair.faults.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the glob is invalid; `Io` if the storage cannot be listed. Errors of single values and arrays
    /// are in [`Repair::faults`].
    pub fn repair(&self, glob: &str) -> Result<Repair> {
        let mut repair = Repair::default();
        let entries = self.list(glob)?;
        over_values(entries.len(), |values| {
            for entry in entries {
                check_cancelled()?;
                values.begin(&entry.name);
                let name = Name::parse(&entry.name)?;
                match self.repair_one(&name, &mut repair) {
                    // In a folder it would not have been listed.
                    Err(error) if is_no_document(&error, &*self.place, &name) => {}
                    repaired => repair.faults.extend(repaired.err().map(|error| error.in_document(&entry.name))),
                }
                values.done();
            }
            check_cancelled()
        })?;
        Ok(repair)
    }

    fn repair_one(&self, name: &Name, repair: &mut Repair) -> Result<()> {
        let Some(entries) = self.array_entries(name)? else { return Ok(()) };
        let found = self.each_array(name, &entries, repair, &StoredArray::misread)?;
        let files: Vec<&str> = found.keys().map(String::as_str).collect();
        if files.is_empty() {
            return Ok(());
        }
        // From here on no removal, save or sweep takes these arrays away, and they would come back in part.
        let announced = self.place.announce(name, &files, &[], Claim::Fresh)?;
        let repaired = self.repair_announced(name, &files, announced.as_deref(), repair);
        match (repaired, unstoppable(|| announced.and_then(|announced| announced.end()))) {
            (Err(error), Some(left)) => Err(error.leaving([left])),
            (repaired, _) => repaired,
        }
    }

    fn repair_announced(
        &self,
        name: &Name,
        files: &[&str],
        announced: Option<&dyn Announced>,
        repair: &mut Repair,
    ) -> Result<()> {
        // Once more: what was removed before the announcement is gone.
        let Some(mut entries) = self.array_entries(name)? else { return Ok(()) };
        let files: HashSet<&str> = files.iter().copied().collect();
        entries.retain(|entry| files.contains(entry.id.file()));
        let done = self.each_array(name, &entries, repair, &|array| {
            let misread = array.misread()?;
            if misread != Misread::default() {
                announced.map_or(Ok(()), Announced::check)?;
                array.repair()?;
            }
            Ok(misread)
        })?;
        for entry in entries {
            if let Some(Misread { fill_value, axis_names }) = done.get(entry.id.file()).copied() {
                let (value, file) = (name.as_str().to_owned(), entry.id.file().to_owned());
                repair.arrays.push(RepairedArray { value, paths: entry.paths, file, fill_value, axis_names });
            }
        }
        Ok(())
    }

    /// Does something with each of the arrays, many at a time; gives those that are misread.
    fn each_array(
        &self,
        name: &Name,
        entries: &[ArrayEntry],
        repair: &mut Repair,
        work: &(dyn Fn(&StoredArray) -> Result<Misread> + Sync),
    ) -> Result<BTreeMap<String, Misread>> {
        let backend = self.place.backend(name.workflow());
        let results = Mutex::new((BTreeMap::new(), Vec::new()));
        let jobs = entries.iter().map(|entry| Job { work: entry, bytes: 0 });
        run(backend.concurrency(), jobs, |entry| {
            let (document, path) = (Some(name.as_str().to_owned()), entry.paths.first().cloned());
            let origin = Origin { document, path, ..Origin::default() };
            let file = entry.id.file().to_owned();
            let result = entry.expected().and_then(|expected| {
                work(&StoredArray::lazy(backend.clone(), file.clone(), expected.without_opening(), origin))
            });
            let mut results = results.lock();
            match result {
                Ok(misread) if misread == Misread::default() => {}
                Ok(misread) => drop(results.0.insert(file, misread)),
                Err(error) => results.1.push(error.in_document(name.as_str())),
            }
            Ok(())
        })?;
        let (misread, mut faults) = results.into_inner();
        if faults.iter().any(Error::is_gone) {
            // Those of a document that was replaced or removed meanwhile are nothing to report.
            let now = self.array_entries(name)?.unwrap_or_default();
            let is_named = |error: &Error| now.iter().any(|entry| error.array() == Some(entry.id.file()));
            faults.retain(|error| !error.is_gone() || is_named(error));
        }
        repair.faults.extend(faults);
        Ok(misread)
    }

    /// The arrays of a document; none if there is no such document any more.
    fn array_entries(&self, name: &Name) -> Result<Option<Vec<ArrayEntry>>> {
        match head(&*self.place, name) {
            // What FunctionFuse wrote is not repaired.
            Ok(head) if head.manifest.is_bare() => Ok(None),
            Ok(head) => Ok(Some(head.manifest.arrays)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
