//! `Storage::value`: a document without its Rust type, and the same document saved again.

use arraystow::persistent::ExternalFiles;
use arraystow::{
    AnyNdArray, ChunkedArray, DataType, ErrorKind, Format, PersistentSerializer, Protocols, Shared, Storage, Value,
    WeakShared,
};
use ndarray::{Array1, Array2, array};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Debug;
use std::fs;
use std::io::{Read, Write};

const FORMATS: [Format; 2] = [Format::Cbor, Format::Json];

fn storage(format: Format) -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).format(format).open().unwrap();
    (folder, storage)
}

/// Saves a value, reads it as a tree, and saves the tree: the text is as expected, and both documents are equal.
#[track_caller]
fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(format: Format, value: &T, expected: &str) {
    let (_folder, storage) = storage(format);
    storage.save("typed", value).unwrap();
    let tree = storage.value("typed").unwrap();
    assert_eq!(tree.to_string(), expected);
    storage.save("tree", &tree).unwrap();
    assert_eq!(storage.value("tree").unwrap().to_string(), expected);
    assert_eq!(&storage.load::<T>("tree").unwrap(), value);
    let bytes = |name| storage.list(name).unwrap()[0].bytes;
    if storage.info("typed").unwrap().arrays.is_empty() {
        assert_eq!(bytes("typed"), bytes("tree"));
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Kind {
    Plain,
    New(f32),
    Pair(u8, char),
    Fields { a: Option<bool>, b: () },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Unit;

#[test]
fn every_form_of_serde_is_a_plain_value() {
    for format in FORMATS {
        let kinds = vec![Kind::Plain, Kind::New(0.5), Kind::Pair(1, 'é'), Kind::Fields { a: Some(true), b: () }];
        check(format, &kinds, r#"["Plain", {New: 0.5}, {Pair: [1, "é"]}, {Fields: {a: true, b: null}}]"#);
        check(format, &(i64::MIN, u64::MAX, -1_i8, 0.1_f64), "[-9223372036854775808, 18446744073709551615, -1, 0.1]");
        check(format, &(Unit, None::<u8>, String::new(), Vec::<u8>::new()), r#"[null, null, "", []]"#);
        let map = BTreeMap::from([("a b".to_owned(), 1), ("c".to_owned(), 2), ("0".to_owned(), 3)]);
        check(format, &map, r#"{"0": 3, "a b": 1, c: 2}"#);
        check(format, &7_u8, "7");
    }
    check(Format::Cbor, &(i128::MIN, u128::MAX), &format!("[{}, {}]", i128::MIN, u128::MAX));
    check(Format::Cbor, &BTreeMap::from([(-1, "a".to_owned()), (5, "b".to_owned())]), r#"{-1: "a", 5: "b"}"#);
    check(Format::Cbor, &BTreeMap::from([((1, true), Some(2))]), "{[1, true]: 2}");
    check(Format::Cbor, &serde_bytes::ByteBuf::from(vec![1, 2, 3]), "<3 bytes>");
    check(Format::Cbor, &(0.1_f32, f64::INFINITY), "[0.1, inf]");
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Plain {
    stored: Array2<f32>,
    small: Array1<u8>,
    texts: Array1<String>,
    empty: Array2<f64>,
}

#[test]
fn arrays_are_leaves() {
    for format in FORMATS {
        let plain = Plain {
            stored: Array2::from_elem((80, 90), 1.5),
            small: array![1, 2, 3],
            texts: array!["a".to_owned(), "b".to_owned()],
            empty: Array2::zeros((0, 3)),
        };
        let text = r#"{stored: <float32 [80, 90]>, small: <inline [3]: [1, 2, 3]>, texts: <inline [2]: ["a", "b"]>, empty: <inline [0, 3]: []>}"#;
        check(format, &plain, text);

        let (folder, storage) = storage(format);
        storage.save("plain", &plain).unwrap();
        let tree = storage.value("plain").unwrap();
        let stored = tree.get("stored").and_then(Value::as_array).unwrap();
        assert_eq!(stored.downcast::<f32>().unwrap().compute().unwrap(), plain.stored.into_dyn());
        let Some(Value::InlineArray(small)) = tree.get("small") else { panic!("{tree}") };
        assert_eq!((small.shape(), small.elements().len()), (&[3][..], 3));
        assert_eq!(small.to_ndarray().unwrap(), AnyNdArray::from(array![1_i64, 2, 3]));
        let Some(Value::InlineArray(texts)) = tree.get("texts") else { panic!("{tree}") };
        assert_eq!(texts.to_ndarray().unwrap_err().kind(), ErrorKind::TypeMismatch);
        let Some(Value::InlineArray(empty)) = tree.get("empty") else { panic!("{tree}") };
        assert_eq!(empty.to_ndarray().unwrap().data_type(), DataType::Float64);

        // No file of an array is needed for the tree.
        fs::remove_dir_all(folder.path().join("bigdata")).unwrap();
        let tree = storage.value("plain").unwrap();
        let error = tree.get("stored").unwrap().as_array().unwrap().compute().unwrap_err();
        assert_eq!((error.path(), error.document()), (Some("stored"), Some("plain")));
    }
}

#[test]
fn one_array_in_two_places_is_one_array() {
    for format in FORMATS {
        let (_folder, storage) = storage(format);
        let array = ChunkedArray::from_ndarray(Array1::<i16>::ones(500), &[100]).unwrap();
        storage.save("typed", &(&array, BTreeMap::from([("same", &array)]))).unwrap();
        let tree = storage.value("typed").unwrap();
        assert_eq!(tree.to_string(), "[<int16 [500]>, {same: <int16 [500]>}]");
        storage.save("tree", &tree).unwrap();
        let info = storage.info("tree").unwrap();
        assert_eq!(info.arrays.len(), 1);
        assert_eq!(info.arrays[0].paths, ["[0]", "[1].same"]);
        storage.save("alone", &array).unwrap();
        assert_eq!(storage.value("alone").unwrap().as_array().unwrap().len(), 500);
        let tree = futures::executor::block_on(storage.value_async("alone")).unwrap();
        assert!(tree.as_array().is_some());
    }
}

#[derive(Serialize, Deserialize)]
struct Node {
    name: String,
    parent: WeakShared<Node>,
    children: Vec<Shared<Node>>,
}

#[test]
fn shared_values_are_one_allocation_and_saved_as_such() {
    for format in FORMATS {
        let (_folder, storage) = storage(format);
        let tree = Shared::new_cyclic(|root| Node {
            name: "root".into(),
            parent: WeakShared::new(),
            children: ["left", "right"]
                .map(|name| Shared::new(Node { name: name.into(), parent: root.clone(), children: Vec::new() }))
                .into(),
        });
        let right = tree.children[1].clone();
        storage.save("typed", &(tree, right)).unwrap();
        let value = storage.value("typed").unwrap();
        let Value::List(both) = &value else { panic!("{value}") };
        let Some(Value::List(children)) = both[0].get("children") else { panic!("{value}") };
        let (Value::Shared(a), Value::Shared(b)) = (&children[1], &both[1]) else { panic!("{value}") };
        assert!(Shared::as_arc(a).get("name").is_some());
        assert!(std::ptr::eq(a.resolved(), b.resolved()));
        let Some(Value::WeakShared(parent)) = b.get("parent") else { panic!("{value}") };
        assert!(std::ptr::eq(parent.upgrade().unwrap().resolved(), both[0].resolved()));

        storage.save("value", &value).unwrap();
        let (tree, right): (Shared<Node>, Shared<Node>) = storage.load("value").unwrap();
        assert!(std::ptr::eq(&*tree.children[1], &*right));
        assert_eq!(right.parent.upgrade().unwrap().name, "root");
    }
}

#[derive(Serialize)]
struct Link {
    number: usize,
    next: Option<Shared<Link>>,
}

#[test]
fn a_long_chain_of_shared_values_is_read_shown_saved_and_dropped() {
    let (_folder, storage) = storage(Format::Cbor);
    let links = 100_000;
    let chain = (0..links).fold(None, |next, number| Some(Shared::new(Link { number, next })));
    storage.save("chain", &chain).unwrap();
    drop(chain);
    let value = storage.value("chain").unwrap();
    assert!(value.to_string().len() < 2000);
    assert!(format!("{value:?}").ends_with('}'));
    storage.save("again", &value).unwrap();
    let mut length = 0;
    let mut at = &value;
    while let Some(next) = at.get("next") {
        length += 1;
        at = next;
    }
    assert_eq!(length, links);
}

#[test]
fn lists_that_only_look_like_ids_are_lists() {
    for format in FORMATS {
        let id = |name: &str, file: &str| (name.to_owned(), ("1.0.0".to_owned(), file.to_owned()));
        let text = r#"[["HDFSerializer", ["1.0.0", "x"]], ["SharedSerializer", ["1.0.0", "1"]], ["a", ["b", "c"]]]"#;
        check(
            format,
            &vec![id("HDFSerializer", "x"), id("SharedSerializer", "1"), ("a".into(), ("b".into(), "c".into()))],
            text,
        );
    }
}

#[derive(Clone)]
struct Note(String);

struct Notes;

impl PersistentSerializer for Notes {
    type Object = Note;
    const NAME: &'static str = "example.org/notes";

    fn write(&self, note: &Note, files: &ExternalFiles) -> Result<(), Box<dyn Error + Send + Sync>> {
        let mut file = files.create("")?;
        file.write_all(note.0.as_bytes())?;
        Ok(file.finish()?)
    }

    fn read(&self, files: &ExternalFiles) -> Result<Note, Box<dyn Error + Send + Sync>> {
        let mut text = String::new();
        files.open("")?.read_to_string(&mut text)?;
        Ok(Note(text))
    }

    fn remove(&self, files: &ExternalFiles) -> Result<(), Box<dyn Error + Send + Sync>> {
        Ok(files.remove("")?)
    }
}

#[derive(Serialize, Deserialize)]
struct Page {
    number: u8,
    #[serde(with = "arraystow::persistent")]
    note: Note,
}

#[test]
fn an_external_object_is_a_leaf_that_cannot_be_saved() {
    for format in FORMATS {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).format(format).serializer(Notes).open().unwrap();
        storage.save("page", &Page { number: 1, note: Note("x".into()) }).unwrap();
        // The serializer is not needed.
        let storage = Storage::open(folder.path()).unwrap();
        let tree = storage.value("page").unwrap();
        let Some(Value::External(id)) = tree.get("note") else { panic!("{tree}") };
        assert_eq!(id.name(), "example.org/notes");
        assert_eq!(tree.to_string(), format!("{{number: 1, note: <external \"example.org/notes\" {}>}}", id.file()));
        let error = storage.save("again", &tree).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("note")), "{error}");
        assert!(error.to_string().contains("Storage::copy"), "{error}");
        let error = storage.array("page", "note").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}

#[derive(Serialize, Deserialize)]
struct Part {
    name: String,
    rest: Value,
}

#[test]
fn a_field_takes_any_part_of_a_document() {
    for format in FORMATS {
        let (_folder, storage) = storage(format);
        let array = ChunkedArray::from_ndarray(Array1::<i16>::ones(500), &[100]).unwrap();
        storage.save("typed", &BTreeMap::from([("rest", (Some(1), Some(&array))), ("name", (None, None))])).unwrap();
        assert!(storage.load::<Part>("typed").is_err());
        storage.save("typed", &Part { name: "x".into(), rest: Value::Array((&array).into()) }).unwrap();
        let part: Part = storage.load("typed").unwrap();
        assert_eq!((part.name.as_str(), part.rest.as_array().map(|array| array.len())), ("x", Some(500)));
    }
}

#[test]
fn what_may_be_nested_is_read() {
    for (format, levels) in [(Format::Cbor, 250), (Format::Json, 125)] {
        let (_folder, storage) = storage(format);
        let deep = (0..levels).fold(Value::Integer(1), |value, _| Value::List(vec![value]));
        storage.save("deep", &deep).unwrap();
        let deep = storage.value("deep").unwrap();
        assert!(deep.to_string().contains("[..]"));
        let mut at = &deep;
        for _ in 0..levels {
            let Value::List(elements) = at else { panic!("{at}") };
            at = &elements[0];
        }
        assert_eq!(at.as_f64(), Some(1.0));
    }
}

#[test]
fn long_values_are_shown_shortened() {
    let list = Value::List((0..100).map(Value::Integer).collect());
    assert!(list.to_string().ends_with("18, 19, .. 80 more]"), "{list}");
    let text = Value::Text("x".repeat(1000));
    assert_eq!(text.to_string().len(), 204);
    let wide = (0..6).fold(Value::Null, |value, _| Value::List(vec![value; 15]));
    assert!(wide.to_string().len() < 10_000);
    let map = Value::Map(vec![(Value::Text("a".into()), Value::List(vec![Value::Bool(true), Value::Null]))]);
    assert_eq!(format!("{map:#}"), "{\n    a: [\n        true,\n        null\n    ]\n}");
}

#[test]
fn a_format_that_does_not_describe_itself_says_so() {
    let bytes = postcard::to_allocvec(&1).unwrap();
    let mut deserializer = postcard::Deserializer::from_bytes(&bytes);
    let error = arraystow::deserialize::<Value, _>(&mut deserializer, &Protocols::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serde, "{error}");
}
