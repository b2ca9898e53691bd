//! Giving a value another name, without any Rust type.

use super::Storage;
use super::intent::Intent;
use super::missing::explained;
use super::name::Name;
use super::place::Only;
use super::read::head;
use super::report::SaveReport;
use super::rewrite::{Becomes, located};
use super::save::PlannedSave;
use super::version::Version;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::Manifest;
use crate::task::unstoppable;
use crate::trace::in_span;

impl Storage {
    /// Gives the value with this name another name. No Rust type is needed.
    ///
    /// In a folder, a new name in the same workflow is one rename of the document. The arrays stay where they are, and
    /// the value keeps its version. At every moment, also after a power cut, there is one value under one of the names.
    ///
    /// A new name in another workflow, and every rename in an object store, is a copy that is then removed under the
    /// old name. In a folder, the files of the arrays are linked, if the file system can. In an object store, the
    /// server copies them. There is a whole value under one of the names at every moment. A program that is killed
    /// between the two steps leaves it under both names, each with arrays of its own. Arrays that were loaded from the
    /// old name are gone after the rename. If another program saves the value under the old name in the meantime, the
    /// rename fails with `Conflict` and changes nothing; in an object store, such a save is lost if it happens in the
    /// moment of the removal.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("runs/draft", &("north", ndarray::Array1::from_elem(10_000, 42)))?;
    /// let report = storage.rename("runs/draft", "runs/final")?;
    /// assert_eq!((report.arrays_kept, report.bytes_written), (1, 0));
    /// assert!(!storage.contains("runs/draft")?);
    ///
    /// let (name, numbers): (String, ndarray::Array1<i32>) = storage.load("runs/final")?;
    /// assert_eq!((name.as_str(), numbers[9_999]), ("north", 42));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// A later [`copy`](Self::copy) to a storage that has the value under its old name is refused, because the arrays
    /// are there already: rename the value there too.
    ///
    /// # Errors
    /// `NotFound` if there is no value with this name; `AlreadyExists` if the new name is in use; `InvalidName`;
    /// `InvalidInput` if both names are the same; `Corrupt` if the document is damaged; `Conflict`, see above;
    /// `UnknownOutcome` if it is unknown whether the value has the new name, or if it may have both; `Unsupported` for
    /// a value with external objects in an object store, if both names are in the same workflow; those of
    /// [`copy`](Self::copy).
    pub fn rename(&self, name: &str, new_name: &str) -> Result<SaveReport> {
        let (old, new) = (Name::parse(name)?, Name::parse(new_name)?);
        if old == new {
            return Err(Error::invalid("both names are the same").in_document(name));
        }
        in_span!("rename", document = name; {
            match self.place.rename(&old, &new) {
                Some(renamed) => {
                    let manifest = renamed.map_err(|error| explained(error, &*self.place, &old).in_document(name))?;
                    Ok(SaveReport::all_kept(&manifest))
                }
                None => self.copy_and_remove(&old, &new),
            }
        })
    }

    fn copy_and_remove(&self, old: &Name, new: &Name) -> Result<SaveReport> {
        let (planned, version) = if old.workflow() == new.workflow() {
            self.plan_beside(old, new)?
        } else {
            let (planned, write_id) = self.plan_copy(old, self, new, Intent::CreateCopy)?;
            (planned, Version::of(&write_id))
        };
        let report = planned.carry_out().map_err(|error| {
            let is_replaced = || match head(&*self.place, old) {
                Ok(head) => Version::of(head.manifest.write_id()) != version,
                Err(error) => error.is_not_found(),
            };
            if !error.is_gone() || !is_replaced() {
                return error;
            }
            let text = "the value was saved again, or removed, under its old name while it was renamed, and has not got the \
                        new name: look at it again";
            Error::new(ErrorKind::Conflict, text).with_source(error).in_document(old.as_str())
        })?;
        unstoppable(|| {
            let Err(error) = self.remove_one(old, Only::Version(&version)) else { return Ok(report) };
            if error.is_unknown_outcome() {
                let text = "the value is there under its new name, and it is not known whether it is still there under \
                            the old one";
                return Err(Error::new(ErrorKind::UnknownOutcome, text).with_source(error).in_document(old.as_str()));
            }
            // The copy is whole, and the original is not.
            if error.is_corrupt() {
                return Err(error.leaving([self.place.describe(new)]));
            }
            // The value stays under its old name.
            match self.remove_one(new, Only::Version(&report.version)) {
                Ok(()) => Err(error),
                Err(_) => Err(error.leaving([self.place.describe(new)])),
            }
        })
    }

    /// A copy in the same workflow, where the arrays need other ids.
    fn plan_beside(&self, old: &Name, new: &Name) -> Result<(PlannedSave, Version)> {
        let fetched = self.fetch(old)?;
        let version = Version::of(fetched.head.manifest.write_id());
        if let Some(object) = fetched.head.manifest.objects.first() {
            let text = "a value with an external object gets no other name in a workflow of an object store: load the value \
                        with its type, save it under the new name and remove it under the old one";
            return Err(located(Error::unsupported(text), object).in_document(old.as_str()));
        }
        let planned = fetched.with_arrays(self, new, Intent::Create, |_, array| Ok(Becomes::Replaced(array)));
        Ok((planned.map_err(|error| error.in_document(old.as_str()))?, version))
    }
}

impl SaveReport {
    /// That of a document which was not written again.
    fn all_kept(manifest: &Manifest) -> Self {
        Self {
            version: Version::of(manifest.write_id()),
            bytes_written: 0,
            arrays_written: 0,
            arrays_linked: 0,
            chunks_carried: 0,
            arrays_kept: manifest.arrays.len(),
            external_objects_written: 0,
            external_objects_kept: manifest.objects.len(),
        }
    }
}
