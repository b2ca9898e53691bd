//! Shared values: numbers and lengths full of lies, circles, and chains made to take all stack, memory or time.

use crate::support::{frame, refused, soon};
use arraystow::{Error, ErrorKind, Protocols, Shared, WeakShared};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fmt::Debug;

#[derive(Debug, Serialize, Deserialize)]
#[allow(dead_code)]
struct Node {
    #[serde(default)]
    next: Option<Shared<Node>>,
    #[serde(default)]
    value: Option<u8>,
}

fn strong(number: &str) -> serde_json::Value {
    json!(["SharedSerializer", ["1.0.0", number]])
}

fn weak(number: &str) -> serde_json::Value {
    json!(["WeakSharedSerializer", ["1.0.0", number]])
}

/// A document in JSON whose manifest has these lengths of root and table.
fn divided(lengths: &serde_json::Value, body: &[u8]) -> Vec<u8> {
    let manifest = json!({"write_id": "x", "arrays": [], "shared": lengths});
    frame("json", &cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap(), body)
}

/// A document of a root and pieces.
fn document(root: &str, pieces: &[Vec<u8>]) -> Vec<u8> {
    let table = serde_json::to_string(&pieces.iter().map(Vec::len).collect::<Vec<_>>()).unwrap();
    let body = [root.as_bytes(), table.as_bytes(), &pieces.concat()].concat();
    divided(&json!({"root": root.len(), "table": table.len()}), &body)
}

/// A piece that was met in another.
fn piece(met: usize, value: &str) -> Vec<u8> {
    format!("[{met},\".next\"]{value}").into_bytes()
}

fn node(next: usize) -> String {
    json!({"next": strong(&next.to_string())}).to_string()
}

/// Nodes, each of which holds the next; what the last one is.
fn chain(count: usize, last: &str) -> Vec<Vec<u8>> {
    let value = |number| if number == count { last.to_owned() } else { node(number + 1) };
    (1..=count).map(|number| piece(number - 1, &value(number))).collect()
}

fn load<T: DeserializeOwned>(document: &[u8]) -> Result<T, Error> {
    arraystow::from_slice(document, &Protocols::new())
}

const EITHER: &[ErrorKind] = &[ErrorKind::Serde, ErrorKind::Corrupt, ErrorKind::Unsupported];

#[test]
fn numbers_that_lie_are_refused() {
    soon("numbers", || {
        let pieces = [piece(0, "7")];
        assert_eq!(*load::<Shared<u8>>(&document(&strong("1").to_string(), &pieces)).unwrap(), 7);
        let numbers =
            ["0", "2", "18446744073709551615", "99999999999999999999999999", "-1", "+1", "", " 1", "1.0", "x"];
        for number in numbers {
            let root = strong(number).to_string();
            let error = refused(number, load::<Shared<u8>>(&document(&root, &pieces)), &[ErrorKind::Corrupt]);
            assert!(error.to_string().contains("shared value"), "{error}");
            refused(number, load::<Shared<u8>>(&document(&root, &[])), &[ErrorKind::Corrupt]);
        }
        for number in ["0", "2", "18446744073709551615"] {
            let loaded = load::<WeakShared<u8>>(&document(&weak(number).to_string(), &pieces)).unwrap();
            assert!(loaded.upgrade().is_none());
        }
        for root in [json!(["SharedSerializer", ["2.0.0", "1"]]), json!(["Other", ["1.0.0", "1"]]), json!([1, 2])] {
            refused("a name", load::<Shared<u8>>(&document(&root.to_string(), &pieces)), EITHER);
        }
        let bare = frame("json", &crate::support::manifest(&json!([])), strong("1").to_string().as_bytes());
        refused("no pieces", load::<Shared<u8>>(&bare), &[ErrorKind::Unsupported]);
    });
}

