//! The same elements in another shape.

use crate::array::source::{Elements, Reading, Source, assemble};
use crate::array::{
    ArrayMeta, ChunkGrid, ChunkedArray, Element, ErasedArray, Evaluation, Region, element_count, zeroed,
};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::{IxDyn, SliceInfoElem};
use std::ops::Range;
use std::sync::Arc;

/// The lengths of chunks on an axis, as runs of equal lengths.
type Runs = Vec<(usize, usize)>;

impl<T: Element> ChunkedArray<T> {
    /// Returns the same elements in another shape, in C order. Lazy.
    ///
    /// Axes are split and joined where the chunks allow it: along axes that are joined, the elements of a chunk must be
    /// consecutive. A chunk may therefore divide one of these axes, must have length 1 along the axes before it, and
    /// must cover the axes after it. The chunks of the result are those of the array where they fit the new axes, and
    /// no larger elsewhere.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let hours = ChunkedArray::<f32>::zeros(&[8760, 180], &[24, 180])?;
    /// let days = hours.reshape(&[365, 24, 180])?;
    /// assert_eq!(days.grid().chunk_shape(), Some(vec![1, 24, 180]));
    /// let line = days.reshape(&[365 * 24 * 180])?;
    /// assert_eq!(line.grid().chunk_shape(), Some(vec![24 * 180]));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the shape has another number of elements, or if axes are joined along which the elements of a
    /// chunk are not consecutive: [`rechunk`](Self::rechunk) the array first.
    pub fn reshape(&self, shape: &[usize]) -> Result<Self> {
        if element_count(shape) != Some(self.len()) {
            let (own, len) = (self.shape(), self.len());
            return Err(Error::invalid(format!(
                "an array of shape {own:?} has {len} elements and cannot be reshaped to {shape:?}"
            )));
        }
        if shape == self.shape() {
            return Ok(self.clone());
        }
        let groups = if self.is_empty() { Vec::new() } else { groups(self.shape(), shape) };
        let mut reading = Reading::OncePerChunk;
        let mut runs = Vec::with_capacity(shape.len());
        for group in &groups {
            let (of_group, fits) = self.runs_of(group, shape)?;
            runs.extend(of_group);
            if !fits {
                reading = Reading::Across;
            }
        }
        if self.is_empty() {
            runs = shape.iter().map(|len| vec![(*len, 1)]).collect();
        }
        let grid = ChunkGrid::from_runs(&runs)?;
        let labels = self.labels().with_dims(None);
        let source = Reshaped { input: self.clone(), groups, grid: grid.clone(), reading };
        Ok(Self::operation(grid, self.depth(), Arc::new(source)).chosen(ArrayMeta::of_labels(labels)))
    }

    /// The chunks of the new axes of a group, and whether each is a chunk of the array.
    fn runs_of(&self, group: &Group, shape: &[usize]) -> Result<(Vec<Runs>, bool)> {
        let (old, new) = (&self.shape()[group.old.clone()], &shape[group.new.clone()]);
        let mut runs = self.grid().runs();
        let runs: Vec<Runs> = runs.drain(group.old.clone()).map(of_some_length).collect();
        // The axis that chunks cut.
        let cut = runs.iter().position(|runs| runs.iter().any(|(len, _)| *len > 1));
        let cut = cut.unwrap_or(runs.len().saturating_sub(1));
        if runs.iter().zip(old).skip(cut + 1).any(|(runs, len)| *runs != [(*len, 1)]) {
            let mut chunk = self.grid().largest_chunk();
            chunk[group.old.clone()][..cut].fill(1);
            chunk[group.old.clone()][cut] = 1;
            chunk[group.old.clone()][cut + 1..].copy_from_slice(&old[cut + 1..]);
            return Err(Error::invalid(format!(
                "an array of shape {:?} in chunks of {:?} cannot be reshaped to {shape:?}: the elements of a chunk \
                    are not consecutive along axes {:?}; rechunk() the array first, such as to {chunk:?}",
                self.shape(),
                self.grid().largest_chunk(),
                group.old.clone().collect::<Vec<_>>(),
            )));
        }
        let (outer, inner) = (product(&old[..cut]), product(old.get(cut + 1..).unwrap_or(&[])));
        let spans: Runs = match runs.get(cut) {
            Some(runs) => runs.iter().map(|(len, times)| (len * inner, *times)).collect(),
            None => vec![(1, 1)],
        };
        let exact = (0..new.len()).find_map(|axis| Some((axis, exact_runs(&spans, outer, new, axis)?)));
        let fits = exact.is_some();
        let (axis, of_axis) = match exact {
            Some(exact) => exact,
            None if new.is_empty() => return Ok((Vec::new(), true)),
            None => nearest_runs(&spans, new),
        };
        let mut axes: Vec<Runs> = new.iter().map(|len| vec![(*len, 1)]).collect();
        for (runs, len) in axes.iter_mut().zip(new).take(axis) {
            *runs = vec![(1, *len)];
        }
        axes[axis] = of_axis;
        Ok((axes, fits))
    }
}

