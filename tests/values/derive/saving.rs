//! Chunks, codecs and inline arrays reach the storage.

use super::support::{arrays, chunked, chunks, elements, place};
use arraystow::{ChunkedArray, Codec, ErrorKind};
use ndarray::{Array1, Array2, ArrayD, array};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    #[stow(chunks = [32, 16], codec = "zstd:3")]
    height: ChunkedArray<f32>,
    #[stow(chunks = [32, 16], codec = "gzip:6")]
    depth: Array2<f32>,
    as_it_is: ChunkedArray<f32>,
    plain: Array2<f32>,
    #[stow(inline)]
    mask: Array2<f32>,
}

fn survey() -> Survey {
    let (height, depth, as_it_is) = (chunked(), elements(), chunked());
    Survey { name: "a survey".into(), height, depth, as_it_is, plain: elements(), mask: elements() }
}

#[test]
fn chunks_and_codec_reach_the_stored_array() {
    let place = place();
    place.storage.save("survey", &survey()).unwrap();
    let stored = arrays(&place.storage, "survey");
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["as_it_is", "depth", "height", "plain"]);
    assert_eq!([chunks(&stored["height"]), chunks(&stored["depth"])], [[32, 16], [32, 16]]);
    assert_eq!(chunks(&stored["as_it_is"]), [100, 80]);
    // Many chunks, each padded and with its own header, and still far smaller than what is not compressed.
    assert!(stored["height"].bytes < stored["as_it_is"].bytes / 2, "{stored:?}");
    assert!(stored["depth"].bytes < stored["plain"].bytes / 2, "{stored:?}");
    assert_ne!(stored["depth"].bytes, stored["height"].bytes);

    let loaded: Survey = place.storage.load("survey").unwrap();
    assert_eq!(loaded.name, "a survey");
    assert_eq!(loaded.height.compute().unwrap(), elements().into_dyn());
    assert_eq!([&loaded.depth, &loaded.plain, &loaded.mask], [&elements(); 3]);
}

#[test]
fn inline_arrays_stay_in_the_document_whatever_their_size() {
    let place = place();
    place.storage.save("survey", &survey()).unwrap();
    let info = place.storage.info("survey").unwrap();
    assert!(info.arrays.iter().all(|array| !array.paths.contains(&"mask".to_owned())));
    assert!(info.bytes > 100 * 80 * 4);
}

type Pair = (Box<ChunkedArray<f32>>, [Array2<f32>; 1]);

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Around {
    #[stow(chunks = [50, 40])]
    option: Option<ChunkedArray<f32>>,
    #[stow(chunks = [50, 40])]
    none: Option<ChunkedArray<f32>>,
    #[stow(chunks = [50, 40])]
    #[serde(rename = "list", alias = "vector")]
    vec: Vec<Array2<f32>>,
    #[stow(chunks = [50, 40])]
    map: BTreeMap<String, Pair>,
    #[stow(inline)]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inline: Vec<Option<Array2<f32>>>,
    after: Array2<f32>,
}

