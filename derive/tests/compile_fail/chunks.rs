//! Chunk shapes that are none.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

const ROWS: usize = 64;

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
enum Shape {
    Fields {
        #[persist(chunks = [0, 64])]
        zero: ChunkedArray<f32>,
        #[persist(chunks = [])]
        empty: ChunkedArray<f32>,
        #[persist(chunks = 64)]
        number: ChunkedArray<f32>,
    },
    Tuple(#[persist(chunks = [ROWS, 1.5])] ChunkedArray<f32>, #[persist(chunks = [-1])] ChunkedArray<f32>),
}

fn main() {}
