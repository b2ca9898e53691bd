//! Elements in memory whose type is known only at run time.

use super::encoded_ndarray::EncodedNdArray;
use super::{DataType, Element};
use crate::error::{Error, ErrorKind, Result};
use half::{bf16, f16};
use ndarray::{Array, ArrayD, Dimension};
use num_complex::Complex;
use std::any::Any;
use std::fmt;

macro_rules! any_ndarray {
    ($($variant:ident($rust:ty);)*) => {
        /// An n-dimensional array in memory whose element type is known only at run time. Returned by
        /// [`AnyArray::compute`](crate::AnyArray::compute).
        ///
        /// ```
        /// use arraystow::{AnyArray, AnyNdArray, ChunkedArray};
        ///
        /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::array![1_i32, 2, 3], &[2])?);
        /// match array.compute()? {
        ///     AnyNdArray::Int32(elements) => assert_eq!(elements.sum(), 6),
        ///     other => println!("{other}"),
        /// }
        /// # Ok::<(), arraystow::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        #[allow(missing_docs, reason = "each variant is the data type of its name")]
        pub enum AnyNdArray {
            $($variant(ArrayD<$rust>),)*
            /// Elements that are neither numbers nor strings of any length: dates, strings of fixed length, records and
            /// others.
            Encoded(EncodedNdArray),
        }

        impl AnyNdArray {
            /// Returns the data type of the elements. See [`AnyArray`](crate::AnyArray) for an example.
            #[must_use]
            pub fn data_type(&self) -> DataType {
                match self {
                    $(Self::$variant(_) => DataType::$variant,)*
                    Self::Encoded(array) => array.data_type().clone(),
                }
            }

            /// Returns the number of elements along each axis. See [`AnyArray`](crate::AnyArray) for an example.
            #[must_use]
            pub fn shape(&self) -> &[usize] {
                match self {
                    $(Self::$variant(array) => array.shape(),)*
                    Self::Encoded(array) => array.shape(),
                }
            }

            fn into_any(self) -> Box<dyn Any> {
                match self {
                    $(Self::$variant(array) => Box::new(array),)*
                    Self::Encoded(array) => Box::new(array),
                }
            }
        }

        impl fmt::Display for AnyNdArray {
            /// Displays the elements as ndarray does, with long axes shortened.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(array) => array.fmt(f),)*
                    Self::Encoded(array) => array.fmt(f),
                }
            }
        }

        $(impl<D: Dimension> From<Array<$rust, D>> for AnyNdArray {
            fn from(array: Array<$rust, D>) -> Self {
                Self::$variant(array.into_dyn())
            }
        })*
    };
}

any_ndarray! {
    Bool(bool);
    Int8(i8);
    Int16(i16);
    Int32(i32);
    Int64(i64);
    UInt8(u8);
    UInt16(u16);
    UInt32(u32);
    UInt64(u64);
    Float16(f16);
    BFloat16(bf16);
    Float32(f32);
    Float64(f64);
    Complex64(Complex<f32>);
    Complex128(Complex<f64>);
    String(String);
}

impl AnyNdArray {
    /// Returns the array with its element type.
    ///
    /// ```
    /// # use arraystow::AnyNdArray;
    /// let array = AnyNdArray::from(ndarray::array![0.5, 1.5]);
    /// assert_eq!(array.downcast::<f64>()?.sum(), 2.0);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `TypeMismatch` if the elements have another type.
    pub fn downcast<T: Element>(self) -> Result<ArrayD<T>> {
        if let Self::Encoded(array) = self {
            return array.decode();
        }
        let own = self.data_type();
        self.into_any()
            .downcast::<ArrayD<T>>()
            .map(|array| *array)
            .map_err(|_| Error::new(ErrorKind::TypeMismatch, format!("the array holds {own}, not {}", T::DATA_TYPE)))
    }
}
