//! Options for a field whose type holds no arrays.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Run {
    field: ChunkedArray<f32>,
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(codec = "zstd:3")]
    name: String,
    #[stow(astype)]
    number: f64,
    #[stow(codec = "zstd:3")]
    runs: Vec<Run>,
}

fn main() {}
