//! Arrays whose element type is known at run time only, made of bytes; and their names and attributes.

use super::chunking::Chunking;
use super::function::{BoxError, ChunkSource};
use super::{AnyArray, ArrayMeta, Attr, ChunkedArray, Codec, DataType, Element, EncodedArray, Region, with_typed};
use super::{decode, element_count};
use crate::error::{Error, Result};
use ndarray::{ArrayD, IxDyn};
use std::sync::Arc;

impl AnyArray {
    /// Returns an array in memory, of the bytes that [`to_bytes`](Self::to_bytes) returns.
    ///
    /// ```
    /// use arraystow::{AnyArray, DataType};
    ///
    /// let array = AnyArray::from_bytes(DataType::UInt16, &[2], &[1], &[1, 0, 2, 1])?;
    /// assert_eq!(array.downcast::<u16>()?.compute()?, ndarray::array![1, 258].into_dyn());
    /// assert_eq!(array.to_bytes()?, [1, 0, 2, 1]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if these are not the bytes of so many elements, if no array can have the data type, or if the
    /// chunks do not fit the shape.
    pub fn from_bytes(data_type: DataType, shape: &[usize], chunks: impl Into<Chunking>, bytes: &[u8]) -> Result<Self> {
        data_type.check()?;
        let grid = chunks.into().grid(shape, data_type.size())?;
        with_typed!(data_type, T => {
            Ok(ChunkedArray::<T>::from_ndarray(elements(&data_type, shape, bytes)?, grid)?.into())
        }, else => {
            let of_bytes: Vec<usize> = shape.iter().copied().chain([data_type.size()]).collect();
            let bytes = elements::<u8>(&DataType::UInt8, &of_bytes, bytes)?;
            let bytes = ChunkedArray::from_ndarray(bytes, grid.with_last_axis(data_type.size())?)?;
            Ok(Self::of(Arc::new(EncodedArray::of_byte_array(data_type, grid, bytes))))
        })
    }

    /// Returns a lazy array that a function computes. `chunk` is called with the region of each chunk that is needed,
    /// from any thread. It returns the bytes of the region's elements, as [`to_bytes`](Self::to_bytes) would return
    /// them.
    ///
    /// ```
    /// use arraystow::{AnyArray, DataType};
    ///
    /// let ramp = AnyArray::from_fn(DataType::UInt8, &[1000, 256], &[100, 256], |region| {
    ///     Ok::<_, std::io::Error>((0..region.len()).map(|at| at as u8).collect())
    /// })?;
    /// assert_eq!(ramp.slice(ndarray::s![700, 5])?.to_bytes()?, [5]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if no array can have the data type, or if the chunks do not fit the shape.
    pub fn from_fn<E>(
        data_type: DataType,
        shape: &[usize],
        chunks: impl Into<Chunking>,
        chunk: impl Fn(&Region) -> std::result::Result<Vec<u8>, E> + Send + Sync + 'static,
    ) -> Result<Self>
    where
        E: Into<BoxError> + 'static,
    {
        data_type.check()?;
        let grid = chunks.into().grid(shape, data_type.size())?;
        with_typed!(data_type, T => {
            let source = Chunks { data_type, without_last: false, chunk };
            Ok(ChunkedArray::<T>::from_source(grid, source).into())
        }, else => {
            let of_bytes = grid.with_last_axis(data_type.size())?;
            let source = Chunks { data_type: DataType::UInt8, without_last: true, chunk };
            let bytes = ChunkedArray::<u8>::from_source(of_bytes, source);
            Ok(Self::of(Arc::new(EncodedArray::of_byte_array(data_type, grid, bytes))))
        })
    }

    /// Returns an array of the same elements with a name for each axis, as [`ChunkedArray::with_dims`] names them.
    ///
    /// ```
    /// # use arraystow::{AnyArray, Attr, DataType};
    /// let array = AnyArray::from_bytes(DataType::UInt8, &[2], &[2], &[1, 2])?;
    /// let array = array.with_dims(["time"])?.with_attr("units", "m")?;
    /// assert_eq!(array.dims(), Some(&["time".to_owned()][..]));
    /// assert_eq!(array.attrs()["units"], Attr::from("m"));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ChunkedArray::with_dims`].
    pub fn with_dims<D: Into<String>>(&self, dims: impl IntoIterator<Item = D>) -> Result<Self> {
        let dims = dims.into_iter().map(Into::into).collect();
        let meta = self.erased().meta();
        let labels = meta.labels.with_dims(Some(dims));
        labels.check(self.ndim(), &self.data_type())?;
        self.with_meta(ArrayMeta { labels, ..meta.clone() })
    }

