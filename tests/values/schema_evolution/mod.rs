//! Types change, documents stay: what is read then, what is dropped by the next save, and what the errors say.
//! Each sentence of `docs/schema-evolution.md` has its test here.

use arraystow::{ChunkedArray, ErrorKind, Format, Protocols, Storage};
use ndarray::Array2;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Types with what all of them derive.
macro_rules! types {
    ($($item:item)*) => { $(#[derive(Serialize, Deserialize, Debug, Clone)] $item)* };
}

mod arrays;

type Chunked = ChunkedArray<f64>;
type Plain = Array2<f64>;

fn plain(side: usize) -> Plain {
    Array2::from_shape_fn((side, side), |(i, j)| 1.0 + i as f64 + 0.5 * j as f64)
}

/// Diverted as a plain array, too.
fn large() -> Plain {
    plain(40)
}

/// Kept in the document as a plain array.
fn small() -> Plain {
    plain(3)
}

fn chunked(array: &Plain) -> Chunked {
    ChunkedArray::from_ndarray(array.clone(), &[7, 7]).unwrap()
}

struct Place {
    folder: tempfile::TempDir,
    storage: Storage,
}

impl Place {
    fn of(format: Format) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).format(format).open().unwrap();
        Self { folder, storage }
    }

    /// Saves as one type and loads as another.
    fn turn<Old: Serialize, New: DeserializeOwned>(&self, old: &Old) -> arraystow::Result<New> {
        self.storage.save("x/y", old).unwrap();
        self.storage.load("x/y")
    }

    fn paths(&self) -> Vec<String> {
        self.storage.info("x/y").unwrap().arrays.into_iter().flat_map(|array| array.paths).collect()
    }

    /// The file of the array at a place.
    fn file(&self, path: &str) -> PathBuf {
        let arrays = self.storage.info("x/y").unwrap().arrays;
        let array = arrays.iter().find(|array| array.paths == [path]).unwrap();
        self.folder.path().join("x/bigdata").join(&array.file)
    }

    fn files(&self) -> usize {
        let folder = std::fs::read_dir(self.folder.path().join("x/bigdata")).unwrap();
        folder.filter(|file| !file.as_ref().unwrap().file_name().to_string_lossy().starts_with('.')).count()
    }
}

/// In both formats.
fn each(test: impl Fn(&Place)) {
    for format in [Format::Cbor, Format::Json] {
        test(&Place::of(format));
    }
}

types! {
    struct Old { name: String, height: Chunked, mask: Plain, spectrum: Chunked, weight: Plain }
    struct New { name: String, height: Chunked, weight: Plain }
}

fn old() -> Old {
    Old {
        name: "old".into(),
        height: chunked(&large()),
        mask: large(),
        spectrum: chunked(&small()),
        weight: large() * 2.0,
    }
}

#[test]
fn a_field_that_is_new_has_its_default() {
    types! {
        struct Newer {
            name: String,
            height: Chunked,
            #[serde(default)]
            more: Option<Chunked>,
            #[serde(default)]
            image: Plain,
            #[serde(default = "scale")]
            scale: Chunked,
        }
    }
    fn scale() -> Chunked {
        chunked(&small())
    }
    each(|place| {
        let newer: Newer = place.turn(&old()).unwrap();
        assert_eq!(newer.height.compute().unwrap(), large().into_dyn());
        assert!(newer.more.is_none() && newer.image.is_empty());
        assert_eq!(newer.scale.compute().unwrap(), small().into_dyn());
        let again: Newer = place.turn(&newer).unwrap();
        assert_eq!(again.scale.compute().unwrap(), small().into_dyn());
    });
}

#[test]
fn a_field_that_is_new_and_has_no_default_is_missed_by_name() {
    types! { struct Newer { name: String, more: Chunked } }
    each(|place| {
        let error = place.turn::<_, Newer>(&old()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Serde);
        assert!(error.to_string().contains("missing field `more`"), "{error}");
    });
}

#[test]
fn arrays_of_a_removed_field_are_shown_until_the_next_save_drops_them() {
    each(|place| {
        let new: New = place.turn(&old()).unwrap();
        assert_eq!(new.weight, large() * 2.0);
        assert_eq!(place.paths(), ["height", "mask", "spectrum", "weight"]);
        assert_eq!(place.files(), 4);
        let kept = place.file("height");
        place.storage.save("x/y", &new).unwrap();
        assert_eq!(place.paths(), ["height", "weight"]);
        assert_eq!(place.files(), 2);
        assert_eq!(place.file("height"), kept, "an array that stays is not written again");
        assert_eq!(place.storage.load::<New>("x/y").unwrap().weight, large() * 2.0);
    });
}

