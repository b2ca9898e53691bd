//! Options that would have no effect together with a serde attribute.
use arraystow::ChunkedArray;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    #[stow(chunks = [64, 64])]
    #[serde(with = "arraystow::ndarray")]
    with: Array2<f32>,
    #[stow(codec = "zstd:3")]
    #[serde(rename = "other", serialize_with = "arraystow::ndarray::serialize")]
    serialize_with: Array2<f32>,
    #[stow(astype)]
    #[serde(deserialize_with = "arraystow::ndarray::deserialize")]
    deserialize_with: Array2<f32>,
    #[stow(astype, codec = "none")]
    #[serde(skip)]
    skipped: Option<ChunkedArray<f32>>,
    #[stow(inline)]
    #[serde(skip_serializing)]
    not_saved: Array2<f32>,
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
enum Shape {
    #[serde(skip)]
    Skipped {
        #[stow(inline)]
        mask: Array2<bool>,
    },
    Other,
}

#[arraystow::stow]
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "f64", from = "f64")]
struct Another {
    #[stow(inline, astype)]
    mask: Array2<bool>,
}

impl From<f64> for Another {
    fn from(_: f64) -> Self {
        Self { mask: Array2::default((1, 1)) }
    }
}

impl From<Another> for f64 {
    fn from(_: Another) -> Self {
        1.0
    }
}

fn main() {}
