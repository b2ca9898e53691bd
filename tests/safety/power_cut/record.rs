//! A record of the calls on the file system.

use arraystow::faults::{Call, Watcher};
use std::path::PathBuf;
use std::sync::Mutex;

/// A call that was done.
#[derive(Debug)]
pub(super) enum Done {
    MakeFile(PathBuf),
    Write(PathBuf, u64, Vec<u8>),
    /// To this length at least.
    Lengthen(PathBuf, u64),
    /// A sync was begun. What is changed after it is not covered by the sync.
    BeginSync(PathBuf),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    Link(PathBuf, PathBuf),
    RemoveFile(PathBuf),
    MakeFolder(PathBuf),
    RemoveFolder(PathBuf),
}

#[derive(Default)]
pub(super) struct Recorder(Mutex<Vec<Done>>);

impl Recorder {
    /// Returns the record, and begins a new one.
    pub(super) fn take(&self) -> Vec<Done> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    fn note(&self, done: Done) {
        self.0.lock().unwrap().push(done);
    }
}

impl Watcher for Recorder {
    fn before(&self, call: &Call<'_>) -> std::io::Result<()> {
        if let Call::SyncFile(path) | Call::SyncFolder(path) = call {
            self.note(Done::BeginSync(path.to_path_buf()));
        }
        Ok(())
    }

    fn after(&self, call: &Call<'_>) {
        self.note(match *call {
            Call::MakeFile(path) => Done::MakeFile(path.to_owned()),
            // A lock file is made if it is not there; no test depends on whether it survives.
            Call::OpenLock(_) | Call::Open(_) | Call::Lock(_) => return,
            Call::SyncFile(path) | Call::SyncFolder(path) => Done::Sync(path.to_owned()),
            Call::Write { path, offset, bytes } => Done::Write(path.to_owned(), offset, bytes.to_vec()),
            Call::Lengthen { path, len } | Call::Reserve { path, len } => Done::Lengthen(path.to_owned(), len),
            Call::Rename { from, to } => Done::Rename(from.to_owned(), to.to_owned()),
            Call::Link { from, to } => Done::Link(from.to_owned(), to.to_owned()),
            Call::RemoveFile(path) => Done::RemoveFile(path.to_owned()),
            Call::MakeFolder(path) => Done::MakeFolder(path.to_owned()),
            Call::RemoveFolder(path) => Done::RemoveFolder(path.to_owned()),
            ref other => panic!("{other:?} is not modelled"),
        });
    }
}
