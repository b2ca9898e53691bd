//! Lazy slices, with ndarray's `s![]`.

use super::source::{Elements, Reading, Source, assemble, copy_into};
use super::{ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region};
use crate::error::{Error, Result};
use ndarray::{ArrayViewMutD, SliceInfoElem};
use std::sync::Arc;

/// The most chunks on one axis that the chunks of a slice follow one by one.
const MOST_LISTED_CHUNKS: usize = 1 << 20;

impl<T: Element> ChunkedArray<T> {
    /// Returns a part of the array, with ndarray's slicing: ranges, negative indices, steps, single indices (which drop
    /// the axis) and `NewAxis`. Lazy: computing it reads only the chunks that it overlaps.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// use ndarray::s;
    ///
    /// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?;
    /// assert_eq!(array.slice(s![2..8;3])?.compute()?.as_slice(), Some(&[2, 5][..]));
    /// assert_eq!(array.slice(s![-1])?.compute()?[[]], 9);
    /// assert!(array.slice(s![0..11]).is_err());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// Attributes and the names of the remaining axes are kept. If an axis is added, the result has no names.
    ///
    /// # Errors
    /// `InvalidInput` if the slice has another number of axes or is out of range.
    pub fn slice(&self, slice: impl AsRef<[SliceInfoElem]>) -> Result<Self> {
        let axes = self.slice_axes(slice.as_ref())?;
        let mut chunks = Vec::new();
        let mut reading = Reading::OncePerChunk;
        let (mut input_axis, mut input_axes) = (0, Vec::new());
        for axis in &axes {
            match axis {
                Axis::Range(range) => {
                    chunks.push(range.runs(self.grid(), input_axis).unwrap_or_else(|| {
                        reading = Reading::Across;
                        range.equal_runs(self.grid().largest_chunk()[input_axis])
                    }));
                    input_axes.push(Some(input_axis));
                    input_axis += 1;
                }
                Axis::Index(_) => input_axis += 1,
                Axis::New => {
                    chunks.push(vec![(1, 1)]);
                    input_axes.push(None);
                }
            }
        }
        let grid = ChunkGrid::from_runs(&chunks)?;
        let source = Sliced { input: self.clone(), axes, grid: grid.clone(), reading };
        let meta = ArrayMeta::of_labels(self.labels().with_axes(input_axes.iter().copied()));
        Ok(Self::operation(grid, self.depth(), Arc::new(source)).chosen(meta))
    }

    /// The region that a slice without steps and new axes names, and the axes that it drops.
    pub(super) fn region_of(&self, slice: &[SliceInfoElem]) -> Result<(Region, Vec<usize>)> {
        let (mut start, mut shape, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        for axis in self.slice_axes(slice)? {
            match axis {
                Axis::Range(Range { start: first, count, stride: 1, backwards: false, .. }) => {
                    start.push(first);
                    shape.push(count);
                }
                Axis::Index(index) => {
                    dropped.push(start.len());
                    start.push(index);
                    shape.push(1);
                }
                Axis::Range(_) | Axis::New => {
                    return Err(Error::invalid(
                        "a slice with a step or a new axis is not a region: give only ranges and indices",
                    ));
                }
            }
        }
        Ok((Region::of(start, shape), dropped))
    }

    fn slice_axes(&self, slice: &[SliceInfoElem]) -> Result<Vec<Axis>> {
        let used = slice.iter().filter(|elem| !elem.is_new_axis()).count();
        if used != self.ndim() {
            return Err(Error::invalid(format!(
                "a slice of {used} axes of an array of {} axes, shape {:?}: give one index or range per axis",
                self.ndim(),
                self.shape()
            )));
        }
        let outside = |axis: usize| {
            Error::invalid(format!("the slice is out of range for axis {axis} of an array of shape {:?}", self.shape()))
        };
        let mut axis = 0;
        let mut axes = Vec::with_capacity(slice.len());
        for elem in slice {
            let len = self.shape().get(axis).copied().unwrap_or(1);
            // Negative positions count from the end.
            let at = |position: isize| {
                if position < 0 { len.checked_sub(position.unsigned_abs()) } else { Some(position.unsigned_abs()) }
            };
            match *elem {
                SliceInfoElem::NewAxis => {
                    axes.push(Axis::New);
                    continue;
                }
                SliceInfoElem::Index(index) => {
                    let index = at(index).filter(|index| *index < len).ok_or_else(|| outside(axis))?;
                    axes.push(Axis::Index(index));
                }
                SliceInfoElem::Slice { start, end, step } => {
                    let start = at(start).filter(|start| *start <= len).ok_or_else(|| outside(axis))?;
                    let end = match end {
                        Some(end) => at(end).filter(|end| *end <= len).ok_or_else(|| outside(axis))?,
                        None => len,
                    };
                    let stride = step.unsigned_abs();
                    if stride == 0 {
                        return Err(Error::invalid("a slice has step 0: give a step of 1 or more, or a negative one"));
                    }
                    let count = end.saturating_sub(start).div_ceil(stride);
                    axes.push(Axis::Range(Range { start, end: end.max(start), stride, backwards: step < 0, count }));
                }
            }
            axis += 1;
        }
        Ok(axes)
    }
}

/// What a slice does with one axis.
#[derive(Clone, Copy, Debug)]
enum Axis {
    Range(Range),
    Index(usize),
    New,
}

/// Every `stride`-th element of `start..end`, forwards from the first or backwards from the last, as ndarray does.
#[derive(Clone, Copy, Debug)]
struct Range {
    start: usize,
    end: usize,
    stride: usize,
    backwards: bool,
    count: usize,
}

impl Range {
    /// The position in the input of the `index`-th element of the slice.
    fn input(&self, index: usize) -> usize {
        if self.backwards { self.end - 1 - index * self.stride } else { self.start + index * self.stride }
    }

