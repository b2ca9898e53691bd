//! Runs of chunks of unknown origin, whose sums and products overflow: in a build with overflow checks, which tests
//! are, each unchecked one is a panic.

use crate::support::{entry, frame, manifest, refused, soon};
use arraystow::{ChunkedArray, Error, ErrorKind, Storage, VerifyDepth};
use futures::executor::block_on;
use ndarray::{Array1, Array2, s};
use object_store::{ObjectStoreExt, PutPayload};
use serde_json::{Value, json};
use std::sync::Arc;

const ARRAY: &str = "0b0e0000-0000-4000-8000-000000000001";
const MAX: u64 = u64::MAX;

/// What a document of that array is refused for, wherever.
fn look(storage: &Storage, other: &Storage) -> Vec<Error> {
    let mut errors = Vec::new();
    let mut note = |result: Result<(), Error>| errors.extend(result.err());
    note(storage.info("w/x").map(|info| {
        let _ = info.array_bytes();
        for array in &info.arrays {
            let _ = (array.grid.len(), array.grid.chunk_count(), array.grid.largest_chunk(), array.shape().len());
            let _ = (array.grid.chunk_region(0), array.grid.chunk_region(array.grid.chunk_count().saturating_sub(1)));
            let _ = array.grid.chunk_coordinates(usize::MAX);
        }
    }));
    note(storage.load::<Array1<f64>>("w/x").map(drop));
    match storage.load::<ChunkedArray<f64>>("w/x") {
        Ok(array) => {
            note(array.sum().map(drop));
            note(array.compute().map(drop));
            note(array.chunk(&vec![0; array.ndim()]).map(drop));
            note(array.rechunk(vec![3; array.ndim()]).and_then(|array| array.max()).map(drop));
            note((&array + &array).chunks().and_then(|mut chunks| chunks.next().transpose()).map(drop));
            if array.ndim() == 1 {
                note(array.slice(s![-1..]).and_then(|array| array.sum()).map(drop));
                note(array.slice(s![..;2]).and_then(|array| array.sum()).map(drop));
            }
        }
        Err(error) => note(Err(error)),
    }
    note(storage.copy("w/x", other).map(drop));
    for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
        errors.extend(storage.verify("w/x", depth).unwrap().faults);
    }
    let _ = storage.list("**").unwrap();
    storage.sweep().unwrap().skipped().iter().for_each(|error| errors.push(error.clone()));
    errors
}

fn with_manifest(entries: &Value) -> Vec<Error> {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let body = json!(["HDFSerializer", ["1.0.0", ARRAY]]).to_string();
    std::fs::create_dir_all(folder.path().join("w/bigdata")).unwrap();
    std::fs::write(folder.path().join("w/x"), frame("json", &manifest(entries), body.as_bytes())).unwrap();
    look(&storage, &Storage::open("memory://").unwrap())
}

fn with_chunks(chunks: &Value) -> Vec<Error> {
    with_manifest(&json!([entry(ARRAY, chunks, false)]))
}

#[test]
fn runs_that_overflow_are_corrupt() {
    let cases = [
        json!([[[0, MAX], [0, MAX]]]),
        json!([[[0, MAX], [3, 1], [0, MAX]]]),
        json!([[[0, MAX], [0, 1]]]),
        json!([[[MAX, 1], [1, 1]]]),
        json!([[[MAX, MAX]]]),
        json!([[[1, MAX], [2, 1]]]),
        json!([[[1_u64 << 32, 1_u64 << 31]]]),
        json!([[[1_u64 << 32, 1]], [[1, 1_u64 << 31]]]),
        json!([[[0, 1_u64 << 32]], [[0, 1_u64 << 32]]]),
        json!([[[0, 1]], [[MAX, 1]]]),
        json!([[[0, 1_u64 << 40]], [[1_u64 << 40, 1]], [[0, 1_u64 << 40]]]),
    ];
    for chunks in cases {
        soon("runs", move || {
            let errors = with_chunks(&chunks);
            assert!(errors.len() >= 6, "{chunks}: {errors:?}");
            for error in errors {
                assert_eq!(error.kind(), ErrorKind::Corrupt, "{chunks}: {error}");
                assert_eq!((error.path(), error.array()), (Some("field"), Some(ARRAY)), "{chunks}: {error}");
                assert_eq!(error.document(), Some("w/x"), "{chunks}: {error}");
            }
        });
    }
}

