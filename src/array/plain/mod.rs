//! Plain arrays: types that hold all elements in memory, of this crate's users and of other crates.

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
    message = "`{Self}` is no array in memory that arraystow knows",
    label = "`arraystow::PlainArray` is not implemented for `{Self}`",
    note = "it is for `Vec`, `VecDeque`, `Box<[T]>`, `ndarray::Array` and the matrices of the features nalgebra, faer and image, of \
            elements; implement `arraystow::PlainArray` for a type of your own",
    note = "for an `Option` of one there is `#[stow(..)]` instead of `with`; arrays in a list, a map or a type of yours get `with` on a \
            field of their own"
)]
pub trait PlainArray {
    /// The type of the elements.
    type Element: Element;

    /// The elements by their axes, rows before columns. Best a view, which copies nothing; its memory may have any order.
    fn elements(&self) -> CowArray<'_, Self::Element, IxDyn>;
}

/// A [`PlainArray`] that can be loaded. See there for an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no array in memory that arraystow can load",
    label = "`arraystow::FromPlainArray` is not implemented for `{Self}`",
    note = "load a `Vec` or an `ndarray::Array`; implement `arraystow::FromPlainArray` for a type of your own"
)]
pub trait FromPlainArray: PlainArray + Sized {
    /// How many axes the array must have. `None` is any number. Another number is an error before anything is read.
    const AXES: Option<usize>;

    /// Makes the value of an array, which the reader reads. See [`PlainArray`] for an example.
    ///
    /// # Errors
    /// Those of the reader, and what else keeps the array from being such a value: its shape, for example.
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

    /// Elements per axis. There are as many axes as [`FromPlainArray::AXES`] says.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Reads the array into the caller's memory, which may have any order.
    ///
    /// # Errors
    /// `InvalidInput` if the memory has another shape; whatever keeps the array from being read.
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

    /// Reads the array into memory of its own.
    ///
    /// ```
    /// # use arraystow::{Element, PlainReader};
    /// fn transposed(reader: PlainReader<'_, f64>) -> arraystow::Result<ndarray::ArrayD<f64>> {
    ///     Ok(reader.into_array()?.reversed_axes())
    /// }
    /// ```
    ///
    /// # Errors
    /// `Limit` if it does not fit into memory; whatever keeps the array from being read.
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

    /// Reads the elements in their order: the last axis first. See [`PlainArray`] for an example.
    ///
    /// # Errors
    /// As [`into_array`](Self::into_array).
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
