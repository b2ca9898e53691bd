//! Options reach arrays in shared values as they reach any other.

use super::support::{arrays, chunked, chunks, elements, place};
use arraystow::{ChunkedArray, ErrorKind, Shared};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Grids {
    #[stow(chunks = [32, 16], codec = "zstd:3")]
    heights: Vec<Shared<ChunkedArray<f32>>>,
    /// The options are those of the place where a value is met first.
    again: Shared<ChunkedArray<f32>>,
    other: Shared<ChunkedArray<f32>>,
    #[stow(inline)]
    mask: Shared<Array2<f32>>,
}

#[test]
fn the_options_of_the_first_place_hold_for_a_shared_value() {
    let (first, second) = (Shared::new(chunked()), Shared::new(chunked()));
    let grids = Grids {
        heights: vec![first.clone(), second, first.clone()],
        again: first,
        other: Shared::new(chunked()),
        mask: Shared::new(elements()),
    };
    let place = place();
    place.storage.save("grids", &grids).unwrap();
    let stored = arrays(&place.storage, "grids");
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["heights[0]", "heights[1]", "other"]);
    assert_eq!(chunks(&stored["heights[1]"]), [32, 16]);
    assert_eq!(chunks(&stored["heights[0]"]), [32, 16]);
    assert!(stored["heights[0]"].bytes < stored["other"].bytes / 2, "{stored:?}");
    assert_eq!(chunks(&stored["other"]), [100, 80], "no options are left over");
    let loaded: Grids = place.storage.load("grids").unwrap();
    assert!(Shared::ptr_eq(&loaded.heights[0], &loaded.again) && *loaded.mask == elements());
}

#[derive(Serialize, Deserialize)]
#[serde(bound(deserialize = "T: arraystow::Element + serde::de::DeserializeOwned"))]
struct Link<T: arraystow::Element> {
    next: Option<Shared<Link<T>>>,
    array: Option<ChunkedArray<T>>,
}

fn chain(count: usize) -> Shared<Link<f32>> {
    let last = Shared::new(Link { next: None, array: Some(chunked()) });
    (1..count).fold(last, |next, _| Shared::new(Link { next: Some(next), array: None }))
}

#[test]
fn arrays_in_shared_values_are_converted_on_request_however_deep() {
    #[arraystow::stow]
    #[derive(Deserialize)]
    struct New {
        #[serde(deserialize_with = "arraystow::astype")]
        head: Shared<Link<f64>>,
        again: Shared<Link<f64>>,
    }
    #[derive(Deserialize)]
    struct NotAsked {
        #[serde(rename = "head")]
        _head: Shared<Link<f64>>,
    }
    #[derive(Serialize)]
    struct Old {
        head: Shared<Link<f32>>,
        again: Shared<Link<f32>>,
    }
    let place = place();
    for count in [1, 3, 50_000] {
        let head = chain(count);
        place.storage.save("chain", &Old { again: head.clone(), head }).unwrap();
        let loaded: New = place.storage.load("chain").unwrap();
        assert!(Shared::ptr_eq(&loaded.head, &loaded.again));
        let mut last = loaded.head;
        while let Some(next) = last.next.clone() {
            last = next;
        }
        let expected = elements().mapv(f64::from).into_dyn();
        assert_eq!(last.array.as_ref().unwrap().compute().unwrap(), expected);
        let error = place.storage.load::<NotAsked>("chain").err().unwrap();
        assert_eq!(error.kind(), ErrorKind::TypeMismatch, "{error}");
    }
}
