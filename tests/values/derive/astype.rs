//! Arrays of another element type than the field's.

use super::support::{arrays, chunked, elements, place};
use arraystow::{ChunkedArray, ErrorKind, Format, Storage};
use half::f16;
use ndarray::{Array1, Array2, ArrayD};
use num_complex::Complex;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Old {
    weight: ChunkedArray<f32>,
    same: ChunkedArray<f32>,
    other: ChunkedArray<f32>,
    plain: Array2<f32>,
    #[serde(with = "arraystow::ndarray")]
    module: Array2<f32>,
}

fn old() -> Old {
    let array = chunked();
    Old { weight: array.clone(), same: array, other: chunked(), plain: elements(), module: elements() }
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct New {
    #[stow(astype, codec = "zstd:3")]
    #[serde(alias = "old")]
    weight: ChunkedArray<f64>,
    #[stow(astype)]
    same: Vec1<ChunkedArray<f64>>,
    #[stow(astype)]
    plain: Array2<i16>,
    #[serde(serialize_with = "arraystow::ndarray::serialize", deserialize_with = "arraystow::ndarray::astype")]
    module: Array2<f64>,
    #[stow(astype)]
    missing: Option<ChunkedArray<f64>>,
}

/// A name of the user's for a type that holds arrays.
type Vec1<T> = T;

#[test]
fn arrays_of_another_type_are_converted_on_request() {
    let place = place();
    place.storage.save("object", &old()).unwrap();
    let new: New = place.storage.load("object").unwrap();
    let expected = elements().mapv(f64::from);
    assert_eq!(new.weight.compute().unwrap(), expected.clone().into_dyn());
    assert!(new.weight.ptr_eq(&new.same), "one array is one array after its conversion");
    assert_eq!(new.plain, elements().mapv(|x| x as i16));
    assert_eq!(new.module, expected);
    assert!(new.missing.is_none());

    place.storage.save("object", &new).unwrap();
    let stored = arrays(&place.storage, "object");
    assert_eq!(stored["weight"].data_type.name(), "float64");
    assert_eq!(new.weight.sum().unwrap(), expected.sum());
}

#[test]
fn a_load_converts_lazily_and_only_the_fields_that_ask_for_it() {
    #[arraystow::stow]
    #[derive(Deserialize)]
    struct One {
        #[stow(astype)]
        #[expect(dead_code, reason = "it is only loaded")]
        weight: ChunkedArray<f64>,
        #[expect(dead_code, reason = "it is not even loaded")]
        other: ChunkedArray<f64>,
    }
    let place = place();
    place.storage.save("object", &old()).unwrap();
    let error = place.storage.load::<One>("object").err().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("other")), "{error}");
    assert!(error.to_string().contains("#[stow(astype)]"), "{error}");

    #[derive(Deserialize)]
    struct Unread {
        #[serde(deserialize_with = "arraystow::astype")]
        weight: ChunkedArray<f64>,
    }
    let loaded: Unread = place.storage.load("object").unwrap();
    let file = place.folder.path().join("bigdata").join(&arrays(&place.storage, "object")["weight"].file);
    std::fs::remove_file(file).unwrap();
    assert!(loaded.weight.compute().unwrap_err().is_gone(), "nothing was read before");
}

#[derive(Serialize, Deserialize)]
struct Plain<A> {
    #[serde(bound(deserialize = "A: DeserializeOwned"), deserialize_with = "arraystow::astype")]
    array: A,
}

fn converted<A: Serialize, B: Serialize + DeserializeOwned>(storage: &Storage, array: A) -> arraystow::Result<B> {
    storage.save("plain", &Plain { array })?;
    assert_eq!(storage.info("plain")?.arrays.len(), 1);
    storage.load("plain").map(|plain: Plain<B>| plain.array)
}

fn of<T>(element: impl Fn(i32) -> T) -> Array1<T> {
    (0..6000).map(|i| element(i % 200 - 100)).collect()
}

#[test]
fn plain_arrays_are_converted_between_all_types() {
    for format in [Format::Cbor, Format::Json] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).format(format).open().unwrap();
        let halves = of(|i| f16::from_f32(i as f32 / 4.0));
        assert_eq!(converted::<_, Array1<f64>>(&storage, &halves).unwrap(), of(|i| f64::from(i) / 4.0));
        assert_eq!(converted::<_, Array1<f16>>(&storage, of(|i| f64::from(i) / 4.0)).unwrap(), halves);
        assert_eq!(converted::<_, Array1<i8>>(&storage, &halves).unwrap(), of(|i| (f64::from(i) / 4.0) as i8));
        assert_eq!(converted::<_, Array1<bool>>(&storage, &halves).unwrap(), of(|i| i != 0));
        assert_eq!(
            converted::<_, Array1<u8>>(&storage, of(|i| i64::from(i) * 1000)).unwrap(),
            of(|i| (i * 1000) as u8)
        );
        let complex = of(|i| Complex::new(f64::from(i), 0.0));
        assert_eq!(converted::<_, Array1<Complex<f64>>>(&storage, of(|i| i as f32)).unwrap(), complex);
        let shorter = converted::<_, ArrayD<Complex<f32>>>(&storage, of(|i| Complex::new(0.5, f64::from(i)))).unwrap();
        assert_eq!(shorter, of(|i| Complex::new(0.5, i as f32)).into_dyn());
    }
}

#[test]
fn from_complex_to_real_is_a_type_mismatch_that_says_what_to_do() {
    #[derive(Deserialize)]
    #[expect(dead_code, reason = "it is never there")]
    struct Module {
        #[serde(deserialize_with = "arraystow::ndarray::astype")]
        array: Array1<f64>,
    }
    let place = place();
    let complex = of(|i| Complex::new(f64::from(i), 1.0));
    let error = converted::<_, Array1<f64>>(&place.storage, &complex).unwrap_err();
    assert!(error.to_string().contains("choose a part"), "{error}");
    assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");

    let chunked = ChunkedArray::from_ndarray(complex, &[1000]).unwrap();
    let error = converted::<_, ChunkedArray<f64>>(&place.storage, chunked).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
    assert!(error.to_string().contains("map(|z| z.re)"), "{error}");
    let error = place.storage.load::<Module>("plain").err().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
}

#[test]
fn what_serde_buffers_is_converted_too() {
    #[derive(Serialize)]
    #[serde(tag = "kind")]
    enum Old {
        Fields { chunked: ChunkedArray<f32>, plain: Array2<f32> },
    }
    #[arraystow::stow]
    #[derive(Deserialize)]
    #[serde(tag = "kind")]
    enum New {
        Fields {
            #[stow(astype)]
            chunked: ChunkedArray<i64>,
            #[stow(astype)]
            plain: Array2<f64>,
        },
    }
    let place = place();
    place.storage.save("object", &[Old::Fields { chunked: chunked(), plain: elements() }]).unwrap();
    let [New::Fields { chunked, plain }] = place.storage.load("object").unwrap();
    assert_eq!(chunked.compute().unwrap(), elements().mapv(|x| x as i64).into_dyn());
    assert_eq!(plain, elements().mapv(f64::from));
}
