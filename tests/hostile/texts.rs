//! Texts of unknown origin on their way into errors: nothing of them acts on a terminal or in a log.

use crate::support::{entry, frame, manifest, soon};
use arraystow::{ChunkedArray, Error, LocalFiles, Protocols, Storage, VerifyDepth};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// Clears the screen, sets the title, ends the line, begins a line of a log, turns the direction, hides, deletes.
const ACTS: &str = "\u{1b}[2J\u{1b}]0;title\u{7}\r\n[ERROR] root\u{9b}31m\u{202e}gpj.\u{2066}\u{200f}\u{2028}\u{85}\u{8}\u{7f}\u{feff}\u{200b}\u{e0041}";
/// What people write.
const READABLE: &str = "ü/日本/ع/ע/🦀/e\u{301}/می\u{200c}خواهم";

/// Whether a text is one line that shows all that it has.
fn is_safe(text: &str) -> bool {
    let acts = |char: char| {
        char.is_control()
            || matches!(char, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
    };
    !text.chars().any(acts)
}

fn check(what: &str, error: &Error) {
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(is_safe(&text), "{what}: {text:?}");
        assert!(text.len() < 10_000, "{what}: {} bytes", text.len());
    }
}

/// The error and all that caused it.
fn check_chain(what: &str, error: &Error) {
    check(what, error);
    let mut cause = error.get_ref().map(|cause| cause as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        assert!(is_safe(&error.to_string()), "{what}, a cause: {:?}", error.to_string());
        cause = match error.downcast_ref::<Error>() {
            Some(error) => error.get_ref().map(|cause| cause as _),
            None => error.source(),
        };
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct One {
    a: ChunkedArray<f64>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
enum Kind {
    Known,
}

#[test]
fn what_a_manifest_says_is_escaped_in_errors() {
    soon("a manifest's texts", || {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let other = Storage::open("memory://").unwrap();
        storage.save("w/x", &1).unwrap();
        let array = "0b0e0000-0000-4000-8000-000000000001";
        let with = |key: &str, value: serde_json::Value, plain: bool| {
            let mut entry = entry(array, &json!([[[4, 1]]]), plain);
            entry[key] = value;
            manifest(&json!([entry]))
        };
        let mut object = json!({"write_id": ACTS, "arrays": [], "objects": [{"id": ["x/y", ["1", array]], "paths": [ACTS],
            "files": [{"name": format!("{array}.a"), "bytes": 5, "checksums": "00000000"}]}]});
        let objects = cbor4ii::serde::to_vec(Vec::new(), &object).unwrap();
        object["objects"][0]["files"][0]["name"] = json!(format!("{array}.{ACTS}"));
        let names = cbor4ii::serde::to_vec(Vec::new(), &object).unwrap();
        object["objects"][0]["id"] = json!([ACTS, [ACTS, ACTS]]);
        let ids = cbor4ii::serde::to_vec(Vec::new(), &object).unwrap();
        let manifests = [
            with("paths", json!([ACTS]), false),
            with("paths", json!([ACTS.repeat(1000)]), true),
            with("data_type", json!(ACTS), false),
            with("digest", json!(ACTS), false),
            with("chunks", json!(ACTS), false),
            with(ACTS, json!(ACTS), false),
            with("id", json!(["HDFSerializer", [ACTS, array]]), false),
            with("id", json!(["HDFSerializer", ["1.0.0", ACTS]]), false),
            with("id", json!([ACTS, ["1.0.0", array]]), false),
            objects,
            names,
            ids,
        ];
        let body = json!({"a": ["HDFSerializer", ["1.0.0", array]]}).to_string();
        for (number, manifest) in manifests.iter().enumerate() {
            let what = format!("manifest {number}");
            std::fs::write(folder.path().join("w/x"), frame("json", manifest, body.as_bytes())).unwrap();
            storage.info("w/x").map(drop).unwrap_or_else(|error| check_chain(&what, &error));
            storage.load::<Array1<f64>>("w/x").map(drop).unwrap_or_else(|error| check_chain(&what, &error));
            match storage.load::<One>("w/x") {
                Ok(one) => check_chain(&what, &one.a.sum().unwrap_err()),
                Err(error) => check_chain(&what, &error),
            }
            for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
                let found = storage.verify("w/x", depth).unwrap();
                found.faults.iter().for_each(|error| check_chain(&what, error));
                assert!(!found.is_sound(), "{what}");
            }
            check_chain(&what, &storage.copy("w/x", &other).unwrap_err());
            storage.sweep().unwrap().skipped().iter().for_each(|error| check_chain(&what, error));
        }
        // The accessors give what is there.
        std::fs::write(folder.path().join("w/x"), frame("json", &manifests[0], body.as_bytes())).unwrap();
        assert_eq!(storage.load::<One>("w/x").unwrap().a.sum().unwrap_err().path(), Some(ACTS));
        assert_eq!(storage.info("w/x").unwrap().arrays[0].paths, [ACTS]);
    });
}

#[test]
fn what_a_body_says_is_escaped_in_errors() {
    let protocols = Protocols::new();
    let none = manifest(&json!([]));
    let bodies = [json!(ACTS), json!({ACTS: 1}), json!([ACTS]), json!({"a": ACTS}), json!({"a": {ACTS: ACTS}})];
    for body in &bodies {
        let cbor = frame("cbor", &none, &cbor4ii::serde::to_vec(Vec::new(), body).unwrap());
        let json = frame("json", &none, body.to_string().as_bytes());
        // Not as JSON writes it: raw.
        let raw = frame("json", &none, body.to_string().replace("\\u001b", "\u{1b}").as_bytes());
        for document in [cbor, json, raw] {
            macro_rules! refuses {
                ($($T:ty),*) => { $(
                    match arraystow::from_slice::<$T>(&document, &protocols) {
                        Ok(_) => {}
                        Err(error) => check_chain(stringify!($T), &error),
                    }
                )* };
            }
            refuses!(One, Kind, u8, Array2<f64>, ChunkedArray<f64>, BTreeMap<u8, Kind>, Vec<Kind>);
        }
        let bare = arraystow::deserialize::<One, _>(body.clone(), &protocols).unwrap_err();
        check_chain("deserialize", &bare);
    }
    let format = frame(&ACTS[..12], &none, b"1");
    check("a format", &arraystow::from_slice::<u8>(&format, &protocols).unwrap_err());
}

#[test]
fn names_are_escaped_as_far_as_they_act_and_readable_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("日本 ü");
    let storage = Storage::open(&named).unwrap();
    for name in [READABLE, "a\u{202e}b", &ACTS.replace([':', '/', '\\'], "")] {
        for error in [
            storage.load::<u8>(name).unwrap_err(),
            storage.info(name).unwrap_err(),
            storage.remove(name).unwrap_err(),
            storage.verify(name, VerifyDepth::Quick).unwrap_err(),
        ] {
            check(name, &error);
        }
    }
    let error = storage.load::<u8>(READABLE).unwrap_err();
    assert!(error.to_string().contains(READABLE), "{error}");
    assert!(error.to_string().contains("日本 ü"), "{error}");
    check("a place", &Storage::open(folder.path().join(ACTS)).unwrap_err());
    let acting = Storage::open(folder.path().join("a\u{202e}b")).unwrap();
    check("a folder", &acting.load::<u8>("x").unwrap_err());
    // What there is beside it may be of unknown origin.
    std::fs::create_dir_all(&named).unwrap();
    storage.save("run-1\u{202e}", &1).unwrap();
    let error = storage.load::<u8>("run-1").unwrap_err();
    assert!(error.to_string().contains("did you mean"), "{error}");
    check("a neighbour", &error);
    // Texts of the user's own code.
    let failing = ChunkedArray::from_fn(&[4], &[2], |_| Err::<Array1<f64>, _>(ACTS)).unwrap();
    check("a chunk function", &failing.sum().unwrap_err());
    let files = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    check("a key", &arraystow::to_vec(&BTreeMap::from([(ACTS, failing)]), &files).unwrap_err());
}

#[test]
fn an_escaped_text_is_not_escaped_again() {
    // Formats quote our errors in theirs: the inner one is recognised all the same.
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let id = json!({"a": ["HDFSerializer", ["9\n\u{1b}", "x"]]});
    let error = arraystow::deserialize::<One, _>(id, &protocols).unwrap_err();
    assert!(error.to_string().contains("\\n\\u{1b}"), "{error}");
    assert_eq!(error.kind(), arraystow::ErrorKind::Unsupported, "{error}");
    check("an id", &error);
}
