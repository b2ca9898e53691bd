//! Structs, tuples and pointers.

use crate::table::Table;
use crate::values::{each_array, types};
use crate::why::{RENAMED, SKIPS};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::marker::PhantomData;
use std::sync::Arc;

types! {
    struct Inner<A> { array: A, number: u8 }
    struct Outer<A> { name: String, inner: Inner<A>, more: Vec<Inner<A>> }
    struct Newtype<A>(A);
    struct TupleStruct<A>(A, String);
    struct Unit;
    struct Empty {}
    struct EmptyTuple();
    struct Units<A> { unit: (), unit_struct: Unit, empty: Empty, empty_tuple: EmptyTuple, none: [u8; 0], phantom: PhantomData<u8>, array: A }
    struct Renamed<A> { #[serde(rename = "an array")] array: A, #[serde(rename = "type")] kind: String }
    struct Skips<A: Default> { array: A, #[serde(skip)] skipped: A, last: u8 }
    #[serde(bound(deserialize = "A: Deserialize<'de>"))]
    struct SkipsIf<A> { array: A, #[serde(default, skip_serializing_if = "Option::is_none")] none: Option<A>, last: u8 }
    struct List<A> { array: A, next: Option<Box<List<A>>> }
    enum Tree<A> { Leaf(A), Node { array: A, children: Vec<Tree<A>> } }
    struct Pointers<A> { arc: Arc<A>, boxed: Box<A>, text: Arc<str>, slice: Box<[u8]> }
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Borrowed<'a, A: Clone> {
    text: Cow<'a, str>,
    array: Cow<'a, A>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
#[serde(from = "Inner<A>", into = "Inner<A>", bound = "A: Clone + Serialize + serde::de::DeserializeOwned")]
struct Converted<A: Clone>(A);

impl<A: Clone> From<Inner<A>> for Converted<A> {
    fn from(inner: Inner<A>) -> Self {
        Self(inner.array)
    }
}

impl<A: Clone> From<Converted<A>> for Inner<A> {
    fn from(converted: Converted<A>) -> Self {
        Self { array: converted.0, number: 1 }
    }
}

fn owned<A: Clone>(array: A) -> Cow<'static, A> {
    Cow::Owned(array)
}

fn list<A: Clone>(array: &A, length: usize) -> List<A> {
    let next = (length > 1).then(|| Box::new(list(array, length - 1)));
    List { array: array.clone(), next }
}

/// Structs that are called as ndarray's is.
mod others {
    pub(super) mod user {
        crate::values::types! { pub(crate) struct Array { pub(crate) id: u32, pub(crate) dim: Vec<u8>, pub(crate) data: String } }
    }
    pub(super) mod other {
        crate::values::types! { pub(crate) struct Array { pub(crate) v: String, pub(crate) dim: Option<u8>, pub(crate) data: Vec<f64> } }
    }
    pub(super) mod third {
        crate::values::types! { pub(crate) struct Array { pub(crate) v: u8, pub(crate) dim: (f64, String), pub(crate) data: Vec<f64> } }
    }
}

pub(crate) fn rows(table: &mut Table) {
    table.part("Structs and tuples");
    each_array!(table, "the value itself", a => a);
    each_array!(table, "structs in structs", a => Outer {
        name: "x".into(), inner: Inner { array: a.clone(), number: 1 }, more: vec![Inner { array: a, number: 2 }],
    });
    each_array!(table, "newtypes", a => Newtype(Newtype(a)));
    each_array!(table, "tuple structs", a => TupleStruct(TupleStruct(a, "x".into()), "y".into()));
    each_array!(table, "tuples", a => (1_u8, (a.clone(), "x".to_owned()), a));
    each_array!(table, "units, empty structs and tuples", a => Units {
        unit: (), unit_struct: Unit, empty: Empty {}, empty_tuple: EmptyTuple(), none: [], phantom: PhantomData, array: a,
    });
    each_array!(table, "`rename`", a => Renamed { array: a, kind: "x".into() }, RENAMED);
    each_array!(table, "`skip`", a => Skips { array: Some(a), skipped: None, last: 1 });
    each_array!(table, "`default` with `skip_serializing_if`", a => SkipsIf { array: a, none: None, last: 1 }, SKIPS);
    each_array!(table, "`from` and `into`", a => Converted(a));
    each_array!(table, "generic types", a => Newtype(TupleStruct(Inner { array: Some(a), number: 1 }, "x".into())));
    each_array!(table, "a list, recursive", a => list(&a, 20));
    each_array!(table, "a tree, recursive", a => Tree::Node {
        array: a.clone(),
        children: vec![Tree::Leaf(a.clone()), Tree::Node { array: a.clone(), children: vec![Tree::Leaf(a)] }],
    });
    each_array!(table, "`Box`, `Arc`", a => Pointers {
        arc: Arc::new(a.clone()), boxed: Box::new(a), text: "x".into(), slice: [1, 2].into(),
    });
    each_array!(table, "`Cow`", a => Borrowed { text: "x\n".into(), array: owned(a) });
    let user = others::user::Array { id: 1, dim: vec![1], data: "x".into() };
    let other = others::other::Array { v: "1".into(), dim: Some(2), data: vec![1.0] };
    let third = others::third::Array { v: 1, dim: (1.5, "x".into()), data: vec![1.0] };
    table.row("a struct of your own named `Array`", (user, other, third), &[]);
}
