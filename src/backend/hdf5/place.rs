//! The place of an array's file, and its name while it is being written.
//!
//! A local file is written under a temporary name and renamed when all of it is written. A large one is synced before;
//! small ones are synced together, before a document names them. Other protocols have no way to rename: their file is
//! written in place, and no document names it before it is finished.

use super::fault::io_error;
use crate::backend::{ListedArray, is_id};
use crate::error::{Error, Result};
use crate::protocol::{
    DiskFile, Durability, FileBytes, FileProtocol, OpenMode, calling, disk, local_folder, local_path,
};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file of one array.
#[derive(Clone)]
pub(super) struct Location {
    protocol: Arc<dyn FileProtocol>,
    name: String,
    /// Where it can be read and written from several threads at once.
    path: Option<PathBuf>,
}

impl Location {
    pub(super) fn new(protocol: Arc<dyn FileProtocol>, name: &str) -> Self {
        let path = local_path(&*protocol, name);
        Self { protocol, name: name.to_owned(), path }
    }

    pub(super) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Opens the finished file, to read.
    pub(super) fn open(&self) -> Result<FileBytes> {
        let opened = match &self.path {
            Some(path) => DiskFile::open(path).map(FileBytes::Local),
            None => calling(|| self.protocol.open(&self.name, OpenMode::Read)).map(FileBytes::new),
        };
        opened.map_err(|error| self.locate(io_error("the array cannot be opened", error)))
    }

    /// Makes a new file, to write. There must be none of that name, finished or not.
    pub(super) fn create(&self) -> Result<FileBytes> {
        let created = match &self.path {
            Some(path) => create(path),
            None => calling(|| self.protocol.open(&self.name, OpenMode::Create)).map(FileBytes::new),
        };
        created.map_err(|error| self.locate(io_error("the array's file cannot be created", error)))
    }

    pub(super) fn durability(&self) -> Durability {
        self.protocol.durability()
    }

    /// Gives the file its own name; returns the folder that is to be synced for it.
    pub(super) fn publish(&self) -> Result<Option<PathBuf>> {
        let Some(path) = &self.path else { return Ok(None) };
        let renamed = disk::rename(&unfinished(path), path);
        renamed.map_err(|error| self.locate(io_error("the array's file cannot be given its name", error)))?;
        Ok(path.parent().map(Path::to_owned))
    }

    /// Removes the file, finished or not.
    pub(super) fn remove(&self) -> Result<()> {
        let removed = match &self.path {
            Some(path) => match (disk::remove_file(path), disk::remove_file(&unfinished(path))) {
                (Err(error), unfinished) if error.kind() == io::ErrorKind::NotFound => unfinished,
                (Ok(()), Err(error)) if error.kind() != io::ErrorKind::NotFound => Err(error),
                (removed, _) => removed,
            },
            None => calling(|| self.protocol.remove(&self.name)),
        };
        removed.map_err(|error| self.locate(Error::io("the array's file cannot be removed", error)))
    }

    /// Adds to an error which file it is about.
    pub(super) fn locate(&self, error: Error) -> Error {
        error.at_location(self.describe())
    }

    pub(super) fn describe(&self) -> String {
        calling(|| Ok(self.protocol.describe(&self.name))).unwrap_or_else(|_| self.name.clone())
    }
}

/// The files of arrays in the folder of a protocol, finished or not. Where there is no folder, nothing is listed.
pub(super) fn list(protocol: &dyn FileProtocol) -> Result<Vec<ListedArray>> {
    let Some(folder) = local_folder(protocol) else { return Ok(Vec::new()) };
    let failed =
        |error| Error::io("cannot list the folder of the arrays", error).at_location(folder.display().to_string());
    let entries = match std::fs::read_dir(&folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut listed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let file = entry.file_name();
        let Some(file) = file.to_str() else { continue };
        let unfinished = file.strip_prefix('.').and_then(|file| file.strip_suffix(UNFINISHED));
        let name = unfinished.unwrap_or(file);
        let Some(metadata) = entry.metadata().ok().filter(|metadata| metadata.is_file() && is_id(name)) else {
            continue;
        };
        let location = entry.path().display().to_string();
        listed.push(ListedArray { name: name.to_owned(), location, bytes: Some(metadata.len()) });
    }
    Ok(listed)
}

const UNFINISHED: &str = ".unfinished";

/// What a file is called as long as it is being written. No array is named so.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(UNFINISHED);
    path.with_file_name(name)
}

fn create(path: &Path) -> io::Result<FileBytes> {
    if std::fs::symlink_metadata(path).is_ok() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    DiskFile::create(&unfinished(path)).map(FileBytes::Local)
}
