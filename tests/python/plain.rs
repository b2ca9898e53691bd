//! h5py and zarr-python see lists, matrices and images by their axes, element by element, with the types of the
//! elements.

use arraystow::{ArrayFormat, Element, FixedText, Storage};
use arraystow_tests::python_env;
use image::{ImageBuffer, Rgb};
use nalgebra::DMatrix;
use ndarray::{Array2, ShapeBuilder};
use serde::Serialize;
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Reading {
    station: FixedText<8>,
    kelvin: f64,
}

/// Each field as the Python script expects it; `large` ones are written while the save walks.
#[derive(Serialize)]
struct Plain {
    #[serde(with = "arraystow::vec")]
    list: Vec<f32>,
    #[serde(with = "arraystow::vec")]
    large: Vec<f64>,
    #[serde(with = "arraystow::vec")]
    deque: VecDeque<i16>,
    #[serde(with = "arraystow::vec")]
    flags: Box<[bool]>,
    #[serde(with = "arraystow::vec")]
    readings: Vec<Reading>,
    #[serde(with = "arraystow::ndarray")]
    matrix: DMatrix<f64>,
    #[serde(with = "arraystow::ndarray")]
    large_matrix: DMatrix<i32>,
    #[serde(with = "arraystow::ndarray")]
    by_columns: Array2<u16>,
    #[serde(with = "arraystow::ndarray")]
    image: ImageBuffer<Rgb<u8>, Vec<u8>>,
}

fn plain() -> Plain {
    let mut deque: VecDeque<i16> = (0..5000).collect();
    deque.rotate_left(100);
    let reading = |i: usize| Reading { station: FixedText::new(format!("s{i}")).unwrap(), kelvin: i as f64 / 2.0 };
    Plain {
        list: (0..5000).map(|x| x as f32 / 4.0).collect(),
        large: (0..3_000_000).map(|x| f64::from(x) / 4.0).collect(),
        deque,
        flags: (0..5000).map(|x| x % 3 == 0).collect(),
        readings: (0..5000).map(reading).collect(),
        matrix: DMatrix::from_fn(30, 200, |i, j| (i * 1000 + j) as f64),
        large_matrix: DMatrix::from_fn(2000, 2500, |i, j| (i * 3000 + j) as i32),
        by_columns: Array2::from_shape_fn((50, 70).f(), |(i, j)| (i * 100 + j) as u16),
        image: ImageBuffer::from_fn(200, 100, |x, y| Rgb([x as u8, y as u8, (x + y) as u8])),
    }
}

const EXPECTED: &str = r#"
import sys, numpy as np
i, j = np.indices((30, 200))
k, l = np.indices((2000, 2500))
m, n = np.indices((50, 70))
y, x = np.indices((100, 200))
expected = {
    "list": (np.arange(5000) / 4).astype("f4"),
    "large": np.arange(3_000_000) / 4,
    "deque": np.roll(np.arange(5000), -100).astype("i2"),
    "flags": np.arange(5000) % 3 == 0,
    "readings": np.array([(f"s{i}".encode(), i / 2) for i in range(5000)], dtype=[("station", "S8"), ("kelvin", "f8")]),
    "matrix": (i * 1000 + j).astype("f8"),
    "large_matrix": (k * 3000 + l).astype("i4"),
    "by_columns": (m * 100 + n).astype("u2"),
    "image": np.stack([x, y, x + y], axis=-1).astype("u1"),
}
arrays = dict(argument.split("=", 1) for argument in sys.argv[1:])
assert arrays.keys() == expected.keys(), arrays
def check(name, found):
    wanted = expected[name]
    assert found.shape == wanted.shape, (name, found.shape, wanted.shape)
    assert found.dtype == wanted.dtype, (name, found.dtype, wanted.dtype)
    assert (found == wanted).all(), name
"#;

fn read_in_python(format: ArrayFormat, packages: &[&str], open: &str) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).array_format(format).open().unwrap();
    storage.save("w/plain", &plain()).unwrap();
    let below = if format == ArrayFormat::Zarr { "dask_arrays/" } else { "" };
    let place = |array: &arraystow::ArrayInfo| {
        format!("{}={}/w/bigdata/{below}{}", array.paths[0], folder.path().display(), array.file)
    };
    let arguments: Vec<String> = storage.info("w/plain").unwrap().arrays.iter().map(place).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let script = format!("{EXPECTED}\n{open}\nprint('read', len(arrays))");
    assert_eq!(python_env::run(packages, &script, &arguments), "read 9\n");
}

#[test]
fn h5py_reads_plain_arrays_of_every_type() {
    let open = r#"
import h5py
for name, path in arrays.items():
    with h5py.File(path, "r") as file:
        check(name, file["dask_arrays"][...])
"#;
    read_in_python(ArrayFormat::Hdf5, python_env::HDF5, open);
}

#[test]
fn zarr_python_reads_plain_arrays_of_every_type() {
    let open = r#"
import zarr
for name, path in arrays.items():
    check(name, zarr.open_array(path, mode="r")[...])
"#;
    read_in_python(ArrayFormat::Zarr, python_env::ZARR, open);
}
