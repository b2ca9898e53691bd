//! An HDF5 file of anybody's, opened and read as an array.

use crate::arrays::{MemoryFiles, NAME, open};
use arraystow::Protocols;
use std::sync::Arc;

pub fn run(input: &[u8]) {
    let files = MemoryFiles::default();
    files.0.lock().unwrap().insert(NAME.to_owned(), Arc::new(input.to_vec()));
    let _ = open(&Protocols::new().with_file(files).with_limits(crate::limits()));
}

/// Files of ours, of each kind.
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
        file("plain", Codec::None, &|protocols| arraystow::to_vec(&chunked, protocols).unwrap()),
        file("gzip", Codec::Gzip(4), &|protocols| arraystow::to_vec(&chunked, protocols).unwrap()),
        file("zstd", Codec::Zstd(1), &|protocols| arraystow::to_vec(&chunked, protocols).unwrap()),
        file("scalar", Codec::None, &|protocols| arraystow::to_vec(&scalar, protocols).unwrap()),
    ]
}
