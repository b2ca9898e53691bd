//! The distribution of numbers.

use crate::fault::Outcome;
use arraystow::{ChunkedArray, Number, RealElement};
use ndarray::{Array1, ArrayD};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the elements of an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Summary<T> {
    /// Elements that are equal to the fill value.
    pub(crate) missing: usize,
    /// Infinite elements.
    pub(crate) infinite: usize,
    /// The smallest and the largest finite element, if there is one.
    pub(crate) finite: Option<(f64, f64)>,
    /// Of the elements that are neither missing nor NaN, if there are any.
    pub(crate) moments: Option<Moments<T>>,
}

/// What is known of numbers that are not NaN.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moments<T> {
    pub(crate) count: usize,
    pub(crate) min: T,
    pub(crate) max: T,
    pub(crate) mean: f64,
    /// The sum of the squares of the distances from the mean.
    squares: f64,
}

impl<T: RealElement> Moments<T> {
    /// The standard deviation of these numbers.
    pub(crate) fn std(&self) -> f64 {
        (self.squares / self.count as f64).sqrt()
    }

    /// Those of both.
    fn and(self, other: Self) -> Self {
        let count = self.count + other.count;
        let (distance, part) = (other.mean - self.mean, other.count as f64 / count as f64);
        let mean = if distance.is_finite() {
            self.mean + distance * part
        } else {
            // One is infinite, or they are too far apart.
            self.mean * (1.0 - part) + other.mean * part
        };
        Self {
            count,
            min: if other.min < self.min { other.min } else { self.min },
            max: if other.max > self.max { other.max } else { self.max },
            mean,
            squares: self.squares + other.squares + distance * distance * part * self.count as f64,
        }
    }
}

impl<T: RealElement> Summary<T> {
    const NOTHING: Self = Self { missing: 0, infinite: 0, finite: None, moments: None };

    /// That of both.
    fn and(self, other: Self) -> Self {
        Self {
            missing: self.missing + other.missing,
            infinite: self.infinite + other.infinite,
            finite: match (self.finite, other.finite) {
                (Some((low, high)), Some((least, most))) => Some((low.min(least), high.max(most))),
                (one, another) => one.or(another),
            },
            moments: match (self.moments, other.moments) {
                (Some(one), Some(another)) => Some(one.and(another)),
                (one, another) => one.or(another),
            },
        }
    }
}

/// Reads an array once, chunk by chunk. Elements that are equal to `fill` are missing.
pub(crate) fn summary<T: Number + RealElement>(array: &ChunkedArray<T>, fill: Option<T>) -> Outcome<Summary<T>> {
    let found = Arc::new(Mutex::new(BTreeMap::new()));
    let (source, parts) = (array.clone(), found.clone());
    // An array of what is done, so that the chunks are read by all threads.
    let count = array.grid().chunk_count();
    let done = ChunkedArray::from_fn(&[count], &[1], move |region| -> arraystow::Result<Array1<bool>> {
        let chunk = region.start()[0];
        let coordinates = source.grid().chunk_coordinates(chunk)?;
        let summary = of_chunk(&source.chunk(&coordinates)?, fill)?;
        parts.lock().unwrap_or_else(PoisonError::into_inner).insert(chunk, summary);
        Ok(ndarray::array![true])
    });
    done?.compute()?;
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    // In the order of the chunks, so that the result is always the same.
    Ok(std::mem::take(&mut *found).into_values().fold(Summary::NOTHING, Summary::and))
}

fn of_chunk<T: Number + RealElement>(elements: &ArrayD<T>, fill: Option<T>) -> arraystow::Result<Summary<T>> {
    let mut numbers = ChunkedArray::from(elements.clone()).astype::<f64>()?.compute()?;
    let mut found = Summary::NOTHING;
    let mut ends: Option<(T, T)> = None;
    for (element, number) in elements.iter().zip(&mut numbers) {
        if fill.is_some_and(|fill| fill == *element) {
            found.missing += 1;
            *number = f64::NAN;
        } else if !number.is_nan() {
            let (min, max) = ends.unwrap_or((*element, *element));
            ends = Some((if *element < min { *element } else { min }, if *element > max { *element } else { max }));
        }
        if number.is_finite() {
            let (low, high) = found.finite.unwrap_or((*number, *number));
            found.finite = Some((low.min(*number), high.max(*number)));
        }
        found.infinite += usize::from(number.is_infinite());
    }
    let Some((min, max)) = ends else { return Ok(found) };
    let numbers = ChunkedArray::from(numbers);
    let count = numbers.count()? as usize;
    let numbers = numbers.skip_nan();
    let (mean, squares) = (numbers.mean()?, numbers.var(0)? * count as f64);
    Ok(Summary { moments: Some(Moments { count, min, max, mean, squares }), ..found })
}

