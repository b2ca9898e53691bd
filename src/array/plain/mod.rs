//! Plain arrays: types that hold all elements in memory, defined by users or by other crates.

#[cfg(feature = "faer")]
mod faer;
#[cfg(feature = "image")]
mod image;
mod lists;
#[cfg(feature = "nalgebra")]
mod nalgebra;
mod ndarrays;

use super::{Element, zeroed};
use crate::error::Result;
use ndarray::{ArrayD, ArrayViewMutD, CowArray, IxDyn};
use std::fmt;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A type that holds the elements of an array in memory, so that `#[serde(with = "arraystow::ndarray")]` and
/// `#[serde(with = "arraystow::vec")]` can divert its values. [`FromPlainArray`] is for loading.
///
/// | types | feature | axes |
/// | --- | --- | --- |
/// | `Vec<T>`, `VecDeque<T>`, `Box<[T]>`, `Arc<[T]>`, `&[T]` | | one |
/// | `ndarray::Array<T, D>`, `ArcArray<T, D>`; views can be saved | | those of `D` |
/// | `nalgebra::Matrix` in its own memory: `DMatrix`, `SMatrix`, `DVector`, .. | `nalgebra` | rows, columns |
/// | `faer::Mat<T>` | `faer` | rows, columns |
/// | `image::ImageBuffer<P, Vec<S>>` | `image` | rows, columns, channels |
///
/// `T` is any [`Element`]. Implement the two traits for types of your own:
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{FromPlainArray, PlainArray, PlainReader, Storage};
/// use ndarray::{ArrayView2, CowArray, IxDyn};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq)]
/// struct Raster {
///     width: usize,
///     heights: Vec<f32>, // row by row
/// }
///
/// impl PlainArray for Raster {
///     type Element = f32;
///
///     fn elements(&self) -> CowArray<'_, f32, IxDyn> {
///         let rows = self.heights.len() / self.width;
///         let view = ArrayView2::from_shape((rows, self.width), &self.heights).expect("all rows are complete");
///         view.into_dyn().into()
///     }
/// }
///
/// impl FromPlainArray for Raster {
///     const AXES: Option<usize> = Some(2);
///
///     fn read(reader: PlainReader<'_, f32>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
///         let width = reader.shape()[1];
///         Ok(Self { width, heights: reader.into_vec()? })
///     }
/// }
///
/// #[derive(Serialize, Deserialize)]
/// struct Tile {
///     name: String,
///     #[serde(with = "arraystow::ndarray")]
///     raster: Raster,
/// }
///
/// let storage = Storage::open(folder.path())?;
/// let raster = Raster { width: 1000, heights: vec![0.5; 1_000_000] };
/// storage.save("tile", &Tile { name: "one".into(), raster })?;
/// assert_eq!(storage.array("tile", "raster")?.grid().shape(), [1000, 1000]);
/// let tile: Tile = storage.load("tile")?;
/// assert_eq!(tile.raster, Raster { width: 1000, heights: vec![0.5; 1_000_000] });
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be stored as an array",
    label = "`arraystow::PlainArray` is not implemented for `{Self}`",
    note = "it is implemented for `Vec`, `VecDeque`, `Box<[T]>`, `ndarray::Array` and the matrices of the features \
        nalgebra, faer and image, if their items implement `Element`; implement `arraystow::PlainArray` for a type of \
        your own",
    note = "for an `Option` of such a type, use `#[stow(..)]` instead of `with`; arrays in a list, a map or a type of \
        your own need `with` on their own fields"
)]
pub trait PlainArray {
    /// The type of the elements.
    type Element: Element;

    /// Returns the elements with their axes, rows before columns. A view is best, because it copies nothing. Its memory
    /// may have any order.
    fn elements(&self) -> CowArray<'_, Self::Element, IxDyn>;
}

/// A [`PlainArray`] that can be loaded. See there for an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be loaded from an array",
    label = "`arraystow::FromPlainArray` is not implemented for `{Self}`",
    note = "load a `Vec` or an `ndarray::Array`; implement `arraystow::FromPlainArray` for a type of your own"
)]
pub trait FromPlainArray: PlainArray + Sized {
    /// The number of axes that the array must have. `None` is any number. Another number is an error before anything is
    /// read.
    const AXES: Option<usize>;

