//! The suite that every protocol must pass, whatever backend is behind it.
//!
//! For authors of protocols: implement [`Subject`] for your place of storage and call [`run`] in a test. It panics with
//! the name of the check that failed.
//!
//! ```
//! use arraystow::conformance::{Subject, run};
//! use arraystow::{LocalFiles, Protocols};
//!
//! struct Folder(tempfile::TempDir);
//!
//! impl Subject for Folder {
//!     fn protocols(&self) -> Protocols {
//!         Protocols::new().with_file(LocalFiles::new(self.0.path()).unwrap())
//!     }
//!     fn names(&self) -> Vec<String> {
//!         let entries = std::fs::read_dir(self.0.path()).unwrap();
//!         entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
//!     }
//!     fn read(&self, name: &str) -> Vec<u8> {
//!         std::fs::read(self.0.path().join(name)).unwrap()
//!     }
//!     fn write(&self, name: &str, bytes: &[u8]) {
//!         std::fs::write(self.0.path().join(name), bytes).unwrap();
//!     }
//!     fn remove(&self, name: &str) {
//!         std::fs::remove_file(self.0.path().join(name)).unwrap();
//!     }
//! }
//!
//! run(|| Folder(tempfile::tempdir().unwrap()));
//! ```
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is a test suite: it fails by panicking"
)]

mod files;
mod subject;

pub use subject::Subject;

use crate::{ChunkGrid, ChunkedArray, Codec, Element, ErrorKind, Number, Protocols, Region};
use ndarray::{Array1, Array2, ArrayD, s};
use num_complex::Complex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

/// Runs every check, each on a place that `fresh` returns.
///
/// # Panics
/// If a check fails.
pub fn run<S: Subject>(fresh: impl Fn() -> S) {
    let codecs = [Codec::NONE, Codec::gzip(4).unwrap(), Codec::zstd(1).unwrap()];
    for codec in codecs {
        round_trips(&fresh(), codec);
        altered(&fresh, codec);
        truncated(&fresh, codec);
    }
    empty_and_scalar(&fresh());
    irregular(&fresh());
    one_array_once(&fresh());
    opened_lazily(&fresh());
    missing(&fresh());
    swapped(&fresh());
    failed_save_leaves_nothing(&fresh());
    too_large(&fresh());
    concurrent(&fresh());
    files::other_objects(&fresh());
}

/// Saves and loads one array.
fn through<T: Element>(array: &ChunkedArray<T>, protocols: &Protocols) -> crate::Result<ChunkedArray<T>> {
    crate::from_slice(&crate::to_vec(array, protocols)?, protocols)
}

/// Returns a test element of any type.
fn sample<T: Number>(index: usize) -> T {
    T::from_value(crate::array::sample_value(index))
}

fn round_trip<T: Number>(protocols: &Protocols, shape: &[usize], chunk: &[usize]) {
    let mut index = 0;
    let elements = ArrayD::from_shape_simple_fn(shape, || {
        index += 1;
        sample::<T>(index)
    });
    let array = ChunkedArray::from_ndarray(elements.clone(), chunk).unwrap();
    let loaded = through(&array, protocols).unwrap_or_else(|e| panic!("round trip of {}: {e}", T::DATA_TYPE));
    assert_eq!(loaded.grid(), array.grid(), "chunk grid of {}", T::DATA_TYPE);
    assert_eq!(loaded.compute().unwrap(), elements, "elements of {}", T::DATA_TYPE);
}

fn round_trips(subject: &impl Subject, codec: Codec) {
    let protocols = subject.protocols().with_codec(codec);
    macro_rules! every {
        ($($T:ty)*) => { $(
            round_trip::<$T>(&protocols, &[13, 7], &[4, 3]);
            round_trip::<$T>(&protocols, &[5], &[5]);
        )* };
    }
    every!(bool i8 i16 i32 i64 u8 u16 u32 u64 half::f16 f32 f64 Complex<f32> Complex<f64>);
    round_trip::<f32>(&protocols, &[3, 4, 5, 6], &[2, 2, 3, 4]);
    round_trip::<f64>(&protocols, &[101, 101], &[100, 100]);
    let special = Array1::from_vec(vec![f64::NAN, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE / 2.0]);
    let loaded = through(&ChunkedArray::from_ndarray(special.clone(), &[2]).unwrap(), &protocols).unwrap();
    let bits = |array: ArrayD<f64>| array.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(loaded.compute().unwrap()), bits(special.into_dyn()), "NaN, -0, infinities bit for bit");
}

