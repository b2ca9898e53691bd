//! Files that survive a power cut, folders that come and go, and the workflow's lock.

use crate::error::{Error, Result};
use crate::storage::name::ARRAYS;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// The workflow's lock file, in its folder of arrays.
pub(super) const LOCK: &str = ".lock";
/// The records of saves in progress.
pub(super) const SAVING: &str = ".saving";

pub(super) fn located(what: &str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let (what, path) = (what.to_owned(), path.display().to_string());
    move |error| Error::io(what, error).at_location(path)
}

/// Writes a new file and makes its contents durable (not yet its name). Removed again on error.
pub(super) fn write_new(path: &Path, contents: &[u8]) -> io::Result<()> {
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
        file.write_all(contents)?;
        file.sync_all()
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

/// Makes the names in a folder durable.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Makes a folder and those above it, durably: each new one's name is synced in the folder above.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    match std::fs::create_dir(path) {
        Ok(()) => path.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let parent = path.parent().ok_or(error)?;
            make_folder(parent)?;
            match std::fs::create_dir(path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
                Err(error) => Err(error),
                Ok(()) => sync_folder(parent),
            }
        }
        Err(error) => Err(error),
    }
}

/// Holds a workflow's lock: between processes and threads, one commit or removal at a time. Released when dropped, and
/// by the system if the process dies.
pub(super) struct WorkflowLock {
    _file: File,
}

impl WorkflowLock {
    /// Waits for the lock of the workflow in this folder.
    pub(super) fn acquire(workflow: &Path) -> Result<Self> {
        let arrays = workflow.join(ARRAYS);
        let path = arrays.join(LOCK);
        let failed = |error| located("cannot lock the workflow", &path)(error);
        loop {
            let file = match OpenOptions::new().read(true).append(true).create(true).open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    make_folder(&arrays).map_err(failed)?;
                    continue;
                }
                opened => opened.map_err(failed)?,
            };
            file.lock().map_err(failed)?;
            // Whoever emptied the workflow may have removed the lock file while this one waited for it.
            if same_file(&file, &path) {
                return Ok(Self { _file: file });
            }
        }
    }
}

#[cfg(unix)]
fn same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn same_file(_: &File, _: &Path) -> bool {
    // There a file that is open cannot be removed.
    true
}

/// Removes what an emptied workflow leaves: its folder of arrays, itself and the workflows above it, up to the root.
/// Nothing that holds anything is removed. The caller holds the lock.
pub(super) fn remove_empty_folders(root: &Path, workflow: &Path) {
    let arrays = workflow.join(ARRAYS);
    let _ = std::fs::remove_dir(arrays.join(SAVING));
    let only_lock = std::fs::read_dir(&arrays)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)));
    if !only_lock {
        return;
    }
    let _ = std::fs::remove_file(arrays.join(LOCK));
    if std::fs::remove_dir(&arrays).is_err() {
        return;
    }
    let mut folder = workflow;
    while folder != root && folder.starts_with(root) && std::fs::remove_dir(folder).is_ok() {
        match folder.parent() {
            Some(parent) => folder = parent,
            None => return,
        }
    }
}
