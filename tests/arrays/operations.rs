//! Operations element by element: what the operators of Rust and `as` give.

use arraystow::{Arithmetic, ChunkedArray, Codec, Element, ErrorKind};
use half::f16;
use ndarray::{Array1, Array2, ArrayD, array};
use num_complex::Complex;
use proptest::prelude::*;

fn chunked<T: Element>(elements: &[T]) -> ChunkedArray<T> {
    ChunkedArray::from_ndarray(Array1::from(elements.to_vec()), &[2]).unwrap()
}

fn elements<T: Element>(array: &ChunkedArray<T>) -> Vec<T> {
    array.compute().unwrap().into_iter().collect()
}

#[test]
fn maps_and_zips_may_change_the_type() {
    let a = chunked(&[1_i32, -2, 3]);
    assert_eq!(elements(&a.map(|x| f64::from(x) / 2.0)), [0.5, -1.0, 1.5]);
    assert_eq!(elements(&a.map(|x| x > 0)), [true, false, true]);
    let b = chunked(&[true, true, false]).rechunk(&[3]).unwrap();
    let picked = a.zip_with(&b, |x, keep| if keep { Complex::new(x as f32, 0.0) } else { Complex::i() }).unwrap();
    assert_eq!(elements(&picked), [Complex::new(1.0, 0.0), Complex::new(-2.0, 0.0), Complex::i()]);
    assert_eq!(picked.grid(), a.grid());
    let error = a.zip_with(&chunked(&[1_u8, 2]), |x, _| x).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("[3] and [2]"), "{error}");
}

#[test]
fn every_form_of_an_operator_is_there() {
    let (a, b) = (chunked(&[8_i32, 9, 10]), chunked(&[3_i32, 4, 5]));
    for sum in [&a + &b, a.clone() + &b, &a + b.clone(), a.clone() + b.clone()] {
        assert_eq!(elements(&sum), [11, 13, 15]);
    }
    for difference in [&a - 1, a.clone() - 1] {
        assert_eq!(elements(&difference), [7, 8, 9]);
    }
    for difference in [1 - &a, 1 - a.clone()] {
        assert_eq!(elements(&difference), [-7, -8, -9]);
    }
    assert_eq!(elements(&(&a * &b)), [24, 36, 50]);
    assert_eq!(elements(&(&a / &b)), [2, 2, 2]);
    assert_eq!(elements(&(&a % &b)), [2, 1, 0]);
    assert_eq!(elements(&(100 / &a)), [12, 11, 10]);
    assert_eq!(elements(&(100 % &a)), [4, 1, 0]);
    assert_eq!(elements(&-&a), [-8, -9, -10]);
    assert_eq!(elements(&-a), [-8, -9, -10]);
    assert_eq!(elements(&(chunked(&[1.0_f32]) / 0.0)), [f32::INFINITY]);
    assert_eq!(elements(&(chunked(&[5.5_f64]) % 2.0)), [1.5]);
}

fn has_arithmetic<T: Arithmetic>(two: T, three: T, five: T) {
    assert_eq!(elements(&(chunked(&[two]) + three)), [five]);
    assert_eq!(elements(&(chunked(&[five]) - chunked(&[three]))), [two]);
    assert_eq!(elements(&(chunked(&[five, five]) / five * two)), [two, two]);
}

#[test]
fn every_type_but_bool_has_arithmetic() {
    has_arithmetic::<i8>(2, 3, 5);
    has_arithmetic::<i16>(2, 3, 5);
    has_arithmetic::<i32>(2, 3, 5);
    has_arithmetic::<i64>(2, 3, 5);
    has_arithmetic::<u8>(2, 3, 5);
    has_arithmetic::<u16>(2, 3, 5);
    has_arithmetic::<u32>(2, 3, 5);
    has_arithmetic::<u64>(2, 3, 5);
    has_arithmetic(f16::from_f32(2.0), f16::from_f32(3.0), f16::from_f32(5.0));
    has_arithmetic::<f32>(2.0, 3.0, 5.0);
    has_arithmetic::<f64>(2.0, 3.0, 5.0);
    has_arithmetic::<Complex<f32>>(2.0.into(), 3.0.into(), 5.0.into());
    has_arithmetic::<Complex<f64>>(2.0.into(), 3.0.into(), 5.0.into());
}

#[test]
fn integers_wrap_around() {
    assert_eq!(elements(&(chunked(&[250_u8, 5]) + 10)), [4, 15]);
    assert_eq!(elements(&(chunked(&[0_u64]) - 1)), [u64::MAX]);
    assert_eq!(elements(&(chunked(&[i64::MAX]) * 2)), [-2]);
    assert_eq!(elements(&-chunked(&[i32::MIN])), [i32::MIN]);
    assert_eq!(elements(&-chunked(&[1_u8])), [255]);
    assert_eq!(elements(&(chunked(&[i8::MIN]) / -1)), [i8::MIN]);
    assert_eq!(elements(&(chunked(&[i8::MIN]) % -1)), [0]);
}

#[test]
fn integer_division_by_zero_is_an_error_of_the_chunk() {
    let divisor = chunked(&[1_i32, 2, 3, 0]);
    for quotient in [12 / &divisor, 12 % &divisor, chunked(&[1, 2, 3, 4]) / &divisor, &divisor / 0, &divisor % 0] {
        let error = quotient.compute().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains("division by zero"), "{error}");
    }
    let quotient = 12 / &divisor;
    assert_eq!(quotient.chunk(&[0]).unwrap(), array![12, 6].into_dyn());
    assert_eq!(quotient.slice(ndarray::s![..3]).unwrap().compute().unwrap().len(), 3);
    assert!(quotient.chunk(&[1]).is_err());
    let mut chunks = quotient.chunks().unwrap();
    assert!(chunks.next().unwrap().is_ok());
    assert!(chunks.next().unwrap().is_err());
    assert!(chunks.next().is_none());
}

