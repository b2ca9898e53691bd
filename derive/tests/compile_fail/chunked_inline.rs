//! A chunked array is never inline.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[persist(inline)]
    height: ChunkedArray<f32>,
    #[persist(inline)]
    heights: Option<Vec<ChunkedArray<f32>>>,
}

fn main() {}
