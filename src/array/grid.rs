//! The chunk grid: how an array is cut, per axis, into chunks.

use super::Region;
use super::memory::element_count;
use crate::error::{Error, Result};
use std::sync::Arc;

/// What a chunk is grown to when the caller does not choose: 1 MiB.
const TARGET_CHUNK_BYTES: usize = 1 << 20;

/// How an array is cut into chunks: per axis either equal chunks (the last may be shorter) or any sizes, as dask's
/// `((3, 5, 2),)`. Chunks are numbered in C order.
///
/// ```
/// # use arraystow::ChunkGrid;
/// let grid = ChunkGrid::irregular(&[vec![3, 5, 2]])?;
/// assert_eq!(grid.shape(), [10]);
/// assert_eq!(grid.chunk_region(1)?.start(), [3]);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkGrid {
    shape: Arc<[usize]>,
    axes: Arc<[Axis]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Axis {
    /// Equal chunks of this length.
    Regular(usize),
    /// Runs of equal chunks: as many as there are changes of length, whatever the number of chunks.
    Irregular(Arc<[Run]>),
}

/// Some equal chunks, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    /// The number of the first of them, and where it begins.
    first: usize,
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

    /// The first and one past the last chunk that meet `start..end`, which is not empty.
    fn overlapping(&self, start: usize, end: usize) -> (usize, usize) {
        match self {
            Self::Regular(chunk) => (start / chunk, end.div_ceil(*chunk)),
            Self::Irregular(runs) => {
                // Neither run is one of chunks of length 0.
                let first = runs[runs.partition_point(|run| run.end() <= start)];
                let last = runs[runs.partition_point(|run| run.end() < end)];
                let (from, to) = ((start - first.start) / first.size, (end - last.start).div_ceil(last.size));
                (first.first + from, last.first + to)
            }
        }
    }
}

impl ChunkGrid {
    /// Equal chunks of `chunk_shape`; those at the far edges may be smaller. No axes at all is a single value.
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

    /// Chunks of any sizes, listed per axis. Sizes that amount to equal chunks give the same grid as
    /// [`regular`](Self::regular).
    ///
    /// # Errors
    /// `InvalidInput` if the shape has more elements than can be counted.
    pub fn irregular(chunks: &[Vec<usize>]) -> Result<Self> {
        let runs: Vec<Vec<_>> = chunks.iter().map(|sizes| sizes.iter().map(|size| (*size, 1)).collect()).collect();
        Self::from_runs(&runs)
    }

    /// Chunks of about 1 MiB: the longest axis is halved until a chunk is no larger.
    ///
    /// # Errors
    /// `InvalidInput` if the shape has more elements than can be counted.
    pub fn auto(shape: &[usize], element_size: usize) -> Result<Self> {
        let mut chunk: Vec<usize> = shape.iter().map(|len| (*len).max(1)).collect();
        let bytes = |chunk: &[usize]| chunk.iter().fold(element_size, |n, len| n.saturating_mul(*len));
        while bytes(&chunk) > TARGET_CHUNK_BYTES {
            match chunk.iter_mut().max() {
                Some(longest) if *longest > 1 => *longest = longest.div_ceil(2),
                _ => break,
            }
        }
        Self::regular(shape, &chunk)
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

    /// The shape of all chunks but those at the far edges, if they are equal.
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

    /// Every chunk's length, per axis, as dask's `chunks`: as many numbers as there are chunks along the axes. Where
    /// those can be more than memory holds, [`chunk_region`](Self::chunk_region) gives one chunk at a time.
    #[must_use]
    pub fn chunks(&self) -> Vec<Vec<usize>> {
        self.axes
            .iter()
            .zip(&*self.shape)
            .map(|(axis, len)| (0..axis.count(*len)).map(|index| axis.chunk(*len, index).1).collect())
            .collect()
    }

    /// The same, as runs of equal lengths: `(length, how often)`. Short whatever the number of equal chunks.
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

    /// The grid of these runs, which may come from a file: it takes no more memory than they do.
    pub(crate) fn from_runs(runs: &[Vec<(usize, usize)>]) -> Result<Self> {
        let mut shape = Vec::with_capacity(runs.len());
        let mut axes = Vec::with_capacity(runs.len());
        for axis in runs {
            let (mut first, mut start) = (0usize, 0usize);
            // Equal cuts must be equal grids, however a file writes them.
            let mut merged: Vec<Run> = Vec::new();
            for (size, times) in axis.iter().filter(|(_, times)| *times > 0) {
                let (at, number) = (start, first);
                start = size.checked_mul(*times).and_then(|n| n.checked_add(start)).ok_or_else(|| too_many(&shape))?;
                first = first.checked_add(*times).ok_or_else(|| too_many(&shape))?;
                match merged.last_mut() {
                    // No overflow: all chunks so far have just been counted.
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

    /// The region of the chunk of that number, in C order.
    ///
    /// # Errors
    /// `NotFound` if there are not so many chunks.
    pub fn chunk_region(&self, index: usize) -> Result<Region> {
        let mut start = self.chunk_coordinates(index)?;
        let mut shape = vec![0; self.ndim()];
        for axis in 0..self.ndim() {
            (start[axis], shape[axis]) = self.axes[axis].chunk(self.shape[axis], start[axis]);
        }
        Ok(Region::new(start, shape))
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

    /// Start and length of one chunk on one axis, if there are so many.
    pub(crate) fn axis_chunk(&self, axis: usize, index: usize) -> Option<(usize, usize)> {
        let len = self.shape[axis];
        (index < self.axes[axis].count(len)).then(|| self.axes[axis].chunk(len, index))
    }

    /// Start and length of the chunk that holds this position of an axis.
    pub(crate) fn axis_chunk_around(&self, axis: usize, position: usize) -> (usize, usize) {
        let (index, _) = self.axes[axis].overlapping(position, position + 1);
        self.axes[axis].chunk(self.shape[axis], index)
    }

    /// The numbers of the chunks that meet the region, in C order. They are not listed: there may be more of them than
    /// memory holds.
    pub(crate) fn overlapping(&self, region: &Region) -> impl ExactSizeIterator<Item = usize> + use<> {
        let mut total = usize::from(!region.is_empty());
        // Per axis: the first chunk, how many of them, and how many the whole axis has.
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

    /// Whether the region is exactly one chunk, and which.
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

fn too_many(shape: &[usize]) -> Error {
    Error::invalid(format!("an array of shape {shape:?} has more elements than this machine can count"))
}
