//! The distribution of numbers.

use crate::fault::Outcome;
use arraystow::ChunkedArray;
use serde::Serialize;

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
