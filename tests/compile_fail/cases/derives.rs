//! A serde derive must be below the macro.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Clone)]
struct None {
    #[stow(chunks = [64, 64])]
    array: ChunkedArray<f32>,
}

#[derive(Serialize, Deserialize)]
#[arraystow::stow]
struct Above {
    #[stow(chunks = [64, 64])]
    array: ChunkedArray<f32>,
}

fn main() {}
