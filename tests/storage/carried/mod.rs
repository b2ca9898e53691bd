//! Chunks that pass through an expression unchanged are taken over as they are stored: counted in a folder of HDF5, a
//! folder of Zarr and an object store.

mod damage;
mod history;
mod series;
mod stores;

use arraystow::faults::{Call, Watcher, Watching, watch};
use arraystow::{ArrayFormat, ChunkedArray, Element, SaveReport, Storage, StorageBuilder, VerifyDepth};
use arraystow_s3_server::Server;
use ndarray::{Array2, ArrayD, s};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use tempfile::TempDir;

/// The elements of a chunk of 4 KiB.
const CHUNK: [usize; 2] = [16, 32];
const CHUNK_BYTES: u64 = 4096;

/// Places for arrays.
enum Place {
    Folder(TempDir, ArrayFormat),
    Store(Server),
}

impl Place {
    fn folder(format: ArrayFormat) -> Self {
        Self::Folder(tempfile::tempdir().unwrap(), format)
    }

    fn store() -> Self {
        Self::Store(Server::start())
    }

    fn all() -> [Self; 3] {
        [Self::folder(ArrayFormat::Hdf5), Self::folder(ArrayFormat::Zarr), Self::store()]
    }

    fn builder(&self) -> StorageBuilder {
        match self {
            Self::Folder(folder, format) => Storage::builder(folder.path()).array_format(*format),
            Self::Store(server) => server.builder(""),
        }
    }

    fn storage(&self) -> Storage {
        self.builder().open().unwrap()
    }

    /// Whether chunks are linked, or copied by the server, so that their bytes are not written.
    fn links(&self) -> bool {
        !matches!(self, Self::Folder(_, ArrayFormat::Hdf5))
    }
}

fn elements(shape: [usize; 2], first: i64) -> Array2<i64> {
    // Numbers that hardly compress.
    Array2::from_shape_fn(shape, |(i, j)| {
        let at = first + (i * shape[1] + j) as i64;
        at.wrapping_mul(-0x61c8_8646_80b5_83eb) ^ at << 13
    })
}

/// An array that counts how many of its chunks are computed.
fn counted(elements: &Array2<i64>) -> (ChunkedArray<i64>, Arc<AtomicUsize>) {
    let (count, elements) = (Arc::new(AtomicUsize::new(0)), elements.clone());
    let (counter, shape) = (count.clone(), elements.shape().to_vec());
    let array = ChunkedArray::from_fn(&shape, &CHUNK, move |region| {
        counter.fetch_add(1, Ordering::SeqCst);
        let (rows, columns) = (region.start()[0], region.start()[1]);
        elements.slice(s![rows..rows + region.shape()[0], columns..columns + region.shape()[1]]).to_owned()
    });
    (array.unwrap(), count)
}

/// The chunks that were carried, and bytes that were written.
fn done(report: &SaveReport) -> (usize, u64) {
    (report.chunks_carried, report.bytes_written)
}

#[track_caller]
fn assert_holds<T: Element + PartialEq>(storage: &Storage, name: &str, expected: &ArrayD<T>) {
    let array: ChunkedArray<T> = storage.load(name).unwrap();
    assert!(array.compute().unwrap() == *expected, "the elements differ");
    assert_sound(storage, name);
}

/// Every byte is what it should be, and nothing is left over.
#[track_caller]
fn assert_sound(storage: &Storage, name: &str) {
    let found = storage.verify(name, VerifyDepth::Deep).unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
    let left: Vec<_> = storage.sweep().unwrap().leftovers().cloned().collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Counts the calls on a folder's files.
#[derive(Default)]
struct Calls {
    written: AtomicU64,
    links: AtomicUsize,
}

impl Calls {
    fn watched(folder: &Path) -> (Arc<Self>, Watching) {
        let calls = Arc::new(Self::default());
        (calls.clone(), watch(folder, calls))
    }

    /// The bytes that were written, and the files that were linked, since the last time.
    fn take(&self) -> (u64, usize) {
        (self.written.swap(0, Ordering::SeqCst), self.links.swap(0, Ordering::SeqCst))
    }
}

impl Watcher for Calls {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        match call {
            Call::Write { bytes, .. } => drop(self.written.fetch_add(bytes.len() as u64, Ordering::SeqCst)),
            Call::Link { .. } => drop(self.links.fetch_add(1, Ordering::SeqCst)),
            _ => {}
        }
        Ok(())
    }
}
