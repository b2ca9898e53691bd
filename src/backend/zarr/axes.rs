//! Names of axes.

use crate::array::Labels;
use serde_json::{Value, json};

/// Names for the axes of an array. No array of another name has them, as far as names are random.
pub(super) fn axis_names(array: &str, count: usize, labels: &Labels) -> Value {
    labels.dims().map_or_else(|| labelled(&label(array), count), |dims| json!(dims))
}

/// The last twelve letters and digits: of a UUID, 48 random bits.
pub(super) fn label(array: &str) -> String {
    let mut label: Vec<char> = array.chars().rev().filter(char::is_ascii_alphanumeric).take(12).collect();
    label.reverse();
    label.into_iter().collect()
}

/// The names that end with that label.
pub(super) fn labelled(label: &str, count: usize) -> Value {
    (0..count).map(|axis| format!("dim_{axis}_{label}")).collect()
}

/// The names that earlier versions wrote.
pub(super) fn first_names(count: usize) -> Value {
    (0..count).map(|axis| format!("dim_{axis}")).collect()
}
