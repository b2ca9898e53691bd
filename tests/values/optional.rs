//! Numbers that may be missing, with every backend.

use crate::places::everywhere;
use arraystow::{AnyArray, ChunkedArray, DataType, Element, ErrorKind, Storage, VerifyDepth};
use half::{bf16, f16};
use ndarray::{Array1, Array2, Array3, s};
use num_complex::Complex;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

fn every_third<T: Element>(number: impl Fn(usize) -> T) -> Array2<Option<T>>
where
    Option<T>: Element,
{
    Array2::from_shape_fn((7, 5), |(i, j)| (!(i * 5 + j).is_multiple_of(3)).then(|| number(i * 5 + j)))
}

/// Saves, loads and reads elements, whole, in part and without their type.
fn through<T: Element + Copy>(what: &str, storage: &Storage, elements: &Array2<Option<T>>)
where
    Option<T>: Element,
{
    let what = format!("{} in {what}", T::DATA_TYPE);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[3, 4]).unwrap();
    storage.save("it", &array).unwrap();
    let all = elements.clone().into_dyn();
    let loaded: ChunkedArray<Option<T>> = storage.load("it").unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(loaded.compute().unwrap(), all, "{what}");
    let part = loaded.slice(s![1..6;2, -1]).unwrap().compute().unwrap();
    assert_eq!(part, elements.slice(s![1..6;2, -1]).to_owned().into_dyn(), "{what}");
    assert!(storage.verify("it", VerifyDepth::Deep).unwrap().is_sound(), "{what}");
    assert_eq!(storage.info("it").unwrap().arrays[0].data_type, T::DATA_TYPE, "{what}");

    // What is loaded stays where it is.
    let file = storage.info("it").unwrap().arrays[0].file.clone();
    storage.save("it", &loaded).unwrap();
    assert_eq!(storage.info("it").unwrap().arrays[0].file, file, "{what}");

    // As plain numbers, of which one is the fill value.
    let plain: ChunkedArray<T> = storage.load("it").unwrap();
    let fill = plain.fill().unwrap();
    for (number, element) in plain.compute().unwrap().iter().zip(elements) {
        assert_eq!(format!("{number:?}"), format!("{:?}", element.unwrap_or(fill)), "{what}");
    }

    // Without the type.
    let any = storage.array("it", "").unwrap();
    assert_eq!(any.downcast::<Option<T>>().unwrap().compute().unwrap(), all, "{what}");
    let bytes = AnyArray::from(&array).to_bytes().unwrap();
    assert_eq!(any.to_bytes().unwrap(), bytes, "{what}");
    assert_eq!(AnyArray::from(&array).downcast::<Option<T>>().unwrap().compute().unwrap(), all, "{what}");
    storage.save("any", &AnyArray::from(&array)).unwrap();
    assert_eq!(storage.load::<ChunkedArray<Option<T>>>("any").unwrap().compute().unwrap(), all, "{what}");

    // In other chunks, and after an operation.
    let recut = loaded.rechunk(&[2, 5]).unwrap().map(|x| x);
    storage.save("recut", &recut).unwrap();
    assert_eq!(storage.load::<ChunkedArray<Option<T>>>("recut").unwrap().compute().unwrap(), all, "{what}");
}

#[test]
fn numbers_that_may_be_missing_are_loaded_as_they_were_saved() {
    everywhere(|what, storage| {
        through(what, storage, &every_third(|i| i as i8));
        through(what, storage, &every_third(|i| -(i as i16)));
        through(what, storage, &every_third(|i| i as i32 * 1_000_000));
        through(what, storage, &every_third(|i| i64::MAX - i as i64));
        through(what, storage, &every_third(|i| i as u8));
        through(what, storage, &every_third(|i| i as u16));
        through(what, storage, &every_third(|i| i as u32));
        through(what, storage, &every_third(|i| i as u64));
        through(what, storage, &every_third(|i| f16::from_f32(i as f32)));
        // Version 2 of Zarr has no bfloat16.
        if !what.ends_with("V2") {
            through(what, storage, &every_third(|i| bf16::from_f32(i as f32)));
        }
        through(what, storage, &every_third(|i| if i == 4 { f32::INFINITY } else { i as f32 / 8.0 }));
        through(what, storage, &every_third(|i| i as f64 / -3.0));
        through(what, storage, &every_third(|i| Complex::new(i as f32, -0.5)));
        through(what, storage, &every_third(|i| Complex::new(0.25, i as f64)));
    });
}

