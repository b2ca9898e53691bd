//! Invalid codecs, with the errors of the library's parser.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(codec = "lz4")]
    unknown: ChunkedArray<f32>,
    #[stow(codec = "zstd")]
    no_level: ChunkedArray<f32>,
    #[stow(codec = "blosc:3")]
    no_levels: ChunkedArray<f32>,
    #[stow(codec = "gzip:fast")]
    no_number: ChunkedArray<f32>,
    #[stow(codec = "gzip:300")]
    too_large: ChunkedArray<f32>,
    #[stow(codec = "zstd:23")]
    zstd: ChunkedArray<f32>,
    #[stow(codec = "gzip:0", chunks = [64])]
    gzip: ChunkedArray<f32>,
    #[stow(codec = "pcodec:13")]
    pcodec: ChunkedArray<f32>,
    #[stow(codec = "pcodec:12")]
    fine: ChunkedArray<f32>,
}

fn main() {}
