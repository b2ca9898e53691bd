//! A chunked array is never inline.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(inline)]
    height: ChunkedArray<f32>,
    #[stow(inline)]
    heights: Option<Vec<ChunkedArray<f32>>>,
}

fn main() {}
