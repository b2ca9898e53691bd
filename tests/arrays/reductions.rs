//! Sum, mean, minimum and maximum.

#[cfg(target_os = "linux")]
use super::support::is_alone;
use super::support::lazy;
use arraystow::{ChunkGrid, ChunkedArray, Element, ErrorKind};
use half::f16;
use ndarray::{Array1, Array2, ArrayD, IxDyn, ShapeBuilder};
use num_complex::Complex;
#[cfg(target_os = "linux")]
use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

fn chunked<T: Element>(elements: &[T]) -> ChunkedArray<T> {
    let elements = Array1::from(elements.to_vec()).into_dyn();
    lazy(&elements, &ChunkGrid::regular(elements.shape(), &[2]).unwrap())
}

#[test]
fn integers_are_summed_exactly() {
    assert_eq!(chunked(&[i8::MAX; 100]).sum().unwrap(), 12_700_i64);
    assert_eq!(chunked(&[u8::MAX; 100]).sum().unwrap(), 25_500_u64);
    assert_eq!(chunked(&[i32::MIN; 3]).sum().unwrap(), 3 * i64::from(i32::MIN));
    // On the way it is far out of range, at the end it is not.
    assert_eq!(chunked(&[i64::MAX, i64::MAX, i64::MIN, i64::MIN, 5]).sum().unwrap(), 3);
    assert_eq!(chunked(&[u64::MAX - 1, 1]).sum().unwrap(), u64::MAX);
}

#[test]
fn a_sum_that_does_not_fit_is_an_error_and_its_mean_is_not() {
    let large = chunked(&[u64::MAX; 5]);
    let error = large.sum().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit);
    assert!(error.to_string().contains("64 bits"), "{error}");
    assert_eq!(large.mean().unwrap(), u64::MAX as f64);
    assert!(chunked(&[i64::MIN, -1, 0]).sum().is_err());
    assert_eq!(chunked(&[i64::MIN; 4]).mean().unwrap(), i64::MIN as f64);
}

#[test]
fn bools_are_counted() {
    let bools = chunked(&[true, false, true, true]);
    assert_eq!(bools.sum().unwrap(), 3_u64);
    assert_eq!(bools.mean().unwrap(), 0.75);
    assert_eq!((bools.min().unwrap(), bools.max().unwrap()), (false, true));
}

#[test]
fn floats_are_summed_in_double_precision() {
    assert_eq!(chunked(&[f16::MAX; 100]).sum().unwrap(), 6_550_400.0_f64);
    assert_eq!(chunked(&[16_777_216.0_f32, 1.0, 1.0]).sum().unwrap(), 16_777_218.0_f64);
    assert_eq!(chunked(&[1.0_f32, 2.0]).mean().unwrap(), 1.5);
    assert_eq!(chunked(&[Complex::new(1.0_f32, -2.0); 3]).sum().unwrap(), Complex::new(3.0, -6.0));
    assert_eq!(chunked(&[Complex::new(1.0, -2.0), Complex::new(3.0, 0.0)]).mean().unwrap(), Complex::new(2.0, -1.0));
}

#[test]
fn nan_wins() {
    for at in 0..5 {
        let mut floats = [1.0_f64, -2.0, 3.0, 0.5, 7.0];
        floats[at] = f64::NAN;
        let array = chunked(&floats);
        assert!(array.min().unwrap().is_nan() && array.max().unwrap().is_nan());
        assert!(array.sum().unwrap().is_nan() && array.mean().unwrap().is_nan());
        assert!(array.astype::<f16>().unwrap().max().unwrap().is_nan());
    }
}

#[test]
fn the_least_and_the_greatest_are_found_in_any_chunk() {
    for at in 0..7 {
        let mut ints = [5_i16; 7];
        ints[at] = -3;
        assert_eq!((chunked(&ints).min().unwrap(), chunked(&ints).max().unwrap()), (-3, 5));
        ints[at] = 9;
        assert_eq!((chunked(&ints).min().unwrap(), chunked(&ints).max().unwrap()), (5, 9));
    }
    let infinite = chunked(&[f32::INFINITY, f32::NEG_INFINITY, 0.0]);
    assert_eq!((infinite.min().unwrap(), infinite.max().unwrap()), (f32::NEG_INFINITY, f32::INFINITY));
}

