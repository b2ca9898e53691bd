//! A single local file, for reading.

use super::{FileHandle, FileProtocol, OpenMode, disk};
use std::io;
use std::path::PathBuf;

/// The FILE protocol on one file of any name, read only.
pub(crate) struct OneFile {
    path: PathBuf,
}

impl OneFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path }
    }
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
