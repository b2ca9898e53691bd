//! What a storage needs of the place where its documents are: a folder, or an object store.

use super::leftover::{Leftover, Remains};
use super::name::{Name, Workflow};
use super::version::Version;
use crate::backend::Backend;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::{Manifest, Protocols};
#[cfg(feature = "zarr")]
use crate::protocol::store::ByteStore;
use std::collections::HashSet;
use std::io::{Read, Seek};
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
    /// Distinguishes a document from every other of this process.
    fn identity(&self, name: &Name) -> String;
    /// The arrays of a workflow.
    fn backend(&self, workflow: &Workflow) -> Arc<dyn Backend>;
    /// How its arrays and the files of external objects are reached.
    fn protocols(&self, workflow: &Workflow) -> Protocols;
    /// The keys below the folder of the workflow's arrays.
    #[cfg(feature = "zarr")]
    fn bytes(&self, workflow: &Workflow) -> Result<Arc<dyn ByteStore>>;
    /// Whether a chunk that is there is never replaced by that of another writer. `scratch` is a folder beside the
    /// arrays where that may be tried.
    #[cfg(feature = "zarr")]
    fn keeps_first(&self, name: &Name, scratch: &str) -> Result<bool>;
    /// Whether what is written is durable.
    #[cfg(feature = "zarr")]
    fn is_synced(&self) -> bool;
    /// Makes the folder of the workflow's arrays, if there are folders. It stays as long as this is held, and as
    /// anything is in it. No document of the workflow comes, goes or is renamed meanwhile.
    fn with_folder(&self, name: &Name) -> Result<Option<Box<dyn Hold>>>;
    /// Opens a document to read. It is the same document from the first byte to the last.
    fn open(&self, name: &Name) -> Result<Document>;
    /// Opens what is under a name for a look at parts of it, whatever it is and however long.
    fn look_at(&self, name: &Name) -> Result<Box<dyn Contents>>;
    /// Whether there is a document of that name.
    fn contains(&self, name: &Name) -> Result<bool>;
    /// Whether what is under a name that was listed is a document, or was one: as far as that is seen at the cost of a
    /// look.
    fn is_document(&self, name: &Name) -> bool;
    /// Whether the place is there at all.
    fn exists(&self) -> Result<bool>;
    /// What there is near a name that there is not, in bounded time. None if that cannot be seen.
    fn near(&self, name: &Name) -> Option<Near>;
    /// Shows everything in the places of documents of a workflow and of those below it, in no particular order. Names
    /// that no document can have are skipped.
    fn walk(&self, workflow: &Workflow, visit: &mut dyn FnMut(Listed)) -> Result<()>;
    /// Shows the names of everything in the places of documents directly in a workflow, readable or not, whatever the
    /// name.
    fn documents(&self, workflow: &Workflow, visit: &mut dyn FnMut(String)) -> Result<()>;
    /// The workflow's index, if there is one that can be read and has no more than `most` bytes.
    fn index(&self, workflow: &Workflow, most: u64) -> Option<Vec<u8>>;
    /// Puts an index in its place, if there can be one now. `contents` makes it, and gets the time by the clock that
    /// stamps have. What fails is not an error: an index can always be made again.
    fn put_index(&self, workflow: &Workflow, contents: &mut dyn FnMut(SystemTime) -> Option<Vec<u8>>);
    /// Removes the index of a workflow from which many documents were removed, if none is left. What fails is left to a
    /// sweep.
    fn remove_index_if_empty(&self, workflow: &Workflow) {
        let _ = workflow;
    }
    /// Fails for a name that is a workflow already, or is below a document.
    fn check_free(&self, name: &Name) -> Result<()>;
    /// Announces arrays that are about to be written, so that no sweep takes them, and those that are kept, where
    /// nothing else holds them. None if there is nothing to announce. Ends when dropped.
    fn announce(
        &self,
        name: &Name,
        to_write: &[&str],
        kept: &[&str],
        claim: Claim,
    ) -> Result<Option<Box<dyn Announced>>>;
    /// Puts a document in its place, in one step, if what is there is what is expected.
    fn commit<'a>(&'a self, name: &'a Name, document: &NewDocument<'a>, expected: Expected<'_>) -> Outcome<'a>;
    /// Removes documents of one workflow, durably. Those that are not there are passed over. An error if it is not
    /// known what was removed, or if nothing was.
    fn remove<'a>(&'a self, names: &'a [Name], only: Only<'_>) -> Result<Removal<'a>>;
    /// Gives a document another name in its workflow, in one step, if the place can do that: its manifest. The arrays
    /// stay where they are.
    fn rename(&self, name: &Name, new: &Name) -> Option<Result<Manifest>> {
        let _ = (name, new);
        None
    }
    /// Every workflow that has arrays, or had: for each that no name can lead to, the error that says why.
    fn workflows(&self) -> Result<Vec<Result<Workflow>>>;
    /// What no document of a workflow refers to and no save in progress is writing.
    fn leftovers(&self, workflow: &Workflow) -> Result<Vec<(Remains, Leftover)>>;
    /// Removes those of `these` that are leftovers still, and returns them.
    fn remove_leftovers(&self, workflow: &Workflow, these: &HashSet<Remains>) -> Result<Vec<Leftover>>;
}

