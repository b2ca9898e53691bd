//! Invalid chunk shapes.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

const ROWS: usize = 64;

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
enum Shape {
    Fields {
        #[stow(chunks = [0, 64])]
        zero: ChunkedArray<f32>,
        #[stow(chunks = [])]
        empty: ChunkedArray<f32>,
        #[stow(chunks = 64)]
        number: ChunkedArray<f32>,
    },
    Tuple(#[stow(chunks = [ROWS, 1.5])] ChunkedArray<f32>, #[stow(chunks = [-1])] ChunkedArray<f32>),
}

fn main() {}
