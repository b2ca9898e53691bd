//! For the crate's own tests: a watcher sees every call that changes a local file system.
//!
//! A test watches a folder. Its watcher runs before each call in or below the folder, and may make the call fail or
//! delay it. It runs again after each call that was carried out.

use crate::lock::RwLock;
use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A call on a local file system.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the calls are named after what they do")]
pub enum Call<'a> {
    MakeFile(&'a Path),
    OpenLock(&'a Path),
    Write {
        path: &'a Path,
        offset: u64,
        bytes: &'a [u8],
    },
    Lengthen {
        path: &'a Path,
        len: u64,
    },
    Reserve {
        path: &'a Path,
        len: u64,
    },
    SyncFile(&'a Path),
    Rename {
        from: &'a Path,
        to: &'a Path,
    },
    Link {
        from: &'a Path,
        to: &'a Path,
    },
    Copy {
        from: &'a Path,
        to: &'a Path,
    },
    RemoveFile(&'a Path),
    MakeFolder(&'a Path),
    RemoveFolder(&'a Path),
    SyncFolder(&'a Path),
    /// Repeated as long as the lock is held elsewhere.
    Lock(&'a Path),
    Open(&'a Path),
}

impl Call<'_> {
    /// Returns the path that the call changes.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::MakeFile(path)
            | Self::OpenLock(path)
            | Self::Write { path, .. }
            | Self::Lengthen { path, .. }
            | Self::Reserve { path, .. }
            | Self::SyncFile(path)
            | Self::Rename { to: path, .. }
            | Self::Link { to: path, .. }
            | Self::Copy { to: path, .. }
            | Self::RemoveFile(path)
            | Self::MakeFolder(path)
            | Self::RemoveFolder(path)
            | Self::SyncFolder(path)
            | Self::Lock(path)
            | Self::Open(path) => path,
        }
    }

    /// Returns whether the call changes anything, or makes a change durable.
    #[must_use]
    pub fn changes(&self) -> bool {
        !matches!(self, Self::Open(_) | Self::Lock(_) | Self::OpenLock(_))
    }
}

/// Watches the calls in a folder.
pub trait Watcher: Send + Sync {
    /// Runs before a call.
    ///
    /// # Errors
    /// An error becomes the result of the call, which is then not carried out.
    fn before(&self, call: &Call<'_>) -> io::Result<()>;

    /// Runs after a call that was carried out.
    fn after(&self, _call: &Call<'_>) {}
}

thread_local! {
    static EARLY: Cell<Option<usize>> = const { Cell::new(None) };
}

/// On this thread, plain arrays of this many bytes are written while a save borrows them, until the returned guard is
/// dropped.
pub fn write_early_from(bytes: usize) -> WritingEarly {
    WritingEarly(EARLY.replace(Some(bytes)))
}

/// The guard of [`write_early_from`].
#[derive(Debug)]
#[must_use]
pub struct WritingEarly(Option<usize>);

impl Drop for WritingEarly {
    fn drop(&mut self) {
        EARLY.set(self.0);
    }
}

pub(crate) fn early() -> Option<usize> {
    EARLY.get()
}

static WATCHED: RwLock<Vec<(PathBuf, Arc<dyn Watcher>)>> = RwLock::new(Vec::new());

/// Watches a folder until the returned guard is dropped.
pub fn watch(folder: &Path, watcher: Arc<dyn Watcher>) -> Watching {
    WATCHED.write().push((folder.to_owned(), watcher));
    Watching(folder.to_owned())
}

/// The guard of a watched folder; see [`watch`].
#[derive(Debug)]
#[must_use]
pub struct Watching(PathBuf);

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHED.write().retain(|(folder, _)| *folder != self.0);
    }
}

fn watcher(path: &Path) -> Option<Arc<dyn Watcher>> {
    let watched = WATCHED.read();
    watched.iter().find(|(folder, _)| path.starts_with(folder)).map(|(_, watcher)| watcher.clone())
}

pub(super) fn watched(path: &Path) -> bool {
    watcher(path).is_some()
}

pub(super) fn before(call: &Call<'_>) -> io::Result<()> {
    watcher(call.path()).map_or(Ok(()), |watcher| watcher.before(call))
}

/// Carries out a call unless the watcher refuses it, and then runs the watcher again.
pub(super) fn watching<R>(call: &Call<'_>, do_it: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    before(call)?;
    let result = do_it()?;
    if let Some(watcher) = watcher(call.path()) {
        watcher.after(call);
    }
    Ok(result)
}