/// The contents of a file or an object.
pub(super) trait Contents: Read + Seek {}

impl<T: Read + Seek> Contents for T {}

/// What there is near a name that there is not.
pub(super) struct Near {
    pub(super) missing: Missing,
    /// The names that there are in its place.
    pub(super) names: Vec<String>,
}

/// What is not there.
pub(super) enum Missing {
    /// The whole storage.
    Storage,
    /// This workflow, while the one above it is there.
    Workflow(Workflow),
    Document,
    /// A document of that name: it is a workflow.
    DocumentOfWorkflow,
}

/// What the ids of announced arrays are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Of this save alone: they were made for it.
    Fresh,
    /// Those that the arrays have elsewhere. Others may be bringing or removing arrays of the same ids: of two of them
    /// one finds the other, and gives way.
    Copied,
    /// Those of arrays that a commit leaves to their holders.
    Left,
}

/// A document to be read.
pub(super) struct Document {
    pub(super) contents: Box<dyn Read>,
    /// Its length.
    pub(super) bytes: u64,
    pub(super) seen: Seen,
    pub(super) stamp: Option<Stamp>,
}

/// Distinguishes a version of a document from all others that have been in its place, unless the document has changed
/// twice within the resolution of a clock.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) text: Vec<u8>,
    /// When the document came, or the file was last changed in any way.
    pub(super) changed: SystemTime,
}

/// What a look found under a name, in the words of the place.
#[derive(Clone, Debug)]
pub(super) enum Seen {
    Nothing,
    /// This version of a document.
    #[cfg(feature = "object-store")]
    Version(crate::protocol::ObjectVersion),
    /// It is unknown: a commit looks again.
    Unknown,
}

/// What was under a name when a save began.
pub(super) struct Before {
    /// Of a document that can be read.
    pub(super) manifest: Option<Manifest>,
    #[cfg_attr(not(feature = "object-store"), allow(dead_code, reason = "a folder looks again, under its lock"))]
    pub(super) seen: Seen,
}

/// A document in a listing.
pub(super) struct Listed {
    pub(super) name: Name,
    pub(super) bytes: u64,
    pub(super) modified: Option<SystemTime>,
    /// None if the place has nothing that identifies a version.
    pub(super) stamp: Option<Stamp>,
}

/// A document to be put in its place.
pub(super) struct NewDocument<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) write_id: &'a str,
    /// The ids of what was written for it.
    #[cfg_attr(not(feature = "object-store"), allow(dead_code, reason = "a folder knows what became of a commit"))]
    pub(super) written: &'a [&'a str],
    /// What it replaces, if nothing has changed since.
    #[cfg_attr(not(feature = "object-store"), allow(dead_code, reason = "a folder looks again, under its lock"))]
    pub(super) before: &'a Before,
    /// The announcement of the save that brings it.
    pub(super) announced: Option<&'a dyn Announced>,
    /// Gets what is under the name at the last moment, and fails if the document must not come.
    pub(super) still: Option<&'a Still>,
    /// Where its arrays were written, if it has some. They must be durable before the document has its name.
    pub(super) arrays: Option<Arc<dyn Backend>>,
}

/// Fails if a document must not be put in the place of this one.
pub(super) type Still = dyn Fn(Option<&Manifest>) -> Result<()> + Send + Sync;

impl NewDocument<'_> {
    /// Fails if the document must not come in the place of what is there.
    pub(super) fn check_still(&self, present: Option<&Manifest>) -> Result<()> {
        self.still.map_or(Ok(()), |still| still(present))
    }

    /// Makes the arrays durable.
    pub(super) fn sync_arrays(&self) -> Result<()> {
        self.arrays.as_ref().map_or(Ok(()), |backend| backend.sync())
    }
}

