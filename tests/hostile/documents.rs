//! Documents: deep, huge, full of lies, or no text at all.

use crate::support::{entry, frame, manifest, refused, soon};
use arraystow::{ChunkedArray, ErrorKind, LocalFiles, Protocols, Storage};
use ndarray::{Array1, ArrayD};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// As `serde_json::Value`: the document alone says how deep it is.
#[derive(Debug, Deserialize, Serialize)]
#[serde(untagged)]
enum Value {
    Nothing,
    Number(f64),
    Text(String),
    List(Vec<Value>),
    Map(BTreeMap<String, Value>),
}

/// The same through variants.
#[derive(Debug, Deserialize, Serialize)]
enum Nested {
    Some(Box<Nested>),
    None,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind")]
#[allow(dead_code)]
enum Tagged {
    Array { array: Array1<f64>, rest: Option<Value> },
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

fn none() -> Vec<u8> {
    manifest(&json!([]))
}

/// Loads a body as every one of the types, on a small stack; none takes it.
fn every_type_refuses(what: &'static str, format: &'static str, body: Vec<u8>) {
    soon(what, move || {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        storage.save("x", &1).unwrap();
        let document = frame(format, &none(), &body);
        std::fs::write(folder.path().join("x"), &document).unwrap();
        let protocols = Protocols::new().with_file(LocalFiles::new(folder.path().join("arrays")).unwrap());
        macro_rules! refuses {
            ($($T:ty),*) => { $(
                let error = refused(what, storage.load::<$T>("x"), &[ErrorKind::Serde, ErrorKind::Corrupt]);
                assert_eq!(error.document(), Some("x"), "{error}");
                refused(what, arraystow::from_slice::<$T>(&document, &protocols), &[ErrorKind::Serde, ErrorKind::Corrupt]);
            )* };
        }
        refuses!(
            Value,
            serde_json::Value,
            Nested,
            Tagged,
            Flat,
            Vec<Value>,
            Array1<f64>,
            ChunkedArray<f64>,
            ArrayD<bool>
        );
    });
}

const DEEP: usize = 1 << 20;

#[test]
fn deep_cbor_is_refused_on_a_small_stack() {
    let deep = |unit: &[u8]| unit.repeat(DEEP / unit.len());
    every_type_refuses("lists", "cbor", deep(&[0x81]));
    every_type_refuses("endless lists", "cbor", deep(&[0x9f]));
    every_type_refuses("maps", "cbor", deep(b"\xa1\x61a"));
    every_type_refuses("maps as keys", "cbor", deep(&[0xa1]));
    every_type_refuses("variants", "cbor", deep(b"\xa1\x64Some"));
    every_type_refuses("tags", "cbor", deep(&[0xc1]));
    every_type_refuses("lists in a field", "cbor", [b"\xa2\x64name\x60\x61a".as_slice(), &deep(&[0x81])].concat());
    every_type_refuses("arrays in arrays", "cbor", deep(b"\xa1\x73$arraystow::inline\xa1\x64data"));
}

#[test]
fn deep_json_is_refused_on_a_small_stack() {
    let deep = |unit: &str| unit.repeat(DEEP / unit.len()).into_bytes();
    every_type_refuses("lists", "json", deep("["));
    every_type_refuses("maps", "json", deep("{\"a\":"));
    every_type_refuses("variants", "json", deep("{\"Some\":"));
    every_type_refuses("arrays in arrays", "json", deep("{\"$arraystow::inline\":{\"data\":"));
}

/// As deep as the formats allow at all: taken or refused, but on a small stack.
#[test]
fn what_is_as_deep_as_allowed_fits_on_a_small_stack() {
    for depth in [60, 100, 120, 126, 127, 128, 200, 254, 255, 256, 257, 400, 511, 512, 513, 514, 515] {
        soon("as deep as allowed", move || {
            let protocols = Protocols::new();
            let list = [vec![0x81; depth], vec![0xf6]].concat();
            let map = [b"\xa1\x61a".repeat(depth), vec![0xf6]].concat();
            let variants = [b"\xa1\x64Some".repeat(depth), b"\x64None".to_vec()].concat();
            for body in [&list, &map, &variants] {
                let document = frame("cbor", &none(), body);
                let _ = arraystow::from_slice::<Value>(&document, &protocols);
                let _ = arraystow::from_slice::<serde_json::Value>(&document, &protocols);
                let _ = arraystow::from_slice::<Nested>(&document, &protocols);
                let _ = arraystow::from_slice::<Tagged>(&document, &protocols);
            }
            let json = format!("{}null{}", "[".repeat(depth), "]".repeat(depth));
            let document = frame("json", &none(), json.as_bytes());
            let _ = arraystow::from_slice::<Value>(&document, &protocols);
            let _ = arraystow::from_slice::<serde_json::Value>(&document, &protocols);
        });
    }
}

#[test]
fn a_deep_or_huge_manifest_is_refused() {
    soon("manifests", || {
        let protocols = Protocols::new();
        for unit in [[0x81].as_slice(), &[0x9f], b"\xa1\x61a", &[0xa1], b"\xa2\x68write_id\x60\x66arrays", &[0xc1]] {
            let document = frame("cbor", &unit.repeat(DEEP / unit.len()), b"\x01");
            refused("a deep manifest", arraystow::from_slice::<i32>(&document, &protocols), &[ErrorKind::Corrupt]);
        }
        // One that is really that long.
        let document = frame("cbor", &vec![0x80; 65 << 20], b"\x01");
        let error =
            refused("a huge manifest", arraystow::from_slice::<i32>(&document, &protocols), &[ErrorKind::Limit]);
        assert!(error.to_string().contains("Limits::document_bytes"), "{error}");
        // One that only says so.
        let mut document = b"\x89ASTOW\r\n\x01\x00\x04cbor".to_vec();
        document.extend_from_slice(&(1_u64 << 60).to_le_bytes());
        document.extend_from_slice(&[0; 1000]);
        refused("a huge promise", arraystow::from_slice::<i32>(&document, &protocols), &[ErrorKind::Corrupt]);
        // Of empty axes, each a byte, and of as many axes as an array cannot have.
        let axes = json!(vec![json!([]); 1 << 16]);
        let document = frame("cbor", &manifest(&json!([entry("a", &axes, false)])), b"\x01");
        refused("axes", arraystow::from_slice::<i32>(&document, &protocols), &[ErrorKind::Corrupt]);
    });
}

#[test]
fn lengths_that_a_body_only_claims_are_not_believed() {
    // Found by fuzzing: types that make room for as many elements as are claimed.
    for claims in [b"\x9b\x0f\xff\xff\xff\xff\xff\xff\xff", b"\xbb\x0f\xff\xff\xff\xff\xff\xff\xff"] {
        let array = [b"\xa1\x73$arraystow::inline\xa1\x64data".as_slice(), claims].concat();
        for body in [claims.to_vec(), [b"\x81".as_slice(), claims].concat(), array] {
            every_type_refuses("a claim", "cbor", body.clone());
            every_type_refuses("a field's claim", "cbor", [b"\xa2\x64name\x60\x61a".as_slice(), &body].concat());
            let tagged = [b"\xa2\x64kind\x65Array\x65array".as_slice(), &body].concat();
            every_type_refuses("a claim that is buffered", "cbor", tagged);
        }
        let document = frame("cbor", &[b"\xa2\x68write_id\x60\x66arrays".as_slice(), claims].concat(), b"\x01");
        refused("a manifest", arraystow::from_slice::<i32>(&document, &Protocols::new()), &[ErrorKind::Corrupt]);
    }
    every_type_refuses("a text's claim", "cbor", b"\x7b\x0f\xff\xff\xff\xff\xff\xff\xff".to_vec());
    every_type_refuses("bytes' claim", "cbor", b"\x5b\x0f\xff\xff\xff\xff\xff\xff\xff".to_vec());
    for shape in [json!([1_u64 << 60]), json!([1_u64 << 32, 1_u64 << 32]), json!(vec![1; 1 << 16])] {
        let inline = json!({"$arraystow::inline": {"v": 1, "dim": shape, "data": []}}).to_string();
        let document = frame("json", &none(), inline.as_bytes());
        let (one, any) = (
            arraystow::from_slice::<Array1<f64>>(&document, &Protocols::new()),
            arraystow::from_slice::<ArrayD<f64>>(&document, &Protocols::new()),
        );
        // Of another number of axes than is asked for, or of more elements than there are.
        refused("a shape", one, &[ErrorKind::Serde, ErrorKind::TypeMismatch]);
        refused("a shape", any, &[ErrorKind::Serde]);
    }
}

#[test]
fn text_that_is_no_utf8_is_refused() {
    every_type_refuses("CBOR", "cbor", b"\x62\xff\xfe".to_vec());
    every_type_refuses("a key in CBOR", "cbor", b"\xa2\x64name\x60\x61\xff\x01".to_vec());
    every_type_refuses("JSON", "json", b"\"\xff\xfe\"".to_vec());
    let document = frame("cbor", b"\xa2\x68write_id\x61\xff\x66arrays\x80", b"\x01");
    refused("a manifest", arraystow::from_slice::<i32>(&document, &Protocols::new()), &[ErrorKind::Corrupt]);
    let document = frame("\u{7f}?", &none(), b"\x01");
    refused("a format", arraystow::from_slice::<i32>(&document, &Protocols::new()), &[ErrorKind::Unsupported]);
}

#[test]
fn irregular_chunks_by_the_million_take_no_memory() {
    soon("grids", || {
        let folder = tempfile::tempdir().unwrap();
        let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
        // A hundred bytes each, and 2^60 chunks of different lengths.
        let chunks = json!([[[1, 1], [2, 1_u64 << 40], [0, 1_u64 << 50], [3, 1_u64 << 40]]]);
        let entries: Vec<_> = (0..2000).map(|number| entry(&format!("a{number}"), &chunks, number % 2 == 0)).collect();
        let document = frame("json", &manifest(&json!(entries)), b"1");
        assert_eq!(arraystow::from_slice::<i32>(&document, &protocols).unwrap(), 1);
        let body = json!(["HDFSerializer", ["1.0.0", "a1"]]).to_string();
        let document = frame("json", &manifest(&json!(entries)), body.as_bytes());
        let array: ChunkedArray<f64> = arraystow::from_slice(&document, &protocols).unwrap();
        assert!(array.grid().chunk_count() > 1 << 50);
        let error = refused("its elements", array.sum(), &[ErrorKind::Gone]);
        assert_eq!((error.array(), error.path()), (Some("a1"), Some("field")), "{error}");
    });
}

#[test]
fn a_plain_array_that_no_memory_holds_is_refused() {
    soon("plain arrays", || {
        let folder = tempfile::tempdir().unwrap();
        let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
        let chunks = json!([[[1_u64 << 20, 1_u64 << 30]]]);
        let document = |body: &str| frame("json", &manifest(&json!([entry("a", &chunks, true)])), body.as_bytes());
        // Where it is not used, it hides nothing.
        assert_eq!(arraystow::from_slice::<i32>(&document("1"), &protocols).unwrap(), 1);
        let body = json!({"$arraystow::stored": ["HDFSerializer", ["1.0.0", "a"]]}).to_string();
        let loaded = arraystow::from_slice::<Array1<f64>>(&document(&body), &protocols);
        let error = refused("a plain array", loaded, &[ErrorKind::Limit]);
        assert_eq!((error.array(), error.path()), (Some("a"), Some("field")), "{error}");
    });
}

#[test]
fn an_array_that_a_manifest_has_twice_is_refused() {
    let twice = json!([entry("a", &json!([[[4, 1]]]), true), entry("a", &json!([[[4, 1]]]), true)]);
    let document = frame("json", &manifest(&twice), b"1");
    let error = refused("twice", arraystow::from_slice::<i32>(&document, &Protocols::new()), &[ErrorKind::Corrupt]);
    assert_eq!(error.array(), Some("a"), "{error}");
}