#[test]
fn without_elements_there_is_a_sum_and_nothing_else() {
    let empty = chunked::<f64>(&[]);
    assert_eq!(empty.sum().unwrap(), 0.0);
    assert_eq!(chunked::<i32>(&[]).sum().unwrap(), 0);
    let errors = [empty.mean().unwrap_err(), empty.min().unwrap_err(), empty.max().unwrap_err()];
    for (error, what) in errors.into_iter().zip(["mean", "minimum", "maximum"]) {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn any_memory_order_is_summed() {
    let fortran = ArrayD::from_shape_fn(IxDyn(&[50, 70]).f(), |at| (at[0] * 70 + at[1]) as u32);
    let array = ChunkedArray::from_ndarray(fortran, &[20, 30]).unwrap();
    let expected: u64 = (0..3500).sum();
    assert_eq!(array.sum().unwrap(), expected);
    assert_eq!(array.slice(ndarray::s![..;-1, ..;-1]).unwrap().sum().unwrap(), expected);
    assert_eq!((array.min().unwrap(), array.max().unwrap()), (0, 3499));
}

#[test]
fn many_chunks_are_joined_in_their_order() {
    // Added up in another order, these floats give another sum.
    let floats = Array2::from_shape_fn((300, 40), |(i, j)| (1.0 + i as f64).powi(j as i32 % 9 - 4) * 1.000_1);
    let array = lazy(&floats.into_dyn(), &ChunkGrid::regular(&[300, 40], &[7, 3]).unwrap());
    let in_order = array.chunks().unwrap().map(|chunk| {
        let (region, elements) = chunk.unwrap();
        ChunkedArray::from_ndarray(elements, region.shape()).unwrap().sum().unwrap()
    });
    let expected = in_order.reduce(|a, b| a + b).unwrap();
    for _ in 0..20 {
        assert_eq!(array.sum().unwrap().to_bits(), expected.to_bits());
    }
}

#[test]
fn positions_are_those_of_the_first_in_the_whole_array() {
    let numbers = Array2::from_shape_fn((7, 9), |(i, j)| ((i * 5 + j * 3) % 8) as i32 - 2).into_dyn();
    for chunk in [[7, 9], [2, 4], [1, 1], [3, 9], [7, 2]] {
        let array = lazy(&numbers, &ChunkGrid::regular(&[7, 9], &chunk).unwrap());
        let place = |x: i32| numbers.iter().position(|y| *y == x).unwrap();
        let (least, greatest) = (array.min().unwrap(), array.max().unwrap());
        assert_eq!((array.argmin().unwrap(), array.argmax().unwrap()), (place(least), place(greatest)), "{chunk:?}");
        let along = array.along(&[0, 1]).unwrap().argmax().compute().unwrap()[[]];
        assert_eq!(along as usize, array.argmax().unwrap());
        let reversed = array.slice(ndarray::s![..;-1, ..;-1]).unwrap();
        let last = numbers.as_slice().unwrap().iter().rposition(|y| *y == least).unwrap();
        assert_eq!(62 - reversed.argmin().unwrap(), last);
    }
    let floats = chunked(&[1.0, f64::NAN, -3.0, f64::NAN, 7.0]);
    assert_eq!((floats.argmin().unwrap(), floats.argmax().unwrap()), (1, 1));
    assert_eq!(chunked::<f32>(&[]).argmin().unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn nan_is_skipped_on_request() {
    let floats = chunked(&[1.0, f64::NAN, -3.0, f64::NAN, 7.0, 7.0]);
    let skipping = floats.skip_nan();
    assert_eq!((skipping.sum().unwrap(), skipping.mean().unwrap()), (12.0, 3.0));
    assert_eq!((skipping.min().unwrap(), skipping.max().unwrap()), (-3.0, 7.0));
    assert_eq!((skipping.argmin().unwrap(), skipping.argmax().unwrap()), (2, 4));
    assert_eq!((skipping.var(0).unwrap(), skipping.std(1).unwrap()), (18.0, 24.0_f64.sqrt()));
    assert!(floats.var(0).unwrap().is_nan() && floats.sum().unwrap().is_nan());
    let none = chunked(&[f32::NAN; 3]).skip_nan();
    assert!(none.min().unwrap().is_nan() && none.mean().unwrap().is_nan() && none.sum().unwrap() == 0.0);
    assert!(none.argmax().is_err());
    let empty = chunked::<f64>(&[]).skip_nan();
    assert_eq!(empty.sum().unwrap(), 0.0);
    assert!(empty.mean().is_err() && empty.min().is_err() && empty.argmin().is_err());
    assert_eq!(chunked(&[1, 2]).skip_nan().mean().unwrap(), 1.5);
}

/// As long as one test of a process has all processors, the others have one thread each.
#[cfg(target_os = "linux")]
#[test]
fn a_reduction_to_one_chunk_runs_on_all_processors() {
    if !is_alone("reductions::a_reduction_to_one_chunk_runs_on_all_processors") {
        return;
    }
    let threads = Arc::new(Mutex::new(HashSet::new()));
    let seen = threads.clone();
    let array = ChunkedArray::from_fn(&[100, 10_000], &[1, 10_000], move |region| {
        seen.lock().unwrap().insert(std::thread::current().id());
        std::thread::sleep(std::time::Duration::from_millis(2));
        ArrayD::from_elem(region.shape(), 1.0)
    });
    let sum = array.unwrap().along(&[0]).unwrap().sum();
    assert_eq!(sum.grid().chunk_count(), 1);
    assert_eq!(sum.compute().unwrap()[[5]], 100.0);
    assert_eq!(threads.lock().unwrap().len(), std::thread::available_parallelism().map_or(1, usize::from).min(8));
}

#[test]
fn a_reduction_gives_the_same_on_any_number_of_threads() {
    let array = ChunkedArray::from_fn(&[600, 1000], &[10, 500], |region| {
        let first = region.start()[0] * 1000 + region.start()[1];
        ArrayD::from_shape_fn(region.shape(), |at| ((first + at[0] * 1000 + at[1]) as f64).sqrt() * 1.000_1)
    });
    let array = array.unwrap();
    for axes in [&[0][..], &[1], &[0, 1]] {
        let along = array.along(axes).unwrap();
        let (sum, spread, place) = (along.sum(), along.std(1), along.argmax());
        let expected = (sum.compute().unwrap(), spread.compute().unwrap(), place.compute().unwrap());
        // Of eight computations at the same time, most have one thread.
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let found = (sum.compute().unwrap(), spread.compute().unwrap(), place.compute().unwrap());
                    assert_eq!(found, expected, "along {axes:?}");
                });
            }
        });
    }
}
