//! An untrusted document, loaded as a type that uses many forms of serde.
//!
//! The first byte chooses what the rest of the input is:
//!
//! - 0: a body in CBOR, and 1: a body in JSON, each in a frame with the manifest of existing arrays;
//! - 3 and 4: the same for a type with shared values, separated from the root and from one another by `BETWEEN`;
//! - 5: the length at which a whole document is cut;
//! - 6: a description of a deeply nested body in CBOR;
//! - 7: a pickle, to which the checksum of FunctionFuse is added;
//! - otherwise: a whole document.

use crate::arrays::{MemoryFiles, read, settle};
use crate::frame::{frame, parts};
use crate::recipe::check;
use arraystow::{ChunkedArray, Codec, Protocols, Shared, WeakShared};
use ndarray::{Array1, Array2, ArrayD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha1::{Digest, Sha1};
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
    // The corpus has the name `told`.
    #[serde(with = "arraystow::ndarray", rename = "told")]
    with_module: Array2<f64>,
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

/// A value of any depth, like `serde_json::Value`.
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

/// Shared values of several types that can be confused with one another.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
struct Linked {
    name: String,
    shared: Vec<Shared<Linked>>,
    weak: WeakShared<Linked>,
    chunked: Option<ChunkedArray<f32>>,
    plain: Array1<f64>,
    loose: Option<LooseLink>,
    value: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum LooseLink {
    Texts(Shared<Vec<String>>),
    Shared(Shared<Linked>),
    Weak(WeakShared<Linked>),
    Other(Shared<Value>),
    Value(Value),
}

/// Separates the parts of a body with shared values. The table of their lengths is computed: with a mutated table, no
/// case would get past it.
const BETWEEN: &[u8] = b"\xfe\xfd\xfc";

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
        let document = arraystow::to_vec(&rich(), &protocols.clone().with_codec(Codec::gzip(3).unwrap())).unwrap();
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

/// Nested shared values, and several handles on the same one.
fn linked() -> Linked {
    let leaf = Shared::new(Linked { name: "leaf".into(), plain: Array1::zeros(2), ..Linked::default() });
    let texts = Shared::new(vec!["a".to_owned(), "b".into()]);
    let middle = |texts| {
        let loose = Some(LooseLink::Texts(texts));
        Shared::new(Linked {
            shared: vec![leaf.clone(), leaf.clone()],
            weak: Shared::downgrade(&leaf),
            loose,
            ..Linked::default()
        })
    };
    let (one, other) = (middle(texts.clone()), middle(texts));
    let outside = Shared::new(Linked { loose: Some(LooseLink::Shared(leaf.clone())), ..Linked::default() });
    let loose = Some(LooseLink::Weak(Shared::downgrade(&outside)));
    Linked { weak: Shared::downgrade(&one), shared: vec![one, other], loose, ..Linked::default() }
}

/// Makes a document from a body whose parts are separated by `BETWEEN`.
fn divided(format: &str, input: &[u8]) -> Vec<u8> {
    let mut parts = Vec::new();
    let mut rest = input;
    while let Some(at) = rest.windows(BETWEEN.len()).position(|bytes| bytes == BETWEEN) {
        parts.push(&rest[..at]);
        rest = &rest[at + BETWEEN.len()..];
    }
    parts.push(rest);
    let lengths: Vec<_> = parts[1..].iter().map(|piece| piece.len()).collect();
    let table = match format {
        "cbor" => cbor4ii::serde::to_vec(Vec::new(), &lengths).unwrap(),
        _ => serde_json::to_vec(&lengths).unwrap(),
    };
    let mut manifest: serde_json::Value = cbor4ii::serde::from_slice(&place().manifest).unwrap();
    manifest["shared"] = json!({"root": parts[0].len(), "table": table.len()});
    let manifest = cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap();
    frame(format, &manifest, &[parts[0], &table, &parts[1..].concat()].concat())
}

/// Splits the body of a document that arraystow wrote into the root and the shared values.
fn divide(document: &[u8]) -> Vec<Vec<u8>> {
    let (manifest, body) = parts(document).unwrap();
    let manifest: serde_json::Value = cbor4ii::serde::from_slice(manifest).unwrap();
    let length = |name: &str| manifest["shared"][name].as_u64().unwrap() as usize;
    let (root, rest) = body.split_at(length("root"));
    let (table, mut rest) = rest.split_at(length("table"));
    let lengths: Vec<usize> = cbor4ii::serde::from_slice(table).unwrap();
    let mut parts = vec![root.to_vec()];
    for length in lengths {
        let (piece, next) = rest.split_at(length);
        parts.push(piece.to_vec());
        rest = next;
    }
    parts
}

/// Beginnings of CBOR values that contain the next value.
const UNITS: [&[u8]; 12] = [
    b"\x81",
    b"\x9f",
    b"\xa1\x61a",
    b"\xa1",
    b"\xbf",
    b"\xc1",
    b"\x7f",
    b"\xa1\x65value",
    b"\xa1\x66nested",
    b"\xa1\x65loose",
    b"\xa1\x66shared\x81",
    b"\xa1\x73$arraystow::inline\xa1\x64data",
];

/// Makes a nested body from pairs of a unit and a number of repetitions. The pairs end with a number of 0, and the
/// value at the bottom follows.
fn deep(mut units: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let [unit, times, rest @ ..] = units {
        units = rest;
        if *times == 0 {
            break;
        }
        body.extend(UNITS[usize::from(*unit) % UNITS.len()].repeat(usize::from(*times) * 4));
    }
    body.extend_from_slice(units);
    body
}

/// Cuts the whole document at the length that the first two bytes give.
fn cut(length: &[u8]) -> Vec<u8> {
    let Place { manifest, body, .. } = place();
    let mut whole = frame("cbor", manifest, body);
    let bytes = length.iter().take(2).fold(0, |bytes, byte| bytes << 8 | usize::from(*byte));
    whole.truncate(bytes % (whole.len() + 1));
    whole
}

/// A document as FunctionFuse writes it.
fn pickled(pickle: &[u8]) -> Vec<u8> {
    [pickle, &Sha1::digest(pickle)].concat()
}

pub fn run(input: &[u8]) {
    let Some((choice, rest)) = input.split_first() else { return };
    let Place { protocols, manifest, .. } = place();
    let rich = |document: &[u8]| match arraystow::from_slice(document, protocols) {
        Ok(Rich { chunked, .. }) => chunked,
        Err(error) => {
            check(&error);
            None
        }
    };
    let linked = |document: &[u8]| match arraystow::from_slice(document, protocols) {
        Ok(Linked { chunked, .. }) => chunked,
        Err(error) => {
            check(&error);
            None
        }
    };
    let chunked = match choice {
        0 => rich(&frame("cbor", manifest, rest)),
        1 => rich(&frame("json", manifest, rest)),
        3 => linked(&divided("cbor", rest)),
        4 => linked(&divided("json", rest)),
        5 => rich(&cut(rest)),
        6 => rich(&frame("cbor", manifest, &deep(rest))).or_else(|| linked(&divided("cbor", &deep(rest)))),
        7 => {
            let document = pickled(rest);
            if let Err(error) = arraystow::from_slice::<arraystow::Value>(&document, protocols) {
                check(&error);
            }
            rich(&document)
        }
        _ => rich(rest),
    };
    if let Some(chunked) = chunked {
        let _ = read(&chunked);
    }
}

/// Bodies that can be loaded, a whole document, and deeply nested bodies.
pub fn seeds() -> Vec<(String, Vec<u8>)> {
    let Place { protocols, manifest, body } = place();
    let whole = frame("cbor", manifest, body);
    let value: serde_json::Value = cbor4ii::serde::from_slice(body).unwrap();
    let shared = divide(&arraystow::to_vec(&linked(), protocols).unwrap()).join(BETWEEN);
    arraystow::from_slice::<Linked>(&divided("cbor", &shared), protocols).unwrap();
    let node = |number: u8| format!(r#"{{"shared":[["SharedSerializer",["1.0.0","{number}"]]]}}"#).into_bytes();
    let piece = |number: u8| [format!("[{},\".shared[0]\"]", number - 1).into_bytes(), node(number + 1)].concat();
    let circle = [node(1), piece(1), piece(2), [b"[2,\"\"]".as_slice(), &node(1)].concat()].join(BETWEEN);
    let chain = (1..60).map(piece).collect::<Vec<_>>();
    let chain = [[node(1)].as_slice(), &chain, &[b"[59,\"\"]{}".to_vec()]].concat().join(BETWEEN);
    arraystow::from_slice::<Linked>(&divided("json", &chain), protocols).unwrap();
    let seeds = vec![
        ("shared".into(), [&[3], shared.as_slice()].concat()),
        ("shared-circle".into(), [&[4], circle.as_slice()].concat()),
        ("shared-chain".into(), [&[4], chain.as_slice()].concat()),
        ("cbor".into(), [&[0], body.as_slice()].concat()),
        ("json".into(), [&[1], value.to_string().as_bytes()].concat()),
        ("whole".into(), [&[2], whole.as_slice()].concat()),
        ("deep-cbor".into(), [[0].as_slice(), b"\xa1\x65value", &[0x81; 300], &[0xf6]].concat()),
        ("cut".into(), vec![5, 1, 0]),
        ("cut-empty".into(), vec![5, 0, 0]),
        ("deep-units".into(), vec![6, 7, 20, 0, 30, 2, 10, 0, 0, 0xf6]),
        ("deep-shared".into(), vec![6, 10, 50, 0, 0, 0xf6]),
        ("deep-json".into(), [[1].as_slice(), b"{\"value\":", &[b'['; 300]].concat()),
    ];
    arraystow::from_slice::<Rich>(&whole, protocols).unwrap();
    seeds
}
