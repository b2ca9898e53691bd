//! The chunk grid: how an array is divided into chunks.

mod axis;

use super::Region;
use super::memory::element_count;
use crate::error::{Error, Result};
use axis::AxisChunks;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

/// A chunk grid: how an array is divided into chunks. Along each axis, the chunks have either equal lengths (the last
/// may be shorter) or any lengths, like dask's `((3, 5, 2),)`. Chunks are numbered in C order.
///
/// A grid is serialized as the shape and, for each axis, the runs of equal chunks: `{"shape": [10], "chunks": [[[3, 1],
/// [5, 1], [2, 1]]]}`.
///
/// ```
/// # use arraystow::ChunkGrid;
/// let grid = ChunkGrid::irregular(&[vec![3, 5, 2]])?;
/// assert_eq!(grid.shape(), [10]);
/// assert_eq!(grid.chunk_region(1)?.start(), [3]);
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// Chunks have coordinates, and a number in C order:
///
/// ```
/// # use arraystow::ChunkGrid;
/// let grid = ChunkGrid::regular(&[100, 250], &[50, 100])?;
/// assert_eq!((grid.ndim(), grid.len(), grid.is_empty()), (2, 25_000, false));
/// assert_eq!(grid.chunk_shape(), Some(vec![50, 100]));
/// assert_eq!((grid.chunk_count(), grid.chunks_per_axis()), (6, vec![2, 3]));
/// assert_eq!(grid.chunks(), [vec![50, 50], vec![100, 100, 50]]);
/// assert_eq!((grid.chunk_coordinates(5)?, grid.chunk_number(&[1, 2])?), (vec![1, 2], 5));
/// assert_eq!((grid.chunk_region(5)?.shape(), grid.largest_chunk()), (&[50, 50][..], vec![50, 100]));
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SerializedGrid", into = "SerializedGrid")]
pub struct ChunkGrid {
    shape: Arc<[usize]>,
    axes: Arc<[AxisChunks]>,
}

/// The serialized form of a grid.
#[derive(Serialize, Deserialize)]
struct SerializedGrid {
    shape: Vec<usize>,
    chunks: Vec<Vec<(usize, usize)>>,
}

impl From<ChunkGrid> for SerializedGrid {
    fn from(grid: ChunkGrid) -> Self {
        Self { shape: grid.shape.to_vec(), chunks: grid.runs() }
    }
}

impl TryFrom<SerializedGrid> for ChunkGrid {
    type Error = Error;

    fn try_from(form: SerializedGrid) -> Result<Self> {
        let grid = Self::from_runs(&form.chunks)?;
        if *grid.shape == *form.shape {
            return Ok(grid);
        }
        let (shape, found) = (&form.shape, &grid.shape);
        Err(Error::invalid(format!("the chunks of a grid of shape {shape:?} add up to the shape {found:?}")))
    }
}

impl ChunkGrid {
    /// The same grid with one more axis, the last, which is not cut.
    pub(super) fn with_last_axis(&self, len: usize) -> Result<Self> {
        let shape = self.shape.iter().copied().chain([len]).collect();
        Self::new(shape, self.axes.iter().cloned().chain([AxisChunks::Regular(len.max(1))]).collect())
    }

    /// Returns a grid of equal chunks of `chunk_shape`. Those at the far edges may be smaller. An array without axes is
    /// a single value.
    ///
    /// # Errors
    /// `InvalidInput` if the numbers of axes differ, a chunk has length 0 along an axis, or the shape has more elements
    /// than can be counted.
    pub fn regular(shape: &[usize], chunk_shape: &[usize]) -> Result<Self> {
        if shape.len() != chunk_shape.len() {
            return Err(Error::invalid(format!(
                "the chunk shape {chunk_shape:?} has {} axes, the shape {shape:?} has {}",
                chunk_shape.len(),
                shape.len()
            )));
        }
        if chunk_shape.contains(&0) {
            return Err(Error::invalid(format!("the chunk shape {chunk_shape:?} has an axis of length 0")));
        }
        // A chunk longer than its axis is as long as the axis.
        let axes = chunk_shape.iter().zip(shape).map(|(chunk, len)| AxisChunks::Regular((*chunk).min((*len).max(1))));
        Self::new(shape.to_vec(), axes.collect())
    }

    /// Returns a grid of chunks of any lengths, listed for each axis. Equal lengths give the same grid as
    /// [`regular`](Self::regular).
    ///
    /// # Errors
    /// `InvalidInput` if the shape has more elements than can be counted.
    pub fn irregular(chunks: &[Vec<usize>]) -> Result<Self> {
        let runs: Vec<Vec<_>> = chunks.iter().map(|sizes| sizes.iter().map(|size| (*size, 1)).collect()).collect();
        Self::from_runs(&runs)
    }

