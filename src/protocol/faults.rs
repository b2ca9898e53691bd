//! For the crate's own tests: every call that changes a local file system, seen and steered from outside.
//!
//! What a test watches is a folder. Its watcher is asked before each call in or below it, and may refuse the call or hold
//! it up; and it is told after each call that was done.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

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
    /// Asked again and again, while somebody else has the lock.
    Lock(&'a Path),
    Open(&'a Path),
}

impl Call<'_> {
    /// The path that is changed.
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

    /// Whether the call changes anything, or makes a change durable.
    #[must_use]
    pub fn changes(&self) -> bool {
        !matches!(self, Self::Open(_) | Self::Lock(_) | Self::OpenLock(_))
    }
}

/// What watches.
pub trait Watcher: Send + Sync {
    /// Asked before a call.
    ///
    /// # Errors
    /// The error that the call is to have; it is then not done.
    fn before(&self, call: &Call<'_>) -> io::Result<()>;

    /// Told after a call that was done.
    fn after(&self, _call: &Call<'_>) {}
}

static WATCHED: RwLock<Vec<(PathBuf, Arc<dyn Watcher>)>> = RwLock::new(Vec::new());

/// Watches a folder until the answer is dropped.
pub fn watch(folder: &Path, watcher: Arc<dyn Watcher>) -> Watching {
    WATCHED.write().unwrap_or_else(PoisonError::into_inner).push((folder.to_owned(), watcher));
    Watching(folder.to_owned())
}

/// A folder that is watched; see [`watch`].
#[derive(Debug)]
#[must_use]
pub struct Watching(PathBuf);

impl Drop for Watching {
    fn drop(&mut self) {
        WATCHED.write().unwrap_or_else(PoisonError::into_inner).retain(|(folder, _)| *folder != self.0);
    }
}

fn watcher(path: &Path) -> Option<Arc<dyn Watcher>> {
    let watched = WATCHED.read().unwrap_or_else(PoisonError::into_inner);
    watched.iter().find(|(folder, _)| path.starts_with(folder)).map(|(_, watcher)| watcher.clone())
}

pub(super) fn watched(path: &Path) -> bool {
    watcher(path).is_some()
}

pub(super) fn before(call: &Call<'_>) -> io::Result<()> {
    watcher(call.path()).map_or(Ok(()), |watcher| watcher.before(call))
}

/// Does a call, if the watcher lets it pass, and tells the watcher.
pub(super) fn watching<R>(call: &Call<'_>, do_it: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
    before(call)?;
    let result = do_it()?;
    if let Some(watcher) = watcher(call.path()) {
        watcher.after(call);
    }
    Ok(result)
}
