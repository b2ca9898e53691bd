//! Arrays, read chunk by chunk into as many numbers as a picture has room for.

use crate::arrays::with_ordered;
use crate::fault::{Fault, Outcome};
use crate::json::float;
use arraystow::{AnyArray, ChunkGrid, ChunkedArray, DataType, Region};
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// An array's elements as numbers. Missing ones are NaN; complex ones are their absolute values.
pub(crate) fn numbers(array: &AnyArray) -> Outcome<ChunkedArray<f64>> {
    use num_complex::Complex;
    let numbers = match array.data_type() {
        DataType::Bool => array.downcast::<bool>()?.map(|is| f64::from(u8::from(is))),
        DataType::Complex64 => array.downcast::<Complex<f32>>()?.map(|number| f64::from(number.norm())),
        DataType::Complex128 => array.downcast::<Complex<f64>>()?.map(|number| number.norm()),
        other => with_ordered!(other, T => array.downcast::<T>()?.astype::<f64>()?, else => {
            return Err(Fault::Other(format!("elements of {} are no numbers: try `head`", array.data_type())));
        }),
    };
    Ok(match numbers.fill() {
        Some(fill) => numbers.map(move |number| if number == fill { f64::NAN } else { number }),
        None => numbers,
    })
}

/// Whether elements of a type are numbers here.
pub(crate) fn are_numbers(data_type: &DataType) -> bool {
    use DataType::{Bool, Complex64, Complex128};
    matches!(data_type, Bool | Complex64 | Complex128)
        || with_ordered!(data_type, T => size_of::<T>() > 0, else => false)
}

/// What was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) elements: u64,
    pub(crate) nan: u64,
}

/// An array of two axes as a grid of cells. Each is the mean of the elements in it, of those that are numbers. It is
/// NaN where there are none.
#[derive(Debug, Serialize)]
pub(crate) struct Cells {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    /// In C order.
    #[serde(serialize_with = "numbers_as_json")]
    pub(crate) means: Vec<f64>,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

/// Infinite numbers are strings, as everywhere. NaN is null: a cell without a number.
fn numbers_as_json<S: Serializer>(numbers: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|number| match number.is_nan() {
        true => Json::Null,
        false => float(*number, number.to_string()),
    }))
}

impl Cells {
    /// Reads an array of two axes, which has elements.
    pub(crate) fn read(numbers: &ChunkedArray<f64>, most_rows: usize, most_columns: usize) -> Outcome<Self> {
        let [height, width] = [numbers.shape()[0], numbers.shape()[1]];
        let (rows, columns) = (height.min(most_rows.max(1)), width.min(most_columns.max(1)));
        let mut sums = vec![(0.0, 0_u64); rows * columns];
        let mut counts = Counts { elements: 0, nan: 0 };
        let places: Vec<usize> = (0..width).map(|column| cell(column, width, columns)).collect();
        for region in regions(numbers.grid())? {
            let elements = numbers.slice(region.to_slice_info())?.compute()?;
            let (top, left) = (region.start()[0], region.start()[1]);
            for (row, line) in elements.rows().into_iter().enumerate() {
                let first = cell(top + row, height, rows) * columns;
                for (column, number) in line.iter().enumerate() {
                    counts.elements += 1;
                    if number.is_nan() {
                        counts.nan += 1;
                        continue;
                    }
                    let (sum, count) = &mut sums[first + places[left + column]];
                    *sum += number;
                    *count += 1;
                }
            }
        }
        let mean = |(sum, count)| if count == 0 { f64::NAN } else { sum / count as f64 };
        Ok(Self { rows, columns, means: sums.into_iter().map(mean).collect(), counts })
    }

    /// The cell at a place of a picture of any size.
    pub(crate) fn at(&self, row: usize, height: usize, column: usize, width: usize) -> f64 {
        self.means[cell(row, height, self.rows) * self.columns + cell(column, width, self.columns)]
    }
}

/// The parts that are read one after another: each of several whole chunks, which are read at the same time, and of at
/// most 32 MiB, or of one chunk.
fn regions(grid: &ChunkGrid) -> Outcome<Vec<Region>> {
    const MOST: usize = 4 << 20;
    let Some(mut block) = grid.chunk_shape() else {
        return Ok((0..grid.chunk_count()).map(|number| grid.chunk_region(number)).collect::<Result<_, _>>()?);
    };
    for axis in (0..block.len()).rev() {
        let elements = block.iter().fold(1_usize, |elements, len| elements.saturating_mul(*len));
        let chunks = (MOST / elements.max(1)).clamp(1, grid.chunks_per_axis()[axis].max(1));
        block[axis] *= chunks;
    }
    let blocks = ChunkGrid::regular(grid.shape(), &block)?;
    Ok((0..blocks.chunk_count()).map(|number| blocks.chunk_region(number)).collect::<Result<_, _>>()?)
}

