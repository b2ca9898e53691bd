//! The place of files: behind the FILE protocol, or in an object store.

use crate::error::{Error, Result};
#[cfg(feature = "object-store")]
use crate::protocol::Objects;
use crate::protocol::{DiskFile, disk};
use crate::protocol::{FileBytes, FileProtocol, OpenMode, calling, local_path};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place for files with flat names.
#[derive(Clone)]
pub(crate) enum Files {
    File(Arc<dyn FileProtocol>),
    #[cfg(feature = "object-store")]
    Objects(Objects),
}

/// A new file that is being written.
pub(super) enum Sink {
    File(FileBytes),
    #[cfg(feature = "object-store")]
    Object(Box<super::upload::Upload>),
}

/// A file that is read at any position.
pub(super) enum OpenedFile {
    File(FileBytes),
    #[cfg(feature = "object-store")]
    Object {
        objects: Objects,
        key: String,
    },
}

impl Files {
    pub(super) fn create(&self, name: &str) -> Result<Sink> {
        match self {
            Self::File(protocol) => {
                if let Some(path) = local_path(&**protocol, name) {
                    let file = DiskFile::create(&path).map(FileBytes::Local).map(Sink::File);
                    return file.map_err(|error| self.failed("made", name, error));
                }
                let handle = calling(|| protocol.open(name, OpenMode::Create));
                handle.map(FileBytes::new).map(Sink::File).map_err(|error| self.failed("made", name, error))
            }
            #[cfg(feature = "object-store")]
            Self::Objects(objects) => Ok(Sink::Object(Box::new(super::upload::Upload::begin(objects.clone(), name)))),
        }
    }

    /// Opens a file, and returns it with its length in bytes.
    pub(super) fn open(&self, name: &str) -> Result<(OpenedFile, u64)> {
        match self {
            Self::File(protocol) => {
                let file = match local_path(&**protocol, name) {
                    Some(path) => DiskFile::open(&path).map(FileBytes::Local),
                    None => calling(|| protocol.open(name, OpenMode::Read)).map(FileBytes::new),
                };
                let opened = file.and_then(|file| file.len().map(|len| (OpenedFile::File(file), len)));
                opened.map_err(|error| self.failed("opened", name, error))
            }
            #[cfg(feature = "object-store")]
            Self::Objects(objects) => {
                let len = objects.len(name)?;
                Ok((OpenedFile::Object { objects: objects.clone(), key: name.to_owned() }, len))
            }
        }
    }

    /// Returns the length of a file in bytes.
    pub(crate) fn len(&self, name: &str) -> Result<u64> {
        self.open(name).map(|(_, len)| len)
    }

    pub(crate) fn remove(&self, name: &str) -> Result<()> {
        match self {
            Self::File(protocol) => {
                let removed = match local_path(&**protocol, name) {
                    Some(path) => disk::remove_file(&path),
                    None => calling(|| protocol.remove(name)),
                };
                removed.map_err(|error| self.failed("removed", name, error))
            }
            #[cfg(feature = "object-store")]
            Self::Objects(objects) => objects.remove(name),
        }
    }

    /// Removes files, in an object store a thousand with one request, and returns those that could not be removed. A
    /// missing file counts as removed.
    pub(crate) fn remove_all(&self, names: Vec<String>) -> Vec<String> {
        #[cfg(feature = "object-store")]
        if let Self::Objects(objects) = self
            && objects.remove_all(&names).is_ok()
        {
            return Vec::new();
        }
        let stays = |name: &String| self.remove(name).is_err_and(|error| !error.is_not_found());
        names.into_iter().filter(stays).collect()
    }

    /// Makes what was written to a sink durable, but not its name.
    pub(super) fn sync_file(&self, file: &FileBytes) -> std::io::Result<()> {
        match self {
            Self::File(protocol) => file.sync(protocol.durability()),
            #[cfg(feature = "object-store")]
            Self::Objects(_) => Ok(()),
        }
    }

    /// Makes the names of these files durable.
    pub(crate) fn sync_names(&self, name: &str) -> Result<()> {
        if let Self::File(protocol) = self
            && let Some(folder) = local_path(&**protocol, name).as_deref().and_then(Path::parent)
        {
            let synced = disk::sync_folder(folder, protocol.durability());
            return synced.map_err(|error| self.failed("made durable", name, error));
        }
        let _ = name;
        Ok(())
    }

    /// Returns the path of a file, if it is an ordinary local one.
    pub(crate) fn local_path(&self, name: &str) -> Option<PathBuf> {
        match self {
            Self::File(protocol) => local_path(&**protocol, name),
            #[cfg(feature = "object-store")]
            Self::Objects(_) => None,
        }
    }

    /// Returns what messages call a file.
    pub(crate) fn describe(&self, name: &str) -> String {
        match self {
            Self::File(protocol) => calling(|| Ok(protocol.describe(name))).unwrap_or_else(|_| name.to_owned()),
            #[cfg(feature = "object-store")]
            Self::Objects(objects) => objects.describe(name),
        }
    }

    /// Returns the best number of files to write at the same time.
    pub(crate) fn concurrency(&self) -> usize {
        match self {
            Self::File(_) => 1,
            #[cfg(feature = "object-store")]
            Self::Objects(_) => crate::protocol::CONCURRENCY / 4,
        }
    }

    pub(super) fn failed(&self, what: &str, name: &str, error: std::io::Error) -> Error {
        Error::io(format!("the file cannot be {what}"), error).at_location(self.describe(name))
    }
}
