//! Sessions: values whose arrays several programs write.
#![allow(unreachable_pub, reason = "modules of one program")]

mod bytes;
mod commits;
mod ends;
mod hostile;
mod receipts;
mod values;

use arraystow::{ArrayFormat, ChunkedArray, Receipt, Region, Session, Slot, Storage, StorageBuilder};
use arraystow_s3_server::Server;
use ndarray::{ArrayD, Dimension};
use std::collections::BTreeSet;
use std::path::Path;

/// A folder or a server, which are removed at the end.
pub struct Place {
    pub name: &'static str,
    folder: tempfile::TempDir,
    format: ArrayFormat,
    pub server: Option<Server>,
    pub shard_bytes: usize,
}

impl Place {
    fn new(name: &'static str, server: Option<Server>, format: ArrayFormat, shard_bytes: usize) -> Self {
        Self { name, folder: tempfile::tempdir().unwrap(), format, server, shard_bytes }
    }

    pub fn folder() -> Self {
        Self::new("folder", None, ArrayFormat::Zarr, 0)
    }

    pub fn objects() -> Self {
        Self::new("server", Some(Server::start()), ArrayFormat::Zarr, 0)
    }

    /// Folders of both formats, with shards too, and servers, one of which ignores conditions.
    pub fn all() -> Vec<Self> {
        let careless = Server::start();
        careless.ignore_conditions();
        vec![
            Self::new("HDF5 folder", None, ArrayFormat::Hdf5, 0),
            Self::folder(),
            Self::new("folder of shards", None, ArrayFormat::Zarr, 20_000),
            Self::objects(),
            Self::new("server of shards", Some(Server::start()), ArrayFormat::Zarr, 20_000),
            Self::new("careless server", Some(careless), ArrayFormat::Zarr, 0),
        ]
    }

    pub fn builder(&self) -> StorageBuilder {
        let builder = match &self.server {
            Some(server) => server.builder("root"),
            None => Storage::builder(self.folder.path().join("root")).array_format(self.format),
        };
        if self.shard_bytes > 0 { builder.shard_bytes(self.shard_bytes) } else { builder }
    }

    pub fn storage(&self) -> Storage {
        self.builder().open().unwrap()
    }

    /// All files or keys.
    pub fn files(&self) -> BTreeSet<String> {
        match &self.server {
            Some(server) => server.keys().into_iter().collect(),
            None => arraystow_tests::files(self.folder.path()),
        }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }
}

/// The elements of a ramp.
pub fn block(region: &Region) -> ArrayD<f32> {
    ArrayD::from_shape_fn(region.shape(), |at| {
        let place = region.start().iter().zip(at.slice()).map(|(start, at)| (start + at) as f32);
        place.fold(0.0, |number, at| number * 1000.0 + at)
    })
}

pub fn ramp(shape: &[usize], chunks: &[usize]) -> ChunkedArray<f32> {
    ChunkedArray::from_fn(shape, chunks, block).unwrap()
}

pub fn pending(shape: &[usize], chunks: &[usize]) -> ChunkedArray<f32> {
    ChunkedArray::pending(shape, chunks).unwrap()
}

/// Writes what is missing, in so many regions.
pub fn write_all(storage: &Storage, session: &Session, parts: usize) -> Vec<Receipt> {
    let mut receipts = Vec::new();
    for ticket in session.tickets() {
        // As it comes from a driver.
        let ticket = serde_json::from_str(&serde_json::to_string(&ticket).unwrap()).unwrap();
        let slot: Slot<f32> = storage.slot(&ticket).unwrap();
        for region in slot.regions(parts) {
            receipts.push(slot.write(&region, block(&region).view()).unwrap());
        }
    }
    receipts
}

/// The leftovers that a sweep finds.
pub fn swept(storage: &Storage) -> usize {
    let found = storage.sweep().unwrap();
    assert!(found.skipped().is_empty(), "{:?}", found.skipped());
    found.remove().unwrap().len()
}
