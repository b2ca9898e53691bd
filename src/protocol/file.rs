//! The FILE protocol: anything that has Python's `open(name, mode)` and `remove(name)`.

use super::Durability;
use std::fmt;
use std::io::{self, Read, Seek, Write};
use std::path::PathBuf;

/// How a file is opened. The modes are those of Python's `open`, and `Display` writes them in the same way.
///
/// ```
/// use arraystow::OpenMode;
///
/// assert_eq!(OpenMode::Create.to_string(), "x+b");
/// assert_eq!(OpenMode::Create.as_str(), "x+b");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OpenMode {
    /// `rb`: an existing file, to read.
    Read,
    /// `r+b`: an existing file, to read and write.
    ReadWrite,
    /// `x+b`: a new file, to read and write. A file with that name must not exist.
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

impl fmt::Display for OpenMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An open file, which reads, writes and seeks. Writing past the end is allowed, and the gap reads as zeros. See
/// [`FileProtocol`] for an example.
pub trait FileHandle: Read + Write + Seek + Send {
    /// Truncates the file, or lengthens it with zeros. See [`FileProtocol`] for an example.
    ///
    /// # Errors
    /// `Unsupported` if the file cannot do this, which is the default. The file is then lengthened by writing its last
    /// byte.
    fn set_len(&mut self, _len: u64) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Makes what was written durable. The default is a flush. See
    /// [`FileProtocol`] for an example.
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
///
/// Files in memory:
///
/// ```
/// use arraystow::{FileHandle, FileProtocol, OpenMode, Protocols};
/// use std::collections::HashMap;
/// use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
/// use std::sync::{Arc, Mutex};
///
/// #[derive(Clone, Default)]
/// struct Memory(Arc<Mutex<HashMap<String, Arc<Mutex<Vec<u8>>>>>>);
///
/// struct MemoryFile {
///     bytes: Arc<Mutex<Vec<u8>>>,
///     position: u64,
/// }
///
/// impl FileProtocol for Memory {
///     fn open(&self, name: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>> {
///         let mut files = self.0.lock().unwrap();
///         let bytes = match (mode, files.get(name)) {
///             (OpenMode::Create, Some(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
///             (OpenMode::Create, None) => files.entry(name.to_owned()).or_default().clone(),
///             (_, Some(bytes)) => bytes.clone(),
///             (_, None) => return Err(io::ErrorKind::NotFound.into()),
///         };
///         Ok(Box::new(MemoryFile { bytes, position: 0 }))
///     }
///
///     fn remove(&self, name: &str) -> io::Result<()> {
///         let removed = self.0.lock().unwrap().remove(name);
///         removed.map(drop).ok_or_else(|| io::ErrorKind::NotFound.into())
///     }
///
///     fn describe(&self, name: &str) -> String {
///         format!("{name} in memory")
///     }
/// }
///
/// impl MemoryFile {
///     fn with<R>(&mut self, work: impl FnOnce(&mut Cursor<&mut Vec<u8>>) -> io::Result<R>) -> io::Result<R> {
///         let mut bytes = self.bytes.lock().unwrap();
///         let mut cursor = Cursor::new(&mut *bytes);
///         cursor.set_position(self.position);
///         let result = work(&mut cursor)?;
///         self.position = cursor.position();
///         Ok(result)
///     }
/// }
///
/// impl Read for MemoryFile {
///     fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
///         self.with(|bytes| bytes.read(out))
///     }
/// }
///
/// impl Write for MemoryFile {
///     fn write(&mut self, from: &[u8]) -> io::Result<usize> {
///         self.with(|bytes| bytes.write(from))
///     }
///
///     fn flush(&mut self) -> io::Result<()> {
///         Ok(())
///     }
/// }
///
/// impl Seek for MemoryFile {
///     fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
///         self.with(|bytes| bytes.seek(to))
///     }
/// }
///
/// impl FileHandle for MemoryFile {
///     fn set_len(&mut self, len: u64) -> io::Result<()> {
///         self.bytes.lock().unwrap().resize(len as usize, 0);
///         Ok(())
///     }
/// }
///
/// let protocols = Protocols::new().with_file(Memory::default());
/// # #[cfg(feature = "hdf5")] {
/// let document = arraystow::to_vec(&ndarray::Array1::from_iter(0..10_000), &protocols)?;
/// let array: ndarray::Array1<i32> = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!(array[9_999], 9_999);
/// # }
/// # Ok::<(), arraystow::Error>(())
/// ```
pub trait FileProtocol: Send + Sync + 'static {
    /// Opens the file with this name.
    ///
    /// # Errors
    /// `NotFound` if the file does not exist. With [`OpenMode::Create`], `AlreadyExists` if it does.
    fn open(&self, name: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>>;

    /// Removes the file with this name.
    ///
    /// # Errors
    /// `NotFound` if the file does not exist.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// Returns the name of the file in messages. The default is its name.
    fn describe(&self, name: &str) -> String {
        name.to_owned()
    }

    /// Returns whether files are synced before a save returns. By default they are. See
    /// [`LocalFiles::with_durability`](crate::LocalFiles::with_durability) for an example.
    fn durability(&self) -> Durability {
        Durability::Synced
    }

    /// Returns the path of the file if it is an ordinary local file. Such a file is written under a temporary name
    /// first, and is read and written from several threads at once. [`LocalFiles`](crate::LocalFiles) returns one.
    fn local_path(&self, _name: &str) -> Option<PathBuf> {
        None
    }
}
