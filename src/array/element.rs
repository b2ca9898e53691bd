//! The Rust types of array elements.

use super::DataType;
use super::encoding::Encoding;
use super::number::{AnyNumber, Number};
use half::{bf16, f16};
use num_complex::Complex;
use std::any::Any;
use std::fmt::Debug;

/// The type of an array's elements.
///
/// | elements | Rust types |
/// | --- | --- |
/// | truth values | `bool` |
/// | integers | `i8` to `i64`, `u8` to `u64` |
/// | floating-point numbers | `f16` and `bf16` of the crate half, `f32`, `f64` |
/// | complex numbers | `Complex<f32>`, `Complex<f64>` |
/// | points in time and durations | `jiff::Timestamp` and `jiff::SignedDuration`, and `Option` of them, with the feature `jiff` |
/// | strings of any length | `String` |
/// | strings and bytes of fixed length | [`FixedText`](crate::FixedText), [`FixedBytes`](crate::FixedBytes) |
/// | records, enumerations | structs and enums with `#[derive(Element)]` |
/// | numbers that may be missing | `Option` of an integer, a float or a complex number |
/// | small arrays | `[T; N]` of any of these, as fields of records |
///
/// Arrays of elements can be stored, sliced and mapped. Arithmetic requires [`Arithmetic`], sums [`Summable`], `min`
/// and `max` [`RealElement`], and conversions [`Number`].
///
/// The trait is sealed: only the derive macro makes other types elements.
///
/// A number that may be missing is stored as a number, and `None` as the array's fill value, which xarray and netCDF
/// read as missing. [`ChunkedArray::with_fill`](crate::ChunkedArray::with_fill) sets it. By default it is NaN, the
/// minimum of a signed integer type, or the maximum of an unsigned one. Saving `Some` of the fill value is an error. In
/// a field of a record, such a number always has the default fill value.
///
/// A `String` cannot be missing, because h5py, zarr-python and xarray have no common mark for a missing string. An
/// empty string can stand for one.
///
/// ```
/// use arraystow::{ChunkedArray, DataType};
///
/// let rain = ChunkedArray::from(ndarray::array![Some(0.5_f32), None, Some(2.0)]);
/// assert_eq!(rain.data_type(), DataType::Float32);
/// assert_eq!(rain.map(|x| x.unwrap_or(0.0)).sum()?, 2.5);
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// ```
/// use arraystow::{DataType, Element};
///
/// assert_eq!(f32::DATA_TYPE, DataType::Float32);
/// ```
///
/// [`Arithmetic`]: crate::Arithmetic
/// [`Summable`]: crate::Summable
/// [`Number`]: crate::Number
pub trait Element: Encoding + Clone + PartialEq + Debug + Default + Send + Sync + 'static {
    /// The data type of this Rust type in files.
    const DATA_TYPE: DataType;

    /// The data type, where a reference is needed.
    #[doc(hidden)]
    const DATA_TYPE_REF: &'static DataType = &Self::DATA_TYPE;

    /// The conversion from a number, if the type is a [`Number`](crate::Number).
    #[doc(hidden)]
    const FROM_NUMBER: Option<fn(AnyNumber) -> Self> = None;

    /// Whether the element is not 0 (the default); `None` if it is missing.
    #[doc(hidden)]
    fn truth(&self) -> Option<bool> {
        Some(*self != Self::default())
    }

    /// How arrays of these elements become arrays without a type, if they are stored as arrays of others: `ByOthers`.
    #[doc(hidden)]
    #[must_use]
    fn by_others() -> Option<Box<dyn Any>> {
        None
    }
}

/// An element with an order: every [`Element`] except complex numbers. `min` and `max` return NaN if an element is NaN,
/// as in numpy.
///
/// ```
/// use arraystow::{ChunkedArray, RealElement};
///
/// fn range<T: RealElement>(array: &ChunkedArray<T>) -> arraystow::Result<(T, T)> {
///     Ok((array.min()?, array.max()?))
/// }
///
/// let array = ChunkedArray::from_ndarray(ndarray::array![3, 1, 2], &[2])?;
/// assert_eq!(range(&array)?, (1, 3));
/// # Ok::<(), arraystow::Error>(())
/// ```
pub trait RealElement: Element + Copy + PartialOrd {
    /// Whether `self` replaces `other` as the minimum.
    #[doc(hidden)]
    fn below(self, other: Self) -> bool;
    /// Whether `self` replaces `other` as the maximum.
    #[doc(hidden)]
    fn above(self, other: Self) -> bool;
}

macro_rules! elements {
    ($($rust:ty => $data_type:ident, $bytes_to_fill:expr;)*) => {
        $(
            super::encoding::plain!($rust, $bytes_to_fill);

            impl Element for $rust {
                const DATA_TYPE: DataType = DataType::$data_type;
                const FROM_NUMBER: Option<fn(AnyNumber) -> Self> = Some(<$rust as Number>::from_value);
            }
        )*
    };
}

elements! {
    bool => Bool, |_| None;
    i8 => Int8, |elements| Some(bytemuck::cast_slice_mut(elements));
    i16 => Int16, |elements| Some(bytemuck::cast_slice_mut(elements));
    i32 => Int32, |elements| Some(bytemuck::cast_slice_mut(elements));
    i64 => Int64, |elements| Some(bytemuck::cast_slice_mut(elements));
    u8 => UInt8, |elements| Some(bytemuck::cast_slice_mut(elements));
    u16 => UInt16, |elements| Some(bytemuck::cast_slice_mut(elements));
    u32 => UInt32, |elements| Some(bytemuck::cast_slice_mut(elements));
    u64 => UInt64, |elements| Some(bytemuck::cast_slice_mut(elements));
    f16 => Float16, |elements| Some(bytemuck::cast_slice_mut(elements));
    bf16 => BFloat16, |elements| Some(bytemuck::cast_slice_mut(elements));
    f32 => Float32, |elements| Some(bytemuck::cast_slice_mut(elements));
    f64 => Float64, |elements| Some(bytemuck::cast_slice_mut(elements));
    Complex<f32> => Complex64, |elements| Some(bytemuck::cast_slice_mut(elements));
    Complex<f64> => Complex128, |elements| Some(bytemuck::cast_slice_mut(elements));
}

macro_rules! ordered {
    ($($rust:ty)*) => {
        $(impl RealElement for $rust {
            #[inline]
            fn below(self, other: Self) -> bool {
                self < other
            }
            #[inline]
            fn above(self, other: Self) -> bool {
                self > other
            }
        })*
    };
}

macro_rules! ordered_with_nan {
    ($($rust:ty)*) => {
        $(impl RealElement for $rust {
            #[inline]
            fn below(self, other: Self) -> bool {
                self < other || self.is_nan()
            }
            #[inline]
            fn above(self, other: Self) -> bool {
                self > other || self.is_nan()
            }
        })*
    };
}

ordered!(bool i8 i16 i32 i64 u8 u16 u32 u64);
ordered_with_nan!(f16 bf16 f32 f64);