fn empty_and_scalar(subject: &impl Subject) {
    let protocols = subject.protocols();
    for shape in [&[0][..], &[3, 0], &[0, 0, 2]] {
        let chunk: Vec<usize> = shape.iter().map(|len| (*len).max(1)).collect();
        let array = ChunkedArray::from_ndarray(ArrayD::<i32>::zeros(shape), &chunk).unwrap();
        let loaded = through(&array, &protocols).expect("an empty array");
        assert_eq!(loaded.compute().unwrap().shape(), shape, "an empty array");
    }
    let scalar = ChunkedArray::from_ndarray(ndarray::arr0(4.5_f64), &[]).unwrap();
    assert_eq!(through(&scalar, &protocols).expect("a 0-d array").compute().unwrap()[[]], 4.5, "a 0-d array");
}

fn irregular(subject: &impl Subject) {
    let grid = ChunkGrid::irregular(&[vec![3, 5, 2], vec![1, 1, 4]]).unwrap();
    let elements = Array2::from_shape_fn((10, 6), |(i, j)| (10 * i + j) as u16);
    let array = ChunkedArray::from_ndarray(elements.clone(), grid.clone()).unwrap();
    let loaded = through(&array, &subject.protocols()).unwrap();
    assert_eq!(*loaded.grid(), grid, "irregular chunks come back as they were");
    assert_eq!(loaded.compute().unwrap(), elements.into_dyn(), "elements in irregular chunks");
}

fn one_array_once(subject: &impl Subject) {
    let protocols = subject.protocols();
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..100_i32), &[10]).unwrap();
    let one = crate::to_vec(&array, &protocols).unwrap();
    let names = subject.names().len();
    let twice = crate::to_vec(&[&array, &array], &protocols).unwrap();
    assert_eq!(subject.names().len(), 2 * names, "one array twice in a value is stored once");
    let [a, b]: [ChunkedArray<i32>; 2] = crate::from_slice(&twice, &protocols).unwrap();
    assert!(a.ptr_eq(&b), "one array twice in a value is one array again");
    drop(one);
}

fn opened_lazily(subject: &impl Subject) {
    let protocols = subject.protocols();
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..100_i32), &[10]).unwrap();
    let document = crate::to_vec(&array, &protocols).unwrap();
    for name in subject.names() {
        subject.remove(&name);
    }
    let loaded: ChunkedArray<i32> = crate::from_slice(&document, &protocols).expect("loading opens no array");
    assert_eq!((loaded.shape(), loaded.grid()), (array.shape(), array.grid()), "shape and chunks without the array");
    let error = loaded.slice(s![..1]).unwrap().compute().expect_err("a removed array cannot be read");
    assert!(error.is_gone() && error.array().is_some(), "a removed array is gone: {error:?}");
}

fn missing(subject: &impl Subject) {
    let id = serde_json::json!(["HDFSerializer", ["1.0.0", "00000000-0000-4000-8000-000000000000"]]);
    let error = crate::deserialize::<ChunkedArray<f32>, _>(id, &subject.protocols()).expect_err("there is no array");
    assert!(error.is_not_found(), "an array that never existed is not found: {error:?}");
    assert!(subject.names().is_empty(), "reading creates nothing");
}

/// Saves a value of two arrays, each in files of its own.
fn saved_pair(subject: &impl Subject, codec: Codec) -> (Vec<u8>, [ArrayD<f32>; 2]) {
    let arrays = [1.0_f32, 2.0].map(|factor| Array2::from_shape_fn((20, 9), |(i, j)| factor * (i * j) as f32));
    let chunked = arrays.clone().map(|array| ChunkedArray::from_ndarray(array, &[8, 4]).unwrap());
    let document = crate::to_vec(&chunked, &subject.protocols().with_codec(codec)).unwrap();
    (document, arrays.map(Array2::into_dyn))
}

/// Checks that every array that can be read has the right elements. Returns the number of arrays that cannot be read.
fn errors(subject: &impl Subject, document: &[u8], expected: &[ArrayD<f32>; 2], what: &str) -> usize {
    let loaded: [ChunkedArray<f32>; 2] = crate::from_slice(document, &subject.protocols()).expect(what);
    let mut errors = 0;
    for (loaded, expected) in loaded.iter().zip(expected) {
        match loaded.compute() {
            Ok(elements) => assert_eq!(elements, *expected, "{what}: a wrong value was read"),
            Err(error) => {
                assert!(
                    error.array().is_some() && error.path().is_some(),
                    "{what}: the error names too little: {error}"
                );
                errors += 1;
            }
        }
    }
    errors
}