    /// The most bytes of a chunk by default: 1 MiB.
    pub(crate) const DEFAULT_BYTES: usize = 1 << 20;

    /// Equal chunks of at most `most` bytes: the longest axis is halved until a chunk is small enough.
    pub(super) fn of_bytes(shape: &[usize], element_size: usize, most: usize) -> Result<Self> {
        Self::regular(shape, &chunk_of_bytes(shape, element_size, most))
    }

    /// The default chunks of an array in memory. It cannot fail: the elements of such an array can be counted.
    pub(super) fn of_array(shape: &[usize], element_size: usize) -> Self {
        let axes =
            chunk_of_bytes(shape, element_size, Self::DEFAULT_BYTES).into_iter().map(AxisChunks::Regular).collect();
        Self { shape: shape.into(), axes }
    }

    fn new(shape: Vec<usize>, axes: Vec<AxisChunks>) -> Result<Self> {
        element_count(&shape).ok_or_else(|| too_many(&shape))?;
        let mut count = 1usize;
        for (axis, len) in axes.iter().zip(&shape) {
            count = count.checked_mul(axis.count(*len)).ok_or_else(|| too_many(&shape))?;
        }
        Ok(Self { shape: shape.into(), axes: axes.into() })
    }

    /// Returns the number of elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Returns the number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// Returns the number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Returns whether the array has no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// Returns the number of chunks along each axis.
    #[must_use]
    pub fn chunks_per_axis(&self) -> Vec<usize> {
        self.axes.iter().zip(&*self.shape).map(|(axis, len)| axis.count(*len)).collect()
    }

    /// Returns the number of chunks.
    #[must_use]
    pub fn chunk_count(&self) -> usize {
        self.axes.iter().zip(&*self.shape).map(|(axis, len)| axis.count(*len)).product()
    }

    /// Returns the shape of all chunks except those at the far edges, if it is the same for all.
    #[must_use]
    pub fn chunk_shape(&self) -> Option<Vec<usize>> {
        self.axes
            .iter()
            .map(|axis| match axis {
                AxisChunks::Regular(chunk) => Some(*chunk),
                AxisChunks::Irregular(_) => None,
            })
            .collect()
    }

    /// Returns the length of the largest chunk along each axis.
    #[must_use]
    pub fn largest_chunk(&self) -> Vec<usize> {
        self.axes.iter().zip(&*self.shape).map(|(axis, len)| axis.longest(*len)).collect()
    }

    /// Returns the lengths of the chunks along each axis, like dask's `chunks`. The lists have an entry for each chunk
    /// along an axis. If they may not fit into memory, use [`chunk_region`](Self::chunk_region) for one chunk at a
    /// time.
    #[must_use]
    pub fn chunks(&self) -> Vec<Vec<usize>> {
        self.axes
            .iter()
            .zip(&*self.shape)
            .map(|(axis, len)| (0..axis.count(*len)).map(|index| axis.chunk(*len, index).1).collect())
            .collect()
    }

    /// The lengths of the chunks, for each axis, as runs of equal lengths: `(length, count)`.
    pub(crate) fn runs(&self) -> Vec<Vec<(usize, usize)>> {
        self.axes.iter().zip(&*self.shape).map(|(axis, len)| axis.runs(*len)).collect()
    }

    /// The grid of these runs, which may come from a file. It takes no more memory than the runs.
    pub(crate) fn from_runs(runs: &[Vec<(usize, usize)>]) -> Result<Self> {
        let mut shape = Vec::with_capacity(runs.len());
        let mut axes = Vec::with_capacity(runs.len());
        for axis in runs {
            let (chunks, len) = AxisChunks::of_runs(axis).ok_or_else(|| too_many(&shape))?;
            axes.push(chunks);
            shape.push(len);
        }
        Self::new(shape, axes)
    }

    /// Returns the region of a chunk, by its number in C order.
    ///
    /// # Errors
    /// `NotFound` if there is no such chunk.
    pub fn chunk_region(&self, index: usize) -> Result<Region> {
        let mut start = self.chunk_coordinates(index)?;
        let mut shape = vec![0; self.ndim()];
        for axis in 0..self.ndim() {
            (start[axis], shape[axis]) = self.axes[axis].chunk(self.shape[axis], start[axis]);
        }
        Ok(Region::of(start, shape))
    }