/// All pairs of runs of lengths and numbers at which something may overflow.
#[test]
fn no_runs_at_all_make_a_panic() {
    soon("all runs", || {
        let edges = [0, 1, 3, 1 << 31, 1 << 32, (1 << 53) + 1, 1 << 62, (1 << 63) - 1, 1 << 63, MAX];
        let mut seed = 0x9e37_79b9_u64;
        let mut next = |below: usize| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            (seed % below as u64) as usize
        };
        let kinds =
            [ErrorKind::Corrupt, ErrorKind::Gone, ErrorKind::Limit, ErrorKind::NotFound, ErrorKind::InvalidInput];
        for _ in 0..150 {
            let mut run = || json!([edges[next(edges.len())], edges[next(edges.len())]]);
            let chunks = match run()[0].as_u64() {
                Some(0..=3) => json!([[run(), run()], [run()]]),
                _ => json!([[run(), run(), run()]]),
            };
            for error in with_chunks(&chunks) {
                assert!(kinds.contains(&error.kind()), "{chunks}: {error:?}");
            }
        }
    });
}

#[test]
fn bytes_that_overflow_in_sums_over_arrays_are_no_panic() {
    soon("bytes", || {
        let arrays: Vec<_> = (1..4)
            .map(|number| {
                let mut entry =
                    entry(&format!("0b0e0000-0000-4000-8000-00000000000{number}"), &json!([[[1_u64 << 50, 1]]]), false);
                entry["bytes"] = json!(MAX);
                entry
            })
            .collect();
        for error in with_manifest(&json!(arrays)) {
            assert!(matches!(error.kind(), ErrorKind::Gone | ErrorKind::Limit | ErrorKind::Corrupt), "{error:?}");
        }
        for (bytes, checksums) in [(MAX, ""), (MAX, "00000000"), (0, "0"), (MAX - 1, "zz")] {
            let files = json!([{"name": format!("{ARRAY}.a"), "bytes": bytes, "checksums": checksums}]);
            let objects = json!([{"id": ["x/y", ["1", ARRAY]], "paths": [], "files": files}]);
            let manifest = json!({"write_id": "w", "arrays": [], "objects": objects});
            let document = frame("json", &cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap(), b"1");
            let read = arraystow::from_slice::<u8>(&document, &arraystow::Protocols::new());
            refused("an object's bytes", read, &[ErrorKind::Corrupt]);
        }
        for (root, table) in [(MAX, MAX), (MAX, 0), (0, MAX), (1, 1 << 63), (2, 0)] {
            let manifest = json!({"write_id": "w", "arrays": [], "shared": {"root": root, "table": table}});
            let document = frame("json", &cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap(), b"1");
            let read = arraystow::from_slice::<u8>(&document, &arraystow::Protocols::new());
            refused("shared values", read, &[ErrorKind::Corrupt]);
        }
    });
}

#[test]
fn runs_in_an_arrays_own_metadata_that_overflow_are_corrupt() {
    for chunks in [json!([[[0, MAX], [0, MAX]], [[4, 1]]]), json!([[[1, MAX], [2, 3]], [[4, 1]]])] {
        let client = Arc::new(object_store::memory::InMemory::new());
        let storage = Storage::from_object_store(client.clone(), "f").unwrap();
        let array = ChunkedArray::from_ndarray(Array2::<f64>::ones((6, 4)), &[3, 2]).unwrap();
        storage.save("w/x", &array).unwrap();
        let file = storage.info("w/x").unwrap().arrays[0].file.clone();
        let key = object_store::path::Path::from(format!("f/w/bigdata/dask_arrays/{file}/zarr.json"));
        let bytes = block_on(async { client.get(&key).await?.bytes().await }).unwrap();
        let mut metadata: Value = serde_json::from_slice(&bytes).unwrap();
        metadata["attributes"]["arraystow"]["chunks"] = chunks.clone();
        block_on(client.put(&key, PutPayload::from(metadata.to_string().into_bytes()))).unwrap();
        // By itself, without a manifest that knows its digest.
        soon("metadata", move || {
            let s3 = arraystow::S3Protocol::new(client, "f/w/bigdata").unwrap();
            let protocols = arraystow::Protocols::new().with_s3(s3);
            let id = json!(["HDFSerializer", ["1.0.0", file]]);
            let array = arraystow::deserialize::<ChunkedArray<f64>, _>(id, &protocols);
            refused("metadata", array.and_then(|array| array.sum()), &[ErrorKind::Corrupt]);
        });
    }
}