/// The arrays of a save in progress.
pub(super) trait Announced: Send + Sync {
    /// Fails if a sweep may have considered the save to be dead.
    fn check(&self) -> Result<()>;
    /// What it is called among the saves in progress.
    fn key(&self) -> Option<&str>;
    /// Ends it; returns where the announcement is if that cannot be taken back.
    fn end(self: Box<Self>) -> Option<String>;
    /// Ends it after a commit that may still be carried out. Where that can be, the announcement runs out by itself
    /// instead; returns where it is.
    fn leave(self: Box<Self>) -> Option<String> {
        self.end()
    }
}

/// Why a save of an old version is refused.
pub(super) const REPLACED: &str = "the document was replaced or removed since the version that this save is based on: load the \
                                   object again, make the change again and save it; `Storage::update` does all of that";

/// The error of a save that is based on a version that is not there any more.
pub(super) fn replaced() -> Error {
    Error::new(ErrorKind::Conflict, REPLACED)
}

/// Which documents a removal takes.
#[derive(Clone, Copy)]
pub(super) enum Only<'a> {
    /// That of the name. What is no document fails.
    Named,
    /// That of this version. Another one fails with `Conflict`.
    Version(&'a Version),
    /// What a listing had. What is no document is passed over.
    Listed,
}

/// Fails for a document of another version than the one that is to be removed.
pub(super) fn check_version(manifest: &Manifest, only: Only<'_>) -> Result<()> {
    match only {
        Only::Version(version) if Version::of(manifest.write_id()) != *version => Err(Error::new(
            ErrorKind::Conflict,
            "the document was replaced since that version, and was not removed: look at the value again",
        )),
        _ => Ok(()),
    }
}

/// What became of a removal of documents.
pub(super) struct Removal<'a> {
    /// For each of the names, if there was no such document, the error that says so.
    pub(super) missing: Vec<Option<Error>>,
    /// The first document that could not be removed. Those before it are.
    pub(super) failed: Option<Error>,
    /// What was removed, and may have arrays, one after the other: each begins to be held when it is asked for.
    pub(super) superseded: Box<dyn Iterator<Item = Superseded<'a>> + 'a>,
}

/// What must be under the name for a commit to happen.
#[derive(Clone, Copy)]
pub(super) enum Expected<'a> {
    /// Any document of arraystow, or none.
    Anything,
    /// No document.
    Nothing,
    /// Still the document of that write id.
    Written(&'a str),
}

/// What is under a name when a commit is about to happen.
#[derive(Clone, Copy)]
pub(super) enum Present<'a> {
    Nothing,
    /// A document that cannot be read.
    Damaged,
    /// The document of that write id.
    Written(&'a str),
}

impl<'a> Present<'a> {
    /// A document, by its manifest if that can be read.
    pub(super) fn document(manifest: Option<&'a Manifest>) -> Self {
        manifest.map_or(Self::Damaged, |manifest| Self::Written(manifest.write_id()))
    }
}

impl Expected<'_> {
    /// Fails if a commit must not replace what is there.
    pub(super) fn check(self, present: Present<'_>) -> Result<()> {
        match (self, present) {
            (Self::Anything, _) | (Self::Nothing, Present::Nothing) => Ok(()),
            (Self::Nothing, _) => Err(Error::new(
                ErrorKind::AlreadyExists,
                "there is a value of that name already: `save` replaces it, `create` does not",
            )),
            (Self::Written(expected), Present::Written(found)) if found == expected => Ok(()),
            (Self::Written(_), _) => Err(replaced()),
        }
    }
}

/// What became of a commit.
pub(super) enum Outcome<'a> {
    /// The new document is there, durably. It replaced this one, if that had arrays that can be removed now.
    Done(Option<Superseded<'a>>),
    /// Nothing has happened.
    Refused(Error),
    /// It is not known whether the new document is there to stay.
    Unknown(Error),
}

/// Documents that a commit replaced, or that were removed. As long as this is held, the place keeps others from their
/// arrays.
pub(super) struct Superseded<'a> {
    pub(super) manifests: Vec<Manifest>,
    /// The arrays and external objects that stay, by their file names: a document has them again, or a copy is bringing
    /// them.
    pub(super) staying: HashSet<String>,
    pub(super) hold: Box<dyn Hold + 'a>,
}

/// The lock or the announcements by which a place keeps others from arrays until it is dropped.
pub(super) trait Hold {
    /// Whether it may have ended already. Nothing is removed then.
    fn is_over(&self) -> bool {
        false
    }
}
