//! The calls that write and open arrays and documents in a local file system.
//!
//! With the feature `faults`, a test observes each call before and after it happens, and can make it fail or delay it.
//! Without the feature these are the plain calls.

#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
compile_error!(
    "arraystow supports the file systems of Unix only: another system needs a module like src/protocol/disk/unix.rs"
);

#[cfg(feature = "faults")]
use super::faults::{self, Call};
use crate::task::{check_cancelled, is_cancellable};
pub(crate) use system::{FileIdentity, stamp};
#[cfg(unix)]
use unix as system;

use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How long work that can be cancelled waits before it tries to get a lock again.
const SHORTEST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

/// The most bytes that are copied at once.
const COPIED_BYTES: u64 = 16 << 20;

/// Whether saved values survive a power cut.
///
/// `Display`, `FromStr` and serde use the names `synced` and `not-synced`.
///
/// ```
/// use arraystow::Durability;
///
/// let durability: Durability = "not-synced".parse()?;
/// assert_eq!((durability, durability.to_string()), (Durability::NotSynced, "not-synced".to_owned()));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Durability {
    /// Files and folders are synced before a save returns. Everything is then on the disk.
    #[default]
    Synced,
    /// The operating system chooses when to write. A killed program loses nothing. After a power cut, the newest values
    /// may be missing or damaged, and so may the values that they replaced. The damage is detected on reading. A
    /// storage that is opened again with `Synced` does not sync arrays that were saved before.
    NotSynced,
}

crate::error::named!(Durability, "durability", [Synced = "synced", NotSynced = "not-synced"]);

/// Carries out a call, with the watcher running before and after it.
macro_rules! call {
    ($call:expr, $do_it:expr) => {{
        #[cfg(feature = "faults")]
        {
            faults::watching(&$call, || $do_it)
        }
        #[cfg(not(feature = "faults"))]
        {
            $do_it
        }
    }};
}

/// A file that is open to be written, or locked.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    #[cfg(feature = "faults")]
    path: std::path::PathBuf,
}

impl DiskFile {
    fn new(file: File, path: &Path) -> Self {
        #[cfg(not(feature = "faults"))]
        let _ = path;
        Self {
            file,
            #[cfg(feature = "faults")]
            path: path.to_owned(),
        }
    }

    /// Opens an existing regular file, to read it or to find out whether it is locked.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        open(path).map(|file| Self::new(file, path))
    }

    /// Makes a new file, to read and write. A file of this name must not exist.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = call!(Call::MakeFile(path), OpenOptions::new().read(true).write(true).create_new(true).open(path));
        file.map(|file: File| Self::new(file, path))
    }

    /// Opens a lock file, and makes it if it does not exist.
    pub(crate) fn lock_file(path: &Path) -> io::Result<Self> {
        let file = call!(Call::OpenLock(path), OpenOptions::new().read(true).append(true).create(true).open(path));
        file.map(|file: File| Self::new(file, path))
    }

    /// Waits for the lock of the file, or until the work is cancelled. Closing the file releases the lock.
    pub(crate) fn lock(&self) -> io::Result<()> {
        let mut pause = SHORTEST_PAUSE;
        loop {
            #[cfg(feature = "faults")]
            faults::before(&Call::Lock(&self.path))?;
            if self.try_lock()? {
                return Ok(());
            }
            check_cancelled().map_err(io::Error::other)?;
            #[cfg(feature = "faults")]
            if faults::watched(&self.path) {
                continue;
            }
            if is_cancellable() {
                std::thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
                continue;
            }
            match self.file.lock() {
                // By a signal.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                locked => return locked,
            }
        }
    }

    /// Releases the lock for every process that has the open file, such as a child that was forked in the meantime.
    pub(crate) fn unlock(&self) {
        let _ = self.file.unlock();
    }

    /// Locks the file unless it is locked elsewhere. Returns whether it did.
    pub(crate) fn try_lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Returns whether the file still has this path.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        match (self.file.metadata(), std::fs::symlink_metadata(path)) {
            (Ok(own), Ok(there)) => FileIdentity::of(&own) == FileIdentity::of(&there),
            _ => false,
        }
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub(crate) fn modified(&self) -> io::Result<SystemTime> {
        self.file.metadata()?.modified()
    }

    /// Returns the content of the file. Fails if it has more than `most` bytes.
    pub(crate) fn contents(&self, most: u64) -> io::Result<Vec<u8>> {
        let len = self.len()?;
        if len > most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let mut contents = Vec::new();
        contents.try_reserve_exact(usize::try_from(len).unwrap_or(usize::MAX))?;
        io::Read::read_to_end(&mut io::Read::take(&self.file, most), &mut contents)?;
        Ok(contents)
    }

    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        system::read_at(&self.file, buf, offset)
    }

    /// Fills `buf` from `offset` on.
    #[cfg(feature = "zarr")]
    pub(crate) fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        system::read_exact_at(&self.file, buf, offset)
    }

    pub(crate) fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        call!(Call::Write { path: &self.path, offset, bytes }, system::write_all_at(&self.file, bytes, offset))
    }

    /// Writes the content of a new file.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        call!(Call::Write { path: &self.path, offset: 0, bytes }, io::Write::write_all(&mut self.file, bytes))
    }

    pub(crate) fn lengthen(&self, len: u64) -> io::Result<()> {
        call!(Call::Lengthen { path: &self.path, len }, self.file.set_len(len))
    }

    /// Reserves room for `len` bytes, so that a full disk is noticed before the first byte is written.
    pub(crate) fn reserve(&self, len: u64) -> io::Result<()> {
        call!(Call::Reserve { path: &self.path, len }, system::reserve(&self.file, len))
    }

    /// Asks the system to begin writing these bytes to the disk now, instead of all of them in the sync at the end.
    /// Failing is not an error.
    pub(crate) fn write_back(&self, offset: u64, len: usize) {
        system::write_back(&self.file, offset, len);
    }

    /// Notes the id of the file's writer, as an attribute of the file. Not every file system has attributes, and
    /// failing is not an error. An empty id is not noted.
    #[cfg(feature = "zarr")]
    pub(crate) fn note(&self, writer: &str) {
        if !writer.is_empty() {
            system::note(&self.file, writer);
        }
    }

    /// Makes what was written durable, but not the file's name.
    pub(crate) fn sync(&self, durability: Durability) -> io::Result<()> {
        match durability {
            Durability::Synced => call!(Call::SyncFile(&self.path), self.file.sync_all()),
            Durability::NotSynced => Ok(()),
        }
    }

    /// The same for a file that was given this name after it was made.
    pub(crate) fn sync_as(&self, path: &Path, durability: Durability) -> io::Result<()> {
        #[cfg(not(feature = "faults"))]
        let _ = path;
        match durability {
            Durability::Synced => call!(Call::SyncFile(path), self.file.sync_all()),
            Durability::NotSynced => Ok(()),
        }
    }
}

