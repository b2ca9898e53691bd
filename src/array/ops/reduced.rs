//! Computes a reduction: the chunks of the input one after the other, into the states of one region of the result.
//! Where the result has few chunks, segments of the input have states of their own, and are reduced in parallel.

use super::reducers::Reducer;
use crate::array::source::{Elements, Reading, Source};
use crate::array::{ChunkedArray, Element, ErasedArray, Evaluation, Region, element_count};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::task::check_cancelled;
use ndarray::{ArrayD, ArrayViewD};

pub(super) struct Reduced<T: Element, R> {
    pub(super) input: ChunkedArray<T>,
    /// How many elements of each axis become one.
    pub(super) blocks: Vec<usize>,
    /// The axes of the input that the result does not have.
    pub(super) dropped: Vec<bool>,
    pub(super) reading: Reading,
    /// The number of chunks of the result.
    pub(super) chunks: usize,
    pub(super) reducer: R,
}

/// The most segments of the input that are reduced on their own, over all chunks of the result.
const MOST_SEGMENTS: usize = 8;

/// The least bytes of a segment: less is not worth a thread.
const SEGMENT_BYTES: usize = 1 << 18;

/// The most bytes of the states of all segments of a chunk.
const STATE_BYTES: usize = 64 << 20;

impl<T: Element, R: Reducer<T>> Reduced<T, R> {
    /// The number of segments of a part of the input, which has so many chunks, for so many states. It depends on sizes
    /// alone: the sum of floats depends on where segments begin, and must not depend on the number of threads.
    fn segments(&self, wanted: &Region, chunks: usize, states: usize) -> usize {
        let bytes = wanted.len().saturating_mul(size_of::<T>());
        let state_bytes = states.saturating_mul(size_of::<R::State>()).max(1);
        let most = (MOST_SEGMENTS / self.chunks.max(1)).min(chunks);
        most.min(bytes / SEGMENT_BYTES).min(STATE_BYTES / state_bytes).max(1)
    }

    /// The states of a region of the result, without elements.
    fn start(&self, target: &Region) -> Result<Vec<R::State>> {
        let shape = target.shape();
        let too_large = || Error::limit(format!("a reduction of shape {shape:?} does not fit into memory"));
        let count = element_count(shape).ok_or_else(too_large)?;
        let mut states = Vec::new();
        states.try_reserve_exact(count).map_err(|_| too_large())?;
        states.resize(count, self.reducer.start());
        Ok(states)
    }

    /// Adds the elements of these chunks of the input that are wanted to the states of the target.
    fn absorb_chunks(
        &self,
        evaluation: &Evaluation,
        numbers: impl Iterator<Item = usize>,
        wanted: &Region,
        target: &Region,
        states: &mut [R::State],
    ) -> Result<()> {
        for number in numbers {
            check_cancelled()?;
            let part = self.input.grid().chunk_region(number)?.intersection(wanted);
            // Chunks of length 0 between the others.
            if part.is_empty() {
                continue;
            }
            let elements = self.input.produce(evaluation, &part)?;
            let elements = elements.as_standard_layout();
            let elements = elements.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
            absorb(&self.reducer, &self.blocks, &part, elements, target, states);
        }
        Ok(())
    }

    /// The states of the target, of all chunks of the input that are wanted.
    fn states(&self, evaluation: &Evaluation, wanted: &Region, target: &Region) -> Result<Vec<R::State>> {
        let mut states = self.start(target)?;
        let grid = self.input.grid();
        let chunks = grid.overlapping(wanted).len();
        let segments = self.segments(wanted, chunks, states.len());
        if segments == 1 {
            self.absorb_chunks(evaluation, grid.overlapping(wanted), wanted, target, &mut states)?;
            return Ok(states);
        }
        let largest: usize = grid.largest_chunk().iter().product();
        let bytes = largest.saturating_mul(size_of::<T>());
        let bytes = bytes.saturating_add(states.len().saturating_mul(size_of::<R::State>()));
        let done = Mutex::new(vec![None; segments]);
        evaluation.fork(bytes, segments, |segment| {
            let share = chunks.div_ceil(segments);
            let mut own = self.start(target)?;
            let numbers = grid.some_overlapping(wanted, share * segment..share * (segment + 1));
            self.absorb_chunks(evaluation, numbers, wanted, target, &mut own)?;
            done.lock()[segment] = Some(own);
            Ok(())
        })?;
        for own in done.into_inner().into_iter().flatten() {
            for (state, other) in states.iter_mut().zip(own) {
                self.reducer.join(state, other);
            }
        }
        Ok(states)
    }
}

