//! An untrusted HDF5 file, opened and read as an array.

use crate::arrays::{MemoryFiles, NAME, open};
use crate::blocks;
use crate::random::Random;
use arraystow::{Hdf5File, Protocols};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// Reads a file as it is, and again with corrected checksums.
pub fn run(input: &[u8]) {
    read(input.to_vec());
    let mut sealed = input.to_vec();
    blocks::seal(&mut sealed);
    if sealed != input {
        read(sealed);
    }
}

/// Changes the pointers, counts or depths of the file's blocks.
pub fn change(random: &mut Random, input: &mut Vec<u8>) {
    blocks::change(random, input);
}

/// The file as another program's lies on the disk.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("arraystow-fuzz-{}.h5", std::process::id())));

fn read(file: Vec<u8>) {
    std::fs::write(&*FILE, &file).unwrap();
    if let Ok(file) = Hdf5File::open(&*FILE) {
        let file = file.with_limits(crate::limits());
        if let Ok(array) = file.array("/dask_arrays") {
            // Whatever its labels are, an array can have them.
            let labels = (array.dims().map(<[String]>::len), array.attrs().len());
            assert!(labels.0.is_none_or(|dims| dims == array.ndim()));
        }
        let _ = file.arrays("/");
    }
    let files = MemoryFiles::default();
    files.0.lock().unwrap().insert(NAME.to_owned(), Arc::new(file));
    let _ = open(&Protocols::new().with_file(files).with_limits(crate::limits()));
}

/// Files that arraystow writes, one of each kind.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    use arraystow::{ChunkedArray, Codec};
    let elements = ndarray::Array2::from_shape_fn((10, 6), |(i, j)| (10 * i + j) as f32);
    let chunked = ChunkedArray::from_ndarray(elements, &[4, 4]).unwrap();
    let scalar = ChunkedArray::from_ndarray(ndarray::arr0(num_complex::Complex::new(1.0, 2.0)), &[]).unwrap();
    let file = |name: &str, codec, save: &dyn Fn(&Protocols) -> Vec<u8>| {
        let files = MemoryFiles::default();
        save(&Protocols::new().with_file(files.clone()).with_codec(codec));
        let contents = files.0.lock().unwrap().pop_first().unwrap().1;
        (format!("ours-{name}"), contents.to_vec())
    };
    vec![
        file("plain", Codec::NONE, &|protocols| arraystow::to_vec(&chunked, protocols).unwrap()),
        file("gzip", Codec::gzip(4).unwrap(), &|protocols| arraystow::to_vec(&chunked, protocols).unwrap()),
        file("zstd", Codec::zstd(1).unwrap(), &|protocols| arraystow::to_vec(&chunked, protocols).unwrap()),
        file("scalar", Codec::NONE, &|protocols| arraystow::to_vec(&scalar, protocols).unwrap()),
    ]
}
