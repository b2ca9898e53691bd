//! Files that survive a power cut, folders that come and go, and the workflow's lock.

use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::protocol::{DiskFile, Durability, disk};
use crate::storage::name::{ARRAYS, INDEX};
use crate::task::check_cancelled;
use std::fs::DirEntry;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// The workflow's lock file, in its folder of arrays.
pub(super) const LOCK: &str = ".lock";
/// An index that is being written.
pub(super) const INDEX_NEW: &str = ".index.new";
/// The records of saves in progress.
pub(super) const SAVING: &str = ".saving";

pub(super) fn located(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let (what, path) = (what.to_owned(), path.display().to_string());
    move |error| Error::io(what, error).at_location(path)
}

/// Why a workflow cannot be locked, which every change of it begins with.
fn not_locked(arrays: &Path, error: io::Error) -> Error {
    if let Err(cancelled) = check_cancelled() {
        return cancelled;
    }
    match error.kind() {
        io::ErrorKind::PermissionDenied => located(
            "the storage may not be written to: check the owner and the permissions of its folders",
            arrays,
        )(error),
        io::ErrorKind::ReadOnlyFilesystem => {
            located("the storage cannot be written to: its file system is mounted read-only", arrays)(error)
        }
        _ => located("cannot lock the workflow", &arrays.join(LOCK))(error),
    }
}

/// Creates a folder and those above it, durably: each new one's name is synced in the folder above.
pub(super) fn make_folder(path: &Path, durability: Durability) -> io::Result<()> {
    let sync = |parent: &Path| disk::sync_folder(parent, durability);
    match disk::make_folder(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = path.parent().ok_or(error)?;
            make_folder(parent, durability)?;
            match disk::make_folder(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
                Err(error) => Err(error),
                Ok(()) => sync(parent),
            }
        }
        Err(error) => Err(error),
    }
}

/// Distinguishes a folder from another one that was made later in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Made {
    node: disk::FileIdentity,
    /// The number of a folder that was removed is given to the next one.
    at: SystemTime,
}

impl Made {
    /// The folder that is there now, if the file system knows when it was made.
    pub(super) fn look(folder: &Path) -> Option<Self> {
        let metadata = std::fs::metadata(folder).ok()?;
        Some(Self { node: disk::FileIdentity::of(&metadata), at: metadata.created().ok()? })
    }
}

/// Holds a workflow's lock: between processes and threads, one commit, removal or sweep at a time. Released when
/// dropped, and by the system if the process dies.
pub(super) struct WorkflowLock {
    file: DiskFile,
}

impl WorkflowLock {
    /// Waits for the lock of the workflow in this folder, which is made if it is not there.
    pub(super) fn acquire(workflow: &Path, durability: Durability) -> Result<Self> {
        let arrays = workflow.join(ARRAYS);
        let failed = |error| not_locked(&arrays, error);
        loop {
            match Self::of_folder(&arrays) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    make_folder(&arrays, durability).map_err(failed)?;
                }
                Err(error) => return Err(failed(error)),
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => {}
            }
        }
    }

    /// The same, if the workflow has arrays at all; nothing is made.
    pub(super) fn acquire_existing(workflow: &Path) -> Result<Option<Self>> {
        let arrays = workflow.join(ARRAYS);
        loop {
            match Self::of_folder(&arrays) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(not_locked(&arrays, error)),
                Ok(Some(lock)) => return Ok(Some(lock)),
                Ok(None) => {}
            }
        }
    }

    /// The lock of a workflow that has arrays, if no other program holds it.
    pub(super) fn try_existing(workflow: &Path) -> Option<Self> {
        let path = workflow.join(ARRAYS).join(LOCK);
        let file = DiskFile::lock_file(&path).ok()?;
        (file.try_lock().ok()? && file.is_at(&path)).then_some(Self { file })
    }

    /// Waits for the lock; none if a program that emptied the workflow has removed the lock file meanwhile.
    fn of_folder(arrays: &Path) -> io::Result<Option<Self>> {
        let path = arrays.join(LOCK);
        let file = DiskFile::lock_file(&path)?;
        file.lock()?;
        Ok(file.is_at(&path).then_some(file).map(|file| Self { file }))
    }
}

impl Drop for WorkflowLock {
    fn drop(&mut self) {
        self.file.unlock();
    }
}

/// Removes what an emptied workflow leaves: its folder of arrays, itself and the workflows above it, up to the root.
/// Nothing that holds anything is removed, and nothing as long as there are documents: the removal of the next one
/// would have to make the lock again. The caller holds the lock.
pub(super) fn remove_empty_folders(root: &Path, workflow: &Path, backend: &dyn Backend) {
    let is_folder = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
    let no_documents = std::fs::read_dir(workflow)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| is_folder(&entry))));
    if !no_documents {
        return;
    }
    let arrays = workflow.join(ARRAYS);
    let saving = arrays.join(SAVING);
    let _ = disk::remove_folder(&saving);
    // A save in progress has a record.
    if std::fs::symlink_metadata(&saving).is_err() {
        let _ = backend.clear();
    }
    let Ok(entries) = std::fs::read_dir(&arrays) else { return };
    let mut indexes = Vec::new();
    for entry in entries {
        match entry.map(|entry| entry.file_name()) {
            Ok(name) if name == LOCK => {}
            Ok(name) if name == INDEX || name == INDEX_NEW => indexes.push(arrays.join(name)),
            _ => return,
        }
    }
    for index in indexes {
        let _ = disk::remove_file(&index);
    }
    let _ = disk::remove_file(&arrays.join(LOCK));
    if disk::remove_folder(&arrays).is_err() {
        return;
    }
    let mut folder = workflow;
    while folder != root && folder.starts_with(root) && disk::remove_folder(folder).is_ok() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => return,
        }
    }
}