    /// Makes a value from an array, which the reader reads. See [`PlainArray`] for an example.
    ///
    /// # Errors
    /// The errors of the reader, and an error if the array cannot become such a value, for example because of its
    /// shape.
    fn read(reader: PlainReader<'_, Self::Element>) -> Result<Self, BoxError>;
}

/// An array that is about to be read, for [`FromPlainArray::read`].
///
/// ```
/// use arraystow::{FromPlainArray, PlainArray, PlainReader};
/// use ndarray::{Array2, ArrayViewMut2, CowArray, IxDyn};
///
/// struct Pair([Vec<f64>; 2]); // of one length
///
/// impl PlainArray for Pair {
///     type Element = f64;
///
///     fn elements(&self) -> CowArray<'_, f64, IxDyn> {
///         let [one, other] = &self.0;
///         Array2::from_shape_fn((2, one.len()), |(row, at)| [one, other][row][at]).into_dyn().into()
///     }
/// }
///
/// impl FromPlainArray for Pair {
///     const AXES: Option<usize> = Some(2);
///
///     fn read(reader: PlainReader<'_, f64>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
///         let &[2, len] = reader.shape() else { return Err("this is no pair".into()) };
///         let mut memory = vec![0.0; 2 * len];
///         reader.fill(ArrayViewMut2::from_shape((2, len), &mut memory)?.into_dyn())?;
///         let second = memory.split_off(len);
///         Ok(Self([memory, second]))
///     }
/// }
/// ```
pub struct PlainReader<'a, T> {
    shape: Vec<usize>,
    contents: Contents<'a, T>,
}

enum Contents<'a, T> {
    InMemory(ArrayD<T>),
    Stored(&'a mut dyn FnMut(ArrayViewMutD<'_, T>) -> Result<()>),
}

impl<'a, T: Element> PlainReader<'a, T> {
    /// Elements that have been read already.
    pub(crate) fn in_memory(array: ArrayD<T>) -> Self {
        Self { shape: array.shape().to_vec(), contents: Contents::InMemory(array) }
    }

    /// Elements that a function reads into memory of this shape.
    pub(crate) fn stored(shape: &[usize], read: &'a mut dyn FnMut(ArrayViewMutD<'_, T>) -> Result<()>) -> Self {
        Self { shape: shape.to_vec(), contents: Contents::Stored(read) }
    }

    /// Returns the number of elements along each axis. The number of axes is [`FromPlainArray::AXES`].
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Reads the array into the caller's memory, which may have any order.
    ///
    /// # Errors
    /// `InvalidInput` if the memory has another shape; any error of reading the array.
    pub fn fill(self, mut memory: ArrayViewMutD<'_, T>) -> Result<()> {
        match self.contents {
            Contents::InMemory(array) => super::source::copy_into(array.view(), &mut memory),
            Contents::Stored(read) if memory.shape() == self.shape => read(memory),
            Contents::Stored(_) => Err(crate::error::Error::invalid(format!(
                "memory of shape {:?} for an array of shape {:?}",
                memory.shape(),
                self.shape
            ))),
        }
    }

    /// Reads the array into newly allocated memory.
    ///
    /// ```
    /// # use arraystow::{Element, PlainReader};
    /// fn transposed(reader: PlainReader<'_, f64>) -> arraystow::Result<ndarray::ArrayD<f64>> {
    ///     Ok(reader.into_array()?.reversed_axes())
    /// }
    /// ```
    ///
    /// # Errors
    /// `Limit` if it does not fit into memory; any error of reading the array.
    pub fn into_array(self) -> Result<ArrayD<T>> {
        match self.contents {
            Contents::InMemory(array) => Ok(array),
            Contents::Stored(read) => {
                let mut array = zeroed::<T>(&self.shape)?;
                read(array.view_mut())?;
                Ok(array)
            }
        }
    }

    /// Reads the elements in C order: the last axis varies fastest. See [`PlainArray`] for an example.
    ///
    /// # Errors
    /// As for [`into_array`](Self::into_array).
    pub fn into_vec(self) -> Result<Vec<T>> {
        let array = self.into_array()?;
        let len = array.len();
        if !array.is_standard_layout() {
            return Ok(array.iter().cloned().collect());
        }
        Ok(match array.into_raw_vec_and_offset() {
            (elements, None | Some(0)) if elements.len() == len => elements,
            (elements, offset) => elements.into_iter().skip(offset.unwrap_or(0)).take(len).collect(),
        })
    }
}

impl<T> fmt::Debug for PlainReader<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainReader").field("shape", &self.shape).finish_non_exhaustive()
    }
}
