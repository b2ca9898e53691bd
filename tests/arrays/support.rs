//! What several of the tests need.

use arraystow::{ChunkGrid, ChunkedArray, Element, Region};
use ndarray::{ArrayD, ArrayViewD, Slice, SliceInfoElem};
use proptest::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// Runs a test that might hang; then the process ends with a message instead of never.
pub(super) fn within<R>(seconds: u64, what: &'static str, test: impl FnOnce() -> R) -> R {
    let (done, wait) = mpsc::channel::<()>();
    let watchdog = std::thread::spawn(move || {
        if wait.recv_timeout(Duration::from_secs(seconds)) == Err(mpsc::RecvTimeoutError::Timeout) {
            eprintln!("not done after {seconds} s: {what}");
            std::process::abort();
        }
    });
    let result = test();
    drop(done);
    watchdog.join().unwrap();
    result
}

/// Whether this process runs that test alone. Otherwise, another process is started that does, and must pass.
#[cfg(target_os = "linux")]
pub(super) fn is_alone(test: &str) -> bool {
    const ALONE: &str = "ARRAYSTOW_TEST_ALONE";
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().unwrap();
    let child = std::process::Command::new(program).args(["--exact", test]).env(ALONE, "1").output().unwrap();
    let output = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && output.contains("1 passed"), "{output}");
    false
}

/// As many elements as the shape has, all different, counted up in C order.
pub(super) fn counted(shape: &[usize]) -> ArrayD<i64> {
    ArrayD::from_shape_vec(shape, (0..shape.iter().product::<usize>() as i64).collect()).unwrap()
}

/// The part of an array that a region covers.
pub(super) fn part<'a, T>(array: &'a ArrayD<T>, region: &Region) -> ArrayViewD<'a, T> {
    let ranges = region.start().iter().zip(region.end()).map(|(start, end)| Slice::from(*start..end).into());
    array.slice(ranges.collect::<Vec<SliceInfoElem>>().as_slice())
}

/// A lazy array with these elements; nothing of it is cheap, so that what is shared is kept.
pub(super) fn lazy<T: Element>(array: &ArrayD<T>, grid: &ChunkGrid) -> ChunkedArray<T> {
    Counter::new().array(array, grid)
}

/// How often each chunk was produced, by where it starts.
#[derive(Clone, Default)]
pub(super) struct Counter(Arc<Mutex<HashMap<Vec<usize>, usize>>>);

struct Counting<T> {
    array: ArrayD<T>,
    counter: Counter,
}

impl<T: Element> arraystow::ChunkSource<T> for Counting<T> {
    fn chunk(&self, region: &Region) -> Result<ArrayD<T>, Box<dyn std::error::Error + Send + Sync>> {
        self.counter.note(region);
        Ok(part(&self.array, region).to_owned())
    }
}

impl Counter {
    pub(super) fn new() -> Self {
        Self::default()
    }

    pub(super) fn array<T: Element>(&self, array: &ArrayD<T>, grid: &ChunkGrid) -> ChunkedArray<T> {
        ChunkedArray::from_source(grid.clone(), Counting { array: array.clone(), counter: self.clone() })
    }

    pub(super) fn note(&self, region: &Region) {
        assert!(!region.is_empty(), "an empty chunk was asked for: {region:?}");
        *self.0.lock().unwrap().entry(region.start().to_vec()).or_default() += 1;
    }

    /// The number of chunks that were produced, and how often the most frequent one was.
    pub(super) fn chunks_and_most(&self) -> (usize, usize) {
        let counts = self.0.lock().unwrap();
        (counts.len(), counts.values().copied().max().unwrap_or(0))
    }

    pub(super) fn reset(&self) {
        self.0.lock().unwrap().clear();
    }
}

/// Grids of 0 to 4 axes of up to 8 elements: equal chunks, any chunks, chunks without elements.
pub(super) fn any_grid() -> impl Strategy<Value = ChunkGrid> {
    prop::collection::vec(any_axis(), 0..5).prop_map(|axes| ChunkGrid::irregular(&axes).unwrap())
}

fn any_axis() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![
        (0..9usize, 1..10usize).prop_map(|(len, chunk)| cut(len, chunk)),
        prop::collection::vec(0..4usize, 0..5).prop_filter("too long", |sizes| sizes.iter().sum::<usize>() < 9),
    ]
}

fn cut(len: usize, chunk: usize) -> Vec<usize> {
    (0..len).step_by(chunk).map(|start| chunk.min(len - start)).collect()
}

/// Another grid for an array of that shape, out of random numbers.
pub(super) fn grid_for(shape: &[usize], random: &[usize]) -> ChunkGrid {
    let mut random = random.iter().copied().cycle();
    let mut next = move || random.next().unwrap_or(1);
    let axes = shape.iter().map(|len| {
        if next() % 2 == 0 {
            return cut(*len, next() % 9 + 1);
        }
        let mut sizes = Vec::new();
        let mut left = *len;
        while left > 0 {
            let size = (next() % 4).min(left);
            // Now and then a chunk without elements.
            if size > 0 || sizes.last() != Some(&0) {
                sizes.push(size);
            } else {
                sizes.push(left);
            }
            left -= sizes.last().unwrap();
        }
        sizes
    });
    ChunkGrid::irregular(&axes.collect::<Vec<_>>()).unwrap()
}

/// Any slice that fits the shape, out of random numbers.
pub(super) fn slice_for(shape: &[usize], random: &[usize]) -> Vec<SliceInfoElem> {
    let mut random = random.iter().copied().cycle();
    let mut next = move |limit: usize| random.next().unwrap_or(0) % limit;
    let mut slice = Vec::new();
    for len in shape {
        if next(6) == 0 {
            slice.push(SliceInfoElem::NewAxis);
        }
        // From the front or from the end.
        let mut position = |most: usize| {
            let at = next(most + 1) as isize;
            if next(2) == 0 && (at as usize) < *len { at - *len as isize } else { at }
        };
        let (a, b, index) = (position(*len), position(*len), position(len.saturating_sub(1)));
        let end = [Some(a), Some(b), None][next(3)];
        let step = [1, 1, -1, 2, -2, 3, -3, 5, -7, isize::MAX, isize::MIN + 1][next(11)];
        slice.push(match next(4) {
            0 if *len > 0 => SliceInfoElem::Index(index),
            1 => SliceInfoElem::Slice { start: 0, end: None, step },
            _ => SliceInfoElem::Slice { start: a, end, step },
        });
    }
    slice
}
