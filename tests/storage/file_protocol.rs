//! The FILE protocol over anything that reads, writes and seeks.

use arraystow::{ChunkedArray, Codec, ErrorKind, Protocols};
use arraystow_tests::MemoryFiles;
use ndarray::{Array2, s};
use std::sync::atomic::Ordering;

fn array() -> (Array2<f32>, ChunkedArray<f32>) {
    let elements = Array2::from_shape_fn((512, 512), |(i, j)| (i * 512 + j) as f32);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[128, 128]).unwrap();
    (elements, array)
}

#[test]
fn loading_reads_nothing_and_a_slice_only_its_chunks() {
    let files = MemoryFiles::default();
    let protocols = Protocols::new().with_file(files.clone());
    let (elements, array) = array();
    let document = arraystow::to_vec(&array, &protocols).unwrap();

    files.forget_counts();
    let loaded: ChunkedArray<f32> = arraystow::from_slice(&document, &protocols).unwrap();
    assert_eq!(loaded.shape(), [512, 512]);
    assert_eq!(files.opened.load(Ordering::SeqCst), 0, "loading opened the array");

    // The first read has the header to read as well: what it costs is measured with a slice of nothing.
    let chunk_bytes = 128 * 128 * 4;
    let one = loaded.slice(s![130..140, 5]).unwrap().compute().unwrap();
    assert_eq!(one, elements.slice(s![130..140, 5]).to_owned().into_dyn());
    let header = files.bytes_read.load(Ordering::SeqCst) - chunk_bytes;
    assert!(header < chunk_bytes, "one chunk was asked for, {header} bytes were read beside it");

    files.forget_counts();
    let four = loaded.slice(s![120..130, 120..130]).unwrap().compute().unwrap();
    assert_eq!(four, elements.slice(s![120..130, 120..130]).to_owned().into_dyn());
    assert_eq!(files.bytes_read.load(Ordering::SeqCst), 4 * chunk_bytes, "four chunks and nothing else");
}

/// Every write fails once, as an error and as a panic: nothing stays behind, and the library goes on working.
#[test]
fn a_failing_file_system_is_a_clean_error_and_leaves_nothing() {
    let (elements, array) = array();
    for codec in [Codec::NONE, Codec::gzip(1).unwrap()] {
        for panics in [false, true] {
            for writes in (0..12).chain([15, 20, 30, 40]) {
                let files = MemoryFiles::default();
                files.writes_left.store(writes, Ordering::SeqCst);
                files.panics.store(panics, Ordering::SeqCst);
                let protocols = Protocols::new().with_file(files.clone()).with_codec(codec);
                match arraystow::to_vec(&array, &protocols) {
                    Err(error) => {
                        let text = error.to_string();
                        assert!(text.contains("memory:"), "the error names the file: {text}");
                        assert!(panics || text.contains("no room left"), "the error names the cause: {text}");
                        assert_eq!(files.names(), Vec::<String>::new(), "after {writes} writes: {text}");
                    }
                    Ok(document) => {
                        let loaded: ChunkedArray<f32> = arraystow::from_slice(&document, &protocols).unwrap();
                        assert_eq!(loaded.compute().unwrap(), elements.clone().into_dyn());
                    }
                }
            }
        }
    }
}

/// A file that cannot be read is not a damaged one, wherever in it the read fails.
#[test]
fn a_read_that_fails_is_no_damage() {
    let (elements, array) = array();
    for codec in [Codec::NONE, Codec::gzip(1).unwrap()] {
        let files = MemoryFiles::default();
        let protocols = Protocols::new().with_file(files.clone()).with_codec(codec);
        let document = arraystow::to_vec(&array, &protocols).unwrap();
        for reads in 0.. {
            files.reads_left.store(reads, Ordering::SeqCst);
            let loaded: ChunkedArray<f32> = arraystow::from_slice(&document, &protocols).unwrap();
            match loaded.compute() {
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Io, "after {reads} reads: {error}");
                    assert!(error.to_string().contains("the cable is out"), "after {reads} reads: {error}");
                }
                Ok(found) => {
                    assert!(reads > 16, "of 16 chunks {reads} were read");
                    assert_eq!(found, elements.clone().into_dyn());
                    break;
                }
            }
        }
    }
}

/// Whatever fails, when nothing can be removed either: the error names each file that stays.
#[test]
fn files_that_cannot_be_removed_after_a_failure_are_named() {
    let (_, array) = array();
    let failing = ChunkedArray::from_fn(&[512, 512], &[128, 128], |region| match region.start() {
        [384, 384] => Err("the detector is off"),
        _ => Ok(Array2::<f32>::zeros((region.shape()[0], region.shape()[1]))),
    });
    let failing = failing.unwrap();
    for writes in (0..40).chain([i64::MAX]) {
        let files = MemoryFiles::default();
        files.keeps_all.store(true, Ordering::SeqCst);
        files.writes_left.store(writes, Ordering::SeqCst);
        let protocols = Protocols::new().with_file(files.clone());
        let error = arraystow::to_vec(&(&array, &failing), &protocols).unwrap_err();
        let mut named = error.left_behind().to_vec();
        named.sort();
        let left: Vec<String> = files.names().iter().map(|name| format!("memory:{name}")).collect();
        assert_eq!(named, left, "after {writes} writes: {error}");
        assert!(error.to_string().contains(&left[0]), "{error}");
    }

    /// Fails when all arrays are written already.
    struct Full;
    impl std::io::Write for Full {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let files = MemoryFiles::default();
    files.keeps_all.store(true, Ordering::SeqCst);
    let protocols = Protocols::new().with_file(files.clone());
    let error = arraystow::to_writer(Full, &array, &protocols).unwrap_err();
    assert_eq!(error.left_behind(), [format!("memory:{}", files.names()[0])]);
}
