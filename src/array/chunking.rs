//! How to cut an array into chunks, before its shape is known.

use super::ChunkGrid;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// How to divide an array into chunks. Functions that take an `impl Into<Chunking>` also accept a chunk shape, such as
/// `&[64, 64]`, or a [`ChunkGrid`].
///
/// ```
/// use arraystow::{ChunkedArray, Chunking};
///
/// let array = ChunkedArray::<f64>::zeros(&[1000, 1000], Chunking::Bytes(512 << 10))?;
/// assert_eq!(array.grid().chunk_shape(), Some(vec![250, 250]));
/// let array = array.rechunk(Chunking::Irregular(vec![vec![900, 100], vec![1000]]))?;
/// assert_eq!(array.grid().chunk_count(), 2);
/// let array = array.rechunk(&[100, 1000])?;
/// assert_eq!(array.grid().chunk_count(), 10);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Chunking {
    /// One chunk: the whole array.
    Whole,
    /// Equal chunks of this shape, with one length for each axis. Those at the far edges may be smaller.
    Shape(Vec<usize>),
    /// Chunks of any lengths, listed for each axis, as dask's `chunks`: `[[3, 5, 2], [4, 4]]`.
    Irregular(Vec<Vec<usize>>),
    /// Equal chunks of at most this number of bytes, uncompressed: the longest axis is halved until a chunk is small
    /// enough.
    Bytes(usize),
    /// The chunks of a grid.
    Grid(ChunkGrid),
}

impl Default for Chunking {
    /// Chunks of at most 1 MiB.
    fn default() -> Self {
        Self::Bytes(ChunkGrid::DEFAULT_BYTES)
    }
}

impl Chunking {
    /// Returns the chunk grid of an array of this shape, whose elements have this size in bytes.
    ///
    /// ```
    /// # use arraystow::Chunking;
    /// assert_eq!(Chunking::Whole.grid(&[10, 20], 8)?.chunk_shape(), Some(vec![10, 20]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the chunks do not fit the shape, or the shape has more elements than can be counted.
    pub fn grid(&self, shape: &[usize], element_size: usize) -> Result<ChunkGrid> {
        let grid = match self {
            Self::Whole => {
                let chunk: Vec<usize> = shape.iter().map(|len| (*len).max(1)).collect();
                return ChunkGrid::regular(shape, &chunk);
            }
            Self::Shape(chunk) => return ChunkGrid::regular(shape, chunk),
            Self::Bytes(bytes) => return ChunkGrid::of_bytes(shape, element_size, *bytes),
            Self::Irregular(chunks) => ChunkGrid::irregular(chunks)?,
            Self::Grid(grid) => grid.clone(),
        };
        if grid.shape() != shape {
            return Err(Error::invalid(format!(
                "chunks for an array of shape {:?} do not fit an array of shape {shape:?}",
                grid.shape()
            )));
        }
        Ok(grid)
    }
}

impl From<&[usize]> for Chunking {
    fn from(chunk_shape: &[usize]) -> Self {
        Self::Shape(chunk_shape.to_vec())
    }
}

// There is no `From<[usize; N]>`: with it, clippy reports the `&` of `&[64, 64]` as needless.
impl<const N: usize> From<&[usize; N]> for Chunking {
    fn from(chunk_shape: &[usize; N]) -> Self {
        Self::Shape(chunk_shape.to_vec())
    }
}

impl From<Vec<usize>> for Chunking {
    fn from(chunk_shape: Vec<usize>) -> Self {
        Self::Shape(chunk_shape)
    }
}

impl From<&Vec<usize>> for Chunking {
    fn from(chunk_shape: &Vec<usize>) -> Self {
        Self::Shape(chunk_shape.clone())
    }
}

impl From<ChunkGrid> for Chunking {
    fn from(grid: ChunkGrid) -> Self {
        Self::Grid(grid)
    }
}

impl From<&ChunkGrid> for Chunking {
    fn from(grid: &ChunkGrid) -> Self {
        Self::Grid(grid.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunks(chunking: impl Into<Chunking>, shape: &[usize], element_size: usize) -> Option<Vec<Vec<usize>>> {
        chunking.into().grid(shape, element_size).ok().map(|grid| grid.chunks())
    }

    #[test]
    fn each_kind_of_chunking_cuts_as_it_says() {
        assert_eq!(chunks(Chunking::Whole, &[3, 4], 8), Some(vec![vec![3], vec![4]]));
        assert_eq!(chunks(Chunking::Whole, &[], 8), Some(vec![]));
        assert_eq!(chunks(Chunking::Whole, &[0, 4], 8), Some(vec![vec![], vec![4]]));
        assert_eq!(chunks(&[2, 4], &[3, 4], 8), Some(vec![vec![2, 1], vec![4]]));
        assert_eq!(chunks(vec![2, 9], &[3, 4], 8), Some(vec![vec![2, 1], vec![4]]));
        assert_eq!(chunks(Chunking::Irregular(vec![vec![1, 2], vec![4]]), &[3, 4], 8), Some(vec![vec![1, 2], vec![4]]));
        assert_eq!(chunks(Chunking::Bytes(16), &[3, 4], 8), Some(vec![vec![2, 1], vec![1, 1, 1, 1]]));
        assert_eq!(chunks(Chunking::Bytes(0), &[2], 8), Some(vec![vec![1, 1]]));
        assert_eq!(chunks(Chunking::default(), &[512, 512], 4), Some(vec![vec![512], vec![512]]));
    }

    #[test]
    fn chunks_that_do_not_fit_are_refused() {
        assert_eq!(chunks(&[2], &[3, 4], 8), None);
        assert_eq!(chunks(&[0, 1], &[3, 4], 8), None);
        assert_eq!(chunks(Chunking::Irregular(vec![vec![1, 1], vec![4]]), &[3, 4], 8), None);
        assert_eq!(chunks(Chunking::Bytes(1), &[usize::MAX, 4], 8), None);
        let other = ChunkGrid::regular(&[4, 3], &[2, 2]).map(Chunking::from);
        assert!(other.is_ok_and(|other| chunks(other, &[3, 4], 8).is_none()));
    }
}
