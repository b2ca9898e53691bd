//! The FILE protocol: anything that has Python's `open(name, mode)` and `remove(name)`.

use super::Durability;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

/// How a file is opened. The modes are those of Python's `open`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenMode {
    /// `rb`: an existing file, to read.
    Read,
    /// `r+b`: an existing file, to read and write.
    ReadWrite,
    /// `x+b`: a new file, to read and write. A file of that name must not exist.
    Create,
}

impl OpenMode {
    /// Returns the mode as Python writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "rb",
            Self::ReadWrite => "r+b",
            Self::Create => "x+b",
        }
    }
}

/// An open file, which reads, writes and seeks. Positions past the end may be written. The gap reads as zeros.
pub trait FileHandle: Read + Write + Seek + Send {
    /// Truncates the file, or lengthens it with zeros.
    ///
    /// # Errors
    /// `Unsupported` if the file cannot do this, which is the default. The file is then lengthened by writing its last
    /// byte.
    fn set_len(&mut self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes what was written durable. The default is a flush.
    ///
    /// # Errors
    /// The errors of the file system.
    fn sync(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl FileHandle for std::fs::File {
    fn set_len(&mut self, len: u64) -> io::Result<()> {
        std::fs::File::set_len(self, len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

/// A place for files with flat names. The name of an array's file is its UUID.
///
/// [`LocalFiles`](crate::LocalFiles) is a local folder, and the fastest implementation. Any other (a remote file
/// system, an archive, memory) works too: arrays are written through an HDF5 file driver, and never held in memory as a
/// whole.
///
/// Errors must use [`io::ErrorKind::NotFound`] and [`io::ErrorKind::AlreadyExists`] where they apply.
///
/// `open` and the handles are called while libhdf5's process-wide lock is held. They must not wait for another thread
/// that uses HDF5.
pub trait FileProtocol: Send + Sync + 'static {
    /// Opens the file of this name.
    ///
    /// # Errors
    /// `NotFound` if the file does not exist. With [`OpenMode::Create`], `AlreadyExists` if it does.
    fn open(&self, name: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>>;

    /// Removes the file of this name.
    ///
    /// # Errors
    /// `NotFound` if the file does not exist.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns what messages call the file. The default is its name.
    fn describe(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Returns whether files are synced before a save returns. By default they are.
    fn durability(&self) -> Durability {
        Durability::Synced
    }

    /// Returns the path of the file if it is an ordinary local file. Such a file is written under a temporary name
    /// first, and is read and written from several threads at once.
    fn local_path(&self, _name: &str) -> Option<PathBuf> {
        None
    }
}
