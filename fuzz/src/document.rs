//! A document of anybody's, loaded as a type that has a bit of everything.
//!
//! The first byte chooses: 0 a body of CBOR, 1 one of JSON, each in a frame with the manifest of the arrays that lie there;
//! otherwise the rest is the whole document.

use crate::arrays::{MemoryFiles, read, settle};
use crate::frame::frame;
use arraystow::{ChunkedArray, Codec, Protocols};
use ndarray::{Array1, Array2, ArrayD};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::OnceLock;

#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Rich {
    name: String,
    number: f64,
    bytes: Vec<u8>,
    wide: Option<u64>,
    chunked: Option<ChunkedArray<f32>>,
    plain: Option<Array2<f64>>,
    small: Array1<u16>,
    any_rank: Option<ArrayD<bool>>,
    texts: Option<Array1<String>>,
    #[serde(with = "arraystow::ndarray")]
    told: Array2<f64>,
    map: BTreeMap<String, Kind>,
    kinds: Vec<Kind>,
    loose: Option<Loose>,
    value: Value,
    nested: Option<Box<Rich>>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
enum Kind {
    Unit,
    Newtype(Array1<f64>),
    Tuple(ChunkedArray<f32>, u8),
    Struct { array: Option<Array2<f64>>, text: String },
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Tagged(Tagged),
    Array(Array2<f64>),
    Chunked(ChunkedArray<f32>),
    Number(u64),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Field { array: Array2<f64> },
    Nothing,
}

/// As `serde_json::Value`: the document alone says how deep it is.
#[derive(Serialize, Deserialize, Default)]
#[serde(untagged)]
enum Value {
    #[default]
    Nothing,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

struct Place {
    protocols: Protocols,
    manifest: Vec<u8>,
    body: Vec<u8>,
}

fn place() -> &'static Place {
    static PLACE: OnceLock<Place> = OnceLock::new();
    PLACE.get_or_init(|| {
        let files = MemoryFiles::default();
        let protocols = Protocols::new().with_file(files.clone()).with_limits(crate::limits());
        let document = arraystow::to_vec(&rich(), &protocols.clone().with_codec(Codec::Gzip(3))).unwrap();
        let (manifest, body) = settle(&files, &document);
        Place { protocols, manifest, body }
    })
}

fn rich() -> Rich {
    let plain = Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f64);
    let chunked = ChunkedArray::from_ndarray(plain.mapv(|x| x as f32), &[16, 16]).unwrap();
    Rich {
        name: "rich".into(),
        number: 1.5,
        bytes: vec![1, 2, 3],
        chunked: Some(chunked.clone()),
        small: Array1::from_iter(0..3),
        texts: Some(Array1::from_elem(2, "text".into())),
        plain: Some(plain.clone()),
        any_rank: Some(ArrayD::from_elem(vec![2, 1, 2], true)),
        map: [("kind".into(), Kind::Tuple(chunked.clone(), 7)), ("unit".into(), Kind::Unit)].into(),
        kinds: vec![
            Kind::Newtype(Array1::zeros(3)),
            Kind::Struct { array: Some(Array2::zeros((1, 2))), text: "x".into() },
        ],
        loose: Some(Loose::Tagged(Tagged::Field { array: plain })),
        value: Value::List(vec![
            Value::Bool(true),
            Value::Map([("a".into(), Value::Number(2.0))].into()),
            Value::Nothing,
        ]),
        nested: Some(Box::new(Rich { loose: Some(Loose::Chunked(chunked)), ..Rich::default() })),
        rest: [("more".into(), Value::Text("rest".into()))].into(),
        ..Rich::default()
    }
}

pub fn run(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let Place { protocols, manifest, .. } = place();
    let loaded = match choice {
        0 => arraystow::from_slice(&frame("cbor", manifest, rest), protocols),
        1 => arraystow::from_slice(&frame("json", manifest, rest), protocols),
        _ => arraystow::from_slice(rest, protocols),
    };
    if let Ok(Rich { chunked: Some(chunked), .. }) = loaded {
        let _ = read(&chunked);
    }
}

/// Bodies that load, a whole document, and deep ones.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let Place { protocols, manifest, body } = place();
    let whole = frame("cbor", manifest, body);
    let value: serde_json::Value = cbor4ii::serde::from_slice(body).unwrap();
    let seeds = vec![
        ("cbor".into(), [&[0], body.as_slice()].concat()),
        ("json".into(), [&[1], value.to_string().as_bytes()].concat()),
        ("whole".into(), [&[2], whole.as_slice()].concat()),
        ("deep-cbor".into(), [[0].as_slice(), b"\xa1\x65value", &[0x81; 300], &[0xf6]].concat()),
        ("deep-json".into(), [[1].as_slice(), b"{\"value\":", &[b'['; 300]].concat()),
    ];
    arraystow::from_slice::<Rich>(&whole, protocols).unwrap();
    seeds
}