#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Plain {
    #[serde(with = "arraystow::ndarray")]
    cube: Array3<Option<i32>>,
    #[serde(with = "arraystow::ndarray")]
    none: Array1<Option<u8>>,
    #[serde(with = "arraystow::ndarray")]
    large: Array2<Option<f32>>,
    #[stow(units = "mm")]
    rain: Array2<Option<f64>>,
    #[stow(units = "m")]
    few: Array1<Option<i16>>,
}

fn plain() -> Plain {
    Plain {
        cube: Array3::from_shape_fn((3, 4, 5), |(i, j, k)| (k != 2).then_some((i * j) as i32 - 5)),
        none: Array1::from_elem(9, None),
        large: Array2::from_shape_fn((1100, 1000), |(i, j)| (i % 7 != j % 5).then_some((i + j) as f32)),
        rain: Array2::from_shape_fn((50, 60), |(i, j)| (i != j).then_some(i as f64 - j as f64)),
        few: Array1::from_iter([Some(1), None, Some(-3)]),
    }
}

#[test]
fn plain_arrays_of_them_are_loaded_as_they_were_saved() {
    everywhere(|what, storage| {
        storage.save("plain", &plain()).unwrap();
        assert_eq!(storage.load::<Plain>("plain").unwrap(), plain(), "{what}");
        let cube = storage.array("plain", "cube").unwrap();
        assert_eq!(cube.data_type(), DataType::Int32, "{what}");
        assert_eq!(cube.downcast::<i32>().unwrap().fill(), Some(i32::MIN), "{what}");
        assert!(cube.downcast::<i32>().unwrap().compute().unwrap()[[0, 0, 2]] == i32::MIN, "{what}");
        assert!(storage.verify("plain", VerifyDepth::Deep).unwrap().is_sound(), "{what}");
    });
}

#[test]
fn a_number_that_stands_for_missing_ones_is_refused() {
    #[derive(Serialize)]
    struct Run {
        field: ChunkedArray<Option<i32>>,
    }
    everywhere(|what, storage| {
        let mut elements = Array2::from_elem((6, 8), Some(1));
        elements[[5, 7]] = Some(-1);
        let field = ChunkedArray::from_ndarray(elements.clone(), &[4, 4]).unwrap();
        let runs = |fill| vec![Run { field: field.clone() }, Run { field: field.with_fill(Some(fill)) }];
        storage.save("runs", &runs(0)).unwrap();
        let error = storage.save("other", &runs(-1)).unwrap_err();
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{what}: {text}");
        assert!(text.contains("[1].field") && text.contains("element [5, 7]") && text.contains("with_fill"), "{text}");
        // NaN is the fill value of floats.
        let nan = ChunkedArray::from(ndarray::array![Some(1.0), Some(f64::NAN)]);
        let error = storage.save("nan", &nan).unwrap_err().to_string();
        assert!(error.contains("element [1]") && error.contains("NaN"), "{error}");
        storage.save("nan", &nan.with_fill(Some(-1.0))).unwrap();
        let loaded: ChunkedArray<Option<f64>> = storage.load("nan").unwrap();
        assert!(loaded.compute().unwrap()[[1]].unwrap().is_nan(), "{what}");
        // In a plain array.
        let least = Plain { few: ndarray::array![Some(0), Some(1)], ..plain() };
        storage.save("least", &least).unwrap();
        let least = Plain { none: ndarray::array![None, Some(u8::MAX)], ..plain() };
        let error = storage.save("least", &least).unwrap_err().to_string();
        assert!(error.contains("none") && error.contains("element [1]") && error.contains("255"), "{error}");
    });
}

#[test]
fn arrays_of_plain_numbers_are_read_by_their_fill_value() {
    everywhere(|what, storage| {
        let plain = ChunkedArray::from_ndarray(ndarray::array![1_i16, -9, 3, -8], &[3]).unwrap();
        let missing = |array: &ChunkedArray<i16>| {
            storage.save("it", array).unwrap();
            storage.load::<ChunkedArray<Option<i16>>>("it").unwrap().compute().unwrap().into_raw_vec_and_offset().0
        };
        let all = [Some(1), Some(-9), Some(3), Some(-8)];
        assert_eq!(missing(&plain), all, "{what}");
        assert_eq!(missing(&plain.with_fill(-9)), [Some(1), None, Some(3), Some(-8)], "{what}");
        assert_eq!(missing(&plain.with_attr("missing_value", -8).unwrap()), [all[0], all[1], all[2], None], "{what}");
        let both = plain.with_fill(-9).with_attr("missing_value", -8.0).unwrap();
        assert_eq!(missing(&both), [Some(1), None, Some(3), None], "{what}");
        // No element of the type.
        assert_eq!(missing(&plain.with_attr("missing_value", 1e20).unwrap()), all, "{what}");
        assert_eq!(missing(&plain.with_attr("missing_value", -9 + (1 << 16)).unwrap()), all, "{what}");
        let floats = ChunkedArray::from(ndarray::array![f32::NAN, 1.0]);
        storage.save("it", &floats).unwrap();
        let loaded: ChunkedArray<Option<f32>> = storage.load("it").unwrap();
        assert!(loaded.compute().unwrap()[[0]].unwrap().is_nan(), "{what}");
        let error = storage.load::<ChunkedArray<Option<f64>>>("it").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TypeMismatch, "{what}");
    });
}

