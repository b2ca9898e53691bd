//! Unknown options, options given twice, and values that make no sense: all errors of an item at once.
use arraystow::ChunkedArray;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(chunk = [64, 64])]
    unknown: ChunkedArray<f32>,
    #[persist(chunks = [64, 64], chunks = [32, 32])]
    twice: ChunkedArray<f32>,
    #[persist(inline)]
    #[persist(inline)]
    twice_apart: Array2<f32>,
    #[persist(inline = true)]
    with_value: Array2<f32>,
    #[persist(astype(f32))]
    with_list: ChunkedArray<f64>,
    #[persist]
    nothing: ChunkedArray<f32>,
    #[persist()]
    empty: ChunkedArray<f32>,
    #[persist(codec)]
    no_value: ChunkedArray<f32>,
    #[persist(codec = 3)]
    no_string: ChunkedArray<f32>,
}

fn main() {}