#[test]
fn lengths_that_lie_are_refused() {
    soon("lengths", || {
        let root = strong("1").to_string();
        let len = root.len();
        let cases: &[(u64, u64, &str)] = &[
            (u64::MAX, u64::MAX, "[9]"),
            (u64::MAX, 1, "[9]"),
            (1 << 60, 3, "[9]"),
            (len as u64, u64::MAX, "[9]"),
            (len as u64, 1000, "[9]"),
            (0, 0, "[9]"),
            (len as u64, 3, "[7]"),
            (len as u64, 22, "[18446744073709551615]"),
            (len as u64, 23, "[18446744073709551615,9]"),
            (len as u64, 4, "[-9]"),
            (len as u64, 5, "[[9]]"),
            (len as u64, 7, "[0,0,0]"),
        ];
        for (root_len, table_len, table) in cases {
            let body = format!("{root}{table}[0,\"\"]77");
            let document = divided(&json!({"root": root_len, "table": table_len}), body.as_bytes());
            refused(table, load::<Shared<u8>>(&document), &[ErrorKind::Corrupt]);
            // Whatever the type is.
            refused(table, load::<serde_json::Value>(&document), &[ErrorKind::Corrupt]);
        }
        for lengths in [json!({"root": -1, "table": 0}), json!({}), json!([1]), json!("x")] {
            refused("a manifest", load::<u8>(&divided(&lengths, b"1")), &[ErrorKind::Corrupt]);
        }
        // A table that only claims its length.
        let claim = b"\x9b\x0f\xff\xff\xff\xff\xff\xff\xff";
        let manifest = json!({"write_id": "x", "arrays": [], "shared": {"root": 1, "table": claim.len()}});
        let manifest = cbor4ii::serde::to_vec(Vec::new(), &manifest).unwrap();
        let body = [b"\x01".as_slice(), claim].concat();
        refused("a claim", load::<u8>(&frame("cbor", &manifest, &body)), &[ErrorKind::Corrupt]);
    });
}

#[test]
fn values_that_hold_themselves_are_refused() {
    soon("circles", || {
        for count in [1, 2, 3, 1000, 100_000] {
            let mut pieces = chain(count, "");
            *pieces.last_mut().unwrap() = piece(count - 1, &node(1));
            let document = document(&strong("1").to_string(), &pieces);
            let error = refused("a circle", load::<Shared<Node>>(&document), &[ErrorKind::Corrupt]);
            assert!(error.to_string().contains("contains itself"), "{error}");
        }
    });
}

#[test]
fn a_circle_is_refused_even_by_types_that_take_anything() {
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Loose {
        Next { next: Shared<Loose> },
        Anything(serde_json::Value),
    }
    soon("loose circles", || {
        for count in [1, 2, 50_000] {
            let mut pieces = chain(count, "");
            *pieces.last_mut().unwrap() = piece(count - 1, &node(1));
            let document = document(&node(1), &pieces);
            let error = refused("a circle", load::<Loose>(&document), &[ErrorKind::Corrupt]);
            assert!(error.to_string().contains("contains itself"), "{error}");
        }
        // Without a circle it is taken, as long as it may be.
        load::<Loose>(&document(&node(1), &chain(50_000, "5"))).unwrap();
    });
}

#[test]
fn what_fails_is_not_tried_again_and_again() {
    /// Twice as many attempts with every step, if each were made.
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code)]
    enum Twice {
        One { next: Shared<Twice> },
        Other { next: Shared<Twice>, more: Option<u8> },
        Third(Vec<Shared<Twice>>),
    }
    soon("attempts", || {
        for count in [10, 100, 20_000] {
            let document = document(&node(1), &chain(count, "false"));
            refused("a chain", load::<Twice>(&document), &[ErrorKind::Serde]);
        }
    });
}