/// Chunks without those of length 0.
fn of_some_length(mut runs: Runs) -> Runs {
    runs.retain(|(len, _)| *len > 0);
    runs
}

fn product(lens: &[usize]) -> usize {
    lens.iter().product()
}

/// The chunks of a new axis, if they can be the spans of elements. These repeat `outer` times.
fn exact_runs(spans: &Runs, outer: usize, new: &[usize], axis: usize) -> Option<Runs> {
    let (before, inner) = (product(&new[..axis]), product(&new[axis + 1..]));
    if spans.iter().any(|(len, _)| !len.is_multiple_of(inner)) {
        return None;
    }
    if before == outer {
        return Some(spans.iter().map(|(len, times)| (len / inner, *times)).collect());
    }
    let [(len, _)] = spans.as_slice() else { return None };
    let chunk = len / inner;
    new[axis].is_multiple_of(chunk).then(|| vec![(chunk, new[axis] / chunk)])
}

/// A new axis and its chunks, none of them larger than the spans.
fn nearest_runs(spans: &Runs, new: &[usize]) -> (usize, Runs) {
    let most = spans.iter().map(|(len, _)| *len).max().unwrap_or(1);
    let axis = (0..new.len()).find(|axis| product(&new[axis + 1..]) <= most).unwrap_or(new.len() - 1);
    let chunk = (most / product(&new[axis + 1..])).clamp(1, new[axis]);
    (axis, of_some_length(vec![(chunk, new[axis] / chunk), (new[axis] % chunk, 1)]))
}

/// Axes of an array that become axes of another shape, with as many elements.
struct Group {
    old: Range<usize>,
    new: Range<usize>,
}

/// The smallest groups of axes of two shapes of equally many elements, of which there are some.
fn groups(old: &[usize], new: &[usize]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let (mut i, mut j) = (0, 0);
    while i < old.len() && j < new.len() {
        let (first, first_new) = (i, j);
        let (mut a, mut b) = (old[i], new[j]);
        (i, j) = (i + 1, j + 1);
        while a != b {
            if a < b {
                a *= old[i];
                i += 1;
            } else {
                b *= new[j];
                j += 1;
            }
        }
        groups.push(Group { old: first..i, new: first_new..j });
    }
    // Axes of length 1 at the end of one of them.
    match groups.last_mut() {
        Some(last) => (last.old.end, last.new.end) = (old.len(), new.len()),
        None => groups.push(Group { old: 0..old.len(), new: 0..new.len() }),
    }
    groups
}

/// A part of a span of elements that is a box on the axes of a group.
struct Piece {
    /// Where it begins in the span.
    offset: usize,
    len: usize,
    start: Vec<usize>,
    shape: Vec<usize>,
}

/// Cuts the elements from `low` to `high`, counted in C order, into boxes of an array of this shape.
fn boxes(shape: &[usize], low: usize, high: usize) -> Vec<Piece> {
    let Some((_, rest)) = shape.split_first() else {
        return vec![Piece { offset: 0, len: high - low, start: Vec::new(), shape: Vec::new() }];
    };
    let inner = product(rest);
    let mut pieces = Vec::new();
    let mut at = low;
    while at < high {
        let row = at / inner;
        let whole = (high - at) / inner;
        if at.is_multiple_of(inner) && whole > 0 {
            let (mut start, mut lens) = (vec![0; shape.len()], shape.to_vec());
            (start[0], lens[0]) = (row, whole);
            pieces.push(Piece { offset: at - low, len: whole * inner, start, shape: lens });
            at += whole * inner;
            continue;
        }
        let end = high.min((row + 1) * inner);
        for mut piece in boxes(rest, at - row * inner, end - row * inner) {
            piece.offset += at - low;
            piece.start.insert(0, row);
            piece.shape.insert(0, 1);
            pieces.push(piece);
        }
        at = end;
    }
    pieces
}

