//! What an expression needs more than once is produced once, and kept no longer than need be.

#[cfg(target_os = "linux")]
use super::support::is_alone;
use super::support::{Counter, counted, within};
use arraystow::{ChunkGrid, ChunkedArray};
use arraystow_tests::memory;
use ndarray::{ArrayD, s};
use num_complex::Complex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SHAPE: [usize; 2] = [20, 30];

fn source(counter: &Counter) -> ChunkedArray<i64> {
    counter.array(&counted(&SHAPE), &ChunkGrid::regular(&SHAPE, &[4, 7]).unwrap())
}

/// Computes, reduces and walks through an expression of one source; each time each of its chunks is produced once.
fn once(chunks: usize, expression: impl Fn(&ChunkedArray<i64>) -> ChunkedArray<i64>) {
    let counter = Counter::new();
    let array = expression(&source(&counter));
    array.compute().unwrap();
    assert_eq!(counter.chunks_and_most(), (chunks, 1), "compute");
    counter.reset();
    array.sum().unwrap();
    assert_eq!(counter.chunks_and_most(), (chunks, 1), "sum");
    counter.reset();
    assert!(array.chunks().unwrap().all(|chunk| chunk.is_ok()));
    assert_eq!(counter.chunks_and_most(), (chunks, 1), "chunks");
}

#[test]
fn a_plain_array_is_produced_once() {
    once(25, Clone::clone);
    once(25, |a| a.map(|x| x + 1));
}

#[test]
fn an_array_times_itself_is_produced_once() {
    once(25, |a| a * a);
    once(25, |a| a.zip_with(a, |x, y| x * y).unwrap());
}

#[test]
fn branches_that_meet_again_share_their_input() {
    once(25, |a| (a + 1) * (a - 1) + a);
    once(25, |a| {
        let b = a.map(|x| x % 13);
        let c = &b * &b;
        (&c + &b) * (&c - a) + c
    });
}

#[test]
fn doubling_thirty_times_takes_thirty_steps() {
    once(25, |a| (0..30).fold(a.clone(), |x, _| (&x + &x) % 1000));
    once(25, |a| (0..30).fold((a.clone(), a + 1), |(x, y), _| (y.clone(), (x + y) % 1000)).1);
}

#[test]
fn chunks_that_do_not_line_up_are_produced_once() {
    once(25, |a| a.rechunk(&[5, 5]).unwrap());
    once(25, |a| a.rechunk(&[1, 1]).unwrap());
    once(25, |a| a.rechunk(&[20, 30]).unwrap());
    once(25, |a| a.map(|x| -x).rechunk(&[3, 30]).unwrap().map(|x| -x).rechunk(&[20, 2]).unwrap());
    once(25, |a| a + a.rechunk(&[6, 6]).unwrap());
    once(25, |a| a.rechunk(&[6, 6]).unwrap() + a);
    once(25, |a| a.rechunk(&[6, 6]).unwrap() * a.rechunk(&[5, 11]).unwrap());
    once(25, |a| a.rechunk(ChunkGrid::irregular(&[vec![1, 0, 19], vec![13, 17]]).unwrap()).unwrap() % 7);
}

#[test]
fn slices_share_what_they_overlap_in() {
    once(25, |a| a.slice(s![..;-1, ..]).unwrap() + a);
    once(25, |a| a.slice(s![..-1, ..]).unwrap() - a.slice(s![1.., ..]).unwrap());
    once(15, |a| a.slice(s![0..10, ..]).unwrap() * a.slice(s![0..10, ..]).unwrap());
    once(25, |a| a.slice(s![..;2, ..]).unwrap().rechunk(&[10, 3]).unwrap());
    // The last of the columns that are left, 27, is in the last but one of the chunks.
    once(20, |a| {
        let b = a.rechunk(&[20, 5]).unwrap().slice(s![.., ..;3]).unwrap();
        b.slice(s![..;-2, ..]).unwrap() + b.slice(s![1..;2, ..]).unwrap()
    });
    once(5, |a| (0..30).map(|j| a.slice(s![2, j]).unwrap()).reduce(|x, y| x + y).unwrap());
}

#[test]
fn only_the_chunks_that_a_slice_touches_are_produced() {
    let counter = Counter::new();
    let array = source(&counter).map(|x| x * 2).rechunk(&[5, 30]).unwrap();
    let few = array.slice(s![3..5, 14..21]).unwrap();
    assert_eq!(counter.chunks_and_most(), (0, 0), "nothing is produced before it is computed");
    assert_eq!(few.compute().unwrap()[[0, 0]], 2 * (3 * 30 + 14));
    assert_eq!(counter.chunks_and_most(), (2, 1));
    counter.reset();
    let fine = source(&counter).map(|x| x * 2);
    assert_eq!(fine.slice(s![.., ..;29]).unwrap().compute().unwrap()[[19, 1]], 2 * 599);
    assert_eq!(counter.chunks_and_most(), (10, 1), "of every row of chunks the first and the last");
    counter.reset();
    array.chunk(&[1, 0]).unwrap();
    assert_eq!(counter.chunks_and_most(), (10, 1));
}