#[test]
fn another_fill_value_is_another_array() {
    everywhere(|what, storage| {
        let elements = Array1::from_iter((0..40).map(|i| (i % 4 != 0).then_some(i)));
        let all = elements.clone().into_dyn();
        let array = ChunkedArray::from_ndarray(elements, &[10]).unwrap().with_fill(Some(-9));
        storage.save("it", &array).unwrap();
        let loaded: ChunkedArray<Option<i32>> = storage.load("it").unwrap();
        for (name, array) in [("saved", &array), ("loaded", &loaded)] {
            let what = format!("{what} {name}");
            let other = array.with_fill(Some(-8));
            assert_eq!(AnyArray::from(&other).downcast::<Option<i32>>().unwrap().compute().unwrap(), all, "{what}");
            let plain = AnyArray::from(&other).downcast::<i32>().unwrap().compute().unwrap();
            assert_eq!((plain[[0]], plain[[1]]), (-8, 1), "{what}");
            storage.save("other", &other).unwrap();
            assert_eq!(storage.load::<ChunkedArray<i32>>("other").unwrap().compute().unwrap()[[4]], -8, "{what}");
            let read: ChunkedArray<Option<i32>> = storage.load("other").unwrap();
            assert_eq!((read.compute().unwrap(), read.fill()), (all.clone(), Some(Some(-8))), "{what}");
            let marked = array.with_attr("missing_value", 3_i64).unwrap();
            assert!(storage.save("marked", &marked).unwrap_err().to_string().contains("element [3]"), "{what}");
            let longer = array.appended(0, &ChunkedArray::from(ndarray::array![None, Some(1)]).with_fill(Some(-9)));
            storage.save("longer", &longer.unwrap()).unwrap();
            let read = storage.load::<ChunkedArray<Option<i32>>>("longer").unwrap().compute().unwrap();
            assert_eq!((read.len(), read[[36]], read[[40]], read[[41]]), (42, None, None, Some(1)), "{what}");
        }
        // Over what it is read from.
        let next = loaded.map(|x| x.map(|x| x + 1));
        storage.save("it", &next).unwrap();
        assert_eq!(next.compute().unwrap(), all.mapv(|x| x.map(|x| x + 1)), "{what}");
        let again = next.with_fill(Some(-7));
        storage.save("it", &again).unwrap();
        let all = all.mapv(|x| x.map(|x| x + 1));
        assert_eq!(again.compute().unwrap(), all, "{what}");
        assert_eq!(storage.load::<ChunkedArray<Option<i32>>>("it").unwrap().compute().unwrap(), all, "{what}");
    });
}

#[test]
fn records_have_fields_that_may_be_missing() {
    #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
    struct Reading {
        depth: Option<f32>,
        count: Option<u16>,
    }
    everywhere(|what, storage| {
        let readings = ndarray::array![
            Reading { depth: None, count: Some(3) },
            Reading { depth: Some(0.5), count: None },
            Reading::default()
        ];
        storage.save("readings", &ChunkedArray::from(readings.clone())).unwrap();
        let loaded: ChunkedArray<Reading> = storage.load("readings").unwrap();
        assert_eq!(loaded.compute().unwrap(), readings.into_dyn(), "{what}");
        let nan = ChunkedArray::from(ndarray::array![Reading { depth: Some(f32::NAN), count: None }]);
        let error = storage.save("nan", &nan).unwrap_err().to_string();
        assert!(error.contains("depth") && error.contains("NaN"), "{error}");
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_numbers_come_back(elements in proptest::collection::vec(any::<Option<i8>>(), 1..40), fill in any::<i8>()) {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let array = ChunkedArray::from_ndarray(Array1::from_vec(elements.clone()), &[7]).unwrap().with_fill(Some(fill));
        match storage.save("it", &array) {
            Ok(_) => {
                let loaded: ChunkedArray<Option<i8>> = storage.load("it").unwrap();
                prop_assert_eq!(loaded.compute().unwrap().into_raw_vec_and_offset().0, elements);
            }
            Err(error) => prop_assert!(elements.contains(&Some(fill)), "{}", error),
        }
    }
}
