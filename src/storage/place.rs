//! What a storage needs of the place where its documents lie: a folder, or an object store.

use super::name::Name;
use crate::backend::Backend;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::Manifest;
use std::io::Read;
use std::sync::Arc;
use std::time::SystemTime;

/// A place for documents and their arrays.
pub(super) trait Place: Send + Sync {
    /// What is refused instead of being read or written there.
    fn limits(&self) -> &Limits;
    /// What to call the whole place.
    fn location(&self) -> &str;
    /// What to call a document in messages.
    fn describe(&self, name: &Name) -> String;
    /// The arrays of a workflow.
    fn backend(&self, workflow: &str) -> Arc<dyn Backend>;
    /// Opens a document to read. It is the same document from the first byte to the last.
    fn open(&self, name: &Name) -> Result<Document>;
    /// Whether there is a document of that name. It is not opened.
    fn contains(&self, name: &Name) -> Result<bool>;
    /// Shows every document of a workflow and of those below it, in no particular order. What cannot be a document's name
    /// is passed over.
    fn walk(&self, workflow: &str, visit: &mut dyn FnMut(Listed)) -> Result<()>;
    /// Refuses a name that is a workflow already, or lies below a document.
    fn check_free(&self, name: &Name) -> Result<()>;
    /// Announces arrays that are about to be written, so that no sweep takes them. Ends when dropped.
    fn announce(&self, name: &Name, arrays: &[&str]) -> Result<Box<dyn Announced>>;
    /// Puts a document in its place, in one step, if what is there is what is expected.
    fn commit(&self, name: &Name, document: &NewDocument<'_>, expected: Expected<'_>) -> Outcome;
    /// Removes a document, durably, and then what `arrays` removes of its manifest's arrays.
    fn remove(&self, name: &Name, arrays: &dyn Fn(&Manifest)) -> Result<()>;
}

/// A document to be read.
pub(super) struct Document {
    pub(super) contents: Box<dyn Read>,
    /// Its length.
    pub(super) bytes: u64,
}

/// A document in a listing.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) modified: Option<SystemTime>,
}

/// A document to be put in its place.
pub(super) struct NewDocument<'a> {
    pub(super) bytes: &'a [u8],
    #[cfg_attr(not(feature = "object-store"), allow(dead_code, reason = "a folder knows what it has renamed"))]
    pub(super) write_id: &'a str,
}

/// The arrays of a save in progress.
pub(super) trait Announced {}

/// What must be under the name for a commit to happen.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// Any document of ours, or none.
    Anything,
    /// No document.
    Nothing,
    /// Still the document of that write id.
    Written(&'a str),
}

impl Expected<'_> {
    /// Why a commit cannot happen where there is the document of this write id.
    pub(super) fn check(self, found: Option<&str>) -> Result<()> {
        match self {
            Self::Nothing if found.is_some() => Err(Error::new(
                ErrorKind::AlreadyExists,
                "there is an object of that name already: `save` replaces it, `create` does not",
            )),
            Self::Written(write_id) if found != Some(write_id) => Err(Error::new(
                ErrorKind::Conflict,
                "the object keeps arrays of a document that somebody else has replaced or removed since: load it again",
            )),
            _ => Ok(()),
        }
    }
}

/// What became of a commit.
pub(super) enum Outcome {
    /// The new document is there, durably; this is the manifest of the one that it replaced.
    Done(Option<Manifest>),
    /// Nothing has happened.
    Refused(Error),
    /// It is not known whether the new document is there to stay.
    Unknown(Error),
}
