//! HDF5 files: one array each, in the dataset `dask_arrays`.
//!
//! libhdf5 makes and reads the metadata; the elements go past it, on all processors at once (`writer`, `reader`). It reaches
//! every file through a driver of ours (`driver`), so any [`FileProtocol`] will do.

mod bytes;
mod checks;
mod class;
mod create;
mod description;
mod driver;
mod file;
mod filters;
mod header;
mod index;
mod inspect;
mod library;
mod lzf;
mod place;
mod reader;

mod shuffle;
mod stretch;
mod types;
mod writer;

use super::{ArrayReader, ArraySpec, ArrayWriter, Backend};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::FileProtocol;
use place::{Location, Unsynced, unfinished};
use reader::Reader;
use std::any::Any;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use writer::Writer;

/// Arrays as HDF5 files of a FILE protocol.
pub(crate) struct Hdf5Files {
    protocol: Arc<dyn FileProtocol>,
    unsynced: Arc<Unsynced>,
    limits: Limits,
}

impl Hdf5Files {
    pub(crate) fn new(protocol: Arc<dyn FileProtocol>, limits: Limits) -> Self {
        Self { protocol, unsynced: Arc::default(), limits }
    }

    fn locate(&self, name: &str) -> Location {
        Location::new(self.protocol.clone(), name)
    }
}

impl Backend for Hdf5Files {
    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>> {
        Ok(Box::new(Writer::create(self.locate(name), self.unsynced.clone(), &self.limits, spec)?))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>> {
        Ok(Arc::new(Reader::open(self.locate(name), &self.limits)?))
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.locate(name).remove()
    }

    fn link(&self, other: &dyn Backend, from: &str, to: &str) -> Result<bool> {
        let to = self.locate(to);
        let (Some(from), Some(path)) = (other.local_path(from), to.path()) else { return Ok(false) };
        duplicate(&from, path).map_err(|error| to.locate(Error::io("the array cannot be linked or copied", error)))?;
        self.unsynced.add(path.parent().map(Path::to_owned));
        Ok(true)
    }

    fn local_path(&self, name: &str) -> Option<PathBuf> {
        self.locate(name).path().map(Path::to_owned)
    }

    fn sync(&self) -> Result<()> {
        self.unsynced.sync()
    }

    fn describe(&self, name: &str) -> String {
        self.locate(name).describe()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Makes the file `to` with what `from` holds: as another name of the same bytes, which never change, or as a durable copy
/// where the file system has no links.
fn duplicate(from: &Path, to: &Path) -> io::Result<()> {
    match std::fs::hard_link(from, to) {
        Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {}
        linked => return linked,
    }
    let temporary = unfinished(to);
    let copied = std::fs::copy(from, &temporary)
        .and_then(|_| std::fs::File::open(&temporary)?.sync_all())
        .and_then(|()| std::fs::rename(&temporary, to));
    if copied.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    copied
}
