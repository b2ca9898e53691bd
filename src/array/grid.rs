//! The chunk grid: how an array is cut into chunks.

use super::Region;
use super::memory::element_count;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How an array is cut into chunks: per axis either equal chunks (the last may be shorter) or any lengths, like dask's
/// `((3, 5, 2),)`. Chunks are numbered in C order.
///
/// Serialized as the shape and, per axis, the runs of equal chunks: `{"shape": [10], "chunks": [[[3, 1], [5, 1], [2,
/// 1]]]}`.
///
/// ```
/// # use arraystow::ChunkGrid;
/// let grid = ChunkGrid::irregular(&[vec![3, 5, 2]])?;
/// assert_eq!(grid.shape(), [10]);
/// assert_eq!(grid.chunk_region(1)?.start(), [3]);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct ChunkGrid {
    shape: Arc<[usize]>,
    axes: Arc<[Axis]>,
}

/// The serialized form of a grid.
#[derive(Serialize, Deserialize)]
struct Form {
    shape: Vec<usize>,
    chunks: Vec<Vec<(usize, usize)>>,
}

impl From<ChunkGrid> for Form {
    fn from(grid: ChunkGrid) -> Self {
        Self { shape: grid.shape.to_vec(), chunks: grid.runs() }
    }
}

impl TryFrom<Form> for ChunkGrid {
    type Error = Error;

    fn try_from(form: Form) -> Result<Self> {
        let grid = Self::from_runs(&form.chunks)?;
        if *grid.shape == *form.shape {
            return Ok(grid);
        }
        let (shape, found) = (&form.shape, &grid.shape);
        Err(Error::invalid(format!("the chunks of a grid of shape {shape:?} add up to the shape {found:?}")))
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Axis {
    /// Equal chunks of this length.
    Regular(usize),
    /// Runs of equal chunks: one for each change of the length, whatever the number of chunks.
    Irregular(Arc<[Run]>),
}

/// Consecutive chunks of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Run {
    /// The number of the first chunk.
    first: usize,
    /// The position of the first chunk.
    start: usize,
    size: usize,
    times: usize,
}

impl Run {
    fn end(&self) -> usize {
        self.start + self.size * self.times
    }
}

impl Axis {
    fn count(&self, len: usize) -> usize {
        match self {
            Self::Regular(chunk) => len.div_ceil(*chunk),
            Self::Irregular(runs) => runs.last().map_or(0, |run| run.first + run.times),
        }
    }

    /// Start and length of one chunk.
    fn chunk(&self, len: usize, index: usize) -> (usize, usize) {
        match self {
            Self::Regular(chunk) => {
                let start = index * chunk;
                (start, (*chunk).min(len - start))
            }
            Self::Irregular(runs) => {
                let run = runs[runs.partition_point(|run| run.first <= index) - 1];
                (run.start + (index - run.first) * run.size, run.size)
            }
        }
    }

    /// The first and one past the last chunk that overlap `start..end`, which must not be empty.
    fn overlapping(&self, start: usize, end: usize) -> (usize, usize) {
        match self {
            Self::Regular(chunk) => (start / chunk, end.div_ceil(*chunk)),
            Self::Irregular(runs) => {
                // Neither run has chunks of length 0.
                let first = runs[runs.partition_point(|run| run.end() <= start)];
                let last = runs[runs.partition_point(|run| run.end() < end)];
                let (from, to) = ((start - first.start) / first.size, (end - last.start).div_ceil(last.size));
                (first.first + from, last.first + to)
            }
        }
    }
}

impl ChunkGrid {
    /// Equal chunks of `chunk_shape`; those at the far edges may be smaller. An array without axes is a single value.
    ///
    /// # Errors
    /// `InvalidInput` if the ranks differ, a chunk has no length, or the shape has more elements than can be counted.
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
        let axes = chunk_shape.iter().zip(shape).map(|(chunk, len)| Axis::Regular((*chunk).min((*len).max(1))));
        Self::new(shape.to_vec(), axes.collect())
    }

