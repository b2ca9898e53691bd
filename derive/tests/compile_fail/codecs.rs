//! Codecs that there are not, and what is no codec.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(codec = "lz4")]
    unknown: ChunkedArray<f32>,
    #[persist(codec = "zstd")]
    no_level: ChunkedArray<f32>,
    #[persist(codec = "blosc:3")]
    no_levels: ChunkedArray<f32>,
    #[persist(codec = "gzip:fast")]
    no_number: ChunkedArray<f32>,
    #[persist(codec = "gzip:300")]
    too_large: ChunkedArray<f32>,
    #[persist(codec = 3)]
    no_string: ChunkedArray<f32>,
}

fn main() {}
