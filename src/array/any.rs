//! A chunked array whose element type is known only at run time.

use super::encoded::EncodedArray;
use super::{ChunkGrid, ChunkedArray, Chunking, Codec, DataType, Element, ErasedArray, with_typed};
use crate::error::{Error, ErrorKind, Result};
use ndarray::SliceInfoElem;
use std::fmt;
use std::sync::Arc;

/// A [`ChunkedArray`] whose element type is known only at run time. It is lazy and immutable, like every chunked array.
/// A clone is another handle on the same array.
///
/// [`data_type`](Self::data_type) returns the type of the elements, [`downcast`](Self::downcast) the typed array.
/// [`compute`](Self::compute) reads it into an [`AnyNdArray`](crate::AnyNdArray), [`to_bytes`](Self::to_bytes) into
/// bytes.
///
/// As a field, it takes an array of any element type:
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{AnyArray, ChunkedArray, DataType, Storage};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Channel {
///     unit: String,
///     samples: AnyArray,
/// }
///
/// let samples = ChunkedArray::from_ndarray(ndarray::array![1_u16, 2, 3], &[2])?;
/// let storage = Storage::open(folder.path())?;
/// storage.save("channel", &Channel { unit: "V".into(), samples: samples.into() })?;
///
/// let channel: Channel = storage.load("channel")?;
/// assert_eq!(channel.samples.data_type(), DataType::UInt16);
/// assert_eq!(channel.samples.downcast::<u16>()?.sum()?, 6);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// It has the properties of the typed array:
///
/// ```
/// # use arraystow::{AnyArray, ChunkedArray, Codec, DataType};
/// let typed = ChunkedArray::from_ndarray(ndarray::Array2::<f32>::ones((4, 6)), &[2, 3])?;
/// let array = AnyArray::from(typed.with_codec(Codec::zstd(3)?));
/// assert_eq!((array.shape(), array.ndim(), array.len(), array.is_empty()), (&[4, 6][..], 2, 24, false));
/// assert_eq!((array.grid().chunk_count(), array.codec()), (4, Some(Codec::zstd(3)?)));
/// let elements = array.compute()?;
/// assert_eq!((elements.data_type(), elements.shape()), (DataType::Float32, &[4, 6][..]));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone)]
pub struct AnyArray {
    inner: Arc<dyn ErasedArray>,
    /// Whether a document has it in the place of a plain array.
    plain: bool,
}

/// How arrays of elements that are stored as others lose their type, and have it again.
pub(super) struct ByOthers<T: Element> {
    pub(super) forget: fn(&ChunkedArray<T>) -> AnyArray,
    pub(super) remember: fn(&AnyArray) -> Option<ChunkedArray<T>>,
}

impl<T: Element> ByOthers<T> {
    fn new() -> Option<Box<Self>> {
        T::by_others()?.downcast().ok()
    }
}

impl AnyArray {
    pub(crate) fn of(inner: Arc<dyn ErasedArray>) -> Self {
        Self { inner, plain: false }
    }

    /// The array as one that a document has in the place of a plain array. What is made from it is not.
    pub(crate) fn plain(self) -> Self {
        Self { plain: true, ..self }
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.plain
    }

    pub(crate) fn erased(&self) -> &Arc<dyn ErasedArray> {
        &self.inner
    }

    /// The array as one of elements that are stored as those of this array.
    pub(crate) fn by_others<T: Element>(&self) -> Option<ChunkedArray<T>> {
        (ByOthers::<T>::new()?.remember)(self)
    }

    /// The array with its element type, which `T` must be.
    pub(crate) fn typed<T: Element>(&self) -> Result<&ChunkedArray<T>> {
        let typed = self.inner.as_any().downcast_ref();
        typed.ok_or_else(|| Error::invalid("an array is not of its own data type"))
    }

    /// The array as bytes, whose elements must be no numbers.
    pub(crate) fn encoded(&self) -> Result<EncodedArray> {
        EncodedArray::of(&self.inner)
    }

    /// Returns the data type of the elements.
    #[must_use]
    pub fn data_type(&self) -> DataType {
        self.inner.data_type()
    }

    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.inner.grid().shape()
    }

    /// Returns the number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.inner.grid().ndim()
    }

    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.grid().len()
    }

    /// Returns whether the array has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.grid().is_empty()
    }

    /// Returns the chunk grid: how the array is divided into chunks.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        self.inner.grid()
    }

    /// Returns the array's own codec, if it has one.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.inner.meta().codec
    }

    /// Returns a part of the array, as [`ChunkedArray::slice`](ChunkedArray::slice()) returns it.
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// use ndarray::s;
    ///
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?);
    /// assert_eq!(array.slice(s![2..8;3])?.shape(), [2]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the slice has another number of axes or is out of range.
    pub fn slice(&self, slice: impl AsRef<[SliceInfoElem]>) -> Result<Self> {
        with_typed!(self.data_type(), T => Ok(self.typed::<T>()?.slice(slice)?.into()), else => {
            Ok(Self::of(Arc::new(self.encoded()?.slice(slice.as_ref())?)))
        })
    }

    /// Returns the same elements in other chunks, as [`ChunkedArray::rechunk`] returns them.
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?);
    /// assert_eq!(array.rechunk(&[5])?.grid().chunk_count(), 2);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the array.
    pub fn rechunk(&self, chunks: impl Into<Chunking>) -> Result<Self> {
        with_typed!(self.data_type(), T => Ok(self.typed::<T>()?.rechunk(chunks)?.into()), else => {
            let grid = chunks.into().grid(self.shape(), self.data_type().size())?;
            Ok(Self::of(self.encoded()?.rechunked(&grid)?))
        })
    }

    /// Returns the array with its axes in reverse order, as [`ChunkedArray::transpose`](ChunkedArray::transpose())
    /// returns it. Lazy.
    ///
    /// ```
    /// # use arraystow::{AnyArray, DataType};
    /// let array = AnyArray::from_bytes(DataType::Text(1), &[2, 3], &[1, 3], b"abcdef")?;
    /// assert_eq!(array.transpose()?.shape(), [3, 2]);
    /// assert_eq!(array.transpose()?.to_bytes()?, b"adbecf");
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`slice`](Self::slice), for an array that cannot be computed.
    pub fn transpose(&self) -> Result<Self> {
        with_typed!(self.data_type(), T => Ok(self.typed::<T>()?.transpose().into()), else => {
            Ok(Self::of(Arc::new(self.encoded()?.transpose()?)))
        })
    }

    /// Returns the id of the stored array from which the elements are read, as
    /// [`ArrayInfo::file`](crate::ArrayInfo::file) has it. Returns `None` if they are computed, or are in memory.
    ///
    /// A save gives an array that it writes a new id, and leaves an array that it does not write its id. So an array
    /// that was replaced has another id.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// storage.save("it", &ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..1000), &[100])?)?;
    /// let array: AnyArray = storage.array("it", "")?;
    /// assert_eq!(array.file(), Some(storage.info("it")?.arrays[0].file.clone()));
    /// assert_eq!(array.transpose()?.file(), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn file(&self) -> Option<String> {
        self.inner.stored()?.file().map(str::to_owned)
    }

    /// Returns the array with its element type.
    ///
    /// ```
    /// # use arraystow::{AnyArray, ChunkedArray};
    /// let array = AnyArray::from(ChunkedArray::from_ndarray(ndarray::array![0.5_f32, 1.5], &[2])?);
    /// assert_eq!(array.downcast::<f32>()?.max()?, 1.5);
    /// let error = array.downcast::<f64>().unwrap_err();
    /// assert!(error.to_string().contains("float32, not float64"));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `TypeMismatch` if the elements have another type.
    pub fn downcast<T: Element>(&self) -> Result<ChunkedArray<T>> {
        if let Some(encoded) = self.inner.as_any().downcast_ref::<EncodedArray>() {
            return encoded.typed();
        }
        let typed = self.inner.as_any().downcast_ref::<ChunkedArray<T>>().cloned();
        typed.or_else(|| self.by_others()).ok_or_else(|| {
            let (own, asked) = (self.data_type(), T::DATA_TYPE);
            let error = Error::new(
                ErrorKind::TypeMismatch,
                format!("the array holds {own}, not {asked}: downcast it to {own}, and convert it with astype()"),
            );
            match self.inner.stored() {
                Some(stored) => stored.locate(error),
                None => error,
            }
        })
    }
}

impl<T: Element> From<ChunkedArray<T>> for AnyArray {
    /// The same array, without its element type.
    fn from(array: ChunkedArray<T>) -> Self {
        (&array).into()
    }
}

impl<T: Element> From<&ChunkedArray<T>> for AnyArray {
    /// The same array, without its element type.
    fn from(array: &ChunkedArray<T>) -> Self {
        match ByOthers::<T>::new() {
            Some(by) => (by.forget)(array),
            None => Self::of(Arc::new(array.clone())),
        }
    }
}

impl fmt::Debug for AnyArray {
    /// Shape, chunks and type; no chunk is computed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyArray of {} {:?}", self.data_type(), self.shape())?;
        match self.grid().chunk_shape() {
            Some(chunk) => write!(f, " in chunks of {chunk:?}"),
            None => write!(f, " in {:?} irregular chunks", self.grid().chunks_per_axis()),
        }
    }
}
