//! The one step in which a document comes or goes: a lock around a second look, the rename or the removal, and the choice
//! of what else is to be removed.

use super::durable::{WorkflowLock, located, remove_empty_folders, sync_folder, write_new};
use super::{Expected, Folder, NewDocument, Outcome};
use crate::error::{ErrorKind, Result};
use crate::plugin::Manifest;
use crate::storage::name::Name;
use crate::storage::read::{head, is_ours};
use std::path::Path;

impl Folder {
    pub(super) fn commit_document(&self, name: &Name, document: &NewDocument<'_>, expected: Expected<'_>) -> Outcome {
        let arrays = self.arrays(name.workflow());
        let temporary = arrays.join(format!(".document-{}", uuid::Uuid::new_v4()));
        let written = self.make_arrays_folder(name).and_then(|()| {
            self.with_folders(name, || {
                write_new(&temporary, document.bytes).map_err(located("cannot write the document", &temporary))
            })
        });
        if let Err(error) = written {
            return Outcome::Refused(error);
        }
        let outcome = self.put_in_place(name, &temporary, expected);
        if matches!(outcome, Outcome::Refused(_)) {
            let _ = std::fs::remove_file(&temporary);
        }
        outcome
    }

    fn put_in_place(&self, name: &Name, temporary: &Path, expected: Expected<'_>) -> Outcome {
        let path = self.document(name);
        let workflow = self.workflow(name.workflow());
        let looked = WorkflowLock::acquire(&workflow).and_then(|lock| Ok((lock, current(self, name)?)));
        let (lock, current) = match looked {
            Ok(looked) => looked,
            Err(error) => return Outcome::Refused(error),
        };
        let found = current.as_ref().map(|manifest| manifest.write_id.as_str());
        if let Err(error) = expected.check(found) {
            return Outcome::Refused(error);
        }
        if let Err(error) = std::fs::rename(temporary, &path) {
            return Outcome::Refused(located("cannot put the document in its place", &path)(error));
        }
        if let Err(error) = sync_folder(&workflow) {
            let text = "the document was replaced, but it is not certain that a power cut would not bring the old one \
                        back; nothing was removed";
            return Outcome::Unknown(located(text, &path)(error).with_kind(ErrorKind::UnknownOutcome));
        }
        drop(lock);
        Outcome::Done(current)
    }

    pub(super) fn remove_document(&self, name: &Name, arrays: &dyn Fn(&Manifest)) -> Result<()> {
        let path = self.document(name);
        let workflow = self.workflow(name.workflow());
        // Before the lock: looking must not make folders.
        head(self, name)?;
        let lock = WorkflowLock::acquire(&workflow)?;
        let head = match head(self, name) {
            Ok(head) => head,
            Err(error) => {
                // Somebody else was first; what waiting for the lock has made is taken away again.
                remove_empty_folders(&self.root, &workflow);
                return Err(error);
            }
        };
        std::fs::remove_file(&path).map_err(located("cannot remove the document", &path))?;
        sync_folder(&workflow).map_err(|error| {
            let text = "the document was removed, but it is not certain that a power cut would not bring it back";
            located(text, &path)(error).with_kind(ErrorKind::UnknownOutcome)
        })?;
        arrays(&head.manifest);
        remove_empty_folders(&self.root, &workflow);
        drop(lock);
        Ok(())
    }
}

/// The manifest of the document that is there now, if there is one that can be read.
fn current(folder: &Folder, name: &Name) -> Result<Option<Manifest>> {
    match head(folder, name) {
        Ok(head) => Ok(Some(head.manifest)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) if error.is_corrupt() && is_ours(folder, name) => Ok(None),
        Err(error) => Err(error),
    }
}
