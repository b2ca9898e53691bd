//! Options for lists, and `with`, where they cannot be for the type.
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Options {
    #[stow(chunks = [4, 4])]
    list: Vec<f32>,
    #[stow(codec = "zstd:3")]
    nested: Vec<Vec<f32>>,
    #[stow(codec = "zstd:3")]
    named: HashMap<String, Vec<f32>>,
    #[stow(inline)]
    letters: Vec<char>,
}

#[derive(Serialize, Deserialize)]
struct With {
    #[serde(with = "arraystow::vec")]
    maybe: Option<Vec<f32>>,
    #[serde(with = "arraystow::vec")]
    letters: Vec<char>,
}

fn main() {}
