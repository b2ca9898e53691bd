//! What is inline has no chunks and no codec.
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(inline, chunks = [64, 64])]
    chunks: Array2<bool>,
    #[persist(codec = "zstd:3")]
    #[persist(inline)]
    codec: Array2<bool>,
}

fn main() {}
