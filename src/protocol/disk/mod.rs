//! The calls by which arrays and documents are written to, and opened in, a local file system.
//!
//! A thin seam and nothing more. With the feature `faults`, tests see each call before and after it happens, can let it
//! fail and can hold it up; without it these are the plain calls.

#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
compile_error!(
    "arraystow knows the file systems of Unix only: another system needs a module beside src/protocol/disk/unix.rs"
);

#[cfg(feature = "faults")]
use super::faults::{self, Call};
pub(crate) use system::Node;
#[cfg(unix)]
use unix as system;

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// How certain it is that what was saved outlives a power cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Durability {
    /// When a save returns, everything is on the disk: files and folders are synced.
    #[default]
    Synced,
    /// The operating system writes when it likes. A program that dies loses nothing; after a power cut, the newest objects may
    /// be missing or damaged (which is then noticed), and so may those that they replaced.
    NotSynced,
}

/// Announces a call to whoever watches, does it, and tells that it was done.
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

    /// Opens an ordinary file that is there, to read it or to find out whether somebody has locked it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        open(path).map(|file| Self::new(file, path))
    }

    /// Makes a new file, to read and write. There must be none of that name.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let file = call!(Call::MakeFile(path), OpenOptions::new().read(true).write(true).create_new(true).open(path));
        file.map(|file: File| Self::new(file, path))
    }

    /// Opens the file that is locked by those who want to be alone, and makes it if there is none.
    pub(crate) fn lock_file(path: &Path) -> io::Result<Self> {
        let file = call!(Call::OpenLock(path), OpenOptions::new().read(true).append(true).create(true).open(path));
        file.map(|file: File| Self::new(file, path))
    }

    /// Waits until nobody else has locked the file. Let go of when the file is closed.
    pub(crate) fn lock(&self) -> io::Result<()> {
        #[cfg(feature = "faults")]
        loop {
            faults::before(&Call::Lock(&self.path))?;
            match self.file.try_lock() {
                Ok(()) => return Ok(()),
                Err(std::fs::TryLockError::WouldBlock) if faults::watched(&self.path) => {}
                Err(std::fs::TryLockError::WouldBlock) => return self.file.lock(),
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
        }
        #[cfg(not(feature = "faults"))]
        self.file.lock()
    }

    /// Lets go of the lock, for every process that has the open file: a child that was forked meanwhile has it too.
    pub(crate) fn unlock(&self) {
        let _ = self.file.unlock();
    }

    /// Locks the file unless somebody else has.
    pub(crate) fn try_lock(&self) -> io::Result<bool> {
        match self.file.try_lock() {
            Ok(()) => Ok(true),
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether the file is still the one of that name.
    pub(crate) fn is_at(&self, path: &Path) -> bool {
        match (self.file.metadata(), std::fs::symlink_metadata(path)) {
            (Ok(own), Ok(there)) => Node::of(&own) == Node::of(&there),
            _ => false,
        }
    }

    pub(crate) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// All that the file holds; an error if that is more than `most` bytes.
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

    /// Writes a new file's contents.
    pub(crate) fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        call!(Call::Write { path: &self.path, offset: 0, bytes }, io::Write::write_all(&mut self.file, bytes))
    }

    pub(crate) fn lengthen(&self, len: u64) -> io::Result<()> {
        call!(Call::Lengthen { path: &self.path, len }, self.file.set_len(len))
    }

    /// Makes room for `len` bytes, so that a full disk is noticed before the first is written.
    pub(crate) fn reserve(&self, len: u64) -> io::Result<()> {
        call!(Call::Reserve { path: &self.path, len }, system::reserve(&self.file, len))
    }

    /// Lets the disk begin with what was just written, instead of leaving all of it to the sync at the end. A wish.
    pub(crate) fn write_back(&self, offset: u64, len: usize) {
        system::write_back(&self.file, offset, len);
    }

    /// Makes what was written durable; the file's name is another matter.
    pub(crate) fn sync(&self, durability: Durability) -> io::Result<()> {
        match durability {
            Durability::Synced => call!(Call::SyncFile(&self.path), self.file.sync_all()),
            Durability::NotSynced => Ok(()),
        }
    }
}

/// Gives a file another name, in the place of what has it.
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    call!(Call::Rename { from, to }, std::fs::rename(from, to))
}

/// Gives a file one more name.
pub(crate) fn link(from: &Path, to: &Path) -> io::Result<()> {
    call!(Call::Link { from, to }, std::fs::hard_link(from, to))
}

/// Makes a new file with what an open one holds, whose name is `from`.
pub(crate) fn copy(file: &DiskFile, from: &Path, to: &Path) -> io::Result<DiskFile> {
    #[cfg(not(feature = "faults"))]
    let _ = from;
    let copied = call!(Call::Copy { from, to }, {
        io::Seek::seek(&mut &file.file, io::SeekFrom::Start(0)).and_then(|_| {
            let mut new = OpenOptions::new().read(true).write(true).create_new(true).open(to)?;
            io::copy(&mut &file.file, &mut new)?;
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

/// Opens an ordinary file to read it: no link, which could lead anywhere, and no pipe, which could keep one waiting.
///
/// # Errors
/// `InvalidInput` for whatever else there is, a folder included.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    call!(Call::Open(path), open_ordinary(path))
}

fn open_ordinary(path: &Path) -> io::Result<File> {
    let other = || {
        let text = "it is no ordinary file, and arraystow opens no other (links neither)";
        io::Error::new(io::ErrorKind::InvalidInput, text)
    };
    let file = system::without_links().read(true).open(path);
    let file = file.map_err(|error| if system::is_link(&error) { other() } else { error })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(other()) }
}
