//! Levels that a codec does not have: the library's own rule.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(codec = "zstd:23")]
    zstd: ChunkedArray<f32>,
    #[persist(codec = "gzip:0", chunks = [64])]
    gzip: ChunkedArray<f32>,
    #[persist(codec = "pcodec:13")]
    pcodec: ChunkedArray<f32>,
    #[persist(codec = "pcodec:12")]
    fine: ChunkedArray<f32>,
}

fn main() {}
