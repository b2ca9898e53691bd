//! The one step in which a document comes or goes: a lock around a second look, the rename or the removal, and the
//! removal of the arrays that no document names any more.

use super::durable::{WorkflowLock, located, remove_empty_folders};
use super::record::Records;
use super::{Expected, Folder, NewDocument, Outcome};
use crate::backend::Backend;
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::Manifest;
use crate::protocol::{DiskFile, Durability, disk};
use crate::storage::missing::{RemovalResults, sorted};
use crate::storage::name::{Name, Workflow};
use crate::storage::place::{Announced, Hold, Only, Place, Present, Removal, Superseded, check_version};
use crate::storage::read::{head, is_ours, locations, removable};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

/// How the name of a document begins that is being written.
pub(super) const UNFINISHED: &str = ".document-";

impl Folder {
    pub(super) fn commit_document<'a>(
        &self,
        name: &Name,
        document: &NewDocument<'_>,
        expected: Expected<'_>,
    ) -> Outcome<'a> {
        let temporary = match self.write_temporary(name, document) {
            Ok(temporary) => temporary,
            Err(error) => return Outcome::Refused(error),
        };
        let outcome = self.put_in_place(name, &temporary.path, document, expected);
        if matches!(outcome, Outcome::Refused(_)) {
            let _ = disk::remove_file(&temporary.path);
        }
        outcome
    }

    /// Writes a document beside the arrays, and makes both durable but for the document's name.
    fn write_temporary(&self, name: &Name, document: &NewDocument<'_>) -> Result<Temporary> {
        let path = self.arrays(name.workflow()).join(format!("{UNFINISHED}{}", uuid::Uuid::new_v4()));
        let failed = |error| located("cannot write the document", &path)(error);
        // Under the lock, so that no sweep comes between the making and the locking of the file.
        let lock = self.lock(name)?;
        self.sync_folders(name.workflow())?;
        let mut file = DiskFile::create(&path).map_err(failed)?;
        let locked = file.lock();
        drop(lock);
        let written = locked.and_then(|()| file.write_all(document.bytes)).map_err(failed);
        match written.and_then(|()| self.sync_with_arrays(&file, document, failed)) {
            Ok(()) => Ok(Temporary { path, _file: file }),
            Err(error) => {
                let _ = disk::remove_file(&path);
                Err(error)
            }
        }
    }

    /// Syncs a document's file and its arrays, at the same time: a file system writes its journal once for both.
    fn sync_with_arrays(
        &self,
        file: &DiskFile,
        document: &NewDocument<'_>,
        failed: impl Fn(io::Error) -> Error,
    ) -> Result<()> {
        let sync_file = || file.sync(self.durability);
        let (arrays, file) = thread::scope(|scope| {
            let beside = match self.durability {
                Durability::Synced => thread::Builder::new().spawn_scoped(scope, sync_file).ok(),
                Durability::NotSynced => None,
            };
            let arrays = document.sync_arrays();
            let file = match beside.map(|thread| thread.join()) {
                Some(Ok(synced)) => synced,
                _ => sync_file(),
            };
            (arrays, file)
        });
        arrays.and(file.map_err(failed))
    }

    fn put_in_place<'a>(
        &self,
        name: &Name,
        temporary: &Path,
        document: &NewDocument<'_>,
        expected: Expected<'_>,
    ) -> Outcome<'a> {
        let path = self.document(name);
        let workflow = self.workflow(name.workflow());
        let looked = self.lock(name).and_then(|lock| {
            // While the arrays were synced, others may have removed the folder with them.
            document.announced.map_or(Ok(()), Announced::check)?;
            Ok((lock, current(self, name)?))
        });
        let (lock, current) = match looked {
            Ok(looked) => looked,
            Err(error) => return Outcome::Refused(error),
        };
        let present = current.as_ref().map(|manifest| Present::document(manifest.as_ref()));
        let checked = expected.check(present.unwrap_or(Present::Nothing));
        let checked = document.check_still(current.as_ref().and_then(Option::as_ref)).and(checked);
        if let Err(error) = checked {
            return Outcome::Refused(error);
        }
        if let Err(error) = disk::rename(temporary, &path) {
            // Over a network, a call that was carried out may be reported as failed.
            let is_there = head(self, name).is_ok_and(|head| head.manifest.write_id() == document.write_id);
            if !is_there {
                return Outcome::Refused(located("cannot put the document in its place", &path)(error));
            }
        }
        if let Err(error) = disk::sync_folder(&workflow, self.durability) {
            let text = "the document was replaced, but it is not certain that a power cut would not bring the old one \
                        back; nothing was removed";
            return Outcome::Unknown(located(text, &path)(error).with_kind(ErrorKind::UnknownOutcome));
        }
        // The document names the arrays now. The next program must not take the save for one in progress.
        if let Some(record) = document.announced.and_then(Announced::key) {
            let _ = disk::remove_file(Path::new(record));
        }
        Outcome::Done(current.flatten().and_then(|old| self.superseded(name.workflow(), vec![old], lock)))
    }

    /// Removes documents of one workflow under one lock: all of them, then one sync of their folder.
    pub(super) fn remove_documents<'a>(&'a self, names: &[Name], only: Only<'_>) -> Result<Removal<'a>> {
        let nothing = |missing| Removal { missing, failed: None, superseded: Box::new(std::iter::empty()) };
        let Some(first) = names.first() else { return Ok(nothing(Vec::new())) };
        // Before the lock: looking must not make folders.
        let missing = names.iter().map_while(|name| self.missing(name)).collect::<Result<Vec<_>>>()?;
        if missing.len() == names.len() {
            return Ok(nothing(missing.into_iter().map(Some).collect()));
        }
        let workflow = self.workflow(first.workflow());
        let lock = WorkflowLock::acquire(&workflow, self.durability)?;
        let RemovalResults { there: removed, missing, failed } =
            sorted(names.iter().map(|name| self.remove_name(name, only)));
        if !removed.is_empty() {
            disk::sync_folder(&workflow, self.durability).map_err(|error| {
                let text = "the document was removed, but it is not certain that a power cut would not bring it back; its \
                            arrays were not removed";
                let error = located(text, &self.document(first))(error).with_kind(ErrorKind::UnknownOutcome);
                let arrays = removed.iter().flat_map(|manifest| locations(self, first.workflow(), manifest));
                error.in_document(first.as_str()).leaving(arrays)
            })?;
        }
        let emptied = Emptied { root: &self.root, workflow, arrays: self.backend(first.workflow()), _lock: lock };
        let superseded = self.superseded(first.workflow(), removed, emptied);
        Ok(Removal { missing, failed, superseded: Box::new(superseded.into_iter()) })
    }

    /// Documents of a workflow that are no longer there. What a copy is bringing again stays. None if they have no
    /// arrays, or if it is not known what stays: the arrays are then left to a sweep.
    fn superseded<'a>(
        &self,
        workflow: &Workflow,
        manifests: Vec<Manifest>,
        hold: impl Hold + 'a,
    ) -> Option<Superseded<'a>> {
        if manifests.iter().all(Manifest::is_empty) {
            return None;
        }
        // They must not be committed once more.
        self.end_committed(workflow, &manifests).ok()?;
        let staying = Records::of_copies(&self.workflow(workflow)).ok()?;
        Some(Superseded { manifests, staying, hold: Box::new(hold) })
    }

    /// The error for a document that is not there; none if there is something.
    pub(super) fn missing(&self, name: &Name) -> Option<Result<Error>> {
        match self.open(name) {
            Ok(_) => None,
            Err(error) if error.is_not_found() => Some(Ok(error.in_document(name.as_str()))),
            Err(error) => Some(Err(error.in_document(name.as_str()))),
        }
    }

    /// Removes a document, not yet durably. The caller holds the lock.
    fn remove_name(&self, name: &Name, only: Only<'_>) -> Result<Manifest> {
        let path = self.document(name);
        let manifest = removable(self, name, only)?;
        check_version(&manifest, only).map_err(|error| error.in_document(name.as_str()))?;
        if let Err(error) = disk::remove_file(&path) {
            // Over a network, a call that was carried out may be reported as failed.
            if !self.open(name).is_err_and(|error| error.is_not_found()) {
                return Err(located("cannot remove the document", &path)(error).in_document(name.as_str()));
            }
        }
        Ok(manifest)
    }

    /// Waits for the lock of a name's workflow, whose folders are made if they are not there.
    pub(super) fn lock(&self, name: &Name) -> Result<WorkflowLock> {
        super::links::refuse_workflow(&self.root, name.workflow())?;
        let lock = WorkflowLock::acquire(&self.workflow(name.workflow()), self.durability);
        lock.map_err(|error| super::not_a_folder(error, name))
    }
}

/// A document that has not got its name yet. Its file stays locked: a sweep then knows that a save is in progress.
struct Temporary {
    path: PathBuf,
    _file: DiskFile,
}

impl Hold for WorkflowLock {}

/// The lock of a workflow from which documents were removed. Dropped, it removes the folders that are empty then, those
/// that waiting for the lock has made among them.
pub(super) struct Emptied<'a> {
    pub(super) root: &'a Path,
    pub(super) workflow: PathBuf,
    pub(super) arrays: Arc<dyn Backend>,
    pub(super) _lock: WorkflowLock,
}

impl Hold for Emptied<'_> {}

impl Drop for Emptied<'_> {
    fn drop(&mut self) {
        remove_empty_folders(self.root, &self.workflow, &*self.arrays);
    }
}

/// The document that is there now, if there is one: its manifest, if that can be read.
fn current(folder: &Folder, name: &Name) -> Result<Option<Option<Manifest>>> {
    match head(folder, name) {
        Ok(head) => Ok(Some(Some(head.manifest))),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) if error.is_corrupt() && is_ours(folder, name) => Ok(Some(None)),
        Err(error) => Err(error),
    }
}
