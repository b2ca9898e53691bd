//! Elements as bytes: what the engine and the backends handle.
//!
//! The bytes of an element are those of its data type: numbers little-endian, the fields of a record without gaps.

use super::labels::Labels;
use super::{DataType, Element, Field, Region};
use crate::error::{Error, Result};
use ndarray::ArrayViewMutD;
use std::borrow::Cow;

/// The conversion between the elements of a Rust type and bytes. It is implemented only for elements, which seals
/// [`Element`].
#[doc(hidden)]
pub trait Encoding: Sized + 'static {
    /// Returns whether elements of this data type can be read as elements of the Rust type.
    fn reads(stored: &DataType) -> bool;

    /// Appends the bytes of the element.
    ///
    /// # Errors
    /// Why the data type does not have the element.
    fn put(&self, out: &mut Vec<u8>) -> Result<(), String>;

    /// The element of these bytes, which are as many as an element of `stored` has. `reads` must be true for `stored`.
    ///
    /// # Errors
    /// Why these bytes are no element.
    fn get(stored: &DataType, bytes: &[u8]) -> Result<Self, String>;

    /// The bytes that stand for a missing element where nothing else was chosen, if elements can be missing.
    #[must_use]
    fn default_fill() -> Option<Vec<u8>> {
        None
    }

    /// The bytes of an element that represents missing ones.
    ///
    /// # Errors
    /// Why the data type does not have the element.
    fn fill_bytes(fill: &Self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        fill.put(&mut bytes)?;
        Ok(bytes)
    }

    /// Appends the bytes of elements of an array in which `missing` stand for missing ones. The first is for `None`.
    ///
    /// # Errors
    /// Which element the data type does not have, and why.
    fn put_all(elements: &[Self], _missing: &[Vec<u8>], out: &mut Vec<u8>) -> Result<(), (usize, String)> {
        elements.iter().enumerate().try_for_each(|(index, element)| element.put(out).map_err(|why| (index, why)))
    }

    /// The elements of these bytes, in an array in which `missing` stand for missing ones.
    ///
    /// # Errors
    /// Why these bytes are not elements.
    fn get_all(stored: &DataType, _missing: &[Vec<u8>], bytes: &[u8]) -> Result<Vec<Self>, String> {
        let size = stored.size().max(1);
        let mut elements = Vec::new();
        elements.try_reserve_exact(bytes.len() / size).map_err(|_| "there is no memory for it".to_owned())?;
        for element in bytes.chunks_exact(size) {
            elements.push(Self::get(stored, element)?);
        }
        Ok(elements)
    }

    /// The bytes that these elements become, if they are not as many for each as the data type says.
    #[must_use]
    fn bytes_to_put<'a>(_elements: impl Iterator<Item = &'a Self>) -> Option<usize> {
        None
    }

    /// Bytes of memory that these elements have besides their own places.
    #[must_use]
    fn bytes_beside<'a>(_elements: impl Iterator<Item = &'a Self>) -> usize {
        0
    }

    /// Copies the elements of the region `wanted` to `out`. `bytes` are those of all elements of this shape. `None` for
    /// elements that are decoded all together.
    #[must_use]
    fn place(
        _bytes: &[u8],
        _shape: &[usize],
        _wanted: &Region,
        _out: ArrayViewMutD<'_, Self>,
    ) -> Option<Result<(), String>> {
        None
    }

    /// The bytes of elements that are in memory as they are stored.
    #[must_use]
    fn bytes_of(_elements: &[Self]) -> Option<&[u8]> {
        None
    }

    /// The elements that are in memory as they are stored. `None` if they have to be decoded, or if the bytes are not
    /// aligned.
    #[must_use]
    fn of_bytes(_bytes: &[u8]) -> Option<Result<&[Self], String>> {
        None
    }

    /// The same for bytes that are all zero.
    #[must_use]
    fn of_zeros(_bytes: &mut [u8]) -> Option<&mut [Self]> {
        None
    }

    /// The memory of elements of which all bytes are some element, to be written.
    #[must_use]
    fn bytes_to_fill(_elements: &mut [Self]) -> Option<&mut [u8]> {
        None
    }

    /// Memory for elements that are then written; `None` if there is not enough.
    #[must_use]
    fn memory(len: usize) -> Option<Vec<Self>>;
}

