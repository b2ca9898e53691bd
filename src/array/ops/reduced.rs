//! Computes a reduction: the chunks of the input one after the other, into the states of one region of the result.

use super::reducers::Reducer;
use crate::array::source::{Elements, Reading, Source};
use crate::array::{ChunkedArray, Element, ErasedArray, Evaluation, Region, element_count};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::ArrayD;

pub(super) struct Reduced<T: Element, R> {
    pub(super) input: ChunkedArray<T>,
    /// How many elements of each axis become one.
    pub(super) blocks: Vec<usize>,
    /// The axes of the input that the result does not have.
    pub(super) dropped: Vec<bool>,
    pub(super) reading: Reading,
    pub(super) reducer: R,
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
        let too_large = || Error::limit(format!("a reduction of shape {shape:?} does not fit into memory"));
        let count = element_count(&shape).ok_or_else(too_large)?;
        let mut states = Vec::new();
        states.try_reserve_exact(count).map_err(|_| too_large())?;
        states.resize(count, self.reducer.start());

        let mut from = Vec::with_capacity(start.len());
        let mut lens = Vec::with_capacity(start.len());
        for (axis, block) in self.blocks.iter().enumerate() {
            let first = start[axis] * block;
            from.push(first);
            lens.push((shape[axis] * block).min(self.input.shape()[axis].saturating_sub(first)));
        }
        let wanted = Region::of(from, lens);
        let target = Region::of(start, shape);
        for number in self.input.grid().overlapping(&wanted) {
            check_cancelled()?;
            let part = self.input.grid().chunk_region(number)?.intersection(&wanted);
            // Chunks of length 0 between the others.
            if part.is_empty() {
                continue;
            }
            let elements = self.input.produce(evaluation, &part)?;
            let elements = elements.as_standard_layout();
            let elements = elements.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
            absorb(&self.reducer, &self.blocks, &part, elements, &target, &mut states);
        }
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
                    reducer.add(state, *x, at);
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
