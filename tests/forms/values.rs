//! Arrays to put into forms, and how they are compared.

use arraystow::ChunkedArray;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// A chunked array that is equal to another by its elements and its chunk grid.
#[derive(Serialize, Deserialize, Debug, Clone)]
#[serde(transparent)]
pub(crate) struct Lazy(pub(crate) ChunkedArray<f32>);

impl PartialEq for Lazy {
    fn eq(&self, other: &Self) -> bool {
        let bits = |array: &ChunkedArray<f32>| array.compute().unwrap().mapv(f32::to_bits);
        self.0.grid() == other.0.grid() && bits(&self.0) == bits(&other.0)
    }
}

pub(crate) fn lazy(first: f32) -> Lazy {
    let elements = Array2::from_shape_fn((5, 3), |(i, j)| first + (10 * i + j) as f32);
    Lazy(ChunkedArray::from_ndarray(elements, &[2, 2]).unwrap())
}

/// Large enough to be diverted.
pub(crate) fn plain(first: f64) -> Array2<f64> {
    Array2::from_shape_fn((40, 30), |(i, j)| first + i as f64 + 0.5 * j as f64)
}

/// So small that it stays in the document.
pub(crate) fn small(first: i64) -> Array1<i64> {
    Array1::from_iter(first..first + 4)
}

/// A number that is equal to another bit by bit.
#[derive(Serialize, Deserialize, Debug, Clone, Copy)]
#[serde(transparent)]
pub(crate) struct Bits(pub(crate) f64);

impl PartialEq for Bits {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// Three rows of a form: with a chunked array, with a plain one that is diverted, with one that is not.
macro_rules! each_array {
    ($table:ident, $form:expr, $array:ident => $value:expr) => {
        each_array!($table, $form, $array => $value, &[], &[], &[])
    };
    ($table:ident, $form:expr, $array:ident => $value:expr, $but:expr) => {
        each_array!($table, $form, $array => $value, $but, $but, $but)
    };
    ($table:ident, $form:expr, $array:ident => $value:expr, $chunked:expr, $plain:expr, $small:expr) => {{
        let $array = $crate::values::lazy(1.0);
        $table.with($form, "a chunked array", $value, $chunked);
        let $array = $crate::values::plain(2.0);
        $table.with($form, "a large plain array", $value, $plain);
        let $array = $crate::values::small(3);
        $table.with($form, "a small plain array", $value, $small);
    }};
}
pub(crate) use each_array;

/// Types with what all of them derive.
macro_rules! types {
    ($($item:item)*) => {
        $(#[derive(serde::Serialize, serde::Deserialize, Debug, PartialEq, Clone)] $item)*
    };
}
pub(crate) use types;
