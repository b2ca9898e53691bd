//! The FILE protocol: anything with Python's `open(name, mode)` and `remove(name)`.

use super::Durability;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

/// How a file is opened; the names are those of Python's `open`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// `rb`: an existing file, to read.
    Read,
    /// `r+b`: an existing file, to read and write.
    ReadWrite,
    /// `x+b`: a new file, to read and write; there must be none of that name.
    Create,
}

impl Mode {
    /// The mode as Python writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "rb",
            Self::ReadWrite => "r+b",
            Self::Create => "x+b",
        }
    }
}

/// An open file: reads, writes and seeks. Positions past the end may be written; what lies between reads as zeros.
pub trait FileHandle: Read + Write + Seek + Send {
    /// Cuts the file or lengthens it with zeros.
    ///
    /// # Errors
    /// `Unsupported` where this cannot be done (the default); the file is then lengthened by writing its last byte.
    fn set_len(&mut self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes what was written durable. By default a flush.
    ///
    /// # Errors
    /// Those of the file system.
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

/// A place for files, addressed by flat names (arrays are named by their uuid).
///
/// [`LocalFiles`](crate::LocalFiles) is a folder, and the fast way. Any other implementation (a remote file system, an
/// archive, memory) works too: arrays are written through an HDF5 file driver, never held in memory as a whole. Errors
/// must use [`io::ErrorKind::NotFound`] and [`io::ErrorKind::AlreadyExists`] where they apply.
///
/// `open` and the handles are called while libhdf5's process-wide lock is held: they must not wait for another thread that
/// uses HDF5.
pub trait FileProtocol: Send + Sync + 'static {
    /// Opens the file of that name.
    ///
    /// # Errors
    /// `NotFound` if there is none; with [`Mode::Create`] `AlreadyExists` if there is one.
    fn open(&self, name: &str, mode: Mode) -> io::Result<Box<dyn FileHandle>>;

    /// Removes the file of that name.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// What to call the file in messages.
    fn describe(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Whether what is written is synced before a save returns. By default it is.
    fn durability(&self) -> Durability {
        Durability::Synced
    }

    /// The path of the file, if it is an ordinary local one: it is then read and written from several threads at once,
    /// under a temporary name first.
    fn local_path(&self, _name: &str) -> Option<PathBuf> {
        None
    }
}
