//! What is refused when it is saved, exactly up to where.

use crate::values::{Lazy, lazy, plain, small, types};
use arraystow::{Durability, ErrorKind, Format, LocalFiles, Protocols, Storage};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::ser::{SerializeMap, SerializeSeq, SerializeStruct, SerializeTuple};
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt::Debug;

fn storage(format: Format) -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).format(format).durability(Durability::NotSynced).open().unwrap();
    (folder, storage)
}

types! {
    struct Lists(Vec<Lists>);
    struct Maps(BTreeMap<String, Maps>);
    enum Variants { End, Next(Box<Variants>) }
    enum Tuples { End, Next(u8, Box<Tuples>) }
    enum Structs { End, Next { next: Box<Structs>, number: u8 } }
    struct Options { next: Option<Box<Options>> }
    struct Newtypes(Option<Option<Box<(Newtypes, u8)>>>);
    struct Flat { #[serde(flatten)] rest: BTreeMap<String, Flat> }
    #[serde(untagged)]
    enum Untagged { Number(u8), List(Vec<Untagged>) }
    #[serde(tag = "kind")]
    enum Tagged { End, Next { next: Box<Tagged> } }
    struct Holds<A> { next: Option<Box<Holds<A>>>, array: Option<A> }
    struct Field<T> { deep: T, number: u8 }
}

/// How often the step can be taken: what is saved then is read as its type, as any type and as one that it does not
/// know; one more is refused.
fn deepest<T>(format: Format, end: T, step: impl Fn(T) -> T) -> usize
where
    T: Serialize + DeserializeOwned + PartialEq + Debug + Clone,
{
    #[derive(Deserialize)]
    struct Removed {
        number: u8,
    }
    let (_folder, storage) = storage(format);
    let mut value = Field { deep: end, number: 1 };
    for steps in 0..1000 {
        let deeper = Field { deep: step(value.deep.clone()), number: 1 };
        let Err(error) = storage.save("deep", &deeper) else {
            value = deeper;
            continue;
        };
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.path().is_some_and(|path| path.starts_with("deep")), "{error}");
        assert!(error.to_string().contains("keep lists and trees in a Vec"), "{error}");
        assert_eq!(storage.load::<Field<T>>("deep").unwrap(), value);
        assert_eq!(storage.load::<Removed>("deep").unwrap().number, 1);
        storage.load::<IgnoredAny>("deep").unwrap();
        if !std::any::type_name::<T>().contains("Holds") {
            storage.load::<serde_json::Value>("deep").unwrap();
        }
        return steps;
    }
    panic!("nothing is too deep")
}

macro_rules! both {
    ($end:expr, $step:expr, $cbor:expr, $json:expr) => {
        assert_eq!((deepest(Format::Cbor, $end, $step), deepest(Format::Json, $end, $step)), ($cbor, $json));
    };
}

#[test]
fn what_is_saved_is_not_too_deep_to_be_loaded() {
    both!(Lists(vec![]), |it| Lists(vec![it]), 253, 125);
    both!(Maps(BTreeMap::new()), |it| Maps([("x".to_owned(), it)].into()), 253, 125);
    both!(Flat { rest: BTreeMap::new() }, |it| Flat { rest: [("x".to_owned(), it)].into() }, 253, 125);
    both!(Variants::End, |it| Variants::Next(it.into()), 254, 126);
    both!(Tuples::End, |it| Tuples::Next(1, it.into()), 127, 63);
    both!(Structs::End, |it| Structs::Next { next: it.into(), number: 1 }, 127, 63);
    both!(Options { next: None }, |it| Options { next: Some(it.into()) }, 126, 125);
    both!(Newtypes(None), |it| Newtypes(Some(Some((it, 1).into()))), 84, 126);
    both!(Untagged::Number(1), |it| Untagged::List(vec![it]), 254, 126);
    both!(Tagged::End, |it| Tagged::Next { next: it.into() }, 253, 125);
}

#[test]
fn an_array_at_the_bottom_counts() {
    fn holds<A>(array: A) -> (Holds<A>, impl Fn(Holds<A>) -> Holds<A>) {
        (Holds { next: None, array: Some(array) }, |it| Holds { next: Some(it.into()), array: None })
    }
    // The field, the struct, in CBOR the option, and an id of two levels; in a plain array's case a form around the id
    // or the fields. Each step is a struct, in CBOR an option too.
    for (format, of_id, of_form) in [(Format::Cbor, (255 - 5) / 2, (255 - 6) / 2), (Format::Json, 127 - 4, 127 - 5)] {
        let (end, step) = holds(lazy(1.0));
        assert_eq!(deepest(format, end, step), of_id);
        let (end, step) = holds(plain(1.0));
        assert_eq!(deepest(format, end, step), of_form);
        let (end, step) = holds(small(1));
        assert_eq!(deepest(format, end, step), of_form);
    }
}

#[test]
fn a_list_of_a_million_is_an_error_and_no_overflow_of_the_stack() {
    let mut list = Options { next: None };
    for _ in 0..1_000_000 {
        list = Options { next: Some(list.into()) };
    }
    for format in [Format::Cbor, Format::Json] {
        let error = storage(format).1.save("deep", &list).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert!(error.to_string().len() < 5000);
    }
    while let Some(next) = list.next.take() {
        list = *next;
    }
}

