//! From any thread, from many at once, from within.

use super::support::within;
use arraystow::{ChunkGrid, ChunkedArray, Chunks, Element, Error, Region};
use half::f16;
use ndarray::{ArrayD, s};
use num_complex::Complex;
use std::sync::{Arc, Barrier};

const fn shared_between_threads<T: Send + Sync>() {}

const fn all_of<T: Element>() {
    shared_between_threads::<ChunkedArray<T>>();
    shared_between_threads::<Chunks<T>>();
}

const _: () = {
    all_of::<bool>();
    all_of::<i64>();
    all_of::<f16>();
    all_of::<f64>();
    all_of::<Complex<f32>>();
    shared_between_threads::<ChunkGrid>();
    shared_between_threads::<Region>();
    shared_between_threads::<Error>();
};

/// Floats whose sum depends on the order of the additions.
fn rough(len: usize, chunk: usize) -> ChunkedArray<f64> {
    ChunkedArray::from_fn(&[len], &[chunk], |region| {
        let first = region.start()[0];
        ArrayD::from_shape_fn(region.shape(), |at| ((first + at[0]) as f64).sin() * 1e3_f64.powi((first % 5) as i32))
    })
    .unwrap()
}

#[test]
fn a_chunk_function_may_compute_other_arrays() {
    within(120, "nested computes", || {
        let inner = rough(1000, 10);
        let middle = ChunkedArray::from_fn(&[400], &[4], {
            let inner = inner.clone();
            move |region| {
                let sum = (&inner * &inner).sum()?;
                assert_eq!(inner.compute()?.len(), 1000);
                Ok::<_, Error>(ArrayD::from_elem(region.shape(), sum))
            }
        });
        let middle = middle.unwrap();
        let outer = ChunkedArray::from_fn(&[64], &[1], {
            let middle = middle.clone();
            move |region| {
                let at = region.start()[0];
                middle.slice(s![at * 4..at * 4 + 9])?.max().map(|max| ArrayD::from_elem(region.shape(), max))
            }
        });
        let outer = outer.unwrap();
        let expected = (&inner * &inner).sum().unwrap();
        assert_eq!((&outer + &outer).rechunk(&[7]).unwrap().max().unwrap(), 2.0 * expected);
    });
}

#[test]
fn sixteen_threads_at_once_get_the_results_of_one() {
    within(120, "sixteen threads", || {
        let array = rough(20_000, 37);
        let deep = (&array * &array).rechunk(&[101]).unwrap() - &array;
        let (sum, elements) = (deep.sum().unwrap(), deep.compute().unwrap());
        let start = Arc::new(Barrier::new(16));
        let threads = (0..16).map(|_| {
            let (deep, elements, start) = (deep.clone(), elements.clone(), start.clone());
            std::thread::spawn(move || {
                start.wait();
                for _ in 0..5 {
                    assert_eq!(deep.sum().unwrap().to_bits(), sum.to_bits());
                    assert_eq!(deep.compute().unwrap(), elements);
                    assert_eq!(deep.min().unwrap(), elements.iter().copied().fold(f64::INFINITY, f64::min));
                }
            })
        });
        threads.collect::<Vec<_>>().into_iter().for_each(|thread| thread.join().unwrap());
    });
}

#[test]
fn sixteen_threads_may_compute_within_chunk_functions() {
    within(120, "sixteen threads, nested", || {
        let inner = rough(2000, 100);
        let expected = inner.sum().unwrap();
        let outer = ChunkedArray::from_fn(&[40], &[2], move |region| {
            inner.sum().map(|sum| ArrayD::from_elem(region.shape(), sum))
        });
        let outer = outer.unwrap();
        std::thread::scope(|scope| {
            for _ in 0..16 {
                // One and the same expression, and so the same shared chunks, from all of them.
                scope.spawn(|| assert_eq!((&outer - &outer + &outer).max().unwrap().to_bits(), expected.to_bits()));
            }
        });
    });
}

#[test]
fn a_chunk_function_may_panic_in_one_thread_while_others_go_on() {
    within(120, "panics beside", || {
        let good = rough(3000, 10);
        let bad = good.map(|_| -> f64 { panic!("on purpose") });
        let expected = good.sum().unwrap();
        std::thread::scope(|scope| {
            for number in 0..16 {
                let (good, bad) = (&good, &bad);
                scope.spawn(move || {
                    if number % 2 == 0 {
                        assert!((bad + bad).sum().is_err());
                    } else {
                        assert_eq!(good.sum().unwrap().to_bits(), expected.to_bits());
                    }
                });
            }
        });
    });
}

#[test]
fn chunks_may_be_taken_by_another_thread() {
    let mut chunks = rough(100, 30).chunks().unwrap();
    chunks.next().unwrap().unwrap();
    let left = std::thread::spawn(move || chunks.map(|chunk| chunk.unwrap().1.len()).sum::<usize>());
    assert_eq!(left.join().unwrap(), 70);
}
