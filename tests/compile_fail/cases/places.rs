//! Places where the macro and its options are not allowed.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::stow(chunks = [64, 64])]
#[derive(Serialize, Deserialize)]
struct Options {
    array: ChunkedArray<f32>,
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
enum Variants {
    #[stow(chunks = [64, 64])]
    Array(ChunkedArray<f32>),
}

#[arraystow::stow]
fn function() {}

fn main() {}
