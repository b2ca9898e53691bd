//! A single local file, for reading.

use super::{FileHandle, FileProtocol, OpenMode, disk};
use crate::error::{Error, Result};
use std::io;
use std::path::{Path, PathBuf};

/// The FILE protocol on one file of any name, read only.
pub(crate) struct OneFile {
    path: PathBuf,
}

impl OneFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

/// The absolute path of a file of the user's, which must be a regular one. Links in the user's path are resolved here,
/// once; later reads follow none. `what` is the kind of file that is wanted.
pub(crate) fn regular_file(path: &Path, what: &str) -> Result<PathBuf> {
    let cannot = |error| Error::io("the file cannot be opened", error).at_location(path.display().to_string());
    let path = std::fs::canonicalize(path).map_err(cannot)?;
    if !path.is_file() {
        let error = Error::invalid(format!("not a regular file: give the path of {what}"));
        return Err(error.at_location(path.display().to_string()));
    }
    Ok(path)
}

impl FileProtocol for OneFile {
    fn open(&self, _: &str, mode: OpenMode) -> io::Result<Box<dyn FileHandle>> {
        match mode {
            OpenMode::Read => Ok(Box::new(disk::open(&self.path)?)),
            OpenMode::ReadWrite | OpenMode::Create => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn remove(&self, _: &str) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn describe(&self, _: &str) -> String {
        self.path.display().to_string()
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        Some(self.path.clone())
    }
}
