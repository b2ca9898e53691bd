//! Chunks with another number of axes than the array.
use arraystow::ChunkedArray;
use ndarray::{Array1, Array2, ArrayD};
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(chunks = [64])]
    one: Array2<f32>,
    #[persist(chunks = [64, 64])]
    within: Vec<Option<Array1<f32>>>,
    #[persist(chunks = [64, 64, 64])]
    fine: (ChunkedArray<f32>, ArrayD<f32>),
}

fn main() {}