/// As serde_with's `double_option`.
mod double_option {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Option<Option<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            None => serializer.serialize_unit(),
            Some(None) => serializer.serialize_none(),
            Some(Some(number)) => Some(number).serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<u8>>, D::Error> {
        Deserialize::deserialize(deserializer).map(Some)
    }
}

types! {
    struct Twice { #[serde(default, with = "double_option", skip_serializing_if = "Option::is_none")] value: Option<Option<u8>> }
}

#[test]
fn an_option_that_is_written_with_care_is_not_refused() {
    for format in [Format::Cbor, Format::Json] {
        let (_folder, storage) = storage(format);
        for value in [None, Some(None), Some(Some(1))] {
            storage.save("twice", &Twice { value }).unwrap();
            assert_eq!(storage.load::<Twice>("twice").unwrap(), Twice { value });
        }
    }
}

#[test]
fn what_would_be_lost_is_refused_with_its_place_and_a_way_out() {
    #[derive(Serialize)]
    struct Run<T> {
        runs: Vec<BTreeMap<String, T>>,
    }
    fn refused<T: Serialize>(format: Format, value: T, kind: ErrorKind, place: &str, way: &str) {
        let (folder, storage) = storage(format);
        let runs = vec![BTreeMap::new(), BTreeMap::from([("a b".to_owned(), (lazy(1.0), value))])];
        let error = storage.save("x/y", &Run { runs }).unwrap_err();
        assert_eq!((error.kind(), error.path()), (kind, Some(place)), "{error}");
        assert_eq!(error.document(), Some("x/y"));
        assert!(error.to_string().contains(way), "{error}");
        assert!(!folder.path().join("x/y").exists());
    }
    let unsupported = ErrorKind::Unsupported;
    refused(Format::Json, (1, f64::NAN), unsupported, "runs[1].a b[1][1]", "Format::Cbor");
    refused(Format::Json, f32::INFINITY, unsupported, "runs[1].a b[1]", "Format::Cbor");
    refused(Format::Json, BTreeMap::from([((1, 2), 3)]), ErrorKind::Serde, "runs[1].a b[1].[1,2]", "list of pairs");
    for format in [Format::Cbor, Format::Json] {
        refused(format, Some(None::<u8>), unsupported, "runs[1].a b[1]", "an enum of your own");
        refused(format, Some(Newtype(None)), unsupported, "runs[1].a b[1]", "an enum of your own");
        refused(format, Some(()), unsupported, "runs[1].a b[1]", "use a bool");
    }
    refused(
        Format::Cbor,
        BTreeMap::from([("$arraystow::stored", 1)]),
        ErrorKind::Serde,
        "runs[1].a b[1]",
        "choose another",
    );
}

#[derive(Serialize)]
struct Newtype(Option<u8>);

/// Says that there are two, and gives one.
struct Sloppy(&'static str);

impl Serialize for Sloppy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            "sequence" => {
                let mut sequence = serializer.serialize_seq(Some(2))?;
                sequence.serialize_element(&1)?;
                sequence.end()
            }
            "tuple" => {
                let mut tuple = serializer.serialize_tuple(2)?;
                tuple.serialize_element(&1)?;
                tuple.end()
            }
            "map" => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("x", &1)?;
                map.end()
            }
            _ => {
                let mut fields = serializer.serialize_struct("Sloppy", 2)?;
                fields.serialize_field("x", &1)?;
                fields.end()
            }
        }
    }
}

#[test]
fn lengths_that_are_not_true_are_refused() {
    for format in [Format::Cbor, Format::Json] {
        let (_folder, storage) = storage(format);
        for kind in ["sequence", "tuple", "map", "struct"] {
            let error = storage.save("sloppy", &[Sloppy(kind)]).unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("[0]")), "{kind}: {error}");
            assert!(error.to_string().contains("announces 2"), "{error}");
        }
    }
}

#[test]
fn nothing_is_refused_of_what_is_for_a_serializer_of_the_users() {
    let protocols = Protocols::new();
    for value in [f64::NAN, 1.0] {
        let json =
            arraystow::serialize(&(value, Some(None::<u8>), Sloppy("map")), serde_json::value::Serializer, &protocols);
        json.unwrap();
    }
}

#[test]
fn small_arrays_with_a_nan_are_diverted_where_it_would_be_lost() {
    let files = |save: &dyn Fn(&Protocols)| {
        let folder = tempfile::tempdir().unwrap();
        save(&Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap()));
        std::fs::read_dir(folder.path()).unwrap().count()
    };
    let array = ndarray::arr1(&[1.0, f64::NAN]);
    assert_eq!(files(&|protocols| drop(arraystow::to_vec(&array, protocols).unwrap())), 0);
    let json = |protocols: &_| drop(arraystow::serialize(&array, serde_json::value::Serializer, protocols).unwrap());
    assert_eq!(files(&json), 1);
}

#[test]
fn borrowed_data_is_borrowed() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Borrowed<'a> {
        text: &'a str,
        array: Lazy,
        #[serde(borrow)]
        map: BTreeMap<&'a str, &'a str>,
    }
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let value = Borrowed { text: "x", array: lazy(1.0), map: [("y", "z")].into() };
    let mut json = Vec::new();
    arraystow::serialize(&value, &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let loaded: Borrowed<'_> =
        arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&json), &protocols).unwrap();
    assert_eq!(loaded, value);
    assert!(json.as_ptr_range().contains(&loaded.text.as_ptr()));
}
