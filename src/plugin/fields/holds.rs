//! The types whose fields can have options: those that contain arrays, and what is known about the arrays.
//!
//! The macro generates bounds with these traits, so that an option without an effect is a compile error at the field.

use crate::array::{AnyArray, ChunkedArray, Element};
use crate::plugin::shared::Shared;
use ndarray::{ArrayBase, Dim, Dimension, Ix, IxDyn, RawData};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// A type that holds arrays.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no arrays that the options in `#[stow(..)]` can apply to",
    label = "not for a field of type `{Self}`",
    note = "options apply to `ChunkedArray`, `AnyArray` and `ndarray::Array`, also inside Option, Vec, Box, Arc, \
        arrays, tuples and the values of maps; for arrays in a type of your own, put them on its fields",
    note = "a list of numbers or records can have options if the field is the list itself, or an Option of one, and \
        its type has no generic parameter: `Vec<f64>`"
)]
pub trait HoldsArrays {}

/// A type whose arrays can have `AXES` axes.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no arrays whose number of axes is {AXES}",
    label = "the chunk shape, or the names, are for arrays whose number of axes is {AXES}",
    note = "give one number for each axis: two for an `Array2`; a `ChunkedArray`, an `AnyArray` and an `ArrayD` can have any number \
            of them"
)]
pub trait HoldsAxes<const AXES: usize>: HoldsArrays {}

/// A type whose arrays can stay in the document.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no arrays that can stay in the document",
    label = "`inline` does not apply to a field of type `{Self}`",
    note = "a `ChunkedArray` is always diverted; make it an `ndarray::Array` to keep it in the document"
)]
pub trait HoldsPlain: HoldsArrays {}

impl<T: Element> HoldsArrays for ChunkedArray<T> {}
impl<T: Element, const AXES: usize> HoldsAxes<AXES> for ChunkedArray<T> {}
impl HoldsArrays for AnyArray {}
impl<const AXES: usize> HoldsAxes<AXES> for AnyArray {}

impl<S: RawData, D: Dimension> HoldsArrays for ArrayBase<S, D> {}
impl<S: RawData, D: Dimension> HoldsPlain for ArrayBase<S, D> {}
impl<S: RawData, const AXES: usize> HoldsAxes<AXES> for ArrayBase<S, IxDyn> {}
impl<S: RawData, const AXES: usize> HoldsAxes<AXES> for ArrayBase<S, Dim<[Ix; AXES]>> where Dim<[Ix; AXES]>: Dimension {}

macro_rules! around {
    ($([$($generics:tt)*] $rust:ty, $($held:ident),+;)*) => {
        $(
            impl<$($generics)*> HoldsArrays for $rust where $($held: HoldsArrays),+ {}
            impl<$($generics)*> HoldsPlain for $rust where $($held: HoldsPlain),+ {}
            around!(@axes [$($generics)*] $rust, $($held),+);
        )*
    };
    (@axes [$($generics:tt)*] $rust:ty, $($held:ident),+) => {
        impl<$($generics)*, const AXES: usize> HoldsAxes<AXES> for $rust where $($held: HoldsAxes<AXES>),+ {}
    };
}

around! {
    [T] Option<T>, T;
    [T] Vec<T>, T;
    [T] VecDeque<T>, T;
    [T] [T], T;
    [T, const N: usize] [T; N], T;
    ['a, T: ?Sized] &'a T, T;
    [T: ?Sized] Box<T>, T;
    [T: ?Sized] Rc<T>, T;
    [T: ?Sized] Arc<T>, T;
    [T: 'static] Shared<T>, T;
    [K, T] BTreeMap<K, T>, T;
    [K, T, S] HashMap<K, T, S>, T;
    [A] (A,), A;
    [A, B] (A, B), A, B;
    [A, B, C] (A, B, C), A, B, C;
    [A, B, C, D] (A, B, C, D), A, B, C, D;
}