/// How many numbers lie in an interval.
#[derive(Serialize)]
pub(crate) struct Bin {
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) count: i64,
}

/// The numbers in intervals of equal width. Without a width, there are none.
pub(crate) fn histogram(numbers: &ChunkedArray<f64>, min: f64, max: f64, bins: usize) -> Outcome<Vec<Bin>> {
    if min >= max || !min.is_finite() || !max.is_finite() {
        return Ok(Vec::new());
    }
    let edges = edges(min, max, bins);
    let counts = numbers.histogram(&edges)?;
    Ok(edges.windows(2).zip(counts).map(|(edges, count)| Bin { from: edges[0], to: edges[1], count }).collect())
}

/// The ends of intervals of equal width. The first and the last one are exact, none is below the one before it, and the
/// width may be more than the largest number.
fn edges(min: f64, max: f64, bins: usize) -> Vec<f64> {
    let mut last = min;
    let inner = (1..bins).map(|edge| {
        let part = edge as f64 / bins as f64;
        last = (min * (1.0 - part) + max * part).clamp(last, max);
        last
    });
    let inner: Vec<f64> = inner.collect();
    [min].into_iter().chain(inner).chain([max]).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn no_element_is_lost_at_the_ends_of_a_histogram() {
        let near = [1.0, 1.0_f64.next_up()];
        for ends in [[-1.092, 0.031], [-f64::MAX, f64::MAX], near, [0.0, f64::MIN_POSITIVE], [5e-324, 1e-323]] {
            let numbers = ChunkedArray::from(Array1::from(ends.to_vec()));
            for bins in 1..100 {
                let found = histogram(&numbers, ends[0], ends[1], bins).unwrap();
                assert_eq!((found.len(), found.iter().map(|bin| bin.count).sum::<i64>()), (bins, 2), "{ends:?} {bins}");
            }
        }
        // As numbers of few digits have them.
        assert_eq!(edges(0.0, 1.0, 4), [0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn means_are_those_of_numpy_in_all_chunks() {
        let mean = |elements: Array1<f64>| {
            let array = ChunkedArray::from_ndarray(elements, &[1]).unwrap();
            summary(&array, None).unwrap().moments.unwrap().mean
        };
        assert_eq!(mean(array![f64::INFINITY, 1.0, 2.0]), f64::INFINITY);
        assert_eq!(mean(array![1.0, f64::NEG_INFINITY, f64::NAN]), f64::NEG_INFINITY);
        assert!(mean(array![f64::INFINITY, f64::NEG_INFINITY]).is_nan());
        assert_eq!(mean(array![-f64::MAX, f64::MAX]), 0.0);
        assert_eq!(mean(array![1.0, 2.0, 6.0]), 3.0);
    }

    #[test]
    fn missing_and_infinite_elements_are_counted() {
        let array = ChunkedArray::from_ndarray(array![-9999.0, 1.0, f64::NAN, f64::INFINITY, 3.0], &[2]).unwrap();
        let found = summary(&array, Some(-9999.0)).unwrap();
        assert_eq!((found.missing, found.infinite, found.finite), (1, 1, Some((1.0, 3.0))));
        let moments = found.moments.unwrap();
        assert_eq!((moments.count, moments.min, moments.max), (3, 1.0, f64::INFINITY));
        let all = summary(&ChunkedArray::from(array![7_i64, 7]), Some(7)).unwrap();
        assert!(all.moments.is_none() && all.missing == 2 && all.finite.is_none());
    }
}
