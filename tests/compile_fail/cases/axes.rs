//! Chunks with another number of axes than the array.
use arraystow::ChunkedArray;
use ndarray::{Array1, Array2, ArrayD};
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(chunks = [64])]
    one: Array2<f32>,
    #[stow(chunks = [64, 64])]
    within: Vec<Option<Array1<f32>>>,
    #[stow(chunks = [64, 64, 64])]
    fine: (ChunkedArray<f32>, ArrayD<f32>),
}

fn main() {}