/// Implements `Encoding` for a number. `bytes_to_fill` is the method of that name.
macro_rules! plain {
    ($rust:ty, $bytes_to_fill:expr) => {
        impl $crate::array::encoding::Encoding for $rust {
            fn reads(stored: &$crate::array::DataType) -> bool {
                *stored == <$rust as $crate::array::Element>::DATA_TYPE
            }

            fn put(&self, out: &mut Vec<u8>) -> std::result::Result<(), String> {
                out.extend_from_slice(bytemuck::bytes_of(self));
                Ok(())
            }

            fn get(_: &$crate::array::DataType, bytes: &[u8]) -> std::result::Result<Self, String> {
                bytemuck::checked::try_pod_read_unaligned(bytes).map_err(|error| error.to_string())
            }

            fn bytes_of(elements: &[Self]) -> Option<&[u8]> {
                Some(bytemuck::cast_slice(elements))
            }

            fn of_bytes(bytes: &[u8]) -> Option<std::result::Result<&[Self], String>> {
                if !bytes.as_ptr().cast::<Self>().is_aligned() {
                    return None;
                }
                Some(bytemuck::checked::try_cast_slice(bytes).map_err(|error| error.to_string()))
            }

            fn of_zeros(bytes: &mut [u8]) -> Option<&mut [Self]> {
                bytemuck::checked::try_cast_slice_mut(bytes).ok()
            }

            fn bytes_to_fill(elements: &mut [Self]) -> Option<&mut [u8]> {
                let bytes_to_fill: fn(&mut [Self]) -> Option<&mut [u8]> = $bytes_to_fill;
                bytes_to_fill(elements)
            }

            fn memory(len: usize) -> Option<Vec<Self>> {
                // Pages that the kernel zeroes on first access.
                bytemuck::allocation::try_zeroed_vec(len).ok()
            }
        }
    };
}

pub(super) use plain;

/// Memory for elements that have no value of zeros.
#[doc(hidden)]
#[must_use]
pub fn default_memory<T: Default + Clone>(len: usize) -> Option<Vec<T>> {
    let mut memory = Vec::new();
    memory.try_reserve_exact(len).ok()?;
    memory.resize(len, T::default());
    Some(memory)
}

/// Reads the fields of a record one after another.
#[doc(hidden)]
#[derive(Debug)]
pub struct RecordReader<'a> {
    fields: std::slice::Iter<'a, Field>,
    bytes: &'a [u8],
}

impl<'a> RecordReader<'a> {
    /// Returns the fields of a record of this type with these bytes.
    ///
    /// # Errors
    /// If the type is not a record.
    pub fn new(stored: &'a DataType, bytes: &'a [u8]) -> Result<Self, String> {
        match stored {
            DataType::Record(record) => Ok(Self { fields: record.fields().iter(), bytes }),
            other => Err(format!("{other} is not a record")),
        }
    }

    /// Returns the next field.
    ///
    /// # Errors
    /// If it is not a `T`, or if there are no more fields.
    pub fn take<T: Encoding>(&mut self) -> Result<T, String> {
        let field = self.fields.next().ok_or("the record has fewer fields")?;
        let (bytes, rest) = self.bytes.split_at_checked(field.data_type().size()).ok_or("the record is cut off")?;
        self.bytes = rest;
        in_field(field.name(), T::get(field.data_type(), bytes))
    }
}

/// Adds the name of the field to an error.
#[doc(hidden)]
pub fn in_field<T>(name: &str, result: Result<T, String>) -> Result<T, String> {
    result.map_err(|why| format!("field {name:?}: {why}"))
}

/// How many bytes the elements become.
pub(crate) fn byte_len<'a, T: Element>(elements: impl ExactSizeIterator<Item = &'a T>) -> usize {
    let len = elements.len();
    T::bytes_to_put(elements).unwrap_or_else(|| len.saturating_mul(T::DATA_TYPE.size()))
}

/// The bytes of elements.
pub(crate) fn encode<T: Element>(elements: &[T]) -> Result<Cow<'_, [u8]>> {
    if let Some(bytes) = T::bytes_of(elements) {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(byte_len(elements.iter()))
        .map_err(|_| Error::limit("there is no memory for the bytes of a chunk"))?;
    elements.iter().try_for_each(|element| element.put(&mut bytes)).map_err(Error::invalid)?;
    Ok(Cow::Owned(bytes))
}

/// The bytes of the elements of a region of an array with these labels.
pub(crate) fn encode_region<'a, T: Element>(
    elements: &'a [T],
    labels: &Labels,
    region: &Region,
) -> Result<Cow<'a, [u8]>> {
    if T::default_fill().is_none() {
        return encode(elements);
    }
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(elements.len().saturating_mul(T::DATA_TYPE.size()))
        .map_err(|_| Error::limit("there is no memory for the bytes of a chunk"))?;
    T::put_all(elements, &labels.missing(&T::DATA_TYPE), &mut bytes)
        .map_err(|(index, why)| Error::invalid(format!("element {:?}: {why}", region.coordinates(index))))?;
    Ok(Cow::Owned(bytes))
}

/// The elements of bytes of this data type, which `T` reads, in an array with these labels.
pub(crate) fn decode_labelled<'a, T: Element>(
    stored: &DataType,
    labels: &Labels,
    bytes: &'a [u8],
) -> Result<Cow<'a, [T]>, String> {
    if T::default_fill().is_none() {
        return decode(stored, bytes);
    }
    T::get_all(stored, &labels.missing(stored), bytes).map(Cow::Owned)
}

/// The elements of bytes of this data type, which `T` reads.
pub(crate) fn decode<'a, T: Element>(stored: &DataType, bytes: &'a [u8]) -> Result<Cow<'a, [T]>, String> {
    if *stored == T::DATA_TYPE
        && let Some(elements) = T::of_bytes(bytes)
    {
        return elements.map(Cow::Borrowed);
    }
    let missing: Vec<Vec<u8>> = T::default_fill().into_iter().collect();
    T::get_all(stored, &missing, bytes).map(Cow::Owned)
}
