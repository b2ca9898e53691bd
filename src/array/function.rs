//! Arrays whose chunks the user's code computes on demand.

use super::guard::{guarded, place};
use super::source::{Elements, Source, assemble};
use super::{ChunkGrid, Element, Evaluation, Region};
use crate::error::{Error, ErrorKind, Result};
use ndarray::{Array, ArrayD, Dimension};

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A source of chunks of an array, which are produced one at a time, on any thread.
///
/// ```
/// use arraystow::{ChunkGrid, ChunkSource, ChunkedArray, Region};
/// use ndarray::ArrayD;
///
/// struct Ones;
///
/// impl ChunkSource<f64> for Ones {
///     fn chunk(&self, region: &Region) -> Result<ArrayD<f64>, Box<dyn std::error::Error + Send + Sync>> {
///         Ok(ArrayD::ones(region.shape()))
///     }
/// }
///
/// let ones = ChunkedArray::from_source(ChunkGrid::regular(&[1000, 1000], &[100, 100])?, Ones);
/// assert_eq!(ones.sum()?, 1e6);
/// # Ok::<(), arraystow::Error>(())
/// ```
pub trait ChunkSource<T: Element>: Send + Sync + 'static {
    /// Returns the elements of `region`, which is always one chunk of the array's grid. The result must have exactly
    /// the region's shape. Any other shape is an error when the chunk is read: it is never broadcast or truncated.
    /// Every call for the same chunk must return the same elements.
    ///
    /// # Errors
    /// Any error of the implementation. Callers get it as the cause of an [`Error`] of kind `UserCode`.
    fn chunk(&self, region: &Region) -> Result<ArrayD<T>, BoxError>;
}

/// What a chunk function may return: an ndarray of any dimension, or a `Result` of one.
///
/// ```
/// use arraystow::{ChunkedArray, Error, IntoChunk};
/// use ndarray::{Array1, ArrayD};
///
/// let zeros = ChunkedArray::from_fn(&[10], &[5], |region| Array1::<f64>::zeros(region.len()))?;
/// let failed = ChunkedArray::<f64>::from_fn(&[10], &[5], |_| Err::<ArrayD<f64>, _>("no sensor"))?;
/// assert!(zeros.compute().is_ok() && failed.compute().unwrap_err().is_user_code());
/// let chunk: ArrayD<f64> = Array1::zeros(5).into_chunk()?;
/// # let _ = chunk;
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub trait IntoChunk<T> {
    /// Converts into the chunk.
    ///
    /// # Errors
    /// The error that the function returned.
    fn into_chunk(self) -> Result<ArrayD<T>, BoxError>;
}

impl<T, D: Dimension> IntoChunk<T> for Array<T, D> {
    fn into_chunk(self) -> Result<ArrayD<T>, BoxError> {
        Ok(self.into_dyn())
    }
}

impl<T, D: Dimension, E: Into<BoxError>> IntoChunk<T> for Result<Array<T, D>, E> {
    fn into_chunk(self) -> Result<ArrayD<T>, BoxError> {
        self.map(Array::into_dyn).map_err(Into::into)
    }
}

/// A closure as a [`ChunkSource`].
pub(super) struct Function<F>(pub(super) F);

impl<T, F, C> ChunkSource<T> for Function<F>
where
    T: Element,
    F: Fn(&Region) -> C + Send + Sync + 'static,
    C: IntoChunk<T>,
{
    fn chunk(&self, region: &Region) -> Result<ArrayD<T>, BoxError> {
        (self.0)(region).into_chunk()
    }
}

/// Any [`ChunkSource`] behind an array of this grid.
pub(super) struct FromSource<S> {
    pub(super) grid: ChunkGrid,
    pub(super) source: S,
}

impl<T: Element, S: ChunkSource<T>> Source<T> for FromSource<S> {
    fn produce(&self, _: &Evaluation, region: &Region) -> Result<Elements<T>> {
        assemble(&self.grid, region, |number, whole| {
            made("the source of the chunks", &self.grid, number, whole, || self.source.chunk(whole))
        })
    }
}

/// What the user's code returns for a chunk.
pub(super) type Made<T> = Result<ArrayD<T>, BoxError>;

/// A chunk that the user's code makes.
pub(super) fn made<T: Element>(
    who: &str,
    grid: &ChunkGrid,
    number: usize,
    whole: &Region,
    make: impl FnOnce() -> Made<T>,
) -> Result<Elements<T>> {
    let chunk = guarded(who, grid, whole, make)?.map_err(|source| {
        let text = format!("{who} failed in {}", place(grid, whole));
        Error::new(ErrorKind::UserCode, text).with_source(source)
    })?;
    if chunk.shape() != whole.shape() {
        return Err(Error::invalid(format!(
            "{who} returned an array of shape {:?} for chunk {number} (start {:?}) instead of {:?}; chunks at the far edges \
             may be smaller than the chunk shape",
            chunk.shape(),
            whole.start(),
            whole.shape()
        )));
    }
    Ok(chunk.into_shared())
}
