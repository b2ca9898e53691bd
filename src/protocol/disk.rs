//! The calls by which arrays and documents are written to, and opened in, a local file system.
//!
//! A thin seam and nothing more. With the feature `faults`, tests see each call before and after it happens, can let it
//! fail and can hold it up; without it these are the plain calls.

#[cfg(feature = "faults")]
use super::faults::{self, Call};
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
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            match (self.file.metadata(), std::fs::symlink_metadata(path)) {
                (Ok(a), Ok(b)) => (a.dev(), a.ino()) == (b.dev(), b.ino()),
                _ => false,
            }
        }
        // There a file that is open cannot be removed.
        #[cfg(not(unix))]
        path.exists()
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

    #[cfg(unix)]
    pub(crate) fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&self.file, buf, offset)
    }

    /// Fills `buf` from `offset` on.
    #[cfg(feature = "zarr")]
    pub(crate) fn read_exact_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buf, offset)
    }

    #[cfg(unix)]
    pub(crate) fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        call!(
            Call::Write { path: &self.path, offset, bytes },
            std::os::unix::fs::FileExt::write_all_at(&self.file, bytes, offset)
        )
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
        call!(Call::Reserve { path: &self.path, len }, reserve(&self.file, len))
    }

    /// Lets the disk begin with what was just written, instead of leaving all of it to the sync at the end. A wish.
    pub(crate) fn write_back(&self, offset: u64, len: usize) {
        #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
        if let Some(len) = std::num::NonZeroU64::new(len as u64) {
            let _ = rustix::fs::fadvise(&self.file, offset, Some(len), rustix::fs::Advice::DontNeed);
        }
        let _ = (offset, len);
    }

    /// Makes what was written durable; the file's name is another matter.
    pub(crate) fn sync(&self, durability: Durability) -> io::Result<()> {
        match durability {
            Durability::Synced => call!(Call::SyncFile(&self.path), self.file.sync_all()),
            Durability::NotSynced => Ok(()),
        }
    }
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
fn reserve(file: &File, len: u64) -> io::Result<()> {
    use rustix::io::Errno;
    if in_memory(file) {
        return Ok(());
    }
    match rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), 0, len) {
        // Not every file system can; writing then tells.
        Ok(()) | Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn reserve(_: &File, _: u64) -> io::Result<()> {
    Ok(())
}

/// Whether the file lies in memory: there, making room takes as long as writing, and is done by one processor.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn in_memory(file: &File) -> bool {
    /// TMPFS_MAGIC of linux/magic.h.
    const TMPFS: u64 = 0x0102_1994;
    rustix::fs::fstatfs(file).is_ok_and(|file_system| file_system.f_type as u64 == TMPFS)
}

#[cfg(target_os = "freebsd")]
fn in_memory(_: &File) -> bool {
    false
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
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
    }
    let file = options.open(path).map_err(|error| {
        #[cfg(unix)]
        if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) {
            return other();
        }
        error
    })?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(other()) }
}
