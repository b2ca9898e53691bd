//! Shapes and indexes of any content.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use super::Comparison;
use super::index::{Index, Raw, Row};
use super::shape::{self, At, Shape, simple};
use crate::plugin::{Shared, Value};
use crate::storage::Storage;

fn map(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
}

#[test]
fn a_shape_finds_what_a_value_finds() {
    let inner = map([("", 1.into()), ("x.y", 2.into()), ("x", map([("y", 3.into())]))]);
    let long = Value::List((0..40).map(Value::from).collect());
    let value = map([
        ("first", long.clone()),
        ("text", "t".repeat(400).into()),
        ("a", inner.clone()),
        ("a", 4.into()),
        ("a.x", Value::Null),
        ("", inner),
        ("shared", Value::Shared(Shared::new(map([("z", 5.into())])))),
        ("list", Value::List(vec![6.into(), long, Value::Bytes(vec![1])])),
        ("last", true.into()),
    ]);
    let (shape, values) = shape::of(&value).unwrap();
    for path in [
        "first[3]",
        "first[30]",
        "first[99]",
        "text",
        "a",
        "a.",
        "a.x.y",
        "a.x",
        "a.x.z",
        ".x.y",
        ".",
        "..",
        "",
        "shared.z",
        "list[0]",
        "list[1][2]",
        "list[1][20]",
        "list[2]",
        "list[3]",
        "list[-1]",
        "list[",
        "last",
        "other",
        "last.more",
        "[0]",
    ] {
        let found = value.find(path).map(Value::resolved);
        match shape.find(path) {
            At::Simple(number) => {
                assert_eq!(simple(&values, number).unwrap().to_string(), found.unwrap().to_string(), "{path}");
            }
            At::Other => assert!(!super::comparison::is_simple(found.unwrap()), "{path}"),
            At::Nothing => assert!(found.is_none(), "{path}"),
            At::Unknown => assert!(["first[30]", "first[99]", "text", "list[1][20]"].contains(&path), "{path}"),
        }
    }
}

#[test]
fn an_entry_is_small_and_has_the_fields_that_are_not_deep() {
    let deep = (0..200).fold(Value::from(1), |below, _| map([("k", below)]));
    let wide = Value::Map((0..10_000).map(|n| (format!("key {n}").into(), map([("x", n.into())]))).collect());
    let texts = Value::List((0..100).map(|n| format!("{n}").repeat(100).into()).collect());
    // One value in 2^60 places.
    let shared = (0..60).fold(Value::from(1), |below, _| {
        let below = Shared::new(below);
        map([("k", Value::Shared(below.clone())), ("l", Value::Shared(below))])
    });
    for (value, path) in [(deep, "k.k.k"), (wide, "key 5.x"), (texts, "[3]"), (shared, "k.k")] {
        let value = map([("first", value), ("last", 7.into())]);
        let (shape, values) = shape::of(&value).unwrap();
        let bytes = cbor4ii::serde::to_vec(Vec::new(), &shape).unwrap();
        assert!(bytes.len() + values.len() < 6000, "{} and {} bytes", bytes.len(), values.len());
        assert!(matches!(shape.find("last"), At::Simple(_)));
        assert_ne!(shape.find(&format!("first.{path}")), At::Nothing);
        assert!(value.find(&format!("first.{path}")).is_some());
        assert_ne!(shape.find("first.k.k.k.k.k.k.k.k.k.k.k.k"), At::Other);
    }
}

/// Bytes with the frame of an index.
fn framed(contents: &[u8]) -> Vec<u8> {
    let empty = Index::default().write().unwrap();
    let mut hasher = blake3::Hasher::new_derive_key(super::index::CONTEXT);
    hasher.update(contents);
    [&empty[..8], hasher.finalize().as_bytes(), contents].concat()
}

#[test]
fn bytes_that_are_no_index_are_none() {
    let shape = cbor4ii::serde::to_vec(Vec::new(), &Shape::Other).unwrap();
    let rows = vec![Row("a", Raw(b"stamp"), 0, Raw(b"")), Row("b", Raw(b"stamp"), 0, Raw(&[1]))];
    let good = Index { shapes: vec![Raw(&shape)], rows }.write().unwrap();
    assert_eq!(Index::read(&good).unwrap().rows.len(), 2);
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            assert!(Index::read(&bytes).is_none(), "bit {bit} of byte {at}");
        }
        assert!(Index::read(&good[..at]).is_none(), "{at} bytes");
    }
    // Lists and strings of any length, and depth without end, in a good frame.
    for contents in [
        &b""[..],
        b"\xa2fshapes\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\xa2fshapes\x80drows\x9b\x00\x00\x00\xff\xff\xff\xff\xff",
        b"\xa2fshapes\x81\x5b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xa2fshapes\x80drows\x81\x84\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
        b"\xa2fshapes\x80drows\x81\x84\x62\xff\xff\x40\x00\x40",
        &b"\x81".repeat(100_000),
        &b"\x9f".repeat(100_000),
    ] {
        assert!(Index::read(&framed(contents)).is_none(), "{contents:.50?}");
    }
}

#[test]
fn a_crafted_index_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for n in 0..20 {
        storage.save(&format!("{n:02}"), &map([("n", n.into())])).unwrap();
    }
    let stamps: Vec<(String, Vec<u8>)> = (0..20)
        .map(|n| {
            let name = format!("{n:02}");
            let metadata = std::fs::metadata(folder.path().join(&name)).unwrap();
            (name, crate::protocol::disk::stamp(&metadata).0)
        })
        .collect();
    let shape = |shape: &Shape| cbor4ii::serde::to_vec(Vec::new(), shape).unwrap();
    let fields = |number| shape(&Shape::Map(vec![("n".to_owned(), Shape::Simple(number))], true));
    let deep = (0..200).fold(Shape::Other, |below, _| Shape::List(vec![below], true));
    // Shapes and values that do not fit each other.
    for (shape, number, values) in [
        (fields(0), 0, &b""[..]),
        (fields(u32::MAX), 0, b"\x01\x02"),
        (fields(0), 1, b"\x01"),
        (fields(0), u32::MAX, b"\x01"),
        (fields(0), 0, b"\x9f\x9f\x9f"),
        (fields(0), 0, b"\x82\x01\x02"),
        (fields(0), 0, b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff"),
        (shape(&deep), 0, b""),
        (b"\xff".to_vec(), 0, b""),
        (b"\x81".repeat(10_000), 0, b""),
    ] {
        let rows = stamps.iter().map(|(name, stamp)| Row(name, Raw(stamp), number, Raw(values))).collect();
        let index = Index { shapes: vec![Raw(&shape)], rows }.write().unwrap();
        std::fs::write(folder.path().join("bigdata/.index"), index).unwrap();
        let found = storage.query("*").filter("n", Comparison::GreaterOrEqual, 10).run().unwrap();
        assert_eq!(found.len(), 10, "{shape:.40?} {number} {values:?}");
    }
}