    /// The number of elements of the slice in each chunk of the input, as runs `(length, count)`, without chunks that
    /// have none. `None` if the slice touches too many chunks.
    fn runs(&self, grid: &ChunkGrid, axis: usize) -> Option<Vec<(usize, usize)>> {
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut touched = 0;
        let mut index = 0;
        while index < self.count {
            if touched == MOST_LISTED_CHUNKS {
                return None;
            }
            touched += 1;
            let position = self.input(index);
            let (start, len) = grid.axis_chunk_around(axis, position);
            let ahead = if self.backwards { position - start } else { start + len - 1 - position };
            let size = (ahead / self.stride + 1).min(self.count - index);
            match runs.last_mut() {
                Some((last, times)) if *last == size => *times += 1,
                _ => runs.push((size, 1)),
            }
            index += size;
        }
        Some(runs)
    }

    /// Equal chunks, each of which spans at most the length of one chunk of the input.
    fn equal_runs(&self, input_chunk: usize) -> Vec<(usize, usize)> {
        let chunk = (input_chunk / self.stride).max(1);
        let rest = self.count % chunk;
        vec![(chunk, self.count / chunk), (rest, rest.min(1))]
    }
}

struct Sliced<T: Element> {
    input: ChunkedArray<T>,
    axes: Vec<Axis>,
    grid: ChunkGrid,
    reading: Reading,
}

impl<T: Element> Sliced<T> {
    /// Where the input has the elements of a region, if it has them in the same order.
    fn in_place(&self, region: &Region) -> Option<Region> {
        if self.axes.len() != region.shape().len() {
            return None;
        }
        let axes = self.axes.iter().zip(region.start().iter().zip(region.shape()));
        let start: Option<Vec<usize>> = axes
            .map(|(axis, (first, len))| match axis {
                Axis::Range(range) if range.stride == 1 && !range.backwards && *len > 0 => Some(range.input(*first)),
                _ => None,
            })
            .collect();
        Some(Region::of(start?, region.shape().to_vec()))
    }
}

impl<T: Element> Source<T> for Sliced<T> {
    fn is_part(&self) -> bool {
        true
    }

    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        // Chunk by chunk: with a step, a region spans more elements of the input than it has itself.
        assemble(&self.grid, region, |_, chunk| {
            let mut start = Vec::with_capacity(self.input.ndim());
            let mut shape = Vec::with_capacity(self.input.ndim());
            let mut picks = Vec::with_capacity(self.axes.len());
            let mut own = chunk.start().iter().zip(chunk.shape());
            for axis in &self.axes {
                match axis {
                    Axis::New => {
                        own.next();
                        picks.push(SliceInfoElem::NewAxis);
                    }
                    Axis::Index(index) => {
                        start.push(*index);
                        shape.push(1);
                        picks.push(SliceInfoElem::Index(0));
                    }
                    Axis::Range(range) => {
                        let (first, len) = own.next().unwrap_or((&0, &0));
                        let stride = isize::try_from(range.stride).unwrap_or(isize::MAX);
                        let step = if range.backwards { -stride } else { stride };
                        picks.push(SliceInfoElem::Slice { start: 0, end: None, step });
                        let (a, b) = match len.checked_sub(1) {
                            Some(last) => (range.input(*first), range.input(first + last) + 1),
                            None => (range.start, range.start),
                        };
                        // Backwards, the first element of the slice is the last of the input.
                        let (low, high) = if range.backwards && *len > 0 { (b - 1, a + 1) } else { (a, b) };
                        start.push(low);
                        shape.push(high - low);
                    }
                }
            }
            let input = self.input.produce(evaluation, &Region::of(start, shape))?;
            Ok(input.slice_move(picks.as_slice()))
        })
    }

    fn read_into(&self, evaluation: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        match self.in_place(region) {
            Some(own) => self.input.read_into(evaluation, &own, out),
            None => copy_into(self.produce(evaluation, region)?.view(), out),
        }
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, self.reading);
    }

    fn is_cheap(&self) -> bool {
        self.input.is_cheap()
    }

    fn is_view(&self) -> bool {
        true
    }

    fn passed_on(&self, region: &Region) -> Option<(ChunkedArray<T>, Region)> {
        let start = |(axis, start): (&Axis, &usize)| match axis {
            Axis::Range(Range { start: first, stride: 1, backwards: false, .. }) => Some(first + start),
            Axis::Range(_) | Axis::Index(_) | Axis::New => None,
        };
        let start = self.axes.iter().zip(region.start()).map(start).collect::<Option<Vec<_>>>()?;
        // An axis that was dropped leaves fewer than there are.
        (self.axes.len() == region.ndim()).then(|| (self.input.clone(), Region::of(start, region.shape().to_vec())))
    }
}