    /// Returns the coordinates of a chunk in the grid, by its number in C order.
    ///
    /// # Errors
    /// `NotFound` if there is no such chunk.
    pub fn chunk_coordinates(&self, number: usize) -> Result<Vec<usize>> {
        let mut coordinates = self.chunks_per_axis();
        let count: usize = coordinates.iter().product();
        if number >= count {
            return Err(Error::new(
                crate::error::ErrorKind::NotFound,
                format!("there is no chunk {number}: the array has {count}"),
            ));
        }
        let mut rest = number;
        for coordinate in coordinates.iter_mut().rev() {
            let len = *coordinate;
            *coordinate = rest % len;
            rest /= len;
        }
        Ok(coordinates)
    }

    /// Returns the number of the chunk at these coordinates.
    ///
    /// # Errors
    /// `NotFound` if there is no such chunk.
    pub fn chunk_number(&self, coordinates: &[usize]) -> Result<usize> {
        let per_axis = self.chunks_per_axis();
        if coordinates.len() != per_axis.len() || coordinates.iter().zip(&per_axis).any(|(at, count)| at >= count) {
            return Err(Error::new(
                crate::error::ErrorKind::NotFound,
                format!("there is no chunk {coordinates:?}: the array has {per_axis:?} chunks"),
            ));
        }
        Ok(coordinates.iter().zip(&per_axis).fold(0, |number, (at, count)| number * count + at))
    }

    /// Start and length of one chunk on one axis, if there is such a chunk.
    pub(crate) fn axis_chunk(&self, axis: usize, index: usize) -> Option<(usize, usize)> {
        let len = self.shape[axis];
        (index < self.axes[axis].count(len)).then(|| self.axes[axis].chunk(len, index))
    }

    /// Start and length of the chunk at this position of an axis.
    pub(crate) fn axis_chunk_around(&self, axis: usize, position: usize) -> (usize, usize) {
        let (index, _) = self.axes[axis].overlapping(position, position + 1);
        self.axes[axis].chunk(self.shape[axis], index)
    }

    /// The numbers of the chunks that overlap the region, in C order. An iterator, since they may not fit into memory.
    pub(crate) fn overlapping(&self, region: &Region) -> impl ExactSizeIterator<Item = usize> + use<> {
        self.some_overlapping(region, 0..usize::MAX)
    }

    /// Those of the chunks that overlap the region whose places among them are in a range.
    pub(in crate::array) fn some_overlapping(
        &self,
        region: &Region,
        places: Range<usize>,
    ) -> impl ExactSizeIterator<Item = usize> + use<> {
        let mut total = usize::from(!region.is_empty());
        // Per axis: the first chunk, the number of chunks that overlap, and the number of all chunks.
        let mut axes = Vec::with_capacity(self.ndim());
        for (axis, (start, end)) in region.start().iter().zip(region.end()).enumerate() {
            if total == 0 {
                break;
            }
            let (first, last) = self.axes[axis].overlapping(*start, end);
            total *= last - first;
            axes.push((first, last - first, self.axes[axis].count(self.shape[axis])));
        }
        (places.start.min(total)..places.end.min(total)).map(move |index| {
            let (mut rest, mut number, mut weight) = (index, 0, 1);
            for (first, len, count) in axes.iter().rev() {
                number += (first + rest % len) * weight;
                rest /= len;
                weight *= count;
            }
            number
        })
    }

    /// The number of the chunk that is exactly this region, if there is one.
    pub(crate) fn exact_chunk(&self, region: &Region) -> Option<usize> {
        let mut number = 0;
        for (axis, (start, len)) in region.start().iter().zip(region.shape()).enumerate() {
            let total = self.shape[axis];
            if *start >= total || *len == 0 {
                return None;
            }
            let (first, _) = self.axes[axis].overlapping(*start, start + 1);
            if self.axes[axis].chunk(total, first) != (*start, *len) {
                return None;
            }
            number = number * self.axes[axis].count(total) + first;
        }
        Some(number)
    }
}

/// The shape of chunks of at most `most` bytes.
fn chunk_of_bytes(shape: &[usize], element_size: usize, most: usize) -> Vec<usize> {
    let mut chunk: Vec<usize> = shape.iter().map(|len| (*len).max(1)).collect();
    let bytes = |chunk: &[usize]| chunk.iter().fold(element_size, |n, len| n.saturating_mul(*len));
    while bytes(&chunk) > most {
        match chunk.iter_mut().max() {
            Some(longest) if *longest > 1 => *longest = longest.div_ceil(2),
            _ => break,
        }
    }
    chunk
}

fn too_many(shape: &[usize]) -> Error {
    Error::invalid(format!("an array of shape {shape:?} has more elements than this machine can count"))
}

#[cfg(test)]
#[allow(clippy::panic)]
mod tests;