fn altered<S: Subject>(fresh: &impl Fn() -> S, codec: Codec) {
    let subject = fresh();
    let (document, expected) = saved_pair(&subject, codec);
    let mut noticed = 0;
    let names = subject.names();
    // The stride hits every kind of byte: metadata, chunks, checksums.
    let positions = 120 / names.len() + 4;
    for name in names {
        let bytes = subject.read(&name);
        for position in (0..bytes.len()).step_by(bytes.len() / positions + 1) {
            let mut altered = bytes.clone();
            altered[position] ^= 0x10;
            subject.write(&name, &altered);
            noticed += errors(&subject, &document, &expected, &format!("{name}, byte {position} altered"));
        }
        subject.write(&name, &bytes);
    }
    assert!(noticed > 0, "no alteration was noticed with {codec:?}");
    assert_eq!(errors(&subject, &document, &expected, "restored"), 0, "restored files read again");
}

fn truncated<S: Subject>(fresh: &impl Fn() -> S, codec: Codec) {
    let subject = fresh();
    let (document, expected) = saved_pair(&subject, codec);
    for name in subject.names() {
        let bytes = subject.read(&name);
        for len in [0, 1, bytes.len() / 3, bytes.len() / 2, bytes.len().saturating_sub(1)] {
            subject.write(&name, &bytes[..len.min(bytes.len())]);
            let what = format!("{name} cut to {len} of {} bytes", bytes.len());
            assert!(errors(&subject, &document, &expected, &what) > 0, "{what}: not noticed");
        }
        subject.write(&name, &bytes);
    }
}

fn swapped(subject: &impl Subject) {
    let (document, expected) = saved_pair(subject, Codec::NONE);
    let names = subject.names();
    let bytes: Vec<_> = names.iter().map(|name| subject.read(name)).collect();
    for (name, other) in names.iter().zip(bytes.iter().rev()) {
        subject.write(name, other);
    }
    // Places with several names for an array may keep some pairs equal. Elements must not be wrong in any case.
    let errors = errors(subject, &document, &expected, "arrays exchanged");
    assert!(names.len() != 2 || errors == 2, "two arrays were exchanged and {errors} noticed");
}

fn failed_save_leaves_nothing(subject: &impl Subject) {
    let good = ChunkedArray::from_ndarray(Array1::from_iter(0..100_i32), &[10]).unwrap();
    let bad = ChunkedArray::<i32>::from_fn(&[100], &[10], |region: &Region| match region.start() {
        [50] => Err("no such luck"),
        _ => Ok(Array1::zeros(region.shape()[0])),
    });
    let error = crate::to_vec(&(&good, bad.unwrap()), &subject.protocols()).expect_err("one of the arrays fails");
    assert_eq!(error.kind(), ErrorKind::UserCode, "{error:?}");
    assert_eq!(error.path(), Some("[1]"), "the error names the array's place: {error:?}");
    assert_eq!(subject.names(), Vec::<String>::new(), "a failed save leaves nothing");
}

/// A shape that nothing can store is refused at once, or at the latest when the first chunk fails.
fn too_large(subject: &impl Subject) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let huge = ChunkedArray::<f64>::from_fn(&[1 << 30, 1 << 29], &[1024, 1024], move |_: &Region| {
        counter.fetch_add(1, Ordering::Relaxed);
        Err::<Array2<f64>, _>("enough")
    });
    crate::to_vec(&huge.unwrap(), &subject.protocols()).expect_err("four exabytes");
    assert!(calls.load(Ordering::Relaxed) < 10_000, "the save went on after the first error");
    assert_eq!(subject.names(), Vec::<String>::new(), "a refused save leaves nothing");
}

fn concurrent(subject: &impl Subject) {
    const THREADS: usize = 8;
    let barrier = Barrier::new(THREADS);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let protocols = subject.protocols();
                let elements = Array2::from_elem((64, 64), thread as u32);
                let array = ChunkedArray::from_ndarray(elements.clone(), &[16, 16]).unwrap();
                for _ in 0..4 {
                    let loaded = through(&array, &protocols).expect("saves and loads side by side");
                    assert_eq!(loaded.compute().unwrap(), elements.clone().into_dyn(), "saves and loads side by side");
                }
            });
        }
    });
}
