//! The Rust types that an array can be made of.

use super::DataType;
use half::f16;
use num_complex::Complex;
use std::fmt::Debug;

pub(crate) mod sealed {
    use bytemuck::{CheckedBitPattern, NoUninit, Pod, Zeroable};

    /// Plain bytes with a checked way back (a `bool` byte is 0 or 1).
    pub trait Raw: NoUninit + CheckedBitPattern<Bits: Pod> + Zeroable {}

    impl<T: NoUninit + CheckedBitPattern<Bits: Pod> + Zeroable> Raw for T {}
}

/// A type that arrays are made of: `bool`, `i8..i64`, `u8..u64`, `f16`, `f32`, `f64`, `Complex<f32>`, `Complex<f64>`.
///
/// Sealed: the set is that of the data types which HDF5, Zarr and numpy share.
pub trait Element:
    sealed::Raw + super::number::Number + Copy + PartialEq + Debug + Default + Send + Sync + 'static
{
    /// The data type that stands in files for this Rust type.
    const DATA_TYPE: DataType;
}

/// An element with an order: every [`Element`] but the complex ones. NaN is the least and the greatest at once: it wins
/// in `min` and `max`, as in numpy.
pub trait RealElement: Element {
    /// Whether `self` replaces `other` as the minimum.
    #[doc(hidden)]
    fn below(self, other: Self) -> bool;
    /// Whether `self` replaces `other` as the maximum.
    #[doc(hidden)]
    fn above(self, other: Self) -> bool;
}

macro_rules! elements {
    ($($rust:ty => $data_type:ident;)*) => {
        $(impl Element for $rust {
            const DATA_TYPE: DataType = DataType::$data_type;
        })*
    };
}

elements! {
    bool => Bool;
    i8 => Int8;
    i16 => Int16;
    i32 => Int32;
    i64 => Int64;
    u8 => UInt8;
    u16 => UInt16;
    u32 => UInt32;
    u64 => UInt64;
    f16 => Float16;
    f32 => Float32;
    f64 => Float64;
    Complex<f32> => Complex64;
    Complex<f64> => Complex128;
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
ordered_with_nan!(f16 f32 f64);
