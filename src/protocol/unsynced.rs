//! What was written and what a power cut may still lose: files, and folders with new names.
//!
//! Syncs are made together, because a file system writes its journal once for all syncs that wait at the same time.

use super::{Durability, FileBytes, disk};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// The most files of one backend that wait for their sync. Each holds a file descriptor.
const MOST_FILES: usize = if cfg!(feature = "faults") { 3 } else { 64 };

/// The most files that wait in the whole process.
const MOST_IN_ALL: usize = 256;

/// The files that wait.
static IN_ALL: AtomicUsize = AtomicUsize::new(0);

/// The largest file that waits. The sync of a larger one begins when it is written.
const MOST_BYTES: u64 = 1 << 20;

/// The most of them at the same time.
const MOST_LARGE: usize = 4;

/// The most syncs at the same time.
const MOST_THREADS: usize = 16;

/// Files, and folders with new names, that are not durable yet.
#[derive(Default)]
pub(crate) struct Unsynced {
    waiting: Mutex<Waiting>,
    /// The syncs of large files that have begun.
    large: Mutex<VecDeque<JoinHandle<Result<()>>>>,
    /// Held while what waited is synced, so that another thread whose files are among it waits too.
    syncing: Mutex<()>,
    failures: AtomicUsize,
}

#[derive(Default)]
struct Waiting {
    files: Vec<NewFile>,
    folders: BTreeSet<PathBuf>,
    /// The first sync of a full batch that failed.
    failed: Option<Error>,
}

/// A file with its final name.
struct NewFile {
    bytes: Arc<FileBytes>,
    path: PathBuf,
}

impl NewFile {
    fn new(bytes: Arc<FileBytes>, path: &Path) -> Self {
        IN_ALL.fetch_add(1, Ordering::Relaxed);
        Self { bytes, path: path.to_owned() }
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        IN_ALL.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One of the syncs.
enum Sync {
    File(NewFile),
    Folder(PathBuf),
}

impl Unsynced {
    /// Adds a folder, and the folders above it up to `root`.
    pub(crate) fn add(&self, folder: &Path, root: &Path) {
        let folders = &mut self.waiting.lock().folders;
        // A folder is added with all folders above it.
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(root)) {
            if folders.contains(folder) {
                break;
            }
            folders.insert(folder.to_owned());
        }
    }

    /// Adds a file of this length that was just written, and has its final name. The sync of a large one begins.
    pub(crate) fn add_written(&self, bytes: Arc<FileBytes>, len: u64, path: &Path, durability: Durability) {
        if len <= MOST_BYTES {
            self.add_file(bytes, path, durability);
        } else if durability != Durability::NotSynced {
            self.begin(NewFile::new(bytes, path), durability);
        }
    }

    /// Adds a file, which has its final name. If many are waiting, they are synced. An error of theirs is one of
    /// [`sync`](Self::sync): it is about another file than the one that is added.
    pub(crate) fn add_file(&self, bytes: Arc<FileBytes>, path: &Path, durability: Durability) {
        if durability == Durability::NotSynced {
            return;
        }
        // Kept while files are synced, so that no more of them are opened.
        let mut waiting = self.waiting.lock();
        waiting.files.push(NewFile::new(bytes, path));
        if waiting.files.len() >= MOST_FILES || IN_ALL.load(Ordering::Relaxed) > MOST_IN_ALL {
            let files = std::mem::take(&mut waiting.files);
            let synced = together(files.into_iter().map(Sync::File).collect(), durability);
            waiting.failed = waiting.failed.take().or(synced.err());
        }
    }

    fn begin(&self, file: NewFile, durability: Durability) {
        let mut large = self.large.lock();
        if large.len() >= MOST_LARGE
            && let Some(oldest) = large.pop_front()
        {
            self.note(ended(oldest));
        }
        let sync = Arc::new(Sync::File(file));
        let in_thread = sync.clone();
        match thread::Builder::new().spawn(move || in_thread.carry_out(durability)) {
            Ok(thread) => large.push_back(thread),
            Err(_) => self.note(sync.carry_out(durability)),
        }
    }

    fn note(&self, synced: Result<()>) {
        if let Err(error) = synced {
            self.waiting.lock().failed.get_or_insert(error);
        }
    }

    /// Notes that a folder was removed.
    #[cfg(feature = "zarr")]
    pub(crate) fn forget(&self, folder: &Path) {
        self.waiting.lock().folders.remove(folder);
    }

    /// Syncs everything. Fails if anything that was added since the last call is not durable.
    pub(crate) fn sync(&self, durability: Durability) -> Result<()> {
        let _syncing = self.syncing.lock();
        let large = std::mem::take(&mut *self.large.lock());
        large.into_iter().for_each(|thread| self.note(ended(thread)));
        let Waiting { files, folders, failed } = std::mem::take(&mut *self.waiting.lock());
        if durability == Durability::NotSynced {
            return Ok(());
        }
        let syncs = files.into_iter().map(Sync::File).chain(folders.into_iter().map(Sync::Folder));
        let synced = together(syncs.collect(), durability);
        let synced = failed.map_or(synced, Err);
        if synced.is_err() {
            self.failures.fetch_add(1, Ordering::AcqRel);
        }
        synced
    }

    /// How many calls of [`sync`](Self::sync) have failed. A thread whose files another one has synced sees it here.
    #[cfg(feature = "zarr")]
    pub(crate) fn failures(&self) -> usize {
        self.failures.load(Ordering::Acquire)
    }
}

/// Nothing goes on after a call that has failed.
impl Drop for Unsynced {
    fn drop(&mut self) {
        let large = std::mem::take(&mut *self.large.lock());
        large.into_iter().for_each(|thread| drop(ended(thread)));
    }
}

impl Sync {
    fn carry_out(&self, durability: Durability) -> Result<()> {
        let (synced, text, path) = match self {
            Self::File(file) => (file.bytes.sync_as(&file.path, durability), "the file cannot be synced", &file.path),
            Self::Folder(path) => {
                (disk::sync_folder(path, durability), "the folder of the arrays cannot be synced", path)
            }
        };
        synced.map_err(|error: io::Error| {
            let full = matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
            let advice = if full { ": no space is left on the disk; free some and save again" } else { "" };
            Error::io(format!("{text}{advice}"), error).at_location(path.display().to_string())
        })
    }
}

/// The result of a sync that has begun.
fn ended(thread: JoinHandle<Result<()>>) -> Result<()> {
    let panicked =
        |_| Err(Error::io("the file cannot be synced", io::Error::other("the thread of its sync has panicked")));
    thread.join().unwrap_or_else(panicked)
}

/// Carries out all syncs, and returns the first error.
fn together(syncs: Vec<Sync>, durability: Durability) -> Result<()> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None));
    let work = || {
        while let Some(sync) = syncs.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Err(error) = sync.carry_out(durability) {
                failed.lock().get_or_insert(error);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..syncs.len().min(MOST_THREADS) {
            // Without a thread, this one does its work.
            let _ = thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    failed.into_inner().map_or(Ok(()), Err)
}
