//! Elements in memory that are not numbers and whose Rust type is not known.

use super::encoding::Encoding as _;
use super::{AnyNdArray, DataType, Element, decode, with_element};
use crate::error::{Error, ErrorKind, Result};
use ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};
use std::fmt;

/// An n-dimensional array in memory whose elements are dates, strings of fixed length, records and the like, as bytes.
///
/// [`decode`](Self::decode) returns the elements in a Rust type, [`field`](Self::field) the values of one field of
/// records.
///
/// ```
/// use arraystow::{AnyArray, AnyNdArray, ChunkedArray, DataType, FixedText};
///
/// let names = ndarray::array!["Rhine", "Po"].map(|name| FixedText::<8>::new(name).unwrap());
/// let AnyNdArray::Encoded(names) = AnyArray::from(ChunkedArray::from(names)).compute()? else { panic!() };
/// assert_eq!((names.data_type(), names.shape()), (&DataType::Text(8), &[2][..]));
/// assert_eq!(names.decode::<FixedText<8>>()?[[1]].as_str(), "Po");
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedNdArray {
    data_type: DataType,
    /// The bytes of each element along the last axis.
    bytes: ArrayD<u8>,
}

impl EncodedNdArray {
    /// `bytes` has a last axis with the bytes of each element.
    pub(crate) fn new(data_type: DataType, bytes: ArrayD<u8>) -> Result<Self> {
        let bytes = if bytes.is_standard_layout() { bytes } else { bytes.as_standard_layout().into_owned() };
        match bytes.shape().last() {
            Some(size) if *size == data_type.size() => Ok(Self { data_type, bytes }),
            _ => Err(Error::invalid(format!("the bytes of {data_type} are not the last axis"))),
        }
    }

    /// Returns the data type of the elements.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.bytes.shape().split_last().map_or(&[], |(_, shape)| shape)
    }

    /// Returns the bytes of the elements, little-endian, with one more axis: the last has the [`size`](DataType::size)
    /// of an element.
    #[must_use]
    pub fn bytes(&self) -> ArrayViewD<'_, u8> {
        self.bytes.view()
    }

    /// Returns the elements in a Rust type.
    ///
    /// # Errors
    /// `TypeMismatch` if the Rust type is for other elements; `Corrupt` if an element is invalid: a string that is not
    /// UTF-8, or an integer without a name.
    pub fn decode<T: Element>(&self) -> Result<ArrayD<T>> {
        if !T::reads(&self.data_type) {
            let (own, asked) = (&self.data_type, T::DATA_TYPE);
            return Err(Error::new(ErrorKind::TypeMismatch, format!("the array holds {own}, not {asked}")));
        }
        let elements = decode::<T>(&self.data_type, self.contiguous()?)
            .map_err(|error| Error::corrupt(format!("an element is not valid {} ({error})", self.data_type)))?;
        ArrayD::from_shape_vec(self.shape(), elements.into_owned()).map_err(|error| Error::invalid(error.to_string()))
    }

    /// Returns the values of one field of records.
    ///
    /// ```
    /// # #[cfg(feature = "derive")] {
    /// use arraystow::{AnyArray, AnyNdArray, ChunkedArray, Element};
    ///
    /// #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
    /// struct Place {
    ///     lat: f32,
    ///     lon: f32,
    /// }
    ///
    /// let places = ndarray::array![Place { lat: 51.8, lon: 10.6 }, Place { lat: 47.4, lon: 11.0 }];
    /// let AnyNdArray::Encoded(places) = AnyArray::from(ChunkedArray::from(places)).compute()? else { panic!() };
    /// assert_eq!(places.field("lat")?, AnyNdArray::from(ndarray::array![51.8_f32, 47.4]));
    /// # }
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if the elements are not records, or have no field of that name.
    pub fn field(&self, name: &str) -> Result<AnyNdArray> {
        let found = match &self.data_type {
            DataType::Record(record) => {
                let mut fields = record.fields().iter().zip(record.offsets());
                fields.find(|(field, _)| field.name() == name)
            }
            _ => None,
        };
        let (field, offset) = found.ok_or_else(|| {
            Error::new(ErrorKind::NotFound, format!("elements of {} have no field {name:?}", self.data_type))
        })?;
        let size = field.data_type().size();
        let last = Axis(self.bytes.ndim().saturating_sub(1));
        let bytes = self.bytes.slice_axis(last, (offset..offset + size).into());
        let bytes = bytes.as_standard_layout().into_owned();
        let shape = self.shape();
        with_element!(field.data_type(), T => {
            let slice = bytes.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
            let elements = decode::<T>(field.data_type(), slice).map_err(Error::corrupt)?;
            let array = ArrayD::from_shape_vec(IxDyn(shape), elements.into_owned());
            Ok(array.map_err(|error| Error::invalid(error.to_string()))?.into())
        }, else => Self::new(field.data_type().clone(), bytes).map(AnyNdArray::Encoded))
    }

    /// The texts of the elements, in C order; `gone` for those with the bytes of a missing one.
    pub(crate) fn texts<'a>(&'a self, missing: &'a [Vec<u8>], gone: &'a str) -> impl Iterator<Item = String> + 'a {
        self.bytes.rows().into_iter().map(move |bytes| {
            let bytes = bytes.to_vec();
            if missing.contains(&bytes) { gone.to_owned() } else { Shown(&self.data_type, bytes).to_string() }
        })
    }

    fn contiguous(&self) -> Result<&[u8]> {
        self.bytes.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))
    }
}

