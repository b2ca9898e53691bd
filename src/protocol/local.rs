//! A local folder.

use super::{Durability, FileHandle, FileProtocol, OpenMode, disk, spelling};
use crate::error::{Error, Result};
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

/// The protocol for files in a local folder.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let arrays = folder.path().join("arrays");
/// use arraystow::{LocalFiles, Protocols};
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(arrays)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct LocalFiles {
    folder: PathBuf,
    durability: Durability,
}

impl LocalFiles {
    /// Returns the protocol for a folder, which is created if it does not exist.
    ///
    /// # Errors
    /// `Io` if the folder cannot be created; `InvalidInput` for a URL, and for a string that only a shell expands to a
    /// path (`~/data`).
    pub fn new(folder: impl Into<PathBuf>) -> Result<Self> {
        let folder = folder.into();
        spelling::check(&folder)?;
        if folder.to_str().is_some_and(spelling::is_url) {
            return Err(Error::invalid("a URL is not a folder: Storage::open opens it"));
        }
        std::fs::create_dir_all(&folder)
            .map_err(|error| Error::io("cannot create the folder", error).at_location(folder.display().to_string()))?;
        Ok(Self { folder, durability: Durability::Synced })
    }

    /// Returns the protocol on a folder that exists, or that a save makes.
    pub(crate) fn unchecked(folder: PathBuf, durability: Durability) -> Self {
        Self { folder, durability }
    }

    /// Sets whether arrays are synced before a save returns. By default they are.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::{Durability, FileProtocol, LocalFiles};
    ///
    /// let files = LocalFiles::new(folder.path())?.with_durability(Durability::NotSynced);
    /// assert_eq!(files.durability(), Durability::NotSynced);
    /// assert_eq!(files.local_path("a"), Some(folder.path().join("a")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the path of a file in the folder. Fails for a name that leads elsewhere.
    fn path(&self, name: &str) -> io::Result<PathBuf> {
        let plain = !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', '\0', ':']);
        if !plain {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{name:?} is not a file name")));
        }
        Ok(self.folder.join(name))
    }
}

impl FileProtocol for LocalFiles {
    fn open(&self, name: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>> {
        let mut options = OpenOptions::new();
        options.read(true).write(mode != OpenMode::Read).create_new(mode == OpenMode::Create);
        let file: File = options.open(self.path(name)?)?;
        Ok(Box::new(file))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        disk::remove_file(&self.path(name)?)
    }

    fn describe(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    fn local_path(&self, name: &str) -> Option<PathBuf> {
        self.path(name).ok()
    }
}
