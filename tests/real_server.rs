//! The conformance suite and a storage against an S3 server of its own: `scripts/garage` starts one and runs this,
//! which `cargo test` alone does not, since it has no such server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![cfg(feature = "s3")]

use arraystow::conformance::{Subject, run};
use arraystow::{ChunkedArray, Protocols, S3Protocol, Storage};
use futures::TryStreamExt;
use ndarray::Array2;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A folder of the bucket that the environment names.
struct Place {
    client: Arc<AmazonS3>,
    folder: String,
}

impl Place {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let bucket = std::env::var("ARRAYSTOW_S3_BUCKET").expect("ARRAYSTOW_S3_BUCKET names the bucket");
        let client = Arc::new(AmazonS3Builder::from_env().with_bucket_name(bucket).build().unwrap());
        Self { client, folder: format!("test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)) }
    }
}

impl Subject for Place {
    fn protocols(&self) -> Protocols {
        Protocols::new().with_s3(S3Protocol::new(self.client.clone(), &self.folder).unwrap())
    }

    fn names(&self) -> Vec<String> {
        let folder = Path::parse(&self.folder).unwrap();
        let objects: Vec<_> = runtime().block_on(self.client.list(Some(&folder)).try_collect()).unwrap();
        let names = objects.into_iter().map(|object| object.location.to_string());
        names.filter(|name| !name.ends_with("dask_arrays/zarr.json")).collect()
    }

    fn read(&self, name: &str) -> Vec<u8> {
        let path = Path::parse(name).unwrap();
        runtime().block_on(async { self.client.get(&path).await?.bytes().await }).unwrap().to_vec()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        runtime().block_on(self.client.put(&Path::parse(name).unwrap(), bytes.to_vec().into())).unwrap();
    }

    fn remove(&self, name: &str) {
        runtime().block_on(self.client.delete(&Path::parse(name).unwrap())).unwrap();
    }
}

#[test]
fn a_server_of_its_own_conforms() {
    run(Place::new);
}

#[test]
fn a_storage_saves_loads_lists_replaces_and_removes() {
    let place = Place::new();
    let storage = Storage::from_object_store(place.client.clone(), &place.folder).unwrap();
    for factor in 1..4 {
        let elements = Array2::from_shape_fn((300, 200), |(i, j)| (factor * (i * 200 + j)) as f64);
        let array = ChunkedArray::from_ndarray(elements.clone(), &[64, 64]).unwrap();
        storage.save("a/b", &(factor, array)).unwrap();
        let (loaded, array): (usize, ChunkedArray<f64>) = storage.load("a/b").unwrap();
        assert_eq!((loaded, array.compute().unwrap()), (factor, elements.into_dyn()));
        assert_eq!(storage.list("**").unwrap().len(), 1);
    }
    storage.remove("a/b").unwrap();
    assert_eq!(place.names(), Vec::<String>::new());

    // Whether the server heeds conditions decides who wins; the object is whole in any case.
    std::thread::scope(|scope| {
        for thread in 0..4_usize {
            let storage = &storage;
            scope.spawn(move || {
                for _ in 0..3 {
                    let array =
                        ChunkedArray::from_ndarray(Array2::from_elem((50, 50), thread as u64), &[20, 20]).unwrap();
                    match storage.save("raced", &(thread, array)) {
                        // Of a server that ignores conditions: overwritten at the same moment, which is an error.
                        Err(error) if error.is_conflict() => {}
                        saved => saved.unwrap(),
                    }
                }
            });
        }
    });
    let (winner, array): (usize, ChunkedArray<u64>) = storage.load("raced").unwrap();
    assert!(array.compute().unwrap().iter().all(|x| *x as usize == winner));
    let left = place.names().iter().filter(|name| name.ends_with("/zarr.json")).count();
    println!("arrays left by {} losing saves: {}", 12 - 1, left - 1);
    storage.remove("raced").unwrap();
}
