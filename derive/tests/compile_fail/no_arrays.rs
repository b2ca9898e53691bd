//! Options for a field whose type holds no arrays.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Run {
    field: ChunkedArray<f32>,
}

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(codec = "zstd:3")]
    name: String,
    #[persist(astype)]
    number: f64,
    #[persist(codec = "zstd:3")]
    runs: Vec<Run>,
}

fn main() {}
