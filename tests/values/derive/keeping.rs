//! Arrays that lie in the storage already: kept, linked, or cut anew.

use super::support::{arrays, chunked, chunks, elements, place};
use arraystow::ChunkedArray;
use serde::{Deserialize, Serialize};
use std::os::unix::fs::MetadataExt;

/// An object as it was saved before its type had options.
#[derive(Serialize, Deserialize)]
struct Before {
    array: ChunkedArray<f32>,
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Compressed {
    #[stow(chunks = [100, 80], codec = "zstd:3")]
    array: ChunkedArray<f32>,
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Cut {
    #[stow(chunks = [32, 32])]
    array: ChunkedArray<f32>,
}

#[test]
fn an_array_of_the_same_cut_is_kept_and_linked_whatever_the_codec() {
    let place = place();
    place.storage.save("object", &Before { array: chunked() }).unwrap();
    let before = arrays(&place.storage, "object")["array"].clone();
    let loaded: Compressed = place.storage.load("object").unwrap();
    place.storage.save("object", &loaded).unwrap();
    let kept = arrays(&place.storage, "object")["array"].clone();
    assert_eq!((kept.file, kept.bytes), (before.file.clone(), before.bytes));

    place.storage.save("other", &loaded).unwrap();
    let linked = arrays(&place.storage, "other")["array"].clone();
    let inode = |file: &str| std::fs::metadata(place.folder.path().join("bigdata").join(file)).unwrap().ino();
    assert_ne!(linked.file, before.file);
    assert_eq!(inode(&linked.file), inode(&before.file));
}

#[test]
fn one_stored_array_under_two_codecs_is_kept_as_one() {
    #[arraystow::stow]
    #[derive(Serialize, Deserialize)]
    struct Twice {
        #[stow(codec = "zstd:3")]
        a: ChunkedArray<f32>,
        #[stow(codec = "gzip:3")]
        b: ChunkedArray<f32>,
    }
    let place = place();
    place.storage.save("object", &Before { array: chunked() }).unwrap();
    let array = place.storage.load::<Before>("object").unwrap().array;
    place.storage.save("object", &Twice { a: array.clone(), b: array }).unwrap();
    let stored = place.storage.info("object").unwrap().arrays;
    assert_eq!(stored.iter().map(|array| array.paths.clone()).collect::<Vec<_>>(), [["a", "b"]]);
    assert!(place.storage.verify("object", arraystow::VerifyDepth::Deep).unwrap().faults.is_empty());
}

#[test]
fn an_array_of_another_cut_is_cut_once_and_kept_from_then_on() {
    let place = place();
    place.storage.save("object", &Before { array: chunked() }).unwrap();
    let loaded: Cut = place.storage.load("object").unwrap();
    let before = arrays(&place.storage, "object")["array"].clone();
    place.storage.save("object", &loaded).unwrap();
    let cut = arrays(&place.storage, "object")["array"].clone();
    assert_eq!((chunks(&before), chunks(&cut)), (vec![100, 80], vec![32, 32]));
    assert_ne!(before.file, cut.file);

    // The old file is gone; the array that was read from it goes on with the new one.
    assert_eq!(loaded.array.compute().unwrap(), elements().into_dyn());
    assert_eq!((&loaded.array + 1.0).sum().unwrap(), f64::from(elements().sum()) + 8000.0);

    // Neither it nor the array of a fresh load is written again.
    place.storage.save("object", &loaded).unwrap();
    assert_eq!(arrays(&place.storage, "object")["array"].file, cut.file);
    let again: Cut = place.storage.load("object").unwrap();
    place.storage.save("object", &again).unwrap();
    assert_eq!(arrays(&place.storage, "object")["array"].file, cut.file);
}

#[test]
fn an_expression_that_is_cut_goes_on_after_its_input_was_removed() {
    let place = place();
    place.storage.save("object", &Before { array: chunked() }).unwrap();
    let mut object: Cut = place.storage.load("object").unwrap();
    for step in 1..=300 {
        object.array = &object.array + 1.0;
        if step % 100 == 0 {
            place.storage.save("object", &object).unwrap();
        }
    }
    assert_eq!(object.array.compute().unwrap(), elements().into_dyn() + 300.0);
    let loaded: Cut = place.storage.load("object").unwrap();
    assert_eq!(loaded.array.compute().unwrap(), elements().into_dyn() + 300.0);
}

#[test]
fn an_array_that_is_cut_otherwise_each_time_goes_on() {
    let place = place();
    place.storage.save("object", &Before { array: chunked() }).unwrap();
    let array = place.storage.load::<Before>("object").unwrap().array;
    for _ in 0..120 {
        place.storage.save("object", &Cut { array: array.clone() }).unwrap();
        place.storage.save("object", &Compressed { array: array.clone() }).unwrap();
    }
    assert_eq!(array.compute().unwrap(), elements().into_dyn());
    let stored = place.storage.info("object").unwrap().arrays;
    assert_eq!((stored.len(), chunks(&stored[0])), (1, vec![100, 80]));
}
