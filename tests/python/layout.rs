//! A reader that was written from docs/layout.md alone reads what lies on disk, and checks every hash and checksum.

use arraystow::{ChunkGrid, ChunkedArray, Codec, Shared, Storage};
use arraystow_tests::python_env;
use ndarray::{Array1, Array2};
use serde_json::{Value, json};
use std::path::Path;

const READER: &str = include_str!("layout.py");

/// How many documents, arrays, files and shared values the reader checked in a folder.
fn checked(folder: &Path) -> Value {
    let printed = python_env::run(python_env::LAYOUT, READER, &[folder.to_str().unwrap()]);
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn a_reader_made_from_the_page_reads_every_golden_folder() {
    let found = checked(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden"));
    for (what, least) in [("documents", 73), ("hdf5", 49), ("zarr", 72), ("files", 4), ("shared", 6)] {
        assert!(found[what].as_u64() >= Some(least), "{what}: {found}");
    }
}

#[test]
fn a_reader_made_from_the_page_reads_what_is_written_now() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let field = Array2::from_shape_fn((50, 40), |(i, j)| (i * 40 + j) as f32);
    let irregular = ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap();
    let value = (
        ChunkedArray::from_ndarray(field.clone(), &[20, 20]).unwrap().with_codec(Codec::gzip(6).unwrap()),
        ChunkedArray::from_ndarray(Array1::from_iter(0..10_i64), irregular).unwrap(),
        ChunkedArray::from_ndarray(ndarray::arr0(true), &[]).unwrap(),
        ChunkedArray::from_ndarray(Array2::<u8>::zeros((0, 3)), &[1, 3]).unwrap(),
        ChunkedArray::from_ndarray(Array2::from_shape_fn((5, 4), |(i, j)| "\u{e4}".repeat(i * j)), &[2, 3]).unwrap(),
        ChunkedArray::from_ndarray(ndarray::arr0("one".to_owned()), &[]).unwrap().with_fill("none".to_owned()),
        field,
        vec![Shared::new(ChunkedArray::from_ndarray(Array1::from_iter(0..9_u16), &[4]).unwrap()); 2],
    );
    storage.save("a/b/value", &value).unwrap();
    storage.save("plain", &"no array").unwrap();
    assert_eq!(checked(folder.path()), json!({"documents": 2, "hdf5": 8, "zarr": 0, "files": 0, "shared": 1}));
}