/// The interval in which an index lies.
fn cell(index: usize, len: usize, cells: usize) -> usize {
    (index as u128 * cells as u128 / len.max(1) as u128) as usize
}

/// The smallest and the largest number of an interval; none where it has no finite number.
pub(crate) type Range = Option<(f64, f64)>;

/// An array of one axis as intervals, each with its smallest and largest number.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    pub(crate) ranges: Vec<Range>,
    #[serde(flatten)]
    pub(crate) counts: Counts,
}

impl Line {
    /// Reads an array of one axis, which has elements.
    pub(crate) fn read(numbers: &ChunkedArray<f64>, most: usize) -> Outcome<Self> {
        let len = numbers.shape()[0];
        let mut ranges: Vec<Range> = vec![None; len.min(most.max(1))];
        let mut counts = Counts { elements: 0, nan: 0 };
        let intervals = ranges.len();
        for region in regions(numbers.grid())? {
            let elements = numbers.slice(region.to_slice_info())?.compute()?;
            for (index, number) in elements.iter().enumerate() {
                counts.elements += 1;
                counts.nan += u64::from(number.is_nan());
                if number.is_finite() {
                    let range = &mut ranges[cell(region.start()[0] + index, len, intervals)];
                    *range =
                        Some(range.map_or((*number, *number), |(low, high)| (low.min(*number), high.max(*number))));
                }
            }
        }
        Ok(Self { ranges, counts })
    }

    /// The numbers that are drawn.
    pub(crate) fn ends(&self) -> impl Iterator<Item = f64> {
        self.ranges.iter().flatten().flat_map(|(low, high)| [*low, *high])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, array};

    #[test]
    fn cells_are_means_of_numbers() {
        let mut elements = Array2::from_shape_fn((6, 9), |(row, column)| (10 * row + column) as f64);
        elements[(0, 0)] = f64::NAN;
        elements.slice_mut(ndarray::s![4.., 6..]).fill(f64::NAN);
        for chunks in [[6, 9], [4, 5], [1, 9], [5, 1]] {
            let array = ChunkedArray::from_ndarray(elements.clone(), &chunks).unwrap();
            let cells = Cells::read(&array, 3, 3).unwrap();
            assert_eq!((cells.rows, cells.columns), (3, 3));
            assert_eq!(cells.counts, Counts { elements: 54, nan: 7 });
            assert_eq!(cells.means[..2], [(1 + 2 + 10 + 11 + 12) as f64 / 5.0, 9.0], "{chunks:?}");
            assert!(cells.means[8].is_nan());
            assert_eq!(cells.at(5, 10, 9, 10), cells.means[5]);
        }
    }

    #[test]
    fn regions_are_of_whole_chunks() {
        let grid = ChunkGrid::regular(&[8192, 8192], &[512, 300]).unwrap();
        let regions = regions(&grid).unwrap();
        assert!(regions.iter().all(|region| region.len() <= 4 << 20 && region.start()[1] % 300 == 0));
        assert_eq!(regions.iter().map(Region::len).sum::<usize>(), grid.len());
        assert_eq!(regions[0].shape(), [512, 8100]);
    }

    #[test]
    fn small_arrays_are_not_reduced() {
        let array = ChunkedArray::from(array![[1.0, 2.0], [3.0, f64::INFINITY]]);
        assert_eq!(Cells::read(&array, 80, 80).unwrap().means, [1.0, 2.0, 3.0, f64::INFINITY]);
    }

    #[test]
    fn lines_keep_peaks() {
        let mut elements = Array1::from_shape_fn(1000, |at| (at % 7) as f64);
        (elements[123], elements[500]) = (99.0, f64::NAN);
        elements.slice_mut(ndarray::s![900..]).fill(f64::NAN);
        let array = ChunkedArray::from_ndarray(elements, &[64]).unwrap();
        let line = Line::read(&array, 10).unwrap();
        assert_eq!(line.ranges[1], Some((0.0, 99.0)));
        assert_eq!((line.ranges[9], line.counts.nan), (None, 101));
    }

    #[test]
    fn missing_numbers_are_nan() {
        let depth = ChunkedArray::from(array![12_i16, -9999, 7]).with_fill(-9999);
        let numbers = numbers(&depth.into()).unwrap().compute().unwrap();
        assert!(numbers[0] == 12.0 && numbers[1].is_nan() && numbers[2] == 7.0);
    }
}
