//! Unknown options, options given twice, and invalid values: all errors of an item at once.
use arraystow::ChunkedArray;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(chunk = [64, 64])]
    unknown: ChunkedArray<f32>,
    #[stow(chunks = [64, 64], chunks = [32, 32])]
    twice: ChunkedArray<f32>,
    #[stow(inline)]
    #[stow(inline)]
    twice_apart: Array2<f32>,
    #[stow(inline = true)]
    with_value: Array2<f32>,
    #[stow(astype(f32))]
    with_list: ChunkedArray<f64>,
    #[stow]
    nothing: ChunkedArray<f32>,
    #[stow()]
    empty: ChunkedArray<f32>,
    #[stow(codec)]
    no_value: ChunkedArray<f32>,
    #[stow(codec = 3)]
    no_string: ChunkedArray<f32>,
}

fn main() {}
