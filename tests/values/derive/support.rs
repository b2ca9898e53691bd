//! A storage, and what it says of the arrays of an object.

use arraystow::{ArrayInfo, ChunkedArray, Storage};
use ndarray::Array2;
use std::collections::BTreeMap;

pub(crate) struct Place {
    pub folder: tempfile::TempDir,
    pub storage: Storage,
}

pub(crate) fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    Place { folder, storage }
}

/// The arrays of an object by their first path.
pub(crate) fn arrays(storage: &Storage, name: &str) -> BTreeMap<String, ArrayInfo> {
    let arrays = storage.info(name).unwrap().arrays;
    arrays.into_iter().map(|array| (array.paths[0].clone(), array)).collect()
}

pub(crate) fn chunks(array: &ArrayInfo) -> Vec<usize> {
    array.grid.chunk_shape().unwrap()
}

/// Elements that compress well.
pub(crate) fn elements() -> Array2<f32> {
    Array2::from_shape_fn((100, 80), |(i, j)| (i / 10 + j / 10) as f32)
}

pub(crate) fn chunked() -> ChunkedArray<f32> {
    ChunkedArray::from_ndarray(elements(), &[100, 80]).unwrap()
}
