//! Where the elements of two arrays differ.

use crate::fault::Outcome;
use arraystow::{AnyArray, AnyNdArray, EncodedNdArray, Region};
use ndarray::{ArrayD, Axis, Dimension, IxDyn, Slice, SliceInfoElem};

/// Whether both have the same element type and shape.
pub(crate) fn is_same_kind(from: &AnyArray, to: &AnyArray) -> bool {
    from.data_type() == to.data_type() && from.shape() == to.shape()
}

/// What is different in the elements of two arrays of the same element type and shape; `None` if nothing is. Both are
/// read chunk by chunk, without the chunks whose checksums agree.
pub(crate) fn difference(from: &AnyArray, to: &AnyArray) -> Outcome<Option<String>> {
    let (mut count, mut largest, mut first) = (0_usize, None::<f64>, None);
    let grid = from.grid();
    for number in from.changed_chunks(to)?.unwrap_or_else(|| (0..grid.chunk_count()).collect()) {
        let region = grid.chunk_region(number)?;
        let found = compare(&from.slice(ranges(&region))?.compute()?, &to.slice(ranges(&region))?.compute()?);
        count += found.count;
        largest = [largest, found.largest].into_iter().flatten().reduce(f64::max);
        if let (None, Some(place)) = (&first, found.first) {
            first = Some(place.iter().zip(region.start()).map(|(at, start)| at + start).collect::<Vec<_>>());
        }
    }
    Ok(first.map(|first| {
        let at_most = largest.map_or_else(String::new, |largest| format!(", by up to {largest}"));
        format!("{count} of {} elements differ{at_most}, first at {first:?}", from.len())
    }))
}

fn ranges(region: &Region) -> Vec<SliceInfoElem> {
    let axes = region.start().iter().zip(region.shape());
    axes.map(|(start, len)| Slice::from(*start..start + len).into()).collect()
}

/// What was found in one chunk.
#[derive(Default)]
struct Found {
    count: usize,
    /// The largest difference of two numbers that are finite.
    largest: Option<f64>,
    /// The place of the first difference in the chunk.
    first: Option<Vec<usize>>,
}

impl Found {
    /// Compares all elements. `apart` is the distance of two that differ.
    fn of<T>(from: &ArrayD<T>, to: &ArrayD<T>, same: impl Fn(&T, &T) -> bool, apart: impl Fn(&T, &T) -> f64) -> Self {
        let mut found = Self::default();
        for ((place, x), y) in from.indexed_iter().zip(to) {
            if !same(x, y) {
                found.note(&place, apart(x, y));
            }
        }
        found
    }

    fn note(&mut self, place: &IxDyn, apart: f64) {
        self.count += 1;
        self.first.get_or_insert_with(|| place.as_array_view().to_vec());
        if apart.is_finite() {
            self.largest = Some(self.largest.map_or(apart, |largest| largest.max(apart)));
        }
    }

    /// Compares the bytes of elements, which lie along the last axis.
    fn of_bytes(from: &EncodedNdArray, to: &EncodedNdArray) -> Self {
        let mut found = Self::default();
        let last = Axis(from.shape().len());
        let (from_bytes, to_bytes) = (from.bytes(), to.bytes());
        let lanes = from_bytes.lanes(last).into_iter().zip(to_bytes.lanes(last));
        for (place, (x, y)) in ndarray::indices(IxDyn(from.shape())).into_iter().zip(lanes) {
            if x != y {
                found.note(&place, f64::NAN);
            }
        }
        found
    }
}

/// Compares two arrays of the same type and shape. A NaN is equal to a NaN.
fn compare(from: &AnyNdArray, to: &AnyNdArray) -> Found {
    macro_rules! compare {
        ($($variant:ident($same:expr, $apart:expr);)*) => {
            match (from, to) {
                $((AnyNdArray::$variant(from), AnyNdArray::$variant(to)) => Found::of(from, to, $same, $apart),)*
                (AnyNdArray::Encoded(from), AnyNdArray::Encoded(to)) => Found::of_bytes(from, to),
                _ => Found::default(),
            }
        };
    }
    compare! {
        Bool(|x, y| x == y, |_, _| f64::NAN);
        String(|x, y| x == y, |_, _| f64::NAN);
        Int8(|x, y| x == y, |x, y| f64::from(x.abs_diff(*y)));
        Int16(|x, y| x == y, |x, y| f64::from(x.abs_diff(*y)));
        Int32(|x, y| x == y, |x, y| f64::from(x.abs_diff(*y)));
        Int64(|x, y| x == y, |x, y| x.abs_diff(*y) as f64);
        UInt8(|x, y| x == y, |x, y| f64::from(x.abs_diff(*y)));
        UInt16(|x, y| x == y, |x, y| f64::from(x.abs_diff(*y)));
        UInt32(|x, y| x == y, |x, y| f64::from(x.abs_diff(*y)));
        UInt64(|x, y| x == y, |x, y| x.abs_diff(*y) as f64);
        Float16(|x, y| x == y || (x.is_nan() && y.is_nan()), |x, y| (x.to_f64() - y.to_f64()).abs());
        BFloat16(|x, y| x == y || (x.is_nan() && y.is_nan()), |x, y| (x.to_f64() - y.to_f64()).abs());
        Float32(|x, y| x == y || (x.is_nan() && y.is_nan()), |x, y| (f64::from(*x) - f64::from(*y)).abs());
        Float64(|x, y| x == y || (x.is_nan() && y.is_nan()), |x, y| (x - y).abs());
        Complex64(|x, y| x == y || (x.is_nan() && y.is_nan()), |x, y| f64::from((x - y).norm()));
        Complex128(|x, y| x == y || (x.is_nan() && y.is_nan()), |x, y| (x - y).norm());
    }
}
