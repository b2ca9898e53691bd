//! Lists of every element type, in every container.

use super::{Diverted, bits, folders, round_trip};
use arraystow::{Element, ErrorKind, FixedBytes, FixedText, FromPlainArray, PlainArray, Storage};
use half::{bf16, f16};
use jiff::{SignedDuration, Timestamp};
use num_complex::Complex;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Reading {
    station: FixedText<6>,
    kelvin: f64,
    flag: bool,
}

/// Loads what was saved, in each container.
fn containers<T: Element>(storage: &Storage, elements: &[T], turned: usize) {
    let expected = bits(elements);
    let same = |loaded: Vec<T>| assert_eq!(bits(&loaded), expected);
    same(round_trip(storage, elements.to_vec()).unwrap().array);
    assert_eq!(storage.array("it", "array").unwrap().data_type(), T::DATA_TYPE);
    same(round_trip::<Box<[T]>>(storage, elements.into()).unwrap().array.into_vec());
    same(round_trip::<Arc<[T]>>(storage, elements.into()).unwrap().array.to_vec());
    same(round_trip(storage, ndarray::Array1::from(elements.to_vec())).unwrap().array.to_vec());
    // Elements that wrap around the end of the memory.
    let mut deque: VecDeque<T> = elements.iter().cloned().collect();
    let turned = turned.min(elements.len());
    deque.rotate_left(turned);
    for _ in 0..turned {
        let last = deque.pop_back().unwrap();
        deque.push_front(last);
    }
    same(round_trip(storage, deque).unwrap().array.into());
}

fn each<T: Element>(storage: &Storage, element: impl Strategy<Value = T>) {
    let mut runner = TestRunner::new(Config::with_cases(6));
    runner
        .run(&(vec(element, 0..3000), 0_usize..3000), |(elements, turned)| {
            containers(storage, &elements, turned);
            Ok(())
        })
        .unwrap();
}

macro_rules! numbers {
    ($storage:expr; $($rust:ty)*) => { $(each::<$rust>($storage, any::<$rust>());)* };
}

#[test]
fn lists_of_every_element_type_come_back_from_every_container() {
    folders(|storage| {
        numbers!(storage; bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);
        each(storage, any::<u16>().prop_map(f16::from_bits));
        each(storage, any::<(f32, f32)>().prop_map(|(re, im)| Complex::new(re, im)));
        each(storage, any::<(f64, f64)>().prop_map(|(re, im)| Complex::new(re, im)));
        each(storage, "[a-zä]{0,3}".prop_map(|text| FixedText::<6>::new(text).unwrap()));
        each(storage, any::<[u8; 3]>().prop_map(FixedBytes));
        let nanoseconds = || (i64::MIN + 1..=i64::MAX).prop_map(i128::from);
        each(storage, nanoseconds().prop_map(|time| Timestamp::from_nanosecond(time).unwrap()));
        each(storage, proptest::option::of(nanoseconds().prop_map(|time| Timestamp::from_nanosecond(time).unwrap())));
        each(storage, (i64::MIN + 1..=i64::MAX).prop_map(SignedDuration::from_nanos));
        each(storage, proptest::option::of((i64::MIN + 1..=i64::MAX).prop_map(SignedDuration::from_nanos)));
        let reading = ("[a-z]{0,6}", any::<f64>(), any::<bool>());
        each(
            storage,
            reading.prop_map(|(station, kelvin, flag)| Reading {
                station: FixedText::new(station).unwrap(),
                kelvin,
                flag,
            }),
        );
    });
    // HDF5 has no bfloat16 that others read, but the elements are the same.
    let folder = tempfile::tempdir().unwrap();
    each(&Storage::open(folder.path()).unwrap(), any::<u16>().prop_map(bf16::from_bits));
}

#[derive(Serialize)]
struct Borrowed<'a> {
    name: &'a str,
    #[serde(with = "arraystow::vec")]
    slice: &'a [f64],
}

#[derive(Serialize, Deserialize)]
struct Owned {
    #[serde(with = "arraystow::vec")]
    slice: Vec<f64>,
}

#[test]
fn a_borrowed_slice_is_saved_and_loaded_as_a_list() {
    folders(|storage| {
        let elements: Vec<f64> = (0..5000).map(f64::from).collect();
        storage.save("it", &Borrowed { name: "it", slice: &elements[1..] }).unwrap();
        assert_eq!(storage.load::<Owned>("it").unwrap().slice, elements[1..]);
        assert_eq!(storage.info("it").unwrap().arrays[0].paths, ["slice"]);
    });
}

