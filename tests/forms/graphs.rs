//! Random object graphs: whatever is put together of what every format can have comes back from every format.

use crate::formats::{Format, Outcome};
use crate::values::{Bits, types};
use arraystow::{ChunkGrid, ChunkedArray};
use ndarray::{Array1, Array2, ArrayD};
use num_complex::Complex;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

types! {
    enum Node {
        Nothing,
        Truth(bool),
        Number(i64),
        Large(u64),
        Float(Bits),
        Letter(char),
        Text(String),
        Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
        Maybe(Option<Box<Node>>),
        List(Vec<Node>),
        Pair(Box<Node>, Box<Node>),
        Fields { first: Box<Node>, second: Option<Box<Node>>, number: u8 },
        ByName(BTreeMap<String, Node>),
        ByNumber(BTreeMap<i32, Node>),
        Array(AnyArray),
    }
    enum AnyArray {
        Chunked(Chunked),
        Bools(ArrayD<bool>), I8(ArrayD<i8>), I16(ArrayD<i16>), I32(ArrayD<i32>), I64(ArrayD<i64>),
        U8(ArrayD<u8>), U16(ArrayD<u16>), U32(Array1<u32>), U64(Array1<u64>), F16(Array2<half::f16>),
        F32(Array2<f32>), F64(Array2<f64>), C32(Array1<Complex<f32>>), C64(Array2<Complex<f64>>), Texts(Array1<String>),
    }
}

/// Equal by elements and chunk grid.
#[derive(Serialize, Deserialize, Debug, Clone)]
#[serde(transparent)]
struct Chunked(ChunkedArray<i32>);

impl PartialEq for Chunked {
    fn eq(&self, other: &Self) -> bool {
        self.0.grid() == other.0.grid() && self.0.compute().unwrap() == other.0.compute().unwrap()
    }
}

fn chunked() -> impl Strategy<Value = AnyArray> {
    (vec(1_usize..6, 0..4), vec(1_usize..6, 0..4), any::<i32>()).prop_map(|(rows, columns, first)| {
        let shape = [rows.iter().sum::<usize>(), columns.iter().sum()];
        let elements = Array2::from_shape_fn(shape, |(i, j)| first.wrapping_add((100 * i + j) as i32));
        let grid = ChunkGrid::irregular(&[rows, columns]).unwrap();
        AnyArray::Chunked(Chunked(ChunkedArray::from_ndarray(elements, grid).unwrap()))
    })
}

/// Some that are diverted, some that are not.
fn plain() -> impl Strategy<Value = AnyArray> {
    (0_usize..15, prop_oneof![0_usize..8, 20_usize..80], any::<i64>()).prop_map(|(kind, side, first)| {
        let int = |i: usize| first.wrapping_add(i as i64);
        let real = |i: usize, j: usize| (int(100 * i + j) as f64) / 7.0;
        let shape = vec![side, 2, side];
        let of = |at: &ndarray::IxDyn| int(at[0] * 1000 + at[1] * 100 + at[2]);
        match kind {
            0 => AnyArray::Bools(ArrayD::from_shape_fn(shape, |at| of(&at) % 3 == 0)),
            1 => AnyArray::I8(ArrayD::from_shape_fn(shape, |at| of(&at) as i8)),
            2 => AnyArray::I16(ArrayD::from_shape_fn(shape, |at| of(&at) as i16)),
            3 => AnyArray::I32(ArrayD::from_shape_fn(shape, |at| of(&at) as i32)),
            4 => AnyArray::I64(ArrayD::from_shape_fn(shape, |at| of(&at))),
            5 => AnyArray::U8(ArrayD::from_shape_fn(shape, |at| of(&at) as u8)),
            6 => AnyArray::U16(ArrayD::from_shape_fn(shape, |at| of(&at) as u16)),
            7 => AnyArray::U32(Array1::from_shape_fn(side * 20, |i| int(i) as u32)),
            8 => AnyArray::U64(Array1::from_shape_fn(side * 20, |i| int(i) as u64)),
            9 => AnyArray::F16(Array2::from_shape_fn((side, side), |(i, j)| half::f16::from_f64(real(i, j) % 1000.0))),
            10 => AnyArray::F32(Array2::from_shape_fn((side, side), |(i, j)| real(i, j) as f32)),
            11 => AnyArray::F64(Array2::from_shape_fn((side, side), |(i, j)| real(i, j))),
            12 => AnyArray::C32(Array1::from_shape_fn(side * 20, |i| Complex::new(real(i, 0) as f32, -0.0))),
            13 => AnyArray::C64(Array2::from_shape_fn((side, side), |(i, j)| Complex::new(real(i, j), 1.0))),
            _ => AnyArray::Texts(Array1::from_shape_fn(side, |i| int(i).to_string())),
        }
    })
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(Node::Nothing),
        any::<bool>().prop_map(Node::Truth),
        any::<i64>().prop_map(Node::Number),
        any::<u64>().prop_map(Node::Large),
        any::<f64>().prop_map(|x| Node::Float(Bits(x))),
        any::<char>().prop_map(Node::Letter),
        any::<String>().prop_map(Node::Text),
        vec(any::<u8>(), 0..20).prop_map(Node::Bytes),
        Just(Node::Maybe(None)),
        chunked().prop_map(Node::Array),
        plain().prop_map(Node::Array),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            boxed.clone().prop_map(|it| Node::Maybe(Some(it))),
            vec(inner.clone(), 0..5).prop_map(Node::List),
            (boxed.clone(), boxed.clone()).prop_map(|(one, two)| Node::Pair(one, two)),
            (boxed.clone(), proptest::option::of(boxed), any::<u8>())
                .prop_map(|(first, second, number)| Node::Fields { first, second, number }),
            btree_map(any::<String>(), inner.clone(), 0..4).prop_map(Node::ByName),
            btree_map(any::<i32>(), inner, 0..4).prop_map(Node::ByNumber),
        ]
    })
}

/// A graph as a type that serde buffers.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Buffered {
    number: u8,
    #[serde(flatten)]
    rest: BTreeMap<String, Node>,
}

/// Integers are no keys where serde buffers what JSON has.
fn has_number_keys(node: &Node) -> bool {
    match node {
        Node::ByNumber(map) => !map.is_empty(),
        Node::ByName(map) => map.values().any(has_number_keys),
        Node::List(list) => list.iter().any(has_number_keys),
        Node::Pair(one, two) => has_number_keys(one) || has_number_keys(two),
        Node::Fields { first, second, .. } => has_number_keys(first) || second.as_deref().is_some_and(has_number_keys),
        Node::Maybe(Some(inner)) => has_number_keys(inner),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn random_graphs_round_trip_in_every_format(graph in node()) {
        for format in Format::ALL {
            let outcome = format.try_it(&graph);
            prop_assert!(matches!(outcome, Outcome::Same), "{format:?}: {outcome:?}");
        }
    }

    #[test]
    fn random_graphs_round_trip_where_serde_buffers(one in node(), two in node()) {
        let in_json = !has_number_keys(&one) && !has_number_keys(&two);
        let graph = Buffered { number: 1, rest: [("one".to_owned(), one), ("two".to_owned(), two)].into() };
        for format in [Format::Cbor, Format::Json, Format::MessagePack] {
            if format == Format::Json && !in_json {
                continue;
            }
            let outcome = format.try_it(&graph);
            prop_assert!(matches!(outcome, Outcome::Same), "{format:?}: {outcome:?}");
        }
    }
}
