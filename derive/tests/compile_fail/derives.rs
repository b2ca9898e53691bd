//! A derive of serde's must be below the macro.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Clone)]
struct None {
    #[persist(chunks = [64, 64])]
    array: ChunkedArray<f32>,
}

#[derive(Serialize, Deserialize)]
#[arraystow::persist]
struct Above {
    #[persist(chunks = [64, 64])]
    array: ChunkedArray<f32>,
}

fn main() {}
