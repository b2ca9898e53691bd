//! The limits, which the user can raise and lower, hold for saving and loading alike.

use crate::support::refused;
use arraystow::{ChunkedArray, ErrorKind, Limits, LocalFiles, Protocols, S3Protocol, Storage};
use ndarray::{Array1, Array2};
use std::sync::Arc;

fn storages(limits: Limits) -> (tempfile::TempDir, [Storage; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let files = Storage::builder(folder.path()).limits(limits).open().unwrap();
    let objects = Storage::builder("memory://").limits(limits).open().unwrap();
    (folder, [files, objects])
}

#[test]
fn documents_beyond_the_limit_are_neither_written_nor_read() {
    let small = Limits::default().document_bytes(20_000);
    let (folder, storages) = storages(small);
    for storage in &storages {
        storage.save("x", &vec![7_u8; 1000]).unwrap();
        let error = refused("a save", storage.save("x", &vec![7_u8; 30_000]), &[ErrorKind::Limit]);
        assert_eq!(error.document(), Some("x"), "{error}");
        assert!(error.to_string().contains("Limits::document_bytes"), "{error}");
        assert_eq!(storage.load::<Vec<u8>>("x").unwrap().len(), 1000, "the old object stays");
    }
    Storage::open(folder.path()).unwrap().save("y", &vec![7_u8; 30_000]).unwrap();
    let error = refused("a load", storages[0].load::<Vec<u8>>("y"), &[ErrorKind::Limit]);
    assert_eq!(error.document(), Some("y"), "{error}");
    // It can be looked at and removed: that needs the list of arrays only.
    storages[0].remove("y").unwrap();

    let client = Arc::new(object_store::memory::InMemory::new());
    Storage::from_object_store(client.clone(), "").unwrap().save("y", &vec![7_u8; 30_000]).unwrap();
    let protocols = Protocols::new().with_limits(small);
    refused("to_vec", arraystow::to_vec(&vec![7_u8; 30_000], &protocols), &[ErrorKind::Limit]);
    let document = arraystow::to_vec(&vec![7_u8; 30_000], &Protocols::new()).unwrap();
    refused("from_slice", arraystow::from_slice::<Vec<u8>>(&document, &protocols), &[ErrorKind::Limit]);
    assert_eq!(arraystow::from_slice::<Vec<u8>>(&document, &Protocols::new()).unwrap().len(), 30_000);
}

#[test]
fn large_chunks_are_cut_when_saved_and_refused_when_read() {
    let elements = Array2::from_shape_fn((100, 100), |(i, j)| (i * 100 + j) as f64);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[100, 100]).unwrap();
    let small = Limits::default().chunk_bytes(10_000);
    let folder = tempfile::tempdir().unwrap();
    let files = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let client = Arc::new(object_store::memory::InMemory::new());
    let objects = Protocols::new().with_s3(S3Protocol::new(client, "f").unwrap());
    for protocols in [files, objects.clone(), objects.with_shard_bytes(1 << 20)] {
        let document = arraystow::to_vec(&array, &protocols.clone().with_limits(small)).unwrap();
        let loaded: ChunkedArray<f64> =
            arraystow::from_slice(&document, &protocols.clone().with_limits(small)).unwrap();
        assert_eq!(loaded.grid(), array.grid(), "what the user sees is not cut");
        assert_eq!(loaded.compute().unwrap(), elements.clone().into_dyn());
        let document = arraystow::to_vec(&array, &protocols).unwrap();
        let loaded: ChunkedArray<f64> = arraystow::from_slice(&document, &protocols.with_limits(small)).unwrap();
        let error = refused("a chunk", loaded.compute(), &[ErrorKind::Limit]);
        assert!(error.to_string().contains("Limits::chunk_bytes"), "{error}");
        assert!(error.array().is_some() && error.location().is_some(), "{error}");
    }
}

#[test]
fn more_chunks_than_allowed_are_neither_written_nor_read() {
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..1000), &[1]).unwrap();
    let few = Limits::default().chunks(999);
    let folder = tempfile::tempdir().unwrap();
    let files = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let client = Arc::new(object_store::memory::InMemory::new());
    let objects = Protocols::new().with_s3(S3Protocol::new(client, "f").unwrap());
    for protocols in [files, objects.clone(), objects.with_shard_bytes(400)] {
        let error =
            refused("a save", arraystow::to_vec(&array, &protocols.clone().with_limits(few)), &[ErrorKind::Limit]);
        assert!(error.to_string().contains("Limits::chunks") && error.path().is_some(), "{error}");
        let document = arraystow::to_vec(&array, &protocols).unwrap();
        let loaded: ChunkedArray<i32> = arraystow::from_slice(&document, &protocols.clone().with_limits(few)).unwrap();
        let error = refused("a load", loaded.sum(), &[ErrorKind::Limit]);
        assert!(error.array().is_some() && error.location().is_some(), "{error}");
        let loaded: ChunkedArray<i32> = arraystow::from_slice(&document, &protocols).unwrap();
        assert_eq!(loaded.sum().unwrap(), 499_500);
    }
}

#[test]
fn an_array_larger_than_the_machines_memory_is_refused_before_it_is_computed() {
    // 64 TiB, of which the kernel would promise a part and kill who uses it.
    let array = ChunkedArray::<f64>::from_fn(&[1 << 43], &[1 << 20], |_| -> ndarray::ArrayD<f64> { unreachable!() });
    let error = refused("compute", array.unwrap().compute(), &[ErrorKind::Limit]);
    assert!(error.to_string().contains("does not fit into memory"), "{error}");
}
