//! HDF5 files: one array each, in the dataset `dask_arrays`.
//!
//! libhdf5 makes and reads the metadata. The elements are read and written without it, on all processors at once
//! (`writer`, `reader`). It accesses every file through arraystow's driver (`driver`), so any [`FileProtocol`] works.

mod attribute_values;
mod attributes;
mod class;
mod composite;
mod create;
mod description;
mod driver;
mod elements;
mod fault;
mod file;
mod fill;
mod filters;
mod foreign;
mod header;
mod heap_texts;
mod index;
mod inspect;
mod kinds;
mod labels;
mod library;
mod links;
mod listing;
mod lookup3;
mod numbering;
mod others_labels;
mod packed;
mod packed_values;
mod paths;
mod place;
mod raw;
mod reader;
mod reading;
mod recognize;
mod rest;
mod stretch;
mod texts;
mod types;
mod watch;
mod write_texts;
mod writer;

pub(crate) use description::PACK_GROUP;
pub(crate) use foreign::ForeignHdf5;
pub(crate) use packed::{NewPack, PackedArrays};
pub(crate) use packed_values::{ObjectPath, PlainValue};

use super::{ArrayReader, ArraySpec, ArrayWriter, Backend, Check, Linked, ListedArray, StoredSummary, layout};
use crate::array::{Codec, DataType};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::unsynced::Unsynced;
use crate::protocol::{ArrayFormat, Durability, FileBytes, FileProtocol, disk, local_folder};
use place::{Location, unfinished};
use reader::Reader;
use std::any::Any;
use std::io;
use std::path::Path;
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
    fn format(&self) -> ArrayFormat {
        ArrayFormat::Hdf5
    }

    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>> {
        Ok(Box::new(Writer::create(self.locate(name), self.unsynced.clone(), &self.limits, spec)?))
    }

    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>> {
        Ok(Arc::new(Reader::open(self.locate(name), &self.limits)?))
    }

    fn stored_bytes(&self, name: &str) -> Result<u64> {
        let location = self.locate(name);
        let len = location.open()?.len();
        len.map_err(|error| location.locate(Error::io("the length of the array's file cannot be read", error)))
    }

    fn contains(&self, name: &str) -> Result<bool> {
        match self.locate(name).open() {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.locate(name).remove()
    }

    fn list(&self) -> Result<Vec<ListedArray>> {
        place::list(&*self.protocol)
    }

    fn holder(&self, _: &str) -> Option<&dyn Backend> {
        Some(self)
    }

    fn check_codec(&self, codec: Codec) -> Result<()> {
        description::check_codec(codec)
    }

    fn check_data_type(&self, data_type: &DataType) -> Result<()> {
        data_type.check()
    }

    fn form(&self, spec: &ArraySpec) -> Result<(usize, u64)> {
        let layout = layout::of(spec, &self.limits)?;
        Ok((layout.grid.chunk_count(), 1))
    }

    fn link(&self, other: &dyn Backend, from: &str, to: &str, check: &Check<'_>) -> Result<Option<Linked>> {
        let other = other.holder(from).and_then(|other| other.as_any().downcast_ref::<Self>());
        let Some(other) = other else { return Ok(None) };
        let (from, to) = (other.locate(from), self.locate(to));
        let (Some(from_path), Some(path)) = (from.path(), to.path()) else { return Ok(None) };
        // Opened once: what is checked, linked and copied is this file, whatever its name leads to meanwhile.
        let bytes = Arc::new(from.open()?);
        let reader = Reader::of(from.clone(), &bytes, &other.limits)?;
        check(&reader)?;
        let Some(digest) = reader.digest().map(str::to_owned) else { return Ok(None) };
        let copied = duplicate(&bytes, from_path, path, to.durability())
            .map_err(|error| to.locate(Error::io("the array cannot be linked or copied", error)))?;
        let Some(copied) = copied else { return Ok(None) };
        if !copied && !self.writes_as(other) {
            self.unsynced.add_file(bytes, path, to.durability());
        }
        if let Some(folder) = path.parent() {
            self.unsynced.add(folder, folder);
        }
        let (bytes, codec) = (reader.stored_bytes(), reader.codec());
        let summary = StoredSummary { bytes, codec, digest, rest: None, opening: None };
        Ok(Some(Linked { summary, copied }))
    }

    fn writes_as(&self, other: &dyn Backend) -> bool {
        let durability = |backend: &Self| backend.protocol.durability();
        let is_durable = |other| durability(other) == Durability::Synced || durability(self) != Durability::Synced;
        other.as_any().downcast_ref::<Self>().is_some_and(is_durable)
    }

    fn is_local(&self) -> bool {
        local_folder(&*self.protocol).is_some()
    }

    fn identity(&self, name: &str) -> Option<String> {
        self.locate(name).path().map(|path| path.display().to_string())
    }

    fn sync(&self) -> Result<()> {
        self.unsynced.sync(self.protocol.durability())
    }

    fn describe(&self, name: &str) -> String {
        self.locate(name).describe()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Makes the file `to` with what an open file holds, whose name is `from`: as another name of the same bytes, which
/// never change, or as a durable copy where the file system has no links. Returns whether it was copied; nothing if it
/// is no local file.
fn duplicate(file: &FileBytes, from: &Path, to: &Path, durability: Durability) -> io::Result<Option<bool>> {
    if let FileBytes::Local(file) = file {
        match disk::link(from, to) {
            Ok(()) if file.is_at(to) => return Ok(Some(false)),
            // The name leads to another file by now; the one that is open is copied.
            Ok(()) => disk::remove_file(to)?,
            Err(error) if matches!(error.kind(), io::ErrorKind::AlreadyExists) => return Err(error),
            Err(_) => {}
        }
        let temporary = unfinished(to);
        let copied = disk::copy(file, from, &temporary)
            .and_then(|file| file.sync(durability))
            .and_then(|()| disk::rename(&temporary, to));
        if copied.is_err() {
            let _ = disk::remove_file(&temporary);
        }
        return copied.map(|()| Some(true));
    }
    let _ = (file, from, to, durability);
    Ok(None)
}
