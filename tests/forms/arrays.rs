//! Arrays of every kind, in a struct.

use crate::table::Table;
use crate::values::{Bits, Lazy, types};
use crate::why::ANY;
use arraystow::{ChunkGrid, ChunkedArray, Element};
use half::{bf16, f16};
use ndarray::{ArcArray1, Array, Array0, Array1, Array2, ArrayD, Axis, Dimension, arr0, arr1, s};
use num_complex::Complex;
use serde::{Deserialize, Serialize};

types! {
    struct Is<A> { array: A, last: u8 }
    struct WithModule { #[serde(with = "arraystow::ndarray")] small: Array1<u8>, #[serde(with = "arraystow::ndarray")] large: Array2<f64> }
}

/// A chunked array of any type, equal to another bit by bit and by its grid.
#[derive(Serialize, Deserialize, Debug, Clone)]
#[serde(transparent, bound = "")]
struct Exact<T: Element>(ChunkedArray<T>);

impl<T: Element> PartialEq for Exact<T> {
    fn eq(&self, other: &Self) -> bool {
        let text = |array: &ChunkedArray<T>| format!("{:?}", array.compute().unwrap().iter().collect::<Vec<_>>());
        self.0.grid() == other.0.grid() && text(&self.0) == text(&other.0)
    }
}

/// All numbers that numbers of fewer bits can be, once as a chunked and once as a plain array.
fn element<T>(table: &mut Table, form: &'static str, of: impl Fn(usize) -> T)
where
    T: Element + Serialize + serde::de::DeserializeOwned,
{
    let array = Array1::from_shape_fn(5000, &of);
    let chunked = ChunkedArray::from_ndarray(array.clone(), &[999]).unwrap();
    let (small, large) = (array.slice(s![..7]).to_owned(), array);
    table.row(form, Is { array: (Exact(chunked), large, small), last: 1 }, &[]);
}

fn is<A>(array: A) -> Is<A> {
    Is { array, last: 1 }
}

fn bits<D: Dimension>(array: Array<f64, D>) -> Array<Bits, D> {
    array.mapv(Bits)
}

pub(crate) fn rows(table: &mut Table) {
    table.part("Arrays");
    element(table, "of `bool`", |i| i % 3 == 0);
    element(table, "of `i8`", |i| i as i8);
    element(table, "of `i16`", |i| i as i16);
    element(table, "of `i32`", |i| -(i as i32));
    element(table, "of `i64`", |i| i64::MIN + i as i64);
    element(table, "of `u8`", |i| i as u8);
    element(table, "of `u16`", |i| i as u16);
    element(table, "of `u32`", |i| u32::MAX - i as u32);
    element(table, "of `u64`", |i| u64::MAX - i as u64);
    element(table, "of `f16`", |i| f16::from_f32(i as f32));
    element(table, "of `bf16`", |i| bf16::from_f32(i as f32));
    element(table, "of `f32`", |i| i as f32 / 7.0);
    element(table, "of `f64`", |i| i as f64 / 7.0);
    element(table, "of `Complex<f32>`", |i| Complex::new(i as f32, -0.0));
    element(table, "of `Complex<f64>`", |i| Complex::new(i as f64 / 7.0, 0.5));
    let special = [f64::NAN, -0.0, f64::INFINITY, f64::from_bits(0xfff8_0000_dead_beef)];
    let large = Array1::from_shape_fn(1000, |i| special[i % 4]);
    let lazy = Array1::from_elem(4, f32::from_bits(0xffc0_beef));
    let lazy = Lazy(ChunkedArray::from_ndarray(lazy, &[3]).unwrap());
    table.row("of NaN and infinities", (lazy, bits(large), bits(arr1(&special))), &[]);
    table.row(
        "without axes",
        (Exact(ChunkedArray::from_ndarray(arr0(1_u8), &[]).unwrap()), arr0(1.5), Array0::from_elem((), 2_u8)),
        &[],
    );
    let empty: Array2<f32> = Array2::zeros((0, 3));
    table.row("without elements", (Lazy(ChunkedArray::from_ndarray(empty.clone(), &[1, 2]).unwrap()), empty), &[]);
    let irregular = ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap();
    let irregular = ChunkedArray::from_ndarray(Array1::from_iter((0..10).map(|i| i as f32)), irregular).unwrap();
    table.row("in irregular chunks", is(Lazy(irregular)), &[]);
    let large = Array2::from_shape_fn((60, 70), |(i, j)| (i * 100 + j) as f64);
    let mut reversed = large.clone();
    reversed.invert_axis(Axis(0));
    table.row(
        "of any memory layout",
        (large.clone().reversed_axes(), reversed, large.slice(s![..;2, 1..]).to_owned()),
        &[],
    );
    table.row(
        "of dynamic rank, shared",
        (ArrayD::from_elem(vec![11, 12, 13], 0.5), ArcArray1::from_elem(1000, 1.5)),
        &[],
    );
    table.row("`with = \"arraystow::ndarray\"`", WithModule { small: arr1(&[1, 2]), large: large.clone() }, &[]);
    table.row(
        "of strings, `char`, `Option`, tuples",
        (
            arr1(&["x".to_owned(), "y".into()]),
            arr1(&['x', 'y']),
            arr1(&[Some(1.0), None]),
            Array1::from_elem(600, (1.0, 2.0)),
        ),
        &[],
    );
    table.row("of arrays", arr1(&[Array1::from_iter(0..600), Array1::from_iter(1..601)]), &[]);
    table.row("of `i128`", arr1(&[i128::MAX, i128::MIN]), &[]);
    table.row(
        "in `untagged`: of strings, `Option`, arrays",
        vec![
            Any::Words(arr1(&["x".into()])),
            Any::Options(arr1(&[Some(1.0), None])),
            Any::Arrays(arr1(&[arr1(&[true])])),
        ],
        ANY,
    );
}

types! {
    #[serde(untagged)]
    enum Any { Words(Array1<String>), Options(Array1<Option<f64>>), Arrays(Array1<Array1<bool>>) }
}
