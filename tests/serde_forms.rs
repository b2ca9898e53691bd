//! Arrays round trip from every place that serde can express, in several formats.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(feature = "hdf5")]

use arraystow::{ChunkedArray, ErrorKind, LocalFiles, Protocols};
use half::f16;
use ndarray::{Array0, Array1, Array2, ArrayD, arr0, arr1, array};
use num_complex::Complex;
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

/// A format: saves and loads through the plug-in.
type RoundTrip<T> = fn(&T, &Protocols) -> arraystow::Result<T>;

fn cbor<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    arraystow::from_slice(&arraystow::to_vec(value, protocols)?, protocols)
}

fn json<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    let mut out = Vec::new();
    arraystow::serialize(value, &mut serde_json::Serializer::new(&mut out), protocols)?;
    arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&out), protocols)
}

fn message_pack<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    let mut out = Vec::new();
    arraystow::serialize(value, &mut rmp_serde::Serializer::new(&mut out).with_struct_map(), protocols)?;
    arraystow::deserialize(&mut rmp_serde::Deserializer::from_read_ref(&out), protocols)
}

fn postcard<T: Serialize + DeserializeOwned>(value: &T, protocols: &Protocols) -> arraystow::Result<T> {
    let mut serializer = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
    arraystow::serialize(value, &mut serializer, protocols)?;
    let out = postcard::ser_flavors::Flavor::finalize(serializer.output).unwrap();
    arraystow::deserialize(&mut postcard::Deserializer::from_bytes(&out), protocols)
}

fn check<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, formats: &[(&str, RoundTrip<T>)]) {
    for (name, round_trip) in formats {
        let place = place();
        let loaded = round_trip(&value, &place.protocols).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(loaded, value, "{name}");
    }
}

/// In every format.
fn everywhere<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    check(value, &[("cbor", cbor), ("json", json), ("message pack", message_pack), ("postcard", postcard)]);
}

/// In formats that describe themselves, as serde's buffering needs it.
fn self_describing<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    check(value, &[("cbor", cbor), ("json", json), ("message pack", message_pack)]);
}

