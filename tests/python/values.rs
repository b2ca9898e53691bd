//! HDF5 files of every kind of index, fill value and type, read as h5py reads them.

use crate::hdf5::open_h5py;
use arraystow::{Element, ErrorKind};
use arraystow_tests::python_env;
use arraystow_tests::samples::every_type;
use std::fmt::Write as _;
use std::path::Path;

const MAKE: &str = include_str!("values_make.py");
const COMPARE: &str = include_str!("values_compare.py");

/// Reads a file and leaves next to it what was read, for Python to compare.
fn read<T: Element + bytemuck::NoUninit>(folder: &Path, name: &str) {
    let path = folder.join(name);
    match open_h5py::<T>(folder, name).and_then(|array| array.compute()) {
        Ok(values) => {
            // Elements are little-endian here, as on every machine that these tests run on.
            let values = values.as_standard_layout();
            let bytes = bytemuck::cast_slice::<T, u8>(values.as_slice().unwrap());
            std::fs::write(path.with_extension("values"), bytes).unwrap();
        }
        Err(error) => {
            assert_ne!(error.kind(), ErrorKind::Corrupt, "{name}: {error}");
            std::fs::write(path.with_extension("error"), error.to_string()).unwrap();
        }
    }
}

/// h5py has no bfloat16 and reads `float32`, of which it is the upper half.
fn read_bfloat16(folder: &Path, name: &str) {
    let values = open_h5py::<half::bf16>(folder, name).unwrap().compute().unwrap().map(|value| value.to_f32());
    let bytes = bytemuck::cast_slice::<f32, u8>(values.as_slice().unwrap()).to_vec();
    std::fs::write(folder.join(name).with_extension("values"), bytes).unwrap();
}

fn read_as(folder: &Path, name: &str, data_type: &str) {
    let mut known = false;
    every_type!(T => {
        if T::DATA_TYPE.name() == data_type {
            read::<T>(folder, name);
            known = true;
        }
    });
    assert!(known, "{name}: {data_type}");
}

#[test]
fn every_index_fill_value_and_type_is_read_as_h5py_reads_it() {
    let folder = tempfile::tempdir().unwrap();
    let made = python_env::run(python_env::HDF5_2, MAKE, &[folder.path().to_str().unwrap()]);
    let mut compared = String::new();
    for line in made.lines() {
        let (name, data_type) = line.split_once(' ').unwrap();
        let refused = data_type.strip_prefix("refused ").map(|words| (ErrorKind::Unsupported, words));
        let another = data_type.strip_prefix("another ").map(|words| (ErrorKind::TypeMismatch, words));
        let Some((kind, words)) = refused.or(another) else {
            if name.contains("bfloat16") {
                read_bfloat16(folder.path(), name);
            } else {
                read_as(folder.path(), name, data_type);
            }
            writeln!(compared, "{line}").unwrap();
            continue;
        };
        let error = open_h5py::<i8>(folder.path(), name).and_then(|array| array.compute()).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}: {error}");
        for word in words.split('|') {
            assert!(error.to_string().contains(word), "{name}: {error} does not say {word:?}");
        }
    }
    let list = folder.path().join("list");
    std::fs::write(&list, &compared).unwrap();
    let script = format!("import sys\nsys.stdin = open(sys.argv[2])\n{COMPARE}");
    let arguments = [folder.path().to_str().unwrap(), list.to_str().unwrap()];
    let count = python_env::run(python_env::HDF5_2, &script, &arguments);
    assert_eq!(count.trim().parse::<usize>().unwrap(), compared.lines().count());
}
