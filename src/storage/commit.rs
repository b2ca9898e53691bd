//! The commit of a save: a lock around a second look, the rename, and the choice of what to remove.

use super::Storage;
use super::durable::{WorkflowLock, located, sync_folder};
use super::name::Name;
use super::save::begins_as_ours;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::Manifest;
use std::path::Path;

/// What became of a commit.
pub(super) enum Outcome {
    /// The new document is there, durably; this is the manifest of the one that it replaced.
    Done(Option<Manifest>),
    /// Nothing has happened.
    Refused(Error),
    /// The new document is there, but a power cut may bring the old one back.
    Unknown(Error),
}

impl Storage {
    /// Puts the document written at `temporary` in its place. With `expected` only if the document that is there is still
    /// the one of this write id.
    pub(super) fn commit(&self, name: &Name, temporary: &Path, expected: Option<&str>) -> Outcome {
        let path = self.document(name);
        let workflow = self.workflow(name.workflow());
        let looked = WorkflowLock::acquire(&workflow).and_then(|lock| Ok((lock, self.current(name)?)));
        let (lock, current) = match looked {
            Ok(looked) => looked,
            Err(error) => return Outcome::Refused(error),
        };
        let found = current.as_ref().map(|manifest| manifest.write_id.as_str());
        if expected.is_some() && expected != found {
            return Outcome::Refused(Error::new(
                ErrorKind::Conflict,
                "the object keeps arrays of a document that somebody else has replaced or removed since: load it again",
            ));
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

    /// The manifest of the document that is there now, if it can be read.
    fn current(&self, name: &Name) -> Result<Option<Manifest>> {
        match self.head(name) {
            Ok(head) => Ok(Some(head.manifest)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) if error.is_corrupt() && self.is_ours(name) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether the file of that name at least begins as a document of ours.
    pub(super) fn is_ours(&self, name: &Name) -> bool {
        begins_as_ours(&self.document(name))
    }
}
