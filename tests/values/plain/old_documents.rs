//! A field that was an ordinary one when the value was saved, and the other way round.

use super::Diverted;
use arraystow::{ChunkedArray, Element, ErrorKind, FixedText, Format, Storage};
use ndarray::{Array1, Array2};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Ordinary<A> {
    name: String,
    array: A,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Place {
    lat: f32,
    name: FixedText<8>,
}

fn formats(test: impl Fn(&Storage)) {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Cbor, Format::Json, Format::Pickle] {
        test(&Storage::builder(folder.path().join(format.to_string())).format(format).open().unwrap());
    }
}

fn check<T: Element + Serialize + DeserializeOwned>(storage: &Storage, elements: Vec<T>) {
    storage.save("it", &Ordinary { name: "it".into(), array: elements.clone() }).unwrap();
    assert!(storage.info("it").unwrap().arrays.is_empty());
    let loaded: Diverted<Vec<T>> = storage.load("it").unwrap();
    assert_eq!(loaded.array, elements);
    assert_eq!(storage.load::<Diverted<Array1<T>>>("it").unwrap().array, Array1::from(elements));
}

#[test]
fn ordinary_lists_load_as_diverted_ones() {
    formats(|storage| {
        for len in [0, 1, 2, 3, 1000] {
            check(storage, (0..len).map(|x| f64::from(x) / 3.0).collect());
            check(storage, (0..len).map(|x| x as f32 / 3.0).collect());
            check(storage, (0..len).map(|x| x as u8).collect());
            check(storage, (0..len).map(|x| -i64::from(x) << 33).collect());
            check(storage, (0..len).map(|x| x % 3 == 0).collect());
            check(storage, (0..len).map(|x| num_complex::Complex::new(f64::from(x), 1.0)).collect());
            check(storage, (0..len).map(|x| half::f16::from_f32(x as f32)).collect());
            check(storage, (0..len).map(|x| FixedText::<8>::new(x.to_string()).unwrap()).collect());
            let place = |x: i32| Place { lat: x as f32, name: FixedText::new("Po").unwrap() };
            check(storage, (0..len).map(place).collect());
        }
        // A list of two texts is no id.
        check(storage, vec![FixedText::<16>::new("HDFSerializer").unwrap(), FixedText::new("1.0.0").unwrap()]);
    });
}

#[test]
fn bytes_load_as_a_list() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("it", &Ordinary { name: "it".into(), array: serde_bytes::ByteBuf::from(vec![1, 2, 255]) }).unwrap();
    assert_eq!(storage.load::<Diverted<Vec<u8>>>("it").unwrap().array, [1, 2, 255]);
    let error = storage.load::<Diverted<Vec<i8>>>("it").unwrap_err();
    assert!(error.to_string().contains("they are bytes"), "{error}");
}

#[test]
fn a_list_of_other_elements_is_refused_with_its_place() {
    formats(|storage| {
        storage.save("it", &Ordinary { name: "it".into(), array: ("a", 1, 2.5) }).unwrap();
        let error = storage.load::<Diverted<Vec<f64>>>("it").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TypeMismatch, "{error}");
        assert_eq!(error.path(), Some("array"), "{error}");
        assert!(error.to_string().contains("element 0"), "{error}");
    });
}

#[test]
fn diverted_arrays_of_every_type_are_one_form() {
    formats(|storage| {
        let elements: Vec<f32> = (0..3000).map(|x| x as f32).collect();
        let chunked = ChunkedArray::from(Array1::from(elements.clone()));
        storage.save("it", &Ordinary { name: "it".into(), array: chunked }).unwrap();
        assert_eq!(storage.load::<Diverted<Vec<f32>>>("it").unwrap().array, elements);
        storage.save("it", &Ordinary { name: "it".into(), array: Array1::from(elements.clone()) }).unwrap();
        assert_eq!(storage.load::<Diverted<Vec<f32>>>("it").unwrap().array, elements);
        // Small ones stay in the document.
        storage.save("it", &Ordinary { name: "it".into(), array: Array1::from(vec![1.5_f32]) }).unwrap();
        assert_eq!(storage.load::<Diverted<Vec<f32>>>("it").unwrap().array, [1.5]);
        storage.save("it", &Diverted { name: "it".into(), array: elements.clone() }).unwrap();
        let chunked: Ordinary<ChunkedArray<f32>> = storage.load("it").unwrap();
        assert_eq!(chunked.array.compute().unwrap().into_raw_vec_and_offset().0, elements);
        let plain: Ordinary<Array1<f32>> = storage.load("it").unwrap();
        assert_eq!(plain.array.to_vec(), elements);
        storage.save("it", &Ordinary { name: "it".into(), array: Array2::from_elem((2, 1), 1.5_f32) }).unwrap();
        assert!(storage.load::<Diverted<Vec<f32>>>("it").is_err());
    });
}