#[test]
fn a_removed_array_may_be_damaged_or_missing() {
    each(|place| {
        place.storage.save("x/y", &old()).unwrap();
        std::fs::write(place.file("mask"), b"damaged").unwrap();
        std::fs::remove_file(place.file("spectrum")).unwrap();
        let new: New = place.storage.load("x/y").unwrap();
        assert_eq!((new.name.as_str(), &new.weight), ("old", &(large() * 2.0)));
        let error = place.storage.load::<Old>("x/y").unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Corrupt, Some("mask")), "{error}");
        std::fs::remove_file(place.file("mask")).unwrap();
        place.storage.load::<New>("x/y").unwrap();
    });
}

#[test]
fn where_serde_buffers_a_removed_plain_array_is_read_all_the_same() {
    types! {
        struct OldFlat { number: u8, #[serde(flatten)] old: Old }
        struct NewFlat { number: u8, #[serde(flatten)] new: New }
    }
    each(|place| {
        let new: NewFlat = place.turn(&OldFlat { number: 1, old: old() }).unwrap();
        assert_eq!(new.new.weight, large() * 2.0);
        std::fs::remove_file(place.file("spectrum")).unwrap();
        place.storage.load::<NewFlat>("x/y").unwrap();
        std::fs::remove_file(place.file("mask")).unwrap();
        let error = place.storage.load::<NewFlat>("x/y").unwrap_err();
        assert_eq!(error.path(), Some("mask"), "{error}");
    });
}

#[test]
fn a_renamed_field_is_found_by_its_alias() {
    types! {
        struct Renamed {
            #[serde(alias = "height")]
            elevation: Chunked,
            #[serde(alias = "mask", alias = "cover")]
            land: Plain,
        }
    }
    each(|place| {
        let renamed: Renamed = place.turn(&old()).unwrap();
        assert_eq!(renamed.elevation.compute().unwrap(), large().into_dyn());
        assert_eq!(renamed.land, large());
        place.storage.save("x/y", &renamed).unwrap();
        assert_eq!(place.paths(), ["elevation", "land"]);
    });
}

types! {
    enum OldKind { Unit, Image(Plain), Field { values: Chunked, weight: Plain } }
    enum NewKind {
        Added(u8),
        Unit,
        #[serde(alias = "Image")]
        Picture(Plain),
        #[serde(alias = "Field")]
        Grid { #[serde(alias = "values")] nodes: Chunked, #[serde(alias = "weight")] mass: Plain, #[serde(default)] more: u8 },
    }
    #[serde(tag = "kind")]
    enum OldTagged { Field { values: Chunked, weight: Plain } }
    #[serde(tag = "kind")]
    enum NewTagged {
        Added { number: u8 },
        #[serde(alias = "Field")]
        Grid { #[serde(alias = "values")] nodes: Chunked, #[serde(alias = "weight")] mass: Plain },
    }
}

#[test]
fn variants_are_added_and_renamed_by_alias_and_so_are_their_fields() {
    each(|place| {
        let field = OldKind::Field { values: chunked(&large()), weight: large() };
        let new: Vec<NewKind> = place.turn(&vec![OldKind::Unit, OldKind::Image(large()), field]).unwrap();
        let [NewKind::Unit, NewKind::Picture(picture), NewKind::Grid { nodes, mass, more: 0 }] = &new[..] else {
            panic!("{new:?}")
        };
        assert_eq!((picture, mass), (&large(), &large()));
        assert_eq!(nodes.compute().unwrap(), large().into_dyn());

        let old = OldTagged::Field { values: chunked(&large()), weight: large() };
        let NewTagged::Grid { nodes, mass } = place.turn(&old).unwrap() else { panic!("another variant") };
        assert_eq!((nodes.compute().unwrap(), mass), (large().into_dyn(), large()));
    });
}

#[test]
fn a_variant_that_is_no_longer_there_is_named() {
    types! { enum Fewer { Unit } struct Holds<T> { kinds: Vec<T> } }
    each(|place| {
        let kinds = vec![OldKind::Unit, OldKind::Image(large())];
        let error = place.turn::<_, Holds<Fewer>>(&Holds { kinds }).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("kinds[1]")), "{error}");
        assert!(error.to_string().contains("unknown variant `Image`, expected `Unit`"), "{error}");
    });
}

types! {
    struct One<A> { array: A }
    struct Flat<A> { number: u8, #[serde(flatten)] one: One<A> }
    struct WithModule { #[serde(with = "arraystow::ndarray")] array: Plain }
}

#[test]
fn numbers_become_wider_or_real() {
    types! { struct Numbers<A, B, C, D> { a: A, b: B, c: C, d: D } }
    each(|place| {
        let old = Numbers { a: 1_u8, b: -1_i32, c: 0.5_f32, d: 3_u64 };
        let new: Numbers<i64, i128, f64, f64> = place.turn(&old).unwrap();
        assert_eq!((new.a, new.b, new.c, new.d), (1, -1, 0.5, 3.0));
        let new: Numbers<u128, f32, f32, u8> = place.turn(&old).unwrap();
        assert_eq!((new.a, new.b, new.c, new.d), (1, -1.0, 0.5, 3));
        let error = place.turn::<_, One<u8>>(&One { array: 256 }).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("array")), "{error}");
    });
}

#[test]
fn what_has_become_something_else_is_an_error_with_its_place() {
    types! {
        struct Runs<T> { runs: Vec<T> }
        struct Struct { a: u8, b: u8 }
        enum Enum { Struct { a: u8, b: u8 }, Unit }
    }
    #[track_caller]
    fn refused<T>(result: arraystow::Result<T>, place: &str, format: Format, cbor: &str) {
        let error = result.map(drop).unwrap_err();
        assert_eq!((error.kind(), error.document()), (ErrorKind::Serde, Some("x/y")), "{error}");
        assert_eq!(error.path(), Some(place), "{error}");
        assert!(format == Format::Json || error.to_string().contains(cbor), "{error}");
        assert!(error.to_string().starts_with("the document does not fit the type that is asked for"), "{error}");
    }
    for format in [Format::Cbor, Format::Json] {
        let place = Place::of(format);
        let structs = Runs { runs: vec![Struct { a: 1, b: 2 }] };
        refused(
            place.turn::<_, Runs<Enum>>(&structs),
            "runs[0]",
            format,
            "found a map, expected the variant of an enum",
        );
        refused(place.turn::<_, Runs<Vec<u8>>>(&structs), "runs[0]", format, "found a map, expected a list");
        refused(place.turn::<_, Runs<u8>>(&structs), "runs[0]", format, "found a map, expected u8");
        refused(place.turn::<_, Runs<String>>(&structs), "runs[0]", format, "found a map, expected a string");
        refused(place.turn::<_, Runs<Plain>>(&structs), "runs[0]", format, "`$arraystow::stored`");
        refused(place.turn::<_, Runs<Chunked>>(&structs), "runs[0]", format, "`$arraystow::stored`");
        let enums = Runs { runs: vec![Enum::Unit, Enum::Struct { a: 1, b: 2 }] };
        refused(place.turn::<_, Runs<Struct>>(&enums), "runs[0]", format, "found a string, expected a map");
        let arrays = Runs { runs: vec![large()] };
        refused(place.turn::<_, Runs<f64>>(&arrays), "runs[0]", format, "");
        refused(place.turn::<_, Runs<Struct>>(&arrays), "runs[0]", format, "missing field `a`");
        let arrays = Runs { runs: vec![chunked(&large())] };

        refused(place.turn::<_, Runs<(u8, u8)>>(&arrays), "runs[0][0]", format, "found a string, expected u8");
        // JSON's reader takes lists for structs and tuples and finds out within them.
        if format == Format::Cbor {
            refused(place.turn::<_, Runs<Struct>>(&arrays), "runs[0]", format, "found a list, expected a map");
            refused(place.turn::<_, Runs<[u8; 3]>>(&arrays), "runs[0]", format, "a list of another length");
        }
    }
}

#[test]
fn a_list_becomes_a_tuple_and_a_struct_a_map() {
    types! { struct Struct { a: u8, b: u8 } }
    each(|place| {
        assert_eq!(place.turn::<_, (u8, u8)>(&vec![1, 2]).unwrap(), (1, 2));
        let map: BTreeMap<String, u8> = place.turn(&Struct { a: 1, b: 2 }).unwrap();
        assert_eq!(place.turn::<_, Struct>(&map).unwrap().b, 2);
        types! { struct Newtype(Vec<u8>); }
        assert_eq!(place.turn::<_, Newtype>(&vec![1, 2]).unwrap().0, [1, 2]);
    });
}

/// CBOR had an empty list for a unit.
#[test]
fn units_of_documents_of_before_are_read() {
    types! { struct Unit; struct Units { unit: (), marker: Unit } }
    let protocols = Protocols::new();
    let manifest = cbor4ii::serde::to_vec(Vec::new(), &serde_json::json!({"write_id": "x", "arrays": []})).unwrap();
    for unit in [b"\x80", b"\xf6"] {
        let body = [b"\xa2\x64unit".as_slice(), unit, b"\x66marker", unit].concat();
        let document = arraystow_tests::frame::frame("cbor", &manifest, &body);
        arraystow::from_slice::<Units>(&document, &protocols).unwrap();
    }
    let document = arraystow_tests::frame::frame("cbor", &manifest, b"\xa2\x64unit\x81\x01\x66marker\x80");
    assert!(arraystow::from_slice::<Units>(&document, &protocols).is_err());
}