    /// Returns an array of the same elements with an attribute, as [`ChunkedArray::with_attr`] adds it. See
    /// [`with_dims`](Self::with_dims) for an example.
    ///
    /// # Errors
    /// As [`ChunkedArray::with_attr`].
    pub fn with_attr(&self, name: impl AsRef<str>, value: impl Into<Attr>) -> Result<Self> {
        let meta = self.erased().meta();
        let labels = meta.labels.with_attr(name.as_ref(), value.into());
        labels.check(self.ndim(), &self.data_type())?;
        self.with_meta(ArrayMeta { labels, ..meta.clone() })
    }

    /// Returns an array of the same elements, of which those with these bytes are missing, as
    /// [`ChunkedArray::with_fill`] marks them.
    ///
    /// ```
    /// # use arraystow::{AnyArray, DataType};
    /// let array = AnyArray::from_bytes(DataType::Int8, &[2], &[2], &[1, 255])?.with_fill_bytes(&[255])?;
    /// assert_eq!(array.downcast::<i8>()?.fill(), Some(-1));
    /// assert_eq!(array.downcast::<Option<i8>>()?.compute()?, ndarray::array![Some(1), None].into_dyn());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if these are not the bytes of one element.
    pub fn with_fill_bytes(&self, bytes: &[u8]) -> Result<Self> {
        let meta = self.erased().meta();
        let labels = meta.labels.with_fill(Some(bytes.to_vec()));
        labels.check(self.ndim(), &self.data_type())?;
        self.with_meta(ArrayMeta { labels, ..meta.clone() })
    }

    /// Returns an array of the same elements, whose chunks are compressed with this codec when they are saved.
    ///
    /// ```
    /// # use arraystow::{AnyArray, Codec, DataType};
    /// let array = AnyArray::from_bytes(DataType::UInt8, &[2], &[2], &[1, 2])?.with_codec(Codec::zstd(3)?)?;
    /// assert_eq!(array.codec(), Some(Codec::zstd(3)?));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the bytes of the elements cannot be counted. A codec that the place does not support is an
    /// error of the save.
    pub fn with_codec(&self, codec: Codec) -> Result<Self> {
        self.with_meta(self.erased().meta().clone().with_codec(codec))
    }

    fn with_meta(&self, meta: ArrayMeta) -> Result<Self> {
        with_typed!(self.data_type(), T => Ok(self.typed::<T>()?.with_meta(meta).into()), else => {
            Ok(Self::of(Arc::new(self.encoded()?.with_meta(meta))))
        })
    }
}

/// Elements of this shape, of their bytes.
fn elements<T: Element>(data_type: &DataType, shape: &[usize], bytes: &[u8]) -> Result<ArrayD<T>> {
    let elements = decode::<T>(data_type, bytes)
        .map_err(|error| Error::invalid(format!("the bytes are no elements of the type {data_type}: {error}")))?;
    let count = element_count(shape).ok_or_else(|| Error::limit("the array has more elements than can be counted"))?;
    if elements.len() != count {
        return Err(Error::invalid(format!(
            "the bytes are {} elements of the type {data_type}, and the shape {shape:?} has {count}",
            elements.len()
        )));
    }
    let elements = ArrayD::from_shape_vec(IxDyn(shape), elements.into_owned());
    elements.map_err(|error| Error::invalid(error.to_string()))
}

/// Chunks as bytes.
struct Chunks<F> {
    data_type: DataType,
    /// The last axis is that of the bytes of each element.
    without_last: bool,
    chunk: F,
}

impl<T, F, E> ChunkSource<T> for Chunks<F>
where
    T: Element,
    F: Fn(&Region) -> std::result::Result<Vec<u8>, E> + Send + Sync + 'static,
    E: Into<BoxError> + 'static,
{
    fn chunk(&self, region: &Region) -> std::result::Result<ArrayD<T>, BoxError> {
        let bytes = match (self.without_last, region.start().split_last(), region.shape().split_last()) {
            (true, Some((_, start)), Some((_, shape))) => (self.chunk)(&Region::of(start.to_vec(), shape.to_vec())),
            _ => (self.chunk)(region),
        };
        Ok(elements(&self.data_type, region.shape(), &bytes.map_err(Into::into)?)?)
    }
}
