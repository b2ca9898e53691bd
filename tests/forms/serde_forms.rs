//! The plug-in beside the forms of `tests/forms`: ids, contexts, keys, and what errors say.

use arraystow::{ChunkedArray, ErrorKind, LocalFiles, Protocols};
use ndarray::{Array1, Array2};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A chunked array that is equal to another by its elements.
#[derive(Serialize, Deserialize, Debug, Clone)]
#[serde(transparent)]
struct Lazy(ChunkedArray<f32>);

impl PartialEq for Lazy {
    fn eq(&self, other: &Self) -> bool {
        self.0.grid() == other.0.grid() && self.0.compute().unwrap() == other.0.compute().unwrap()
    }
}

fn lazy(first: f32) -> Lazy {
    let elements = Array2::from_shape_fn((5, 3), |(i, j)| first + (10 * i + j) as f32);
    Lazy(ChunkedArray::from_ndarray(elements, &[2, 2]).unwrap())
}

/// Large enough to be diverted.
fn plain(first: f64) -> Array2<f64> {
    Array2::from_shape_fn((40, 30), |(i, j)| first + i as f64 + 0.5 * j as f64)
}

struct Place {
    _folder: tempfile::TempDir,
    protocols: Protocols,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    Place { _folder: folder, protocols }
}

fn cbor<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    arraystow::from_slice(&arraystow::to_vec(value, protocols)?, protocols)
}

macro_rules! values {
    ($($item:item)*) => { $(#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)] $item)* };
}

values! {
    struct Both { lazy: Lazy, plain: Array2<f64> }
}

fn both() -> Both {
    Both { lazy: lazy(1.0), plain: plain(2.0) }
}

#[test]
fn small_arrays_stay_in_the_document_and_large_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let files = || std::fs::read_dir(folder.path()).unwrap().count();
    arraystow::to_vec(&Array1::from_iter(0..511_i64), &protocols).unwrap();
    assert_eq!(files(), 0);
    arraystow::to_vec(&Array1::from_iter(0..512_i64), &protocols).unwrap();
    assert_eq!(files(), 1);
}

#[test]
fn the_document_has_readable_ids() {
    let place = place();
    let mut out = Vec::new();
    arraystow::serialize(&both(), &mut serde_json::Serializer::new(&mut out), &place.protocols).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(document["lazy"][0], "HDFSerializer");
    assert_eq!(document["lazy"][1][0], "1.0.0");
    assert_eq!(document["lazy"][1][1].as_str().unwrap().len(), 36);
    assert_eq!(document["plain"]["$arraystow::stored"][0], "HDFSerializer");
}

#[test]
fn without_a_context_the_error_says_what_to_do() {
    let error = serde_json::to_string(&lazy(1.0)).unwrap_err().to_string();
    assert!(error.contains("storage.save") && error.contains("arraystow::to_vec"), "{error}");
    let error = serde_json::from_str::<Lazy>(r#"["HDFSerializer",["1.0.0","x"]]"#).unwrap_err().to_string();
    assert!(error.contains("storage.load") && error.contains("arraystow::from_slice"), "{error}");
    let error = arraystow::to_vec(&lazy(1.0), &Protocols::new()).unwrap_err();
    assert!(error.to_string().contains("with_file"), "{error}");
}

#[test]
fn errors_name_the_place_in_the_object() {
    values! { struct Run { field: Lazy } struct Object { runs: Vec<Run>, names: BTreeMap<String, Lazy> } }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct OtherRun {
        field: ChunkedArray<u8>,
    }
    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct OtherObject {
        runs: Vec<OtherRun>,
    }
    let place = place();
    let run = |x| Run { field: lazy(x) };
    let object = Object { runs: vec![run(1.0), run(2.0)], names: [("a b".into(), lazy(3.0))].into() };
    let document = arraystow::to_vec(&object, &place.protocols).unwrap();
    let error = arraystow::from_slice::<OtherObject>(&document, &place.protocols).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TypeMismatch);
    assert_eq!(error.path(), Some("runs[0].field"));
    assert!(error.to_string().contains("astype"), "{error}");

    let mut bad = object;
    bad.names.insert(
        "bad".into(),
        Lazy(&bad.runs[0].field.0 + &ChunkedArray::from_ndarray(plain(0.0).mapv(|x| x as f32), &[9, 9]).unwrap()),
    );
    let error = arraystow::to_vec(&bad, &place.protocols).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("names.bad")), "{error}");

    #[derive(Deserialize, Debug)]
    #[allow(dead_code)]
    struct Numbers {
        runs: Vec<u8>,
    }
    let error = arraystow::from_slice::<Numbers>(&document, &place.protocols).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("runs[0]")), "{error}");
}

#[test]
fn hostile_ids_are_refused() {
    let place = place();
    for file in ["../secret", "a/b", "..", "", ".hidden", "a.b", "C:x", "a\0b"] {
        let id = serde_json::json!(["HDFSerializer", ["1.0.0", file]]);
        let error = arraystow::deserialize::<ChunkedArray<f32>, _>(id, &place.protocols).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName, "{file:?}: {error}");
    }
    for (name, version) in [("HDFSerializer", "2.0.0"), ("HDFSerializer", "x"), ("Other", "1.0.0")] {
        let id = serde_json::json!([name, [version, "x"]]);
        let error = arraystow::deserialize::<ChunkedArray<f32>, _>(id, &place.protocols).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{name} {version}: {error}");
    }
}

#[test]
fn a_users_key_cannot_be_taken_for_an_array() {
    let place = place();
    let map = BTreeMap::from([("$arraystow::stored", 1)]);
    assert!(arraystow::to_vec(&map, &place.protocols).unwrap_err().to_string().contains("choose another"));
    assert!(
        arraystow::to_vec(&vec!["$arraystow::stored"], &place.protocols).is_ok(),
        "as a value it is a text like any other"
    );
}

#[test]
fn nested_saves_do_not_meet() {
    thread_local! {
        static INNER: RefCell<Option<(Place, Vec<u8>)>> = const { RefCell::new(None) };
    }
    struct SavesInside;
    impl Serialize for SavesInside {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let place = place();
            let document = arraystow::to_vec(&both(), &place.protocols).map_err(serde::ser::Error::custom)?;
            INNER.set(Some((place, document)));
            serializer.serialize_str("saved")
        }
    }
    let place = place();
    let document = arraystow::to_vec(&(lazy(1.0), SavesInside, plain(5.0)), &place.protocols).unwrap();
    let loaded: (Lazy, String, Array2<f64>) = arraystow::from_slice(&document, &place.protocols).unwrap();
    assert_eq!(loaded, (lazy(1.0), "saved".to_owned(), plain(5.0)));
    let (inner, document) = INNER.take().unwrap();
    assert_eq!(arraystow::from_slice::<Both>(&document, &inner.protocols).unwrap(), both());
}

#[test]
fn a_panicking_serialize_leaves_no_context_behind() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("in the user's code")
        }
    }
    let place = place();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        arraystow::to_vec(&Panics, &place.protocols).map(drop)
    }));
    assert!(caught.is_err());
    assert!(serde_json::to_string(&lazy(1.0)).is_err(), "the context is still there");
    assert_eq!(cbor(&both(), &place.protocols).unwrap(), both());
}
