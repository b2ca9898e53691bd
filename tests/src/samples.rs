//! Elements of every type, the same in Rust and in Python (`samples.py`): zeros, `false`, NaN, infinities and the
//! extremes of each type, with ordinary numbers between them.

use arraystow::Element;
use half::f16;
use ndarray::{ArrayBase, ArrayD, Data, Dimension};
use num_complex::Complex;

/// The element at a position, counted in C order.
pub trait Sample: Element + Copy {
    fn at(index: usize) -> Self;
    /// All bits: NaN is equal to itself, and 0 is not -0.
    fn bits(self) -> [u64; 2];
}

/// Every so many elements the special ones come again.
const PERIOD: usize = 30;

macro_rules! integers {
    ($($T:ident)*) => { $(impl Sample for $T {
        fn at(index: usize) -> Self {
            let special = [0, $T::MIN, $T::MAX, $T::MAX - 1, $T::MIN + 1, 1];
            special.get(index % PERIOD).copied().unwrap_or((index % 120) as $T)
        }
        fn bits(self) -> [u64; 2] { [self as u64, 0] }
    })* };
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floats {
    ($($T:ident: $zero:expr, $subnormal:expr, |$i:ident| $number:expr;)*) => { $(
        impl Sample for $T {
            fn at($i: usize) -> Self {
                let special = [
                    $zero, -$zero, $T::NAN, $T::INFINITY, -$T::INFINITY, $T::MAX, $T::MIN, $T::MIN_POSITIVE, $subnormal,
                ];
                special.get($i % PERIOD).copied().unwrap_or($number)
            }
            fn bits(self) -> [u64; 2] { [u64::from(self.to_bits()), 0] }
        }
    )* };
}
floats! {
    f16: f16::ZERO, f16::MIN_POSITIVE_SUBNORMAL, |i| f16::from_f32((i % 120) as f32);
    f32: 0.0_f32, f32::from_bits(1), |i| (i % 120) as f32;
    f64: 0.0_f64, f64::from_bits(1), |i| (i % 120) as f64;
}

macro_rules! complex {
    ($($T:ident)*) => { $(impl Sample for Complex<$T> {
        fn at(index: usize) -> Self { Self::new($T::at(index), $T::at(index / 2)) }
        fn bits(self) -> [u64; 2] { [self.re.bits()[0], self.im.bits()[0]] }
    })* };
}
complex!(f32 f64);

impl Sample for bool {
    fn at(index: usize) -> Self {
        index.is_multiple_of(3)
    }

    fn bits(self) -> [u64; 2] {
        [u64::from(self), 0]
    }
}

/// An array of such elements.
pub fn sample<T: Sample>(shape: &[usize]) -> ArrayD<T> {
    let mut index = 0;
    ArrayD::from_shape_simple_fn(shape, || {
        index += 1;
        T::at(index - 1)
    })
}

/// Compares two arrays bit by bit.
///
/// # Panics
/// If they differ, with the place of the first difference.
#[track_caller]
pub fn assert_same<T, A, D, E>(found: &ArrayBase<A, D>, expected: &ArrayBase<impl Data<Elem = T>, E>, what: &str)
where
    T: Sample,
    A: Data<Elem = T>,
    D: Dimension,
    E: Dimension,
{
    assert_eq!(found.shape(), expected.shape(), "{what}");
    for (at, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!(found.bits() == expected.bits(), "{what}: element {at} is {found:?}, not {expected:?}");
    }
}

/// Runs an expression for every element type.
#[macro_export]
macro_rules! every_type {
    ($T:ident => $run:expr) => {
        $crate::every_type!(@ $T, $run, bool i8 i16 i32 i64 u8 u16 u32 u64 half::f16 f32 f64
            num_complex::Complex<f32> num_complex::Complex<f64>)
    };
    (@ $T:ident, $run:expr, $($rust:ty)*) => { $({ type $T = $rust; $run })* };
}
pub use every_type;
