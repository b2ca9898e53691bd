//! Removing, without any Rust type: the document first, durably, then its arrays.

use super::Storage;
use super::list::matcher;
use super::name::Name;
use super::place::Place;
use crate::engine::{offload, remove_arrays};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::{Manifest, remove_files};

impl Storage {
    /// Removes the object of that name: its document, and all its arrays.
    ///
    /// Objects that were made from it by loading and saving under other names have arrays of their own and stay as they
    /// are.
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if its list of arrays cannot be read: nothing is then removed.
    /// An object whose body is damaged, or whose arrays are missing, is removed like any other.
    pub fn remove(&self, name: &str) -> Result<()> {
        self.remove_one(&Name::parse(name)?)
    }

    /// As [`remove`](Self::remove), without blocking the executor that waits for it; see
    /// [`save_async`](Self::save_async). A removal once begun completes.
    ///
    /// # Errors
    /// As [`remove`](Self::remove).
    pub fn remove_async(&self, name: &str) -> impl Future<Output = Result<()>> + Send + use<> {
        let (storage, name) = (self.clone(), name.to_owned());
        offload(move |_| storage.remove(&name))
    }

    /// Removes every object whose name matches a glob (see [`list`](Self::list)), and tells their names.
    ///
    /// # Errors
    /// `InvalidName` if this is no glob; otherwise that of the first object that cannot be removed, those before it being
    /// gone.
    pub fn remove_matching(&self, glob: &str) -> Result<Vec<String>> {
        matcher(glob)?;
        let names = self.list(glob)?.into_iter().map(|entry| entry.name).collect();
        self.remove_all(names)
    }

    /// Removes every object of a workflow, and of the workflows below it, and tells their names.
    ///
    /// # Errors
    /// `InvalidName` if it cannot be a workflow (the empty name included: `remove_matching("**")` is for everything);
    /// otherwise that of the first object that cannot be removed, those before it being gone.
    pub fn remove_workflow(&self, workflow: &str) -> Result<Vec<String>> {
        if workflow.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidName,
                "which workflow? An empty name is none; remove_matching(\"**\") removes everything",
            ));
        }
        let names = self.names_under(workflow)?;
        if names.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, format!("there is no workflow {workflow:?}")));
        }
        self.remove_all(names)
    }

    fn remove_all(&self, names: Vec<String>) -> Result<Vec<String>> {
        let mut removed = Vec::with_capacity(names.len());
        for name in names {
            match self.remove(&name) {
                Ok(()) => removed.push(name),
                // Somebody else removed it meanwhile.
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }

    fn remove_one(&self, name: &Name) -> Result<()> {
        let superseded = |manifest: &Manifest, must_stay: &dyn Fn(&str) -> bool| {
            remove_named(&*self.place, name.workflow(), manifest, |file| !must_stay(file));
        };
        self.place.remove(name, &superseded).map_err(|error| error.in_document(name.as_str()))
    }
}

/// Removes the arrays and objects of a manifest that no document names any more. Whatever fails is left for a sweep: the
/// document's removal or replacement is what was asked for, and it is done.
pub(super) fn remove_named(place: &dyn Place, workflow: &str, manifest: &Manifest, which: impl Fn(&str) -> bool) {
    let arrays = manifest.arrays.iter().map(|entry| entry.id.file()).filter(|file| which(file));
    let _ = remove_arrays(&*place.backend(workflow), arrays.map(str::to_owned).collect());
    let objects = manifest.objects.iter().filter(|entry| which(entry.id.file()));
    let names = objects.flat_map(|entry| entry.files.iter().map(|file| file.name.clone()));
    if let Ok(files) = place.protocols(workflow).files() {
        let _ = remove_files(&files, names);
    }
}