#[test]
fn many_that_fail_take_little() {
    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    enum Either {
        Number(Shared<u8>),
        Other((String, (String, String))),
    }
    soon("failures", || {
        let count = 20_000;
        let root = (1..=count).map(|number| strong(&number.to_string())).collect::<Vec<_>>();
        let pieces: Vec<_> = (0..count).map(|number| piece(0, if number % 2 == 0 { "\"x\"" } else { "7" })).collect();
        let loaded: Vec<Either> = load(&document(&json!(root).to_string(), &pieces)).unwrap();
        let numbers = loaded.iter().filter(|either| matches!(either, Either::Number(number) if **number == 7)).count();
        let others = loaded.iter().filter(|either| matches!(either, Either::Other(other) if !other.0.is_empty()));
        assert_eq!((numbers, others.count()), (count / 2, count / 2));
    });
}

#[test]
fn a_long_chain_with_a_bad_end_names_the_place() {
    soon("bad ends", || {
        for count in [3, 50_000] {
            let document = document(&strong("1").to_string(), &chain(count, r#"{"value":"x"}"#));
            let error = refused("a chain", load::<Shared<Node>>(&document), &[ErrorKind::Serde]);
            assert!(error.path().unwrap().ends_with(".next.value"), "{error}");
            assert!(error.path().unwrap().len() < 300, "{error}");
        }
    });
}

#[test]
fn places_that_lie_are_only_text() {
    soon("places", || {
        // Met in itself, in what is not there, nowhere at all.
        let bad = r#"{"value":"x"}"#;
        for met in ["[1,\".a\"]", "[9,\".a\"]", "[18446744073709551615,\"\"]", "[2,\".b\"]"] {
            let pieces = [format!("{met}{bad}").into_bytes(), format!("[1,\".c\"]{bad}").into_bytes()];
            let document = document(&strong("1").to_string(), &pieces);
            let error = refused(met, load::<Shared<Node>>(&document), &[ErrorKind::Serde]);
            assert!(error.path().unwrap().len() < 300, "{error}");
        }
        for met in ["", "[]", "[-1,\"\"]", "[0,0,0]", "null", "["] {
            let pieces = [format!("{met}{{}}").into_bytes()];
            let document = document(&strong("1").to_string(), &pieces);
            refused(met, load::<Shared<Node>>(&document), EITHER);
        }
        let pieces = [format!("[0,\"{}\"]{bad}", "x".repeat(1 << 20)).into_bytes()];
        refused("a long place", load::<Shared<Node>>(&document(&strong("1").to_string(), &pieces)), EITHER);
    });
}

#[test]
fn a_million_pieces_of_a_byte_take_little() {
    soon("pieces", || {
        let pieces = vec![b"1".to_vec(); 1 << 20];
        let root = json!([strong("1"), strong("1048576")]).to_string();
        refused("bytes", load::<Vec<Shared<u8>>>(&document(&root, &pieces)), EITHER);
        let zeros = [b"1".as_slice(), b"[0", &b",0".repeat(1 << 20), b"]"].concat();
        let lengths = json!({"root": 1, "table": zeros.len() - 1});
        refused("zeros", load::<u8>(&divided(&lengths, &zeros)), &[ErrorKind::Corrupt]);
        refused("bytes", load::<Vec<u8>>(&document("[1,2]", &pieces)), &[ErrorKind::Corrupt]);
        // As many as there can be; none is asked for.
        let pieces = vec![b"no value".to_vec(); 1 << 20];
        refused("no values", load::<Vec<Shared<u8>>>(&document(&root, &pieces)), EITHER);
        assert_eq!(load::<Vec<u8>>(&document("[1,2]", &pieces)).unwrap(), [1, 2]);
    });
}

#[test]
fn something_after_a_value_is_refused() {
    for value in ["7 7", "7[0,\"\"]", "7}"] {
        let document = document(&strong("1").to_string(), &[piece(0, value)]);
        refused(value, load::<Shared<u8>>(&document), &[ErrorKind::Serde]);
    }
    let document = document(&format!("{}7", strong("1")), &[piece(0, "7")]);
    refused("after the root", load::<Shared<u8>>(&document), &[ErrorKind::Serde]);
}
