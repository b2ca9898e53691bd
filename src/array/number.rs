//! Conversions between numbers, and sums in types that are wide enough.

use super::Element;
use half::{bf16, f16};
use num_complex::Complex;

/// A number in the widest type of its kind.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub enum AnyNumber {
    Int(i64),
    UInt(u64),
    Float(f64),
    Complex(Complex<f64>),
}

/// An element that can be converted to other numbers, as [`ChunkedArray::astype`](crate::ChunkedArray::astype) does.
/// `bool` counts as a number: 0 or 1. The trait is sealed.
///
/// ```
/// use arraystow::{ChunkedArray, Number};
///
/// fn doubles<T: Number>(array: &ChunkedArray<T>) -> arraystow::Result<ChunkedArray<f64>> {
///     array.astype()
/// }
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![true, false], &[2])?;
/// assert_eq!(doubles(&array)?.sum()?, 1.0);
/// # Ok::<(), arraystow::Error>(())
/// ```
pub trait Number: Element + Copy {
    #[doc(hidden)]
    fn to_value(self) -> AnyNumber;
    #[doc(hidden)]
    fn from_value(value: AnyNumber) -> Self;
}

macro_rules! numbers {
    ($($rust:ty: $kind:ident as $wide:ty;)*) => {
        $(impl Number for $rust {
            #[inline]
            fn to_value(self) -> AnyNumber {
                AnyNumber::$kind(self as $wide)
            }
            #[inline]
            fn from_value(value: AnyNumber) -> Self {
                match value {
                    AnyNumber::Int(x) => x as $rust,
                    AnyNumber::UInt(x) => x as $rust,
                    AnyNumber::Float(x) => x as $rust,
                    AnyNumber::Complex(x) => x.re as $rust,
                }
            }
        })*
    };
}

numbers! {
    i8: Int as i64; i16: Int as i64; i32: Int as i64; i64: Int as i64;
    u8: UInt as u64; u16: UInt as u64; u32: UInt as u64; u64: UInt as u64;
    f32: Float as f64; f64: Float as f64;
}

impl Number for bool {
    #[inline]
    fn to_value(self) -> AnyNumber {
        AnyNumber::UInt(u64::from(self))
    }
    #[inline]
    fn from_value(value: AnyNumber) -> Self {
        match value {
            AnyNumber::Int(x) => x != 0,
            AnyNumber::UInt(x) => x != 0,
            AnyNumber::Float(x) => x != 0.0,
            AnyNumber::Complex(x) => x != Complex::new(0.0, 0.0),
        }
    }
}

macro_rules! short_floats {
    ($($rust:ty)*) => {
        $(impl Number for $rust {
            #[inline]
            fn to_value(self) -> AnyNumber {
                AnyNumber::Float(self.to_f64())
            }
            #[inline]
            fn from_value(value: AnyNumber) -> Self {
                Self::from_f64(f64::from_value(value))
            }
        })*
    };
}

short_floats!(f16 bf16);

macro_rules! complex_numbers {
    ($($part:ty)*) => {
        $(impl Number for Complex<$part> {
            #[inline]
            fn to_value(self) -> AnyNumber {
                AnyNumber::Complex(Complex::new(f64::from(self.re), f64::from(self.im)))
            }
            #[inline]
            fn from_value(value: AnyNumber) -> Self {
                match value {
                    AnyNumber::Complex(x) => Complex::new(x.re as $part, x.im as $part),
                    real => Complex::new(<$part>::from_value(real), 0.0),
                }
            }
        })*
    };
}

complex_numbers!(f32 f64);

/// A number that can be summed. Integers are summed exactly, floats in `f64`; the sum of `bool` is the number of
/// `true`.
///
/// ```
/// use arraystow::{ChunkedArray, Summable};
///
/// fn sum_and_mean<T: Summable>(array: &ChunkedArray<T>) -> arraystow::Result<(T::Sum, T::Mean)> {
///     Ok((array.sum()?, array.mean()?))
/// }
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![1_u8, 255], &[1])?;
/// assert_eq!(sum_and_mean(&array)?, (256, 128.0));
/// # Ok::<(), arraystow::Error>(())
/// ```
pub trait Summable: Number {
    /// The type of a sum: `i64`, `u64`, `f64` or `Complex<f64>`.
    type Sum: Element;
    /// The type of a mean: `f64` or `Complex<f64>`.
    type Mean: Element;
    #[doc(hidden)]
    type Total: Copy + Default + Send + Sync;
    #[doc(hidden)]
    fn add_to(self, total: Self::Total) -> Self::Total;
    #[doc(hidden)]
    fn join(a: Self::Total, b: Self::Total) -> Self::Total;
    /// `None` if the sum does not fit.
    #[doc(hidden)]
    fn sum(total: Self::Total) -> Option<Self::Sum>;
    #[doc(hidden)]
    fn mean(total: Self::Total, count: usize) -> Self::Mean;
}

macro_rules! summable {
    ($($rust:ty: $total:ty => $sum:ty, $mean:ty, |$x:ident| $widen:expr, |$t:ident| $finish:expr, |$m:ident| $as_float:expr;)*) => {
        $(impl Summable for $rust {
            type Sum = $sum;
            type Mean = $mean;
            type Total = $total;
            #[inline]
            fn add_to(self, total: $total) -> $total {
                let $x = self;
                total + $widen
            }
            #[inline]
            fn join(a: $total, b: $total) -> $total {
                a + b
            }
            fn sum($t: $total) -> Option<$sum> {
                $finish
            }
            fn mean(total: $total, count: usize) -> $mean {
                let $m = total;
                ($as_float) / count as f64
            }
        })*
    };
}

summable! {
    bool: u128 => u64, f64, |x| u128::from(x), |t| u64::try_from(t).ok(), |m| m as f64;
    i8: i128 => i64, f64, |x| i128::from(x), |t| i64::try_from(t).ok(), |m| m as f64;
    i16: i128 => i64, f64, |x| i128::from(x), |t| i64::try_from(t).ok(), |m| m as f64;
    i32: i128 => i64, f64, |x| i128::from(x), |t| i64::try_from(t).ok(), |m| m as f64;
    i64: i128 => i64, f64, |x| i128::from(x), |t| i64::try_from(t).ok(), |m| m as f64;
    u8: u128 => u64, f64, |x| u128::from(x), |t| u64::try_from(t).ok(), |m| m as f64;
    u16: u128 => u64, f64, |x| u128::from(x), |t| u64::try_from(t).ok(), |m| m as f64;
    u32: u128 => u64, f64, |x| u128::from(x), |t| u64::try_from(t).ok(), |m| m as f64;
    u64: u128 => u64, f64, |x| u128::from(x), |t| u64::try_from(t).ok(), |m| m as f64;
    f16: f64 => f64, f64, |x| x.to_f64(), |t| Some(t), |m| m;
    bf16: f64 => f64, f64, |x| x.to_f64(), |t| Some(t), |m| m;
    f32: f64 => f64, f64, |x| f64::from(x), |t| Some(t), |m| m;
    f64: f64 => f64, f64, |x| x, |t| Some(t), |m| m;
    Complex<f32>: Complex<f64> => Complex<f64>, Complex<f64>, |x| Complex::new(f64::from(x.re), f64::from(x.im)), |t| Some(t), |m| m;
    Complex<f64>: Complex<f64> => Complex<f64>, Complex<f64>, |x| x, |t| Some(t), |m| m;
}

/// Test data for any number: small, even and odd.
#[cfg(feature = "conformance")]
pub(crate) fn sample_value(index: usize) -> AnyNumber {
    AnyNumber::Int((index % 100) as i64)
}
