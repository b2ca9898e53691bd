//! Sum, mean, minimum and maximum.

use super::support::lazy;
use arraystow::{ChunkGrid, ChunkedArray, Element, ErrorKind};
use half::f16;
use ndarray::{Array1, Array2, ArrayD, IxDyn, ShapeBuilder};
use num_complex::Complex;

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