    /// Chunks of any lengths, listed per axis. Equal lengths give the same grid as [`regular`](Self::regular).
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
        let axes = chunk_of_bytes(shape, element_size, Self::DEFAULT_BYTES).into_iter().map(Axis::Regular).collect();
        Self { shape: shape.into(), axes }
    }

    fn new(shape: Vec<usize>, axes: Vec<Axis>) -> Result<Self> {
        element_count(&shape).ok_or_else(|| too_many(&shape))?;
        let mut count = 1usize;
        for (axis, len) in axes.iter().zip(&shape) {
            count = count.checked_mul(axis.count(*len)).ok_or_else(|| too_many(&shape))?;
        }
        Ok(Self { shape: shape.into(), axes: axes.into() })
    }

    /// Elements per axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of axes.
    #[must_use]
    pub fn ndim(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether there is no element.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.contains(&0)
    }

    /// The number of chunks per axis.
    #[must_use]
    pub fn chunks_per_axis(&self) -> Vec<usize> {
        self.axes.iter().zip(&*self.shape).map(|(axis, len)| axis.count(*len)).collect()
    }

    /// The number of chunks.
    #[must_use]
    pub fn chunk_count(&self) -> usize {
        self.axes.iter().zip(&*self.shape).map(|(axis, len)| axis.count(*len)).product()
    }

    /// The shape of all chunks except those at the far edges, if it is the same for all.
    #[must_use]
    pub fn chunk_shape(&self) -> Option<Vec<usize>> {
        self.axes
            .iter()
            .map(|axis| match axis {
                Axis::Regular(chunk) => Some(*chunk),
                Axis::Irregular(_) => None,
            })
            .collect()
    }

    /// The largest chunk per axis.
    #[must_use]
    pub fn largest_chunk(&self) -> Vec<usize> {
        let largest = |(axis, len): (&Axis, &usize)| match axis {
            Axis::Regular(chunk) => (*chunk).min(*len),
            Axis::Irregular(runs) => runs.iter().map(|run| run.size).max().unwrap_or(0),
        };
        self.axes.iter().zip(&*self.shape).map(largest).collect()
    }

    /// The length of every chunk, per axis, like dask's `chunks`. The lists have an entry for each chunk along an axis.
    /// If they may not fit into memory, use [`chunk_region`](Self::chunk_region) for one chunk at a time.
    #[must_use]
    pub fn chunks(&self) -> Vec<Vec<usize>> {
        self.axes
            .iter()
            .zip(&*self.shape)
            .map(|(axis, len)| (0..axis.count(*len)).map(|index| axis.chunk(*len, index).1).collect())
            .collect()
    }

    /// The lengths of the chunks, per axis, as runs of equal lengths: `(length, count)`.
    pub(crate) fn runs(&self) -> Vec<Vec<(usize, usize)>> {
        let axis_runs = |(axis, len): (&Axis, &usize)| match axis {
            Axis::Regular(chunk) => {
                let (full, rest) = (len / chunk, len % chunk);
                let mut runs = Vec::with_capacity(2);
                if full > 0 {
                    runs.push((*chunk, full));
                }
                if rest > 0 {
                    runs.push((rest, 1));
                }
                runs
            }
            Axis::Irregular(runs) => runs.iter().map(|run| (run.size, run.times)).collect(),
        };
        self.axes.iter().zip(&*self.shape).map(axis_runs).collect()
    }

    /// The grid of these runs, which may come from a file. It takes no more memory than the runs.
    pub(crate) fn from_runs(runs: &[Vec<(usize, usize)>]) -> Result<Self> {
        let mut shape = Vec::with_capacity(runs.len());
        let mut axes = Vec::with_capacity(runs.len());
        for axis in runs {
            let (mut first, mut start) = (0usize, 0usize);
            // Merged, so that grids with the same chunks are equal, whatever their runs in a file.
            let mut merged: Vec<Run> = Vec::new();
            for (size, times) in axis.iter().filter(|(_, times)| *times > 0) {
                let (at, number) = (start, first);
                start = size.checked_mul(*times).and_then(|n| n.checked_add(start)).ok_or_else(|| too_many(&shape))?;
                first = first.checked_add(*times).ok_or_else(|| too_many(&shape))?;
                match merged.last_mut() {
                    // Cannot overflow: it is at most `first`.
                    Some(last) if last.size == *size => last.times += times,
                    _ => merged.push(Run { first: number, start: at, size: *size, times: *times }),
                }
            }
            axes.push(match merged.as_slice() {
                [] => Axis::Regular(1),
                [run] if run.size > 0 => Axis::Regular(run.size),
                [run, last] if last.times == 1 && last.size < run.size && last.size > 0 => Axis::Regular(run.size),
                runs => Axis::Irregular(runs.into()),
            });
            shape.push(start);
        }
        Self::new(shape, axes)
    }

    /// The region of a chunk, by its number in C order.
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

    /// The coordinates of a chunk in the grid, by its number in C order.
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

    /// The number of the chunk at these coordinates.
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
        (0..total).map(move |index| {
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