/// Checks `astype` between all pairs of these types against `as`.
macro_rules! as_is_astype {
    ($values:expr, $from:ty => $($to:ty)*) => {
        $({
            let values: Vec<$from> = $values.to_vec();
            let expected: Vec<$to> = values.iter().map(|x| *x as $to).collect();
            let got = elements(&chunked(&values).astype::<$to>().unwrap());
            let same = got.iter().zip(&expected).all(|(a, b)| a == b || (a != a && b != b));
            assert!(same, "{} to {}: {got:?} for {expected:?}", stringify!($from), stringify!($to));
        })*
    };
}

#[test]
fn astype_converts_as_rust_does() {
    let ints = [i64::MIN, i64::MIN + 1, -(1 << 53) - 1, -300, -129, -1, 0, 1, 127, 128, 255, 256, 65_536, i64::MAX];
    as_is_astype!(ints, i64 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!(ints.map(|x| x as i8), i8 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!(ints.map(|x| x as i32), i32 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!(ints.map(|x| x as u8), u8 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!(ints.map(|x| x as u16), u16 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!(ints.map(|x| x as u64), u64 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    let floats = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0, 0.9, -0.9, 255.5, -1e3, 1e10, 1e300, 16_777_217.0];
    as_is_astype!(floats, f64 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!(floats.map(|x| x as f32), f32 => i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
    as_is_astype!([true, false], bool => i8 i16 i32 i64 u8 u16 u32 u64);
}

#[test]
fn astype_knows_bool_half_and_complex() {
    assert_eq!(elements(&chunked(&[0.0, -0.0, 0.5, f64::NAN]).astype::<bool>().unwrap()), [false, false, true, true]);
    assert_eq!(elements(&chunked(&[0_i8, -1]).astype::<bool>().unwrap()), [false, true]);
    assert_eq!(elements(&chunked(&[true, false]).astype::<f32>().unwrap()), [1.0, 0.0]);
    let halves = [f16::from_f32(-1.5), f16::from_f32(70_000.0)];
    assert_eq!(elements(&chunked(&[-1.5_f64, 70_000.0]).astype::<f16>().unwrap()), halves);
    assert_eq!(elements(&chunked(&halves).astype::<i16>().unwrap()), [-1, i16::MAX]);
    assert_eq!(elements(&chunked(&[u64::MAX]).astype::<f16>().unwrap()), [f16::INFINITY]);
    assert_eq!(elements(&chunked(&[2_i32]).astype::<Complex<f64>>().unwrap()), [Complex::new(2.0, 0.0)]);
    let complex = [Complex::new(1e300, -1.5)];
    assert_eq!(elements(&chunked(&complex).astype::<Complex<f32>>().unwrap()), [Complex::new(f32::INFINITY, -1.5)]);
}

#[test]
fn complex_to_real_is_refused_at_once() {
    let complex = chunked(&[Complex::new(1.0_f32, 2.0)]);
    let error = complex.astype::<f64>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("complex64 as float64"), "{error}");
    assert!(complex.astype::<bool>().is_err());
    assert!(complex.astype::<u8>().is_err());
    assert_eq!(elements(&complex.map(|z| z.im)), [2.0]);
}

proptest! {
    #[test]
    fn arithmetic_agrees_with_ndarray(values in prop::collection::vec((-1e6..1e6_f64, -1e6..1e6_f64), 1..40), chunk in 1..9_usize) {
        let (a, b): (Vec<f64>, Vec<f64>) = values.into_iter().unzip();
        let (a, b) = (Array1::from(a), Array1::from(b));
        let left = ChunkedArray::from_ndarray(a.clone(), &[chunk]).unwrap();
        let right = ChunkedArray::from_ndarray(b.clone(), &[chunk / 2 + 1]).unwrap();
        prop_assert_eq!((&left + &right).compute().unwrap(), (&a + &b).into_dyn());
        prop_assert_eq!((&left - &right).compute().unwrap(), (&a - &b).into_dyn());
        prop_assert_eq!((&left * &right).compute().unwrap(), (&a * &b).into_dyn());
        prop_assert_eq!((&left / 3.0).compute().unwrap(), (&a / 3.0).into_dyn());
        prop_assert_eq!((2.0 - &left).compute().unwrap(), (2.0 - &a).into_dyn());
        prop_assert_eq!((-&left).compute().unwrap(), (-a).into_dyn());
    }
}

#[test]
fn arrays_of_other_memory_orders_can_be_combined() {
    let plain = Array2::from_shape_fn((4, 6), |(i, j)| (i * 6 + j) as i64);
    let fortran = ChunkedArray::from_ndarray(plain.t().to_owned(), &[3, 2]).unwrap();
    let reversed: ArrayD<i64> = plain.t().slice(ndarray::s![..;-1, ..]).to_owned().into_dyn();
    let sum = &fortran + ChunkedArray::from_ndarray(reversed.clone(), &[6, 4]).unwrap();
    assert_eq!(sum.compute().unwrap(), plain.t().into_dyn().to_owned() + reversed);
}

#[test]
fn a_cut_that_undoes_another_is_the_array_itself() {
    let array = chunked(&[1, 2, 3, 4, 5]);
    assert!(array.rechunk(&[3]).unwrap().rechunk(&[2]).unwrap().ptr_eq(&array));
    // A codec was chosen for one array, and a cut is another.
    let compressed = array.with_codec(Codec::zstd(3).unwrap());
    let back = compressed.rechunk(&[3]).unwrap().rechunk(&[2]).unwrap();
    assert_eq!((back.codec(), elements(&back)), (None, vec![1, 2, 3, 4, 5]));
}