#[test]
fn one_huge_chunk_that_is_only_cut_is_not_made() {
    // Twice the same view: its source is kept, not its one chunk of 8 EiB.
    let array = ChunkedArray::from_fn(&[1 << 60], &[1000], |region| ArrayD::<i64>::ones(region.shape())).unwrap();
    let whole = array.rechunk(&[1 << 60]).unwrap();
    let sum = whole.slice(s![5..3005]).unwrap() + whole.slice(s![1_usize << 50..(1_usize << 50) + 3000]).unwrap();
    assert_eq!(sum.sum().unwrap(), 6000);
}

/// Produces `chunks` chunks of so many elements and counts.
fn large(chunks: usize, len: usize) -> (ChunkedArray<Complex<f64>>, Arc<AtomicUsize>) {
    let produced = Arc::new(AtomicUsize::new(0));
    let count = produced.clone();
    let array = ChunkedArray::from_fn(&[chunks * len], &[len], move |region| {
        count.fetch_add(1, Ordering::Relaxed);
        ArrayD::from_elem(region.shape(), Complex::new(1.0, 0.0))
    });
    (array.unwrap(), produced)
}

#[test]
fn what_is_shared_may_be_larger_than_what_is_kept() {
    // 128 MiB in chunks of 4 MiB; a cache that protects old chunks threw the new ones out too early.
    let (array, produced) = large(32, 1 << 18);
    let sum = array.map(|x| x + 1.0) * array.map(|x| x - 1.0) + &array;
    assert_eq!(sum.sum().unwrap().re, (32 << 18) as f64);
    assert_eq!(produced.load(Ordering::Relaxed), 32);
}

#[test]
fn chunks_larger_than_the_cache_are_shared_too() {
    // One chunk of 72 MiB; without sharing it would be produced 2^6 times.
    let (array, produced) = large(1, 9 << 19);
    let power = (0..6).fold(array, |x, _| &x * &x);
    assert_eq!(power.sum().unwrap().re, (9 << 19) as f64);
    assert_eq!(produced.load(Ordering::Relaxed), 1);
}

#[test]
fn threads_wait_for_a_shared_chunk_instead_of_producing_it_too() {
    let counter = Counter::new();
    let count = counter.clone();
    let slow = ChunkedArray::from_fn(&[100], &[100], move |region| {
        count.note(region);
        std::thread::sleep(std::time::Duration::from_millis(100));
        ArrayD::<f32>::ones(region.shape())
    });
    let array = slow.unwrap().rechunk(&[5]).unwrap();
    assert_eq!(within(60, "a shared slow chunk", || array.sum().unwrap()), 100.0);
    assert_eq!(counter.chunks_and_most(), (1, 1));
}

/// The peak of memory is that of a process, so the test has its own.
#[cfg(target_os = "linux")]
#[test]
fn kept_slices_do_not_hold_on_to_whole_chunks() {
    if !is_alone("sharing::kept_slices_do_not_hold_on_to_whole_chunks") {
        return;
    }
    let ones = |region: &arraystow::Region| ArrayD::from_elem(region.shape(), 1_u8);
    let array = ChunkedArray::from_fn(&[1 << 30], &[4 << 20], ones).unwrap();
    let few = array.slice(s![..;4096]).unwrap();
    assert_eq!((&few * &few).rechunk(&[1000]).unwrap().sum().unwrap(), 1 << 18);
    // And with every element, as a stream.
    let zeros = ChunkedArray::from_fn(&[64 << 20], &[1 << 20], |region| ArrayD::<u8>::zeros(region.shape())).unwrap();
    assert_eq!((&zeros + &zeros).rechunk(&[3 << 20]).unwrap().sum().unwrap(), 0);
    let mib = memory::peak() >> 20;
    assert!(mib < 150, "a peak of {mib} MiB");
}

#[test]
fn labels_make_no_other_array() {
    let counter = Counter::new();
    let raw = source(&counter);
    let labelled = raw.with_attr("units", "K").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let storage = arraystow::Storage::open(folder.path()).unwrap();
    storage.save("both", &(&labelled, raw.along(&[0]).unwrap().sum(), &raw * 2)).unwrap();
    assert_eq!(counter.chunks_and_most(), (25, 1));
}