struct Reshaped<T: Element> {
    input: ChunkedArray<T>,
    groups: Vec<Group>,
    grid: ChunkGrid,
    reading: Reading,
}

impl<T: Element> Reshaped<T> {
    /// The boxes of the input, for each group, that a chunk consists of.
    fn pieces(&self, chunk: &Region) -> Vec<Vec<Piece>> {
        let of_group = |group: &Group| {
            let (shape, start) = (&self.grid.shape()[group.new.clone()], &chunk.start()[group.new.clone()]);
            let low = start.iter().zip(shape).fold(0, |at, (start, len)| at * len + start);
            let len = product(&chunk.shape()[group.new.clone()]);
            boxes(&self.input.shape()[group.old.clone()], low, low + len)
        };
        self.groups.iter().map(of_group).collect()
    }

    /// The elements of one box for each group, with an axis for each group.
    fn piece(&self, evaluation: &Evaluation, pieces: &[&Piece]) -> Result<Elements<T>> {
        let start = pieces.iter().flat_map(|piece| piece.start.iter().copied()).collect();
        let shape = pieces.iter().flat_map(|piece| piece.shape.iter().copied()).collect();
        let elements = self.input.produce(evaluation, &Region::of(start, shape))?;
        reshaped(elements, &pieces.iter().map(|piece| piece.len).collect::<Vec<_>>())
    }
}

/// The elements in C order in another shape. Only those in another order are copied.
fn reshaped<T: Element>(elements: Elements<T>, shape: &[usize]) -> Result<Elements<T>> {
    let elements = match elements.is_standard_layout() {
        true => elements,
        false => elements.as_standard_layout().into_owned().into_shared(),
    };
    elements.into_shape_with_order(IxDyn(shape)).map_err(|error| Error::invalid(error.to_string()))
}

impl<T: Element> Source<T> for Reshaped<T> {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        assemble(&self.grid, region, |_, chunk| {
            let pieces = self.pieces(chunk);
            if pieces.iter().all(|of_group| of_group.len() == 1) {
                let only: Vec<&Piece> = pieces.iter().flatten().collect();
                return reshaped(self.piece(evaluation, &only)?, chunk.shape());
            }
            let lens: Vec<usize> = pieces.iter().map(|of_group| of_group.iter().map(|piece| piece.len).sum()).collect();
            let mut out = zeroed::<T>(&lens)?;
            let count: usize = pieces.iter().map(Vec::len).product();
            for mut number in 0..count {
                check_cancelled()?;
                let mut chosen = Vec::with_capacity(pieces.len());
                for of_group in pieces.iter().rev() {
                    chosen.push(&of_group[number % of_group.len()]);
                    number /= of_group.len();
                }
                chosen.reverse();
                let place = chosen.iter().map(|piece| (piece.offset..piece.offset + piece.len).into());
                let place: Vec<SliceInfoElem> = place.collect();
                out.slice_mut(place.as_slice()).assign(&self.piece(evaluation, &chosen)?);
            }
            reshaped(out.into_shared(), chunk.shape())
        })
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Dimension;

    #[test]
    fn boxes_have_all_elements_of_a_span_in_order() {
        let shape = [3, 2, 4];
        for low in 0..24 {
            for high in low + 1..=24 {
                let mut found = Vec::new();
                for piece in boxes(&shape, low, high) {
                    assert_eq!(piece.offset, found.len());
                    let end = found.len() + piece.len;
                    for at in ndarray::indices(IxDyn(&piece.shape)) {
                        let at = at.slice().iter().zip(&piece.start).zip(shape);
                        found.push(at.fold(0, |n, ((at, start), len)| n * len + at + start));
                    }
                    assert_eq!(found.len(), end);
                }
                assert!(found.into_iter().eq(low..high), "{low}..{high}");
            }
        }
    }
}
