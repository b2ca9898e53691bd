//! The distribution of numbers.

use crate::fault::Outcome;
use arraystow::{ChunkedArray, Number, RealElement};
use ndarray::Array1;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What is known of the numbers that are not NaN.
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
        Self {
            count,
            min: if other.min < self.min { other.min } else { self.min },
            max: if other.max > self.max { other.max } else { self.max },
            mean: self.mean + distance * part,
            squares: self.squares + other.squares + distance * distance * part * self.count as f64,
        }
    }
}

/// Reads an array once, chunk by chunk. `None` if all elements are NaN, or there are none.
pub(crate) fn moments<T: Number + RealElement>(array: &ChunkedArray<T>) -> Outcome<Option<Moments<T>>> {
    let found = Arc::new(Mutex::new(BTreeMap::new()));
    let (source, parts) = (array.clone(), found.clone());
    // An array of what is done, so that the chunks are read by all threads.
    let count = array.grid().chunk_count();
    let done = ChunkedArray::from_fn(&[count], &[1], move |region| -> arraystow::Result<Array1<bool>> {
        let chunk = region.start()[0];
        let coordinates = source.grid().chunk_coordinates(chunk)?;
        let moments = of_chunk(&ChunkedArray::from(source.chunk(&coordinates)?))?;
        parts.lock().unwrap_or_else(PoisonError::into_inner).insert(chunk, moments);
        Ok(ndarray::array![true])
    });
    done?.compute()?;
    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
    // In the order of the chunks, so that the result is always the same.
    Ok(std::mem::take(&mut *found).into_values().flatten().reduce(Moments::and))
}

fn of_chunk<T: Number + RealElement>(chunk: &ChunkedArray<T>) -> arraystow::Result<Option<Moments<T>>> {
    let numbers = chunk.astype::<f64>()?;
    let count = numbers.count()? as usize;
    if count == 0 {
        return Ok(None);
    }
    let (typed, numbers) = (chunk.skip_nan(), numbers.skip_nan());
    let mean = numbers.mean()?;
    let squares = numbers.var(0)? * count as f64;
    Ok(Some(Moments { count, min: typed.min()?, max: typed.max()?, mean, squares }))
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
    let edges: Vec<f64> = (0..=bins).map(|edge| min + (max - min) * (edge as f64 / bins as f64)).collect();
    let counts = numbers.histogram(&edges)?;
    Ok(edges.windows(2).zip(counts).map(|(edges, count)| Bin { from: edges[0], to: edges[1], count }).collect())
}
