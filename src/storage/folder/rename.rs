//! Another name in the same workflow: one rename of the document, under the lock that every commit takes.

use super::Folder;
use super::commit::Emptied;
use super::durable::located;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::Manifest;
use crate::protocol::disk;
use crate::storage::name::Name;
use crate::storage::place::Place;
use crate::storage::read::head;
use std::io;

impl Folder {
    /// Renames a document. The arrays have the same folder, and stay in it.
    pub(super) fn rename_document(&self, name: &Name, new: &Name) -> Result<Manifest> {
        // Before the lock: looking must not make folders.
        if let Some(missing) = self.missing(name) {
            return Err(missing?);
        }
        let (root, workflow) = (&self.root, self.workflow(name.workflow()));
        let _lock = Emptied { root, workflow, arrays: self.backend(name.workflow()), _lock: self.lock(name)? };
        let manifest = head(self, name)?.manifest;
        self.check_vacant(new)?;
        self.end_committed(name.workflow(), std::slice::from_ref(&manifest))?;
        let (from, to) = (self.document(name), self.document(new));
        if let Err(error) = disk::rename(&from, &to) {
            // Over a network, a call that was carried out may be reported as failed.
            let is_there = head(self, new).is_ok_and(|head| head.manifest.write_id() == manifest.write_id());
            if !is_there || !self.open(name).is_err_and(|error| error.is_not_found()) {
                return Err(located("cannot rename the document", &from)(error));
            }
        }
        disk::sync_folder(&self.workflow(name.workflow()), self.durability).map_err(|error| {
            let text =
                "the document was renamed, but it is not certain that a power cut would not bring the old name back";
            located(text, &to)(error).with_kind(ErrorKind::UnknownOutcome)
        })?;
        Ok(manifest)
    }

    /// Fails for a name that anything has, a document or not. The caller holds the lock.
    fn check_vacant(&self, name: &Name) -> Result<()> {
        name.check_new()?;
        let path = self.document(name);
        match std::fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(located("cannot look for the new name", &path)(error)),
            Ok(metadata) if metadata.is_dir() => Err(name.is_a_workflow()),
            Ok(_) => {
                let text =
                    format!("the name {:?} is in use: remove what has it, or choose another name", name.as_str());
                Err(Error::new(ErrorKind::AlreadyExists, text).at_location(path.display().to_string()))
            }
        }
    }
}