macro_rules! values {
    ($($item:item)*) => { $(#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)] $item)* };
}

values! {
    struct Both { lazy: Lazy, plain: Array2<f64> }
    struct Options { lazy: Option<Lazy>, plain: Option<Array2<f64>>, none: Option<Lazy> }
    struct Tuple(Lazy, Array2<f64>, (Lazy, Array2<f64>));
    struct Newtype(Array2<f64>);
    struct Maps { by_name: BTreeMap<String, Lazy>, by_number: BTreeMap<u32, Array2<f64>> }
    enum External { Unit, Lazy(Lazy), Plain(Array2<f64>), Fields { lazy: Lazy, plain: Array2<f64> }, Tuple(Lazy, Array2<f64>) }
    enum Tree { Leaf(Array2<f64>), Node { lazy: Lazy, children: Vec<Tree> } }
    struct WithModule { #[serde(with = "arraystow::ndarray")] small: Array1<u8>, #[serde(with = "arraystow::ndarray")] large: Array2<f64> }
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Newtype(Both),
    Fields { lazy: Lazy, plain: Array2<f64> },
    Module(WithModule),
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Lazy(Lazy),
    Plain(Array2<f64>),
    Fields { lazy: Lazy, plain: Array2<f64> },
    Tuple(Lazy, Array2<f64>),
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
#[serde(untagged)]
enum Untagged {
    Number(f64),
    Lazy(Lazy),
    Plain(Array2<f64>),
    Words(Array1<String>),
    Fields { lazy: Lazy, plain: Array2<f64> },
    Many(Vec<Untagged>),
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Flattened {
    number: u8,
    #[serde(flatten)]
    both: Both,
    #[serde(flatten)]
    rest: BTreeMap<String, Array1<i64>>,
}

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct FlattenedModule {
    number: u8,
    #[serde(flatten)]
    module: WithModule,
}

fn both() -> Both {
    Both { lazy: lazy(1.0), plain: plain(2.0) }
}

fn with_module() -> WithModule {
    WithModule { small: arr1(&[1, 2, 3]), large: plain(3.0) }
}

#[test]
fn structs_tuples_options_sequences_and_maps() {
    everywhere(both());
    everywhere(Options { lazy: Some(lazy(1.0)), plain: Some(plain(2.0)), none: None });
    everywhere(Tuple(lazy(1.0), plain(2.0), (lazy(3.0), plain(4.0))));
    everywhere(Newtype(plain(1.0)));
    everywhere(vec![both(), both()]);
    everywhere(plain(1.0));
    everywhere(lazy(1.0));
    everywhere(Maps {
        by_name: [("a".to_owned(), lazy(1.0))].into(),
        by_number: [(7, plain(1.0)), (8, plain(1.0))].into(),
    });
    everywhere(with_module());
}

#[test]
fn enums_of_every_representation() {
    everywhere(vec![
        External::Unit,
        External::Lazy(lazy(1.0)),
        External::Plain(plain(1.0)),
        External::Fields { lazy: lazy(2.0), plain: plain(2.0) },
        External::Tuple(lazy(3.0), plain(3.0)),
    ]);
    everywhere(Tree::Node {
        lazy: lazy(1.0),
        children: vec![Tree::Leaf(plain(1.0)), Tree::Node { lazy: lazy(2.0), children: vec![Tree::Leaf(plain(2.0))] }],
    });
    self_describing(vec![
        Internal::Unit,
        Internal::Newtype(both()),
        Internal::Fields { lazy: lazy(3.0), plain: plain(3.0) },
        Internal::Module(with_module()),
    ]);
    self_describing(vec![
        Adjacent::Lazy(lazy(1.0)),
        Adjacent::Plain(plain(1.0)),
        Adjacent::Fields { lazy: lazy(2.0), plain: plain(2.0) },
        Adjacent::Tuple(lazy(3.0), plain(3.0)),
    ]);
    self_describing(vec![
        Untagged::Number(1.5),
        Untagged::Lazy(lazy(1.0)),
        Untagged::Plain(plain(1.0)),
        Untagged::Words(arr1(&["a".to_owned(), "b".to_owned()])),
        Untagged::Fields { lazy: lazy(2.0), plain: plain(2.0) },
        Untagged::Many(vec![Untagged::Plain(plain(9.0))]),
    ]);
}

#[test]
fn flattened_fields() {
    self_describing(Flattened {
        number: 1,
        both: both(),
        rest: [("more".to_owned(), Array1::from_iter(0..1000))].into(),
    });
    self_describing(FlattenedModule { number: 1, module: with_module() });
}

#[test]
fn elements_of_every_kind() {
    values! {
        struct Elements {
            bits: Array2<bool>,
            bytes: Array1<u8>,
            halves: Array1<i64>,
            complex: Array2<Complex<f64>>,
            pairs: Array1<(f64, f64)>,
            scalar: Array0<f64>,
            dynamic: ArrayD<f32>,
            empty: Array2<f64>,
            words: Array1<String>,
            options: Array1<Option<f64>>,
            chars: Array1<char>,
            nested: Array1<Array1<i64>>,
            big: Array1<i128>,
        }
    }
    let value = Elements {
        bits: Array2::from_shape_fn((70, 80), |(i, j)| (i * j) % 3 == 0),
        bytes: (0..5000_u32).map(|i| i as u8).collect(),
        halves: Array1::from_iter(-500..500),
        complex: Array2::from_shape_fn((20, 20), |(i, j)| Complex::new(i as f64, -(j as f64))),
        pairs: Array1::from_shape_fn(400, |i| (i as f64, 2.0)),
        scalar: arr0(1.5),
        dynamic: ArrayD::from_shape_fn(vec![11, 12, 13], |i| i[0] as f32),
        empty: Array2::zeros((0, 3)),
        words: arr1(&["x".to_owned(), "y".to_owned()]),
        options: arr1(&[Some(1.0), None]),
        chars: arr1(&['c', 'd']),
        nested: arr1(&[Array1::from_iter(0..600), Array1::from_iter(1..601)]),
        big: arr1(&[i128::MAX, i128::MIN]),
    };
    check(value, &[("cbor", cbor), ("json", json), ("postcard", postcard)]);
}

#[test]
fn half_precision_arrays_are_float16() {
    let place = place();
    let array = ChunkedArray::from_ndarray(Array1::from_shape_fn(100, |i| f16::from_f32(i as f32)), &[30]).unwrap();
    let loaded: ChunkedArray<f16> = cbor(&array, &place.protocols).unwrap();
    assert_eq!(loaded.compute().unwrap(), array.compute().unwrap());
}

#[test]
fn nan_and_signed_zero_keep_their_bits_in_any_format() {
    let special = array![f64::NAN, -0.0, f64::INFINITY, f64::from_bits(0xfff8_0000_dead_beef)];
    let large = Array1::from_shape_fn(1000, |i| special[i % 4]);
    for round_trip in [cbor::<Array1<f64>>, json, postcard] {
        let place = place();
        let loaded = round_trip(&large, &place.protocols).unwrap();
        assert!(loaded.iter().zip(&large).all(|(a, b)| a.to_bits() == b.to_bits()));
    }
}

#[test]
fn trait_objects_through_typetag() {
    #[typetag::serde]
    trait Shape: Debug {
        fn area(&self) -> f64;
    }

    #[typetag::serde]
    impl Shape for Both {
        fn area(&self) -> f64 {
            self.plain.sum() + self.lazy.0.sum().unwrap()
        }
    }

    let place = place();
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(both()), Box::new(both())];
    for loaded in [cbor(&shapes, &place.protocols).unwrap(), json(&shapes, &place.protocols).unwrap()] {
        assert_eq!(loaded[1].area(), shapes[1].area());
    }
}

#[test]
fn other_structs_called_array_are_left_alone() {
    mod user {
        use super::*;
        values! { pub(super) struct Array { pub id: u32, pub dim: Vec<u8>, pub data: String } }
    }
    mod other {
        use super::*;
        values! { pub(super) struct Array { pub v: String, pub dim: Option<u8>, pub data: Vec<f64> } }
    }
    everywhere(user::Array { id: 1, dim: vec![1], data: "d".into() });
    everywhere(other::Array { v: "1".into(), dim: Some(2), data: vec![1.0] });
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