#[derive(Debug, Serialize, Deserialize)]
struct Converted {
    name: String,
    #[serde(serialize_with = "arraystow::vec::serialize", deserialize_with = "arraystow::vec::astype")]
    array: Vec<f64>,
}

#[test]
fn another_element_type_is_refused_or_converted() {
    folders(|storage| {
        for len in [3, 5_000_000_u32] {
            let elements: Vec<u32> = (0..len).collect();
            round_trip(storage, elements.clone()).unwrap();
            let error = storage.load::<Diverted<Vec<f64>>>("it").unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
            let converted: Converted = storage.load("it").unwrap();
            assert!(converted.array.iter().copied().eq(elements.iter().map(|x| f64::from(*x))));
        }
    });
}

#[test]
fn another_number_of_axes_is_refused_with_its_place() {
    fn check<A: FromPlainArray + std::fmt::Debug>(storage: &Storage, text: &str) {
        let error = storage.load::<Diverted<A>>("it").unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::TypeMismatch, Some("array")), "{error}");
        assert!(error.to_string().contains(text), "{error}");
    }
    folders(|storage| {
        round_trip(storage, ndarray::Array2::<f32>::zeros((30, 40))).unwrap();
        check::<Vec<f32>>(storage, "the array is stored with 2 axes, but the type asks for 1");
        check::<VecDeque<f32>>(storage, "the array is stored with 2 axes, but the type asks for 1");
        round_trip(storage, vec![0.0_f32; 30]).unwrap();
        check::<ndarray::Array2<f32>>(storage, "the array is stored with 1 axes, but the type asks for 2");
    });
}

/// In several places, under a trial of several variants, and after a change of the order of fields.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Trial {
    First {
        #[serde(with = "arraystow::vec")]
        b: Vec<f32>,
        missing: u8,
    },
    Second {
        #[serde(with = "arraystow::vec")]
        a: Vec<f32>,
        #[serde(with = "arraystow::vec")]
        b: Vec<f32>,
    },
}

#[test]
fn a_list_that_is_tried_by_several_variants_comes_back() {
    folders(|storage| {
        for len in [100, 5_000_000_usize] {
            let list = |first: usize| (first..first + len).map(|x| x as f32).collect();
            let value = vec![Trial::Second { a: list(0), b: list(1) }, Trial::First { b: list(2), missing: 1 }];
            storage.save("it", &value).unwrap();
            assert!(storage.load::<Vec<Trial>>("it").unwrap() == value);
            let value = futures::executor::block_on(storage.load_async::<Vec<Trial>>("it")).unwrap();
            assert!(storage.load::<Vec<Trial>>("it").unwrap() == value);
        }
    });
}

#[test]
fn a_list_survives_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = arraystow::Protocols::new().with_file(arraystow::LocalFiles::new(folder.path()).unwrap());
    let value = Diverted { name: "it".into(), array: (0..3000_i32).collect::<Vec<_>>() };
    let bytes = arraystow::to_vec(&value, &protocols).unwrap();
    assert_eq!(arraystow::from_slice::<Diverted<Vec<i32>>>(&bytes, &protocols).unwrap(), value);

    let mut bytes = Vec::new();
    arraystow::serialize(&value, &mut serde_json::Serializer::new(&mut bytes), &protocols).unwrap();
    let mut input = serde_json::Deserializer::from_slice(&bytes);
    assert_eq!(arraystow::deserialize::<Diverted<Vec<i32>>, _>(&mut input, &protocols).unwrap(), value);

    let mut serializer = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
    arraystow::serialize(&value, &mut serializer, &protocols).unwrap();
    let bytes = postcard::ser_flavors::Flavor::finalize(serializer.output).unwrap();
    let mut input = postcard::Deserializer::from_bytes(&bytes);
    assert_eq!(arraystow::deserialize::<Diverted<Vec<i32>>, _>(&mut input, &protocols).unwrap(), value);

    let mut bytes = Vec::new();
    arraystow::serialize(&value, &mut rmp_serde::Serializer::new(&mut bytes), &protocols).unwrap();
    let mut input = rmp_serde::Deserializer::from_read_ref(&bytes);
    assert_eq!(arraystow::deserialize::<Diverted<Vec<i32>>, _>(&mut input, &protocols).unwrap(), value);
}

fn _is_plain<A: PlainArray + ?Sized>() {}

#[test]
fn slices_and_views_are_plain_arrays() {
    _is_plain::<[f64]>();
    _is_plain::<&[f64]>();
    _is_plain::<ndarray::ArrayView2<'_, f64>>();
}