#[test]
fn options_hold_for_all_arrays_within_the_field_and_for_none_after_it() {
    let place = place();
    let around = Around {
        option: Some(chunked()),
        none: None,
        vec: vec![elements(), elements()],
        map: [("a".to_owned(), (Box::new(chunked()), [elements()]))].into(),
        inline: vec![Some(elements()), None],
        after: elements(),
    };
    place.storage.save("around", &around).unwrap();
    let stored = arrays(&place.storage, "around");
    assert_eq!(
        stored.keys().collect::<Vec<_>>(),
        ["after", "list[0]", "list[1]", "map.a[0]", "map.a[1][0]", "option"],
        "what is inline is not here"
    );
    for (path, array) in &stored {
        assert_eq!(chunks(array), if path == "after" { [100, 80] } else { [50, 40] }, "{path}");
    }
    let loaded: Around = place.storage.load("around").unwrap();
    assert!(loaded.none.is_none());
    assert_eq!(loaded.inline, around.inline);
    assert_eq!(loaded.vec, around.vec);
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Shared {
    #[stow(chunks = [50, 40])]
    a: ChunkedArray<f32>,
    #[stow(chunks = [50, 40])]
    b: Vec<ChunkedArray<f32>>,
    #[stow(chunks = [25, 40])]
    c: ChunkedArray<f32>,
    #[stow(codec = "zstd:3")]
    d: ChunkedArray<f32>,
    e: ChunkedArray<f32>,
    // Its own cut, said once more.
    #[stow(chunks = [100, 80])]
    f: ChunkedArray<f32>,
}

#[test]
fn one_array_is_one_under_the_same_options_and_two_under_different_ones() {
    let place = place();
    let array = chunked();
    let [a, c, d, e, f] = std::array::from_fn(|_| array.clone());
    place.storage.save("shared", &Shared { a, b: vec![array], c, d, e, f }).unwrap();
    let paths: Vec<_> = place.storage.info("shared").unwrap().arrays.into_iter().map(|array| array.paths).collect();
    assert_eq!(paths, [vec!["a", "b[0]"], vec!["c"], vec!["d"], vec!["e", "f"]]);
    let loaded: Shared = place.storage.load("shared").unwrap();
    assert!(loaded.a.ptr_eq(&loaded.b[0]) && loaded.e.ptr_eq(&loaded.f) && !loaded.a.ptr_eq(&loaded.c));
}

#[test]
fn the_codec_of_an_array_wins_over_that_of_its_field() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Field {
        #[stow(codec = "zstd:3")]
        array: ChunkedArray<f32>,
    }
    let place = place();
    place.storage.save("field", &Field { array: chunked() }).unwrap();
    place.storage.save("array", &Field { array: chunked().with_codec(Codec::NONE) }).unwrap();
    let bytes = |name| arrays(&place.storage, name)["array"].bytes;
    assert!(bytes("field") < bytes("array") / 2);
}

#[test]
fn a_wrong_number_of_axes_is_reported_with_the_place() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Run<A> {
        #[stow(chunks = [8, 8])]
        field: Vec<A>,
    }
    fn check<A>(array: A)
    where
        Run<A>: Serialize,
    {
        let place = place();
        let error = place.storage.save("runs", &[Run { field: vec![array] }]).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("[0].field[0]")), "{error}");
        assert!(error.to_string().contains("is for arrays of 2 axes"), "{error}");
        assert!(place.storage.list("**").unwrap().is_empty());
    }
    check(ChunkedArray::from_ndarray(Array1::<f32>::zeros(4000), &[100]).unwrap());
    check(ArrayD::<f32>::zeros(vec![20, 20, 20]));
    // Also where the array is too small to be diverted: what fits must not depend on the size.
    check(ArrayD::<f32>::zeros(vec![2]));
}

#[test]
fn chunks_are_no_longer_than_the_array_and_small_plain_arrays_stay_in_the_document() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Sizes {
        #[stow(chunks = [1000])]
        short: ChunkedArray<f32>,
        #[stow(chunks = [2], codec = "zstd:3")]
        small: Array1<u8>,
    }
    let place = place();
    let short = ChunkedArray::from_ndarray(Array1::<f32>::zeros(700), &[70]).unwrap();
    place.storage.save("sizes", &Sizes { short, small: array![1, 2, 3] }).unwrap();
    let stored = arrays(&place.storage, "sizes");
    assert_eq!((stored.len(), chunks(&stored["short"])), (1, vec![700]));
}

#[test]
fn a_codec_that_the_files_do_not_have_is_an_error() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Field {
        #[stow(codec = "pcodec:8")]
        array: ChunkedArray<f32>,
    }
    let place = place();
    let error = place.storage.save("field", &Field { array: chunked() }).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("array")), "{error}");
}

#[cfg(feature = "object-store")]
#[test]
fn codecs_reach_the_arrays_of_object_stores() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Fields {
        #[stow(codec = "none")]
        none: ChunkedArray<f32>,
        #[stow(codec = "blosc", chunks = [50, 40])]
        blosc: Array2<f32>,
        #[stow(codec = "pcodec:8")]
        pcodec: ChunkedArray<f32>,
    }
    let client = std::sync::Arc::new(object_store::memory::InMemory::new());
    let storage = arraystow::Storage::from_object_store(client, "folder").unwrap();
    storage.save("fields", &Fields { none: chunked(), blosc: elements(), pcodec: chunked() }).unwrap();
    let stored = arrays(&storage, "fields");
    assert_eq!(chunks(&stored["blosc"]), [50, 40]);
    let bytes = |name: &str| stored[name].bytes;
    assert!(bytes("none") > 100 * 80 * 4 && bytes("blosc") < bytes("none") / 2 && bytes("pcodec") < bytes("none") / 4);
}
