//! Reads arrays whose element type is known only at run time into memory.

use super::offload::unblock;
use super::pages::prefer_huge_pages;
use super::stored::StoredArray;
use crate::array::{
    AnyArray, AnyNdArray, ChunkedArray, Codec, Element, EncodedNdArray, element_count, encode, with_typed, zeroed,
};
use crate::error::{Error, Result};
use ndarray::{ArrayD, ArrayViewMutD};
use std::borrow::Cow;
use std::sync::Arc;

impl AnyArray {
    /// Returns the whole array in memory, as [`ChunkedArray::compute`](crate::ChunkedArray::compute) reads it.
    ///
    /// # Errors
    /// `Limit` if the array does not fit into memory; any error of reading or computing a chunk.
    pub fn compute(&self) -> Result<AnyNdArray> {
        with_typed!(self.data_type(), T => Ok(self.typed::<T>()?.compute()?.into()), else => {
            let encoded = self.encoded()?;
            EncodedNdArray::new(self.data_type(), encoded.bytes().compute()?).map(AnyNdArray::Encoded)
        })
    }

    /// Returns the codec with which the chunks of a stored array are compressed. Opens the array. `None` for an array
    /// that is not stored, and for one that another program has written. See
    /// [`Storage::replace_arrays`](crate::Storage::replace_arrays) for an example.
    ///
    /// # Errors
    /// Any error of opening the array.
    pub fn stored_codec(&self) -> Result<Option<Codec>> {
        self.stored_array().map_or(Ok(None), |stored| Ok(stored.reader()?.codec()))
    }

    /// The async form of [`stored_codec`](Self::stored_codec). See
    /// [`Storage::replace_arrays`](crate::Storage::replace_arrays) for an example.
    ///
    /// # Errors
    /// As for [`stored_codec`](Self::stored_codec).
    pub fn stored_codec_async(&self) -> impl Future<Output = Result<Option<Codec>>> + Send + use<> {
        let array = self.clone();
        unblock(move || array.stored_codec())
    }

    pub(super) fn stored_array(&self) -> Option<Arc<StoredArray>> {
        self.erased().stored().and_then(|stored| stored.into_any().downcast().ok())
    }

    /// Returns one chunk, by its coordinates in the chunk grid.
    ///
    /// ```
    /// # use arraystow::{AnyArray, AnyNdArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?);
    /// assert_eq!(array.chunk(&[2])?, AnyNdArray::from(ndarray::array![8, 9]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such chunk; any error of reading or computing it.
    pub fn chunk(&self, coordinates: &[usize]) -> Result<AnyNdArray> {
        with_typed!(self.data_type(), T => Ok(self.typed::<T>()?.chunk(coordinates)?.into()), else => {
            let of_bytes: Vec<usize> = coordinates.iter().copied().chain([0]).collect();
            EncodedNdArray::new(self.data_type(), self.encoded()?.bytes().chunk(&of_bytes)?).map(AnyNdArray::Encoded)
        })
    }

    /// Returns the bytes of all elements, little-endian, in C order: [`len`](Self::len) times
    /// [`data_type().size()`](crate::DataType::size) bytes. A `bool` is 0 or 1; a complex number is its real part, then
    /// its imaginary part. A string of any length is its length in four bytes, then its UTF-8.
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::array![1_u16, 258], &[2])?);
    /// assert_eq!(array.to_bytes()?, [1, 0, 2, 1]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`compute`](Self::compute).
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        with_typed!(self.data_type(), T => self.typed::<T>()?.prepare(), else => self.encoded()?.bytes().prepare())?;
        if self.data_type().is_text() {
            let texts: ArrayD<String> = self.typed()?.compute()?;
            let texts = texts.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
            return encode(texts).map(Cow::into_owned);
        }
        let mut bytes = zeroed::<u8>(&[self.byte_len()?])?.into_raw_vec_and_offset().0;
        prefer_huge_pages(&mut bytes);
        self.read_zeroed(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads the bytes of all elements, as [`to_bytes`](Self::to_bytes) returns them, into the caller's memory. If
    /// `out` is aligned for the elements, each chunk is read directly into its place. Otherwise a second copy of the
    /// array is in memory during the call. After an error, the contents of `out` are unspecified.
    ///
    /// # Errors
    /// `InvalidInput` if `out` does not have the length of the elements; `Unsupported` for strings of any length, whose
    /// bytes cannot be counted before they are read; otherwise as for [`compute`](Self::compute).
    pub fn read_into(&self, out: &mut [u8]) -> Result<()> {
        let len = self.byte_len()?;
        if out.len() != len {
            let found = out.len();
            return Err(Error::invalid(format!("the array has {len} bytes, but the buffer has {found}")));
        }
        // Zeros are valid elements of every type; other bytes may not be.
        out.fill(0);
        self.read_zeroed(out)
    }

    /// Reads the elements into `out`, which must be all zeros.
    fn read_zeroed(&self, out: &mut [u8]) -> Result<()> {
        with_typed!(self.data_type(), T => read_typed(self.typed::<T>()?, out), else => {
            read_typed(self.encoded()?.bytes(), out)
        })
    }

    fn byte_len(&self) -> Result<usize> {
        if self.data_type().is_text() {
            return Err(Error::unsupported(
                "strings of any length do not all have the same number of bytes: read them with to_bytes() or \
                    compute()",
            ));
        }
        let bytes = element_count(self.shape()).and_then(|count| count.checked_mul(self.data_type().size()));
        bytes.ok_or_else(|| Error::limit("the array has more bytes than can be counted"))
    }
}

/// Reads the elements into `out`, which must be all zeros.
fn read_typed<T: Element>(array: &ChunkedArray<T>, out: &mut [u8]) -> Result<()> {
    if let Some(elements) = T::of_zeros(&mut *out) {
        let elements = ArrayViewMutD::from_shape(array.shape(), elements);
        return array.compute_into(elements.map_err(|error| Error::invalid(error.to_string()))?);
    }
    let elements: ArrayD<T> = array.compute()?;
    let elements = elements.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
    out.copy_from_slice(&encode(elements)?);
    Ok(())
}
