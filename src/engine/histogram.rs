//! Counts of elements between edges.

use crate::array::{AnyNumber, ChunkedArray, Element, Number, RealElement};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use ndarray::Array1;

impl<T: RealElement + Number> ChunkedArray<T> {
    /// Returns the number of elements between each two edges, as numpy's `histogram` does: each bin includes its lower
    /// edge, and the last bin also its upper edge. NaN and elements outside of the edges are not counted. Elements are
    /// compared with the edges exactly, including large integers.
    ///
    /// ```
    /// # use arraystow::ChunkedArray;
    /// let array = ChunkedArray::from_ndarray(ndarray::array![0.5, 1.0, 1.5, 2.0, 9.0, f64::NAN], &[2])?;
    /// assert_eq!(array.histogram(&[0.0, 1.0, 2.0])?, ndarray::array![1, 3]);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there are fewer than two edges, if edges decrease, or if one is NaN; any error of reading or
    /// computing a chunk.
    pub fn histogram(&self, edges: &[f64]) -> Result<Array1<i64>> {
        let bins = Bins::new(edges)?;
        let counts = self.tally(edges.len() - 1, |x| bins.of(x.to_value()))?;
        let too_many = |_| Error::limit("a count that does not fit into 64 bits");
        counts.into_iter().map(|count| i64::try_from(count).map_err(too_many)).collect()
    }
}

impl<T: Element + Copy> ChunkedArray<T> {
    /// Counts the elements of each slot.
    pub(super) fn tally(&self, slots: usize, slot: impl Fn(T) -> Option<usize> + Sync) -> Result<Vec<u64>> {
        let counts = Mutex::new(vec![0; slots]);
        self.each_chunk(|_, _, elements| {
            let count = |counts: &mut [u64]| {
                let mut add = |x: &T| {
                    if let Some(slot) = slot(*x) {
                        counts[slot] += 1;
                    }
                };
                match elements.as_slice_memory_order() {
                    Some(elements) => elements.iter().for_each(&mut add),
                    None => elements.iter().for_each(&mut add),
                }
            };
            if elements.len() < slots {
                // Counts of its own would cost more than the chunk.
                count(&mut counts.lock());
                return;
            }
            let mut own = vec![0; slots];
            count(&mut own);
            for (sum, own) in counts.lock().iter_mut().zip(own) {
                *sum += own;
            }
        })?;
        Ok(counts.into_inner())
    }
}

/// The bins between edges.
struct Bins<'a> {
    edges: &'a [f64],
    /// How many bins one unit is long, if all are equally long.
    bins_per_unit: f64,
    /// The least integer of each bin.
    least: Vec<i128>,
    /// The greatest integer of the last bin.
    greatest: i128,
}

impl<'a> Bins<'a> {
    fn new(edges: &'a [f64]) -> Result<Self> {
        let [inner @ .., last] = edges else {
            return Err(Error::invalid("a histogram without edges: give at least two"));
        };
        if inner.is_empty() {
            return Err(Error::invalid(format!("a histogram with the one edge {last}: give at least two")));
        }
        if let Some(at) =
            edges.windows(2).position(|pair| pair[0].partial_cmp(&pair[1]).is_none_or(|order| order.is_gt()))
        {
            let (low, high) = (edges[at], edges[at + 1]);
            return Err(Error::invalid(format!(
                "the edges of a histogram must not decrease, but edge {at} is {low} and edge {} is {high}",
                at + 1
            )));
        }
        // Conversions saturate, beyond the range of every integer type.
        let least = inner.iter().map(|edge| edge.ceil() as i128).collect();
        let bins_per_unit = inner.len() as f64 / (last - inner[0]);
        Ok(Self { edges, bins_per_unit, least, greatest: last.floor() as i128 })
    }

    /// The bin of a number.
    #[inline]
    fn of(&self, x: AnyNumber) -> Option<usize> {
        match x {
            AnyNumber::Float(x) => self.of_float(x),
            // Exactly a float.
            AnyNumber::Int(x) if x.unsigned_abs() <= 1 << 53 => self.of_float(x as f64),
            AnyNumber::UInt(x) if x <= 1 << 53 => self.of_float(x as f64),
            AnyNumber::Int(x) => self.of_integer(i128::from(x)),
            AnyNumber::UInt(x) => self.of_integer(i128::from(x)),
            AnyNumber::Complex(_) => None,
        }
    }

    #[inline]
    fn of_float(&self, x: f64) -> Option<usize> {
        let bins = self.least.len();
        // Right if the bins are equally long, but for rounding.
        let guess = ((x - self.edges[0]) * self.bins_per_unit) as usize;
        if guess < bins && self.edges[guess] <= x && x < self.edges[guess + 1] {
            return Some(guess);
        }
        if x <= self.edges[bins] { self.edges[..bins].partition_point(|edge| *edge <= x).checked_sub(1) } else { None }
    }

    #[inline]
    fn of_integer(&self, x: i128) -> Option<usize> {
        if x > self.greatest {
            return None;
        }
        self.least.partition_point(|least| *least <= x).checked_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_compared_with_edges_exactly() {
        let edges = [-0.5, 0.5, 9_007_199_254_740_992.0, f64::INFINITY];
        let Ok(bins) = Bins::new(&edges) else { unreachable!("edges") };
        let found = |x: i64| bins.of(AnyNumber::Int(x));
        assert_eq!(
            [-1, 0, 1, 9_007_199_254_740_991, 9_007_199_254_740_992, i64::MAX].map(found),
            [None, Some(0), Some(1), Some(1), Some(2), Some(2)]
        );
        assert_eq!(bins.of(AnyNumber::UInt(u64::MAX)), Some(2));
        assert_eq!(bins.of(AnyNumber::Float(f64::INFINITY)), Some(2));
        assert_eq!(bins.of(AnyNumber::Float(f64::NAN)), None);
    }
}
