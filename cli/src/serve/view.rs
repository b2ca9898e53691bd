//! What a picture of two axes of an array consists of: tiles, each of a few whole blocks of elements.

use super::answer::{Outcome, Refusal};
use crate::arrays::with_ordered;
use crate::plot::{self, Cells, Limits, Map, Scale};
use arraystow::{AnyArray, ChunkedArray};
use hyper::StatusCode;
use ndarray::{Slice, SliceInfoElem};
use serde::Serialize;

/// Rows and columns of the cells of a tile.
pub(super) const SIDE: usize = 256;
/// Elements of which the means are taken. Of a part with more, each cell shows the first element of its block.
const MOST_MEANS: usize = 1 << 24;
/// Characters of an element without an exponent.
const MOST_CHARACTERS: usize = 24;

/// How many elements a cell has along each axis, as powers of 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Levels {
    pub(super) rows: u32,
    pub(super) columns: u32,
}

/// A part of two axes: the ends are outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) left: usize,
    pub(super) right: usize,
}

/// The last two axes of an array of numbers.
pub(super) struct Plane {
    /// The elements as they are.
    array: AnyArray,
    numbers: ChunkedArray<f64>,
}

/// What is known of a window.
#[derive(Debug, Serialize)]
pub(super) struct Numbers {
    low: f64,
    high: f64,
    /// The element, if it is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    element: Option<String>,
}

impl Plane {
    /// `at` are the indices on the other axes.
    pub(super) fn of(array: &AnyArray, at: &[usize]) -> Outcome<Self> {
        let others = array.ndim().checked_sub(2).ok_or_else(|| Refusal::bad("the array has fewer than two axes"))?;
        let lens = &array.shape()[..others];
        if at.len() != others || at.iter().zip(lens).any(|(index, len)| index >= len) {
            return Err(Refusal::bad(format!("{at:?} are not indices on axes of {lens:?}")));
        }
        if array.is_empty() {
            return Err(Refusal::not_found("the array has no elements"));
        }
        let numbers = plot::numbers(array).map_err(|fault| Refusal::bad(fault.to_string()))?;
        let indices = at.iter().map(|index| SliceInfoElem::Index(*index as isize));
        let slice: Vec<_> = indices.chain([Slice::from(..).into(), Slice::from(..).into()]).collect();
        Ok(Self { array: array.slice(&slice)?, numbers: numbers.slice(slice)? })
    }

    /// One tile as a PNG file. It has fewer cells at the ends of the axes.
    pub(super) fn tile(&self, levels: Levels, row: usize, column: usize, limits: Limits, map: Map) -> Outcome<Vec<u8>> {
        let (height, width) = (self.numbers.shape()[0], self.numbers.shape()[1]);
        let rows = extent(row, levels.rows, height)?;
        let columns = extent(column, levels.columns, width)?;
        let window = Window { top: rows.0, bottom: rows.1, left: columns.0, right: columns.1 };
        let cells = self.cells(window, 1 << levels.rows, 1 << levels.columns)?;
        let scale = Scale { limits, map };
        let pixels: Vec<_> = cells.means.iter().map(|number| scale.colour(*number)).collect();
        Ok(plot::png(pixels.as_flattened(), cells.columns as u32, cells.rows as u32)?)
    }

    /// The smallest and the largest number of the cells of a window, as it is shown in one tile.
    pub(super) fn numbers(&self, window: Window) -> Outcome<Numbers> {
        let Window { top, bottom, left, right } = window;
        let (height, width) = (self.numbers.shape()[0], self.numbers.shape()[1]);
        if top >= bottom || left >= right || bottom > height || right > width {
            return Err(Refusal::bad(format!("that is not a part of [{height}, {width}]")));
        }
        let cells = self.cells(window, (bottom - top).div_ceil(SIDE), (right - left).div_ceil(SIDE))?;
        let Limits { low, high } = Limits::of(cells.means.iter().copied(), false);
        let is_one = bottom - top == 1 && right - left == 1;
        let element =
            cells.means.first().filter(|_| is_one).map(|number| self.element(top, left, *number)).transpose()?;
        Ok(Numbers { low, high, element })
    }

    /// An element in full, with the digits of its own type. `number` is what it is drawn as.
    fn element(&self, row: usize, column: usize, number: f64) -> Outcome<String> {
        if number.is_nan() {
            // Or missing.
            return Ok(number.to_string());
        }
        let place = [row, column].map(|index| SliceInfoElem::Index(index as isize));
        let found = self.array.slice(place)?;
        let text = with_ordered!(found.data_type(), T => {
            let element = found.downcast::<T>()?.compute()?;
            element.first().map(|element| (format!("{element}"), format!("{element:e}")))
        }, else => Some((number.to_string(), format!("{number:e}"))));
        let (plain, short) = text.unwrap_or_default();
        Ok(if plain.len() > MOST_CHARACTERS { short } else { plain })
    }