/// Returns the id that was noted of a file's writer.
#[cfg(feature = "zarr")]
pub(crate) fn noted(path: &Path) -> Option<String> {
    system::noted(path)
}

/// Renames a file, and replaces the file that has the new name.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    call!(Call::Rename { from, to }, std::fs::rename(from, to))
}

/// Makes a hard link to a file.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    call!(Call::Link { from, to }, std::fs::hard_link(from, to))
}

/// Makes a new file with the content of an open one, whose name is `from`.
pub(crate) fn copy(file: &DiskFile, from: &Path, to: &Path) -> io::Result<DiskFile> {
    #[cfg(not(feature = "faults"))]
    let _ = from;
    let copied = call!(Call::Copy { from, to }, {
        io::Seek::seek(&mut &file.file, io::SeekFrom::Start(0)).and_then(|_| {
            let mut new = OpenOptions::new().read(true).write(true).create_new(true).open(to)?;
            // In pieces, between which the work can be cancelled.
            while io::copy(&mut io::Read::take(&file.file, COPIED_BYTES), &mut new)? > 0 {
                check_cancelled().map_err(io::Error::other)?;
            }
            Ok(new)
        })
    })?;
    Ok(DiskFile::new(copied, to))
}

pub(crate) fn remove_file(path: &Path) -> io::Result<()> {
    call!(Call::RemoveFile(path), std::fs::remove_file(path))
}

pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    call!(Call::MakeFolder(path), std::fs::create_dir(path))
}

/// Removes an empty folder.
pub(crate) fn remove_folder(path: &Path) -> io::Result<()> {
    call!(Call::RemoveFolder(path), std::fs::remove_dir(path))
}

/// Makes the names in a folder durable.
pub(crate) fn sync_folder(path: &Path, durability: Durability) -> io::Result<()> {
    match durability {
        Durability::Synced => call!(Call::SyncFolder(path), File::open(path)?.sync_all()),
        Durability::NotSynced => Ok(()),
    }
}

/// Opens a regular file to read it. A link is refused, because it could lead anywhere, and a pipe, because it could
/// block.
///
/// # Errors
/// `InvalidInput` for anything that is not a regular file, such as a folder.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    call!(Call::Open(path), open_ordinary(path))
}

fn open_ordinary(path: &Path) -> io::Result<File> {
    let other = || {
        let text = "it is not a regular file: arraystow opens no links, folders, pipes or devices";
        io::Error::new(io::ErrorKind::InvalidInput, text)
    };
    let file = system::without_links().read(true).open(path);
    let file = file.map_err(|error| if system::is_link(&error) { other() } else { error })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(other()) }
}
