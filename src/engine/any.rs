//! Arrays whose element type is known at run time only, into memory.

use super::pages::prefer_huge_pages;
use crate::array::{AnyArray, AnyNdArray, Element, element_count, with_element, zeroed};
use crate::error::{Error, Result};
use ndarray::{ArrayD, ArrayViewMutD};

impl AnyArray {
    /// The whole array in memory, as [`ChunkedArray::compute`](crate::ChunkedArray::compute) reads it.
    ///
    /// # Errors
    /// `Limit` if the array does not fit into memory; whatever keeps a chunk from being read or made.
    pub fn compute(&self) -> Result<AnyNdArray> {
        with_element!(self.data_type(), T => Ok(self.typed::<T>()?.compute()?.into()))
    }

    /// One chunk, by its coordinates in the chunk grid.
    ///
    /// ```
    /// # use arraystow::{AnyArray, AnyNdArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?);
    /// assert_eq!(array.chunk(&[2])?, AnyNdArray::from(ndarray::array![8, 9]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if there is no such chunk; whatever keeps it from being read or made.
    pub fn chunk(&self, coordinates: &[usize]) -> Result<AnyNdArray> {
        with_element!(self.data_type(), T => Ok(self.typed::<T>()?.chunk(coordinates)?.into()))
    }

    /// The bytes of all elements, little-endian, in C order: [`len`](Self::len) times
    /// [`data_type().size()`](crate::DataType::size) bytes. A `bool` is 0 or 1; a complex number is its real part, then its
    /// imaginary one.
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::array![1_u16, 258], &[2])?);
    /// assert_eq!(array.to_bytes()?, [1, 0, 2, 1]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`compute`](Self::compute).
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        with_element!(self.data_type(), T => self.typed::<T>()?.prepare())?;
        let mut bytes = zeroed::<u8>(&[self.byte_len()?])?.into_raw_vec_and_offset().0;
        prefer_huge_pages(&mut bytes);
        with_element!(self.data_type(), T => self.read_typed::<T>(&mut bytes))?;
        Ok(bytes)
    }

    /// The same, into memory of the caller. Each chunk goes straight to its place if `out` is aligned as the elements are;
    /// otherwise the array is in memory a second time meanwhile. After an error `out` holds any bytes.
    ///
    /// # Errors
    /// `InvalidInput` if `out` has another length than the elements; as [`compute`](Self::compute).
    pub fn read_into(&self, out: &mut [u8]) -> Result<()> {
        let len = self.byte_len()?;
        if out.len() != len {
            return Err(Error::invalid(format!("room of {} bytes for an array of {len}", out.len())));
        }
        // Zeros are elements of every type, which other bytes need not be.
        out.fill(0);
        with_element!(self.data_type(), T => self.read_typed::<T>(out))
    }

    fn byte_len(&self) -> Result<usize> {
        let bytes = element_count(self.shape()).and_then(|count| count.checked_mul(self.data_type().size()));
        bytes.ok_or_else(|| Error::limit("the array has more bytes than can be counted"))
    }

    /// `out` is all zeros.
    fn read_typed<T: Element>(&self, out: &mut [u8]) -> Result<()> {
        let array = self.typed::<T>()?;
        if let Ok(elements) = bytemuck::checked::try_cast_slice_mut::<u8, T>(&mut *out) {
            let elements = ArrayViewMutD::from_shape(array.shape(), elements);
            return array.compute_into(elements.map_err(|error| Error::invalid(error.to_string()))?);
        }
        let elements: ArrayD<T> = array.compute()?;
        let elements = elements.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
        out.copy_from_slice(bytemuck::cast_slice(elements));
        Ok(())
    }
}