/// The state of a part of an array of this shape, which becomes one value.
pub(crate) fn state_of<T: Element, R: Reducer<T>>(
    reducer: &R,
    shape: &[usize],
    part: &Region,
    elements: ArrayViewD<'_, T>,
) -> R::State {
    let mut state = [reducer.start()];
    if elements.is_empty() {
        let [state] = state;
        return state;
    }
    match elements.as_slice_memory_order() {
        Some(row) if !R::NEEDS_POSITIONS => reducer.row(&mut state[0], row, 0),
        _ => {
            let elements = elements.as_standard_layout();
            let target = Region::of(vec![0; shape.len()], vec![1; shape.len()]);
            if let Some(elements) = elements.as_slice() {
                absorb(reducer, shape, part, elements, &target, &mut state);
            }
        }
    }
    let [state] = state;
    state
}

impl<T: Element, R: Reducer<T>> Source<R::Out> for Reduced<T, R> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<R::Out>> {
        let (mut start, mut shape) = (Vec::with_capacity(self.blocks.len()), Vec::with_capacity(self.blocks.len()));
        let mut own = region.start().iter().zip(region.shape());
        for is_dropped in &self.dropped {
            let (at, len) = if *is_dropped { (0, 1) } else { own.next().map_or((0, 1), |(at, len)| (*at, *len)) };
            start.push(at);
            shape.push(len);
        }
        let mut from = Vec::with_capacity(start.len());
        let mut lens = Vec::with_capacity(start.len());
        for (axis, block) in self.blocks.iter().enumerate() {
            let first = start[axis] * block;
            from.push(first);
            lens.push((shape[axis] * block).min(self.input.shape()[axis].saturating_sub(first)));
        }
        let wanted = Region::of(from, lens);
        let target = Region::of(start, shape);
        let states = self.states(evaluation, &wanted, &target)?;
        let results = states.into_iter().map(|state| self.reducer.finish(state)).collect::<Result<Vec<_>>>()?;
        let results = ArrayD::from_shape_vec(region.shape(), results);
        Ok(results.map_err(|error| Error::invalid(error.to_string()))?.into_shared())
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.input, self.reading);
    }
}

/// How the elements of a row go to the states.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowStates {
    /// Each element has a state of its own.
    Kept,
    /// All have one state.
    Single,
    /// Pieces of it have states of their own.
    Pieces,
}

/// Adds the elements of a part of the input, in C order, to the states of a region of the result.
fn absorb<T: Element, R: Reducer<T>>(
    reducer: &R,
    blocks: &[usize],
    part: &Region,
    elements: &[T],
    target: &Region,
    states: &mut [R::State],
) {
    let (first, lens, ndim) = (part.start(), part.shape(), blocks.len());
    // The distance of two neighbours on an axis: among the states, and among the positions in a block.
    let (mut strides, mut steps) = (vec![1; ndim], vec![1; ndim]);
    for axis in (1..ndim).rev() {
        strides[axis - 1] = strides[axis] * target.shape()[axis];
        steps[axis - 1] = steps[axis] * blocks[axis];
    }
    let kind = |axis: usize| match blocks[axis] {
        1 => RowStates::Kept,
        block if first[axis] / block == (first[axis] + lens[axis] - 1) / block => RowStates::Single,
        _ => RowStates::Pieces,
    };
    let row_kind = if ndim == 0 { RowStates::Single } else { kind(ndim - 1) };
    // A row is the last axis, and those before it whose elements and states follow each other in memory.
    let mut outer = ndim.saturating_sub(1);
    while outer > 0 && row_kind != RowStates::Pieces && kind(outer - 1) == row_kind {
        let follows = match row_kind {
            RowStates::Kept => lens[outer] == target.shape()[outer],
            _ => lens[outer] == blocks[outer],
        };
        if !follows {
            break;
        }
        outer -= 1;
    }
    let row_len = lens[outer..].iter().product::<usize>().max(1);
    let mut index = vec![0; outer];
    for row in elements.chunks_exact(row_len) {
        let (mut state, mut at) = (0, 0);
        for axis in 0..ndim {
            let position = first[axis] + index.get(axis).copied().unwrap_or(0);
            state += strides[axis] * (position / blocks[axis] - target.start()[axis]);
            at += steps[axis] * (position % blocks[axis]);
        }
        match row_kind {
            RowStates::Kept => {
                for (state, x) in states[state..state + row_len].iter_mut().zip(row) {
                    reducer.add(state, x.clone(), at);
                }
            }
            RowStates::Single => reducer.row(&mut states[state], row, at),
            RowStates::Pieces => {
                let block = blocks[ndim - 1];
                let (mut left, mut len) = (row, block - first[ndim - 1] % block);
                while !left.is_empty() {
                    let (piece, rest) = left.split_at(len.min(left.len()));
                    reducer.row(&mut states[state], piece, at);
                    at -= at % block;
                    (left, len, state) = (rest, block, state + 1);
                }
            }
        }
        for axis in (0..outer).rev() {
            index[axis] += 1;
            if index[axis] < lens[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}
