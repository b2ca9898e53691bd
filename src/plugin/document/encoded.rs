//! Elements that are not numbers, between serde and their bytes.

use crate::array::{
    AnyNdArray, AnyNumber, ChunkedArray, DataType, Element, EncodedArray, EncodedNdArray, ErasedArray, decode, packed,
};
use crate::error::{Error, Result};
use crate::plugin::document::encoded_element;
use ndarray::ArrayD;
use std::sync::Arc;

/// Elements of a data type that is not that of a number.
pub(in crate::plugin) struct EncodedElements {
    data_type: DataType,
    /// The bytes of all elements, in C order.
    bytes: Vec<u8>,
    /// Where each element ends, if they have different lengths.
    ends: Option<Vec<usize>>,
}

impl EncodedElements {
    pub(in crate::plugin) fn new(data_type: DataType, bytes: Vec<u8>) -> Self {
        let ends = data_type.is_text().then(|| packed::ends(&bytes));
        Self { data_type, bytes, ends }
    }

    pub(in crate::plugin) fn data_type(&self) -> &DataType {
        &self.data_type
    }

    pub(in crate::plugin) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(in crate::plugin) fn len(&self) -> usize {
        match &self.ends {
            Some(ends) => ends.len(),
            None => self.bytes.len() / self.data_type.size().max(1),
        }
    }

    /// The bytes of one element.
    pub(in crate::plugin) fn element(&self, index: usize) -> Option<&[u8]> {
        if let Some(ends) = &self.ends {
            let start = index.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
            return self.bytes.get(start..*ends.get(index)?);
        }
        let size = self.data_type.size();
        self.bytes.get(index.checked_mul(size)?..)?.get(..size)
    }

    /// Whether no number in an element is NaN or infinite.
    pub(super) fn all_finite(&self) -> bool {
        !has_floats(&self.data_type)
            || (0..self.len()).all(|index| self.element(index).is_none_or(|bytes| is_finite(&self.data_type, bytes)))
    }

    /// The elements in a Rust type, if that is possible.
    pub(super) fn decode<T: Element>(&self) -> Option<Vec<T>> {
        if !T::reads(&self.data_type) {
            return None;
        }
        decode::<T>(&self.data_type, &self.bytes).ok().map(std::borrow::Cow::into_owned)
    }

    /// The bytes as an array with a last axis of the bytes of each element.
    fn with_last_axis(&self, shape: &[usize]) -> Result<ArrayD<u8>> {
        let shape: Vec<usize> = shape.iter().copied().chain([self.data_type.size()]).collect();
        ArrayD::from_shape_vec(shape, self.bytes.clone()).map_err(|error| Error::invalid(error.to_string()))
    }

    /// The elements as strings of any length.
    fn texts(&self, shape: &[usize]) -> Result<ArrayD<String>> {
        let texts = decode::<String>(&self.data_type, &self.bytes).map_err(Error::invalid)?;
        ArrayD::from_shape_vec(shape, texts.into_owned()).map_err(|error| Error::invalid(error.to_string()))
    }

    pub(super) fn into_chunked(self, shape: &[usize]) -> Result<Arc<dyn ErasedArray>> {
        if self.data_type.is_text() {
            return Ok(Arc::new(ChunkedArray::from(self.texts(shape)?)));
        }
        let shape: Vec<usize> = shape.iter().copied().chain([self.data_type.size()]).collect();
        let bytes = ArrayD::from_shape_vec(shape, self.bytes).map_err(|error| Error::invalid(error.to_string()))?;
        Ok(Arc::new(EncodedArray::of_bytes_in_memory(self.data_type, bytes)?))
    }

    pub(super) fn to_ndarray(&self, shape: &[usize]) -> Result<AnyNdArray> {
        if self.data_type.is_text() {
            return self.texts(shape).map(AnyNdArray::from);
        }
        EncodedNdArray::new(self.data_type.clone(), self.with_last_axis(shape)?).map(AnyNdArray::Encoded)
    }
}

fn has_floats(data_type: &DataType) -> bool {
    match data_type {
        DataType::Record(record) => record.fields().iter().any(|field| has_floats(field.data_type())),
        DataType::Subarray(subarray) => has_floats(subarray.element()),
        DataType::Float16 | DataType::BFloat16 | DataType::Float32 | DataType::Float64 => true,
        DataType::Complex64 | DataType::Complex128 => true,
        _ => false,
    }
}

fn is_finite(data_type: &DataType, bytes: &[u8]) -> bool {
    match data_type {
        DataType::Record(record) => record.fields().iter().zip(record.offsets()).all(|(field, offset)| {
            let own = bytes.get(offset..).and_then(|rest| rest.get(..field.data_type().size()));
            own.is_none_or(|own| is_finite(field.data_type(), own))
        }),
        DataType::Subarray(subarray) => {
            let element = subarray.element();
            bytes.chunks_exact(element.size().max(1)).all(|own| is_finite(element, own))
        }
        number => match encoded_element::number(number, bytes) {
            Ok(AnyNumber::Float(x)) => x.is_finite(),
            Ok(AnyNumber::Complex(z)) => z.is_finite(),
            _ => true,
        },
    }
}