    /// The cells of a window, of so many rows and columns of elements.
    fn cells(&self, window: Window, rows: usize, columns: usize) -> Outcome<Cells> {
        let Window { top, bottom, left, right } = window;
        let (height, width) = (bottom - top, right - left);
        let is_large = height.saturating_mul(width) > MOST_MEANS;
        let axis = |start: usize, end: usize, step: usize| -> SliceInfoElem {
            let step = if is_large { step } else { 1 };
            Slice { start: start as isize, end: Some(end as isize), step: step as isize }.into()
        };
        let part = self.numbers.slice([axis(top, bottom, rows), axis(left, right, columns)])?;
        Ok(Cells::read(&part, height.div_ceil(rows), width.div_ceil(columns))?)
    }
}

/// Where a tile begins and ends on an axis.
fn extent(index: usize, level: u32, len: usize) -> Outcome<(usize, usize)> {
    // No axis has a level at which a lower one has only one tile.
    let is_level = level == 0 || level < usize::BITS - 9 && SIDE << (level - 1) < len;
    if !is_level {
        return Err(Refusal::bad(format!("an axis of {len} has no level {level}")));
    }
    let start = index.checked_mul(SIDE << level).filter(|start| *start < len);
    let start = start.ok_or_else(|| Refusal::new(StatusCode::NOT_FOUND, "there is no such tile"))?;
    Ok((start, start.saturating_add(SIDE << level).min(len)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn tiles_cover_an_axis_once() {
        assert_eq!(extent(0, 0, 100).unwrap(), (0, 100));
        assert_eq!((extent(2, 0, 700).unwrap(), extent(1, 1, 700).unwrap()), ((512, 700), (512, 700)));
        assert_eq!(extent(0, 2, 700).unwrap(), (0, 700));
        for (index, level, len) in
            [(1, 0, 256), (3, 0, 700), (0, 1, 256), (0, 3, 700), (usize::MAX, 0, 700), (0, 70, 700)]
        {
            assert!(extent(index, level, len).is_err(), "{index} {level} {len}");
        }
        assert_eq!(extent(0, 53, usize::MAX).unwrap().0, 0);
    }

    #[test]
    fn an_element_is_printed_in_full() {
        let element = |array: AnyArray| {
            let window = Window { top: 0, bottom: 1, left: 0, right: 1 };
            Plane::of(&array, &[]).unwrap().numbers(window).unwrap().element.unwrap()
        };
        let texts = [
            element(ChunkedArray::from(ndarray::array![[101_325.123_456_f64]]).into()),
            element(ChunkedArray::from(ndarray::array![[0.1_f32]]).into()),
            element(ChunkedArray::from(ndarray::array![[i64::MAX]]).into()),
            element(ChunkedArray::from(ndarray::array![[1e-30_f32]]).into()),
            element(ChunkedArray::from(ndarray::array![[true]]).into()),
            element(ChunkedArray::from(ndarray::array![[-1_i8]]).with_fill(-1).into()),
        ];
        assert_eq!(texts, ["101325.123456", "0.1", "9223372036854775807", "1e-30", "1", "NaN"]);
    }

    #[test]
    fn cells_are_means_or_first_elements_of_blocks() {
        let array = |height: usize, width: usize| {
            let elements = move |at: (usize, usize)| (at.0 * 10_000 + at.1) as f64;
            let array = ChunkedArray::from_ndarray(Array2::from_shape_fn((height, width), elements), &[512, 512]);
            Plane::of(&array.unwrap().into(), &[]).unwrap()
        };
        let window = |bottom, right| Window { top: 0, bottom, left: 0, right };
        let few = array(10, 10).cells(window(10, 10), 4, 4).unwrap();
        assert_eq!((few.rows, few.columns), (3, 3));
        // Blocks of an end that is not whole are of nearly equal sizes: 4, 3 and 3 elements.
        assert_eq!((few.means[0], few.means[8]), (15_001.5, 80_008.0));
        let many = array(4100, 4100).cells(window(4100, 4100), 32, 32).unwrap();
        assert_eq!((many.rows, many.columns, many.means[1], many.means[129]), (129, 129, 32.0, 320_000.0));
    }
}
