//! Zarr arrays in a local folder. Without the feature `hdf5` these tests show what is left of the library then: all of
//! it.

mod both;
mod conformance;
mod copies;
mod damage;
mod golden;
mod layout;
mod options;
mod sweep;

use arraystow::{ArrayFormat, ChunkedArray, Storage};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;

#[derive(Serialize, Deserialize, Clone)]
struct Run {
    name: String,
    field: ChunkedArray<f32>,
    mask: Array2<i64>,
}

fn run_of(step: usize) -> Run {
    let field = Array2::from_shape_fn((30, 20), |(i, j)| (step * 1000 + i * 20 + j) as f32);
    Run {
        name: format!("run {step}"),
        field: ChunkedArray::from_ndarray(field, &[10, 8]).unwrap(),
        mask: Array2::from_elem((40, 30), step as i64),
    }
}

#[track_caller]
fn assert_is(run: &Run, step: usize) {
    let expected = run_of(step);
    assert_eq!(run.name, expected.name);
    assert_eq!(run.field.compute().unwrap(), expected.field.compute().unwrap());
    assert_eq!(run.mask, expected.mask);
}

fn zarr(root: &Path) -> Storage {
    Storage::builder(root).array_format(ArrayFormat::Zarr).open().unwrap()
}

/// All files below a folder but locks.
fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if entry.file_name() != ".lock" {
                found.insert(entry.path().strip_prefix(root).unwrap().display().to_string());
            }
        }
    }
    found
}

/// The names of the arrays of an object: of the field and of the mask.
fn names(storage: &Storage, name: &str) -> Vec<String> {
    storage.info(name).unwrap().arrays.into_iter().map(|array| array.file).collect()
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}