impl fmt::Display for EncodedNdArray {
    /// Displays the elements as ndarray does, with long axes shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let elements = self.bytes.rows();
        let elements = elements.into_iter().map(|bytes| Shown(&self.data_type, bytes.to_vec()));
        match ArrayD::from_shape_vec(self.shape(), elements.collect()) {
            Ok(elements) => fmt::Display::fmt(&elements, f),
            Err(_) => f.write_str("?"),
        }
    }
}

/// An element, as people read it.
struct Shown<'a>(&'a DataType, Vec<u8>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, &self.1, f)
    }
}

fn show(data_type: &DataType, bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let list = |f: &mut fmt::Formatter<'_>, element: &DataType| {
        f.write_str("[")?;
        for (index, bytes) in bytes.chunks_exact(element.size().max(1)).enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            show(element, bytes, f)?;
        }
        f.write_str("]")
    };
    match data_type {
        DataType::Text(_) => {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            write!(f, "{:?}", String::from_utf8_lossy(&bytes[..end]))
        }
        DataType::Bytes(_) => bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        DataType::DateTime64(unit) | DataType::TimeDelta64(unit) => match integer(bytes) {
            i64::MIN => f.write_str("NaT"),
            count => write!(f, "{count} {unit}"),
        },
        DataType::Enum(enumeration) => match enumeration.value_of(bytes).and_then(|value| enumeration.name_of(value)) {
            Some(name) => f.write_str(name),
            None => show(enumeration.base(), bytes, f),
        },
        DataType::Record(record) => {
            f.write_str("{")?;
            for (field, offset) in record.fields().iter().zip(record.offsets()) {
                f.write_str(if offset > 0 { ", " } else { "" })?;
                write!(f, "{}: ", field.name())?;
                show(field.data_type(), bytes.get(offset..).unwrap_or_default(), f)?;
            }
            f.write_str("}")
        }
        DataType::Subarray(subarray) => list(f, subarray.element()),
        number => with_element!(number, T => match T::get(number, bytes.get(..number.size()).unwrap_or_default()) {
            Ok(number) => write!(f, "{number}"),
            Err(_) => f.write_str("?"),
        }, else => f.write_str("?")),
    }
}

fn integer(bytes: &[u8]) -> i64 {
    bytes.first_chunk::<8>().map_or(0, |bytes| i64::from_le_bytes(*bytes))
}
