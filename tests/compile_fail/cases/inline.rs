//! An inline array has no chunks and no codec.
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(inline, chunks = [64, 64])]
    chunks: Array2<bool>,
    #[stow(codec = "zstd:3")]
    #[stow(inline)]
    codec: Array2<bool>,
}

fn main() {}
