//! Options wherever serde lets a field stand, in several formats.

use super::support::{arrays, chunked, chunks, elements, place};
use arraystow::{ChunkedArray, Element, LocalFiles, Protocols};
use ndarray::{Array, Array2, Dimension, Ix2};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Tuple(
    #[stow(chunks = [50, 40])] ChunkedArray<f32>,
    #[stow(inline)] Array2<f32>,
    #[stow(astype)] Option<ChunkedArray<f64>>,
);

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Newtype(#[stow(chunks = [50, 40], astype)] ChunkedArray<f32>);

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
enum Shape {
    Unit,
    Newtype(#[stow(chunks = [50, 40])] ChunkedArray<f32>),
    Tuple(u8, #[stow(chunks = [50, 40])] Array2<f32>),
    Fields {
        #[stow(chunks = [50, 40], codec = "zstd:3")]
        r#type: Array2<f32>,
        #[stow(inline)]
        inline: Array2<f32>,
    },
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Generic<'a, T: Element, D, A, const N: usize>
where
    D: Dimension,
{
    #[stow(chunks = [50, 40], astype)]
    chunked: ChunkedArray<T>,
    #[stow(chunks = [50, 40], codec = "none")]
    plain: Array<f32, D>,
    #[stow(chunks = [50, 40])]
    any: A,
    #[stow(inline)]
    inline: [Array2<f32>; 1],
    #[serde(borrow)]
    text: &'a str,
    count: PhantomData<[u8; N]>,
}

#[test]
fn options_hold_in_structs_and_enums_of_every_kind() {
    let place = place();
    place.storage.save("tuple", &Tuple(chunked(), elements(), None)).unwrap();
    let stored = arrays(&place.storage, "tuple");
    assert_eq!((stored.len(), chunks(&stored["[0]"])), (1, vec![50, 40]));
    assert!(place.storage.load::<Tuple>("tuple").unwrap().2.is_none());

    place.storage.save("newtype", &Newtype(chunked())).unwrap();
    assert_eq!(chunks(&arrays(&place.storage, "newtype")[""]), [50, 40]);
    place.storage.load::<Newtype>("newtype").unwrap();

    let all = [
        Shape::Unit,
        Shape::Newtype(chunked()),
        Shape::Tuple(1, elements()),
        Shape::Fields { r#type: elements(), inline: elements() },
    ];
    place.storage.save("enums", &all).unwrap();
    let stored = arrays(&place.storage, "enums");
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["[1].Newtype", "[2].Tuple[1]", "[3].Fields.type"]);
    assert!(stored.values().all(|array| chunks(array) == [50, 40]));
    assert_eq!(place.storage.load::<Vec<Shape>>("enums").unwrap().len(), 4);
}

#[test]
fn options_hold_in_generic_types() {
    type Those<'a> = Generic<'a, f32, Ix2, Vec<Array2<f32>>, 1>;
    let (plain, any, inline) = (elements(), vec![elements()], [elements()]);
    let generic: Those<'_> = Generic { chunked: chunked(), plain, any, inline, text: "text", count: PhantomData };
    let place = place();
    place.storage.save("generic", &generic).unwrap();
    let stored = arrays(&place.storage, "generic");
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["any[0]", "chunked", "plain"]);
    assert!(stored.values().all(|array| chunks(array) == [50, 40]));
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Fields {
        #[stow(chunks = [50, 40])]
        chunked: ChunkedArray<f32>,
        #[stow(inline)]
        inline: Array2<f32>,
    },
    /// serde buffers the fields of the enum within, and shows them to the serializer later.
    Buffered(Shape),
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Flattened {
    #[serde(flatten)]
    shape: Shape,
    #[serde(flatten)]
    #[stow(chunks = [25, 40])]
    rest: BTreeMap<String, ChunkedArray<f32>>,
}

#[test]
fn options_hold_where_serde_buffers() {
    let place = place();
    let fields = || Shape::Fields { r#type: elements(), inline: elements() };
    place.storage.save("fields", &Internal::Fields { chunked: chunked(), inline: elements() }).unwrap();
    place.storage.save("buffered", &Internal::Buffered(fields())).unwrap();
    place
        .storage
        .save("flattened", &Flattened { shape: fields(), rest: [("a".to_owned(), chunked())].into() })
        .unwrap();

    let stored = arrays(&place.storage, "fields");
    assert_eq!((stored.len(), chunks(&stored["chunked"])), (1, vec![50, 40]));
    let stored = arrays(&place.storage, "buffered");
    assert_eq!((stored.len(), chunks(&stored["Fields.type"])), (1, vec![50, 40]));
    let stored = arrays(&place.storage, "flattened");
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["Fields.type", "a"]);
    assert_eq!([chunks(&stored["Fields.type"]), chunks(&stored["a"])], [[50, 40], [25, 40]]);
    for name in ["fields", "buffered"] {
        place.storage.load::<Internal>(name).unwrap();
    }
    let Shape::Fields { inline, .. } = place.storage.load::<Flattened>("flattened").unwrap().shape else {
        panic!("another variant");
    };
    assert_eq!(inline, elements());
}

#[arraystow::stow]
#[derive(Serialize)]
struct Borrowed<'a> {
    #[stow(chunks = [50, 40])]
    array: &'a ChunkedArray<f32>,
}

macro_rules! of_a_macro {
    ($name:ident, $array:ty, $chunks:literal) => {
        #[arraystow::stow]
        #[derive(Serialize, Deserialize)]
        struct $name {
            #[stow(chunks = [$chunks, $chunks], codec = "zstd:3")]
            array: $array,
            #[stow(astype)]
            missing: Option<$array>,
            #[cfg(any())]
            #[stow(inline)]
            never: NoSuchType,
        }
    };
}
of_a_macro!(OfAMacro, Array2<f32>, 20);

/// Names that the expansion might stumble over.
#[test]
fn options_hold_in_types_of_macros_and_beside_any_names() {
    #[derive(Serialize, Deserialize)]
    struct Nothing;
    #[allow(dead_code, reason = "only the name matters")]
    type Result = Nothing;
    #[arraystow::stow]
    #[derive(Serialize, Deserialize)]
    struct S {
        #[stow(chunks = [50, 40])]
        t: ChunkedArray<f32>,
    }
    #[arraystow::stow]
    #[derive(Serialize, Deserialize)]
    enum T {
        S(#[stow(chunks = [50, 40])] Vec<ChunkedArray<f32>>),
    }
    let place = place();
    let array = chunked();
    place.storage.save("borrowed", &Borrowed { array: &array }).unwrap();
    place.storage.save("macro", &OfAMacro { array: elements(), missing: None }).unwrap();
    place.storage.save("s", &S { t: chunked() }).unwrap();
    place.storage.save("t", &T::S(vec![chunked()])).unwrap();
    for (name, path, shape) in
        [("borrowed", "array", [50, 40]), ("macro", "array", [20, 20]), ("s", "t", [50, 40]), ("t", "S[0]", [50, 40])]
    {
        assert_eq!(chunks(&arrays(&place.storage, name)[path]), shape, "{name}");
    }
    assert!(place.storage.load::<OfAMacro>("macro").unwrap().missing.is_none());
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> [T; 3] {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let mut json = Vec::new();
    arraystow::serialize(value, &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let mut pack = Vec::new();
    arraystow::serialize(value, &mut rmp_serde::Serializer::new(&mut pack), &protocols).unwrap();
    let mut card = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
    arraystow::serialize(value, &mut card, &protocols).unwrap();
    let card = postcard::ser_flavors::Flavor::finalize(card.output).unwrap();
    for document in [&json, &pack, &card] {
        assert!(!String::from_utf8_lossy(document).contains("$arraystow::stow"), "the options got into the document");
    }
    [
        arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&json), &protocols).unwrap(),
        arraystow::deserialize(&mut rmp_serde::Deserializer::from_read_ref(&pack), &protocols).unwrap(),
        arraystow::deserialize(&mut postcard::Deserializer::from_bytes(&card), &protocols).unwrap(),
    ]
}

#[test]
fn options_stay_out_of_every_format() {
    for loaded in round_trip(&Shape::Fields { r#type: elements(), inline: elements() }) {
        let Shape::Fields { r#type, inline } = loaded else { panic!("another variant") };
        assert_eq!([r#type, inline], [elements(), elements()]);
    }
    for loaded in round_trip(&Tuple(chunked(), elements(), None)) {
        assert_eq!((loaded.1, loaded.0.grid().shape()), (elements(), &[100, 80][..]));
    }
}

#[test]
fn without_a_save_a_field_is_what_it_is_without_options() {
    #[arraystow::stow]
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Image {
        #[stow(inline, astype)]
        pixels: Array2<f32>,
    }
    let image = Image { pixels: elements() };
    let text = serde_json::to_string(&image).unwrap();
    assert_eq!(text, format!("{{\"pixels\":{}}}", serde_json::to_string(&elements()).unwrap()));
    assert_eq!(serde_json::from_str::<Image>(&text).unwrap(), image);
}

#[test]
fn a_panic_within_a_field_ends_its_options() {
    struct Panics;
    impl Serialize for Panics {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("a panic of the user's");
        }
    }
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Bad {
        #[stow(inline)]
        array: ndarray::Array1<Panics>,
    }
    /// Catches the panic in the middle of a save, and goes on.
    struct Catches(Array2<f32>);
    impl Serialize for Catches {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let bad = Bad { array: ndarray::Array1::from_iter([Panics]) };
            catch_unwind(AssertUnwindSafe(|| serde_json::to_string(&bad))).unwrap_err();
            self.0.serialize(serializer)
        }
    }
    let place = place();
    place.storage.save("object", &Catches(elements())).unwrap();
    assert_eq!(place.storage.info("object").unwrap().arrays.len(), 1, "the array is diverted: it is in no field");
}
