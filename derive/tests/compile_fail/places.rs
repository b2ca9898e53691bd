//! Where the macro and its options cannot stand.
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};

#[arraystow::persist(chunks = [64, 64])]
#[derive(Serialize, Deserialize)]
struct Options {
    array: ChunkedArray<f32>,
}

#[arraystow::persist]
#[derive(Serialize, Deserialize)]
enum Variants {
    #[persist(chunks = [64, 64])]
    Array(ChunkedArray<f32>),
}

#[arraystow::persist]
fn function() {}

fn main() {}
