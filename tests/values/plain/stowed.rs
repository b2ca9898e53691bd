//! Options of fields that are lists, arrays, matrices or images.

use super::Diverted;
use arraystow::{
    ArrayInfo, ChunkedArray, Codec, Element, ErrorKind, FixedText, Format, LocalFiles, Protocols, Storage,
};
use nalgebra::DMatrix;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Reading {
    station: FixedText<6>,
    kelvin: f64,
}

#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct All {
    #[stow(codec = "zstd:3")]
    list: Vec<f32>,
    #[stow(chunks = [700])]
    readings: VecDeque<Reading>,
    #[stow(inline)]
    inline: Box<[f64]>,
    #[stow(dims = ["time"], units = "K")]
    labelled: Vec<f64>,
    #[stow(chunks = [20, 30])]
    matrix: DMatrix<f64>,
    #[stow(chunks = [20, 30])]
    array: Array2<f32>,
    #[stow(codec = "gzip:1")]
    maybe: Option<Vec<i64>>,
    #[stow(codec = "gzip:1")]
    matrices: Option<DMatrix<i32>>,
    #[stow(codec = "gzip:1")]
    arrays: Option<Array1<i32>>,
    #[stow(codec = "gzip:1")]
    nested: Vec<Array1<i32>>,
}

fn all(len: usize) -> All {
    let reading = |i: usize| Reading { station: FixedText::new(i.to_string()).unwrap(), kelvin: i as f64 };
    let side = len / 50;
    All {
        list: (0..len).map(|x| x as f32).collect(),
        readings: (0..len).map(reading).collect(),
        inline: (0..len).map(|x| x as f64).collect(),
        labelled: vec![1.0, 2.0],
        matrix: DMatrix::from_fn(side, 50, |i, j| (i * 50 + j) as f64),
        array: Array2::from_shape_fn((side, 50), |(i, j)| (i * 50 + j) as f32),
        maybe: Some((0..len).map(|x| x as i64).collect()),
        matrices: Some(DMatrix::from_fn(side, 50, |i, j| (i * 50 + j) as i32)),
        arrays: Some((0..len).map(|x| x as i32).collect()),
        nested: vec![(0..len).map(|x| x as i32).collect()],
    }
}

fn each(test: impl Fn(&Storage)) {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Cbor, Format::Json, Format::Pickle] {
        test(&Storage::builder(folder.path().join(format.to_string())).format(format).open().unwrap());
    }
}

#[test]
fn options_hold_for_every_plain_array() {
    each(|storage| {
        let value = all(3000);
        storage.save("all", &value).unwrap();
        assert_eq!(storage.load::<All>("all").unwrap(), value);
        let arrays = storage.info("all").unwrap().arrays;
        let array = |path: &str| -> &ArrayInfo {
            arrays.iter().find(|array| array.paths == [path]).unwrap_or_else(|| panic!("{path} is not there"))
        };
        assert_eq!(arrays.len(), 9);
        assert!(array("list").bytes < 3000 * 4, "it is not compressed");
        assert_eq!(array("readings").grid.chunk_shape(), Some(vec![700]));
        assert_eq!(array("matrix").grid.chunk_shape(), Some(vec![20, 30]));
        assert_eq!(array("array").grid.chunk_shape(), Some(vec![20, 30]));
        let labelled: ChunkedArray<f64> = storage.array("all", "labelled").unwrap().downcast().unwrap();
        assert_eq!(labelled.dims().unwrap(), ["time"]);
        assert_eq!(labelled.attr("units"), Some(&"K".into()));
        for path in ["maybe", "matrices", "arrays", "nested[0]"] {
            assert!(array(path).bytes < 3000 * 4, "{path} is not compressed");
        }
    });
}

#[test]
fn small_ones_stay_in_the_document() {
    each(|storage| {
        let value = All { maybe: None, matrices: None, arrays: None, ..all(100) };
        storage.save("all", &value).unwrap();
        let arrays = storage.info("all").unwrap().arrays;
        assert_eq!(arrays.iter().map(|array| &array.paths[0][..]).collect::<Vec<_>>(), ["labelled"]);
        assert_eq!(storage.load::<All>("all").unwrap(), value);
    });
}

#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct One {
    name: String,
    #[stow(codec = "zstd:3")]
    array: Vec<f32>,
}

#[derive(Serialize, Deserialize)]
struct Ordinary<A> {
    name: String,
    array: A,
}

#[test]
fn a_list_without_options_loads_as_one_with_options() {
    each(|storage| {
        for len in [0, 3, 5000] {
            let array: Vec<f32> = (0..len).map(|x| x as f32 / 3.0).collect();
            storage.save("it", &Ordinary { name: "it".into(), array: array.clone() }).unwrap();
            assert_eq!(storage.load::<One>("it").unwrap().array, array);
            storage.save("it", &Diverted { name: "it".into(), array: array.clone() }).unwrap();
            assert_eq!(storage.load::<One>("it").unwrap().array, array);
            storage.save("it", &One { name: "it".into(), array: array.clone() }).unwrap();
            assert_eq!(storage.load::<Diverted<Vec<f32>>>("it").unwrap().array, array);
            if len < 1000 {
                assert_eq!(storage.load::<Ordinary<Vec<f32>>>("it").unwrap().array, array);
            } else {
                assert_eq!(storage.load::<Ordinary<Array1<f32>>>("it").unwrap().array.to_vec(), array);
            }
        }
    });
}

#[test]
fn numbers_that_a_format_does_not_have_are_diverted() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).format(Format::Json).open().unwrap();
    storage.save("it", &One { name: "it".into(), array: vec![f32::NAN, f32::INFINITY] }).unwrap();
    let loaded = storage.load::<One>("it").unwrap().array;
    assert!(loaded[0].is_nan() && loaded[1] == f32::INFINITY);
}

#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Converted {
    name: String,
    #[stow(astype)]
    array: Vec<f64>,
}

#[test]
fn elements_are_converted_on_request() {
    each(|storage| {
        for len in [3, 5000] {
            let array: Vec<f32> = (0..len).map(|x| x as f32).collect();
            storage.save("it", &One { name: "it".into(), array: array.clone() }).unwrap();
            let converted = storage.load::<Converted>("it").unwrap().array;
            assert!(converted.into_iter().eq(array.into_iter().map(f64::from)));
        }
    });
}

#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Widened {
    name: String,
    #[stow(codec = "zstd:3")]
    array: Array1<f64>,
}

#[test]
fn an_ndarray_takes_what_serde_takes_for_its_elements() {
    each(|storage| {
        for len in [3, 5000] {
            let array: Array1<i32> = (0..len).map(|x| x * 100_000).collect();
            storage.save("it", &Ordinary { name: "it".into(), array: array.clone() }).unwrap();
            assert_eq!(storage.load::<Widened>("it").unwrap().array, array.map(|x| f64::from(*x)));
        }
    });
}

#[test]
fn chunks_for_another_number_of_axes_are_refused_with_their_place() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Wrong {
        #[stow(chunks = [3])]
        matrix: DMatrix<f64>,
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for side in [2, 100] {
        let error = storage.save("it", &Wrong { matrix: DMatrix::zeros(side, side) }).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::InvalidInput, Some("matrix")), "{error}");
    }
}

#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    One {
        #[stow(chunks = [400])]
        list: Vec<f32>,
        #[stow(chunks = [40, 10])]
        array: Array2<f64>,
    },
    Two {
        #[serde(flatten)]
        one: One,
    },
}

#[test]
fn options_hold_where_serde_buffers() {
    each(|storage| {
        for len in [10, 3000_usize] {
            let one = Tagged::One {
                list: (0..len).map(|x| x as f32).collect(),
                array: Array2::from_shape_fn((len, 10), |(i, j)| (i * j) as f64),
            };
            let two = Tagged::Two { one: One { name: "it".into(), array: (0..len).map(|x| x as f32).collect() } };
            let value = vec![one, two];
            storage.save("it", &value).unwrap();
            assert_eq!(storage.load::<Vec<Tagged>>("it").unwrap(), value);
            let chunked = storage.info("it").unwrap().arrays.iter().filter(|array| array.paths == ["[0].list"]).count();
            assert_eq!(chunked, usize::from(len > 1000));
        }
    });
}

#[test]
fn options_hold_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap()).with_codec(Codec::NONE);
    for len in [100, 3000] {
        let value = all(len);
        let bytes = arraystow::to_vec(&value, &protocols).unwrap();
        assert_eq!(arraystow::from_slice::<All>(&bytes, &protocols).unwrap(), value);

        let mut serializer = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
        arraystow::serialize(&value, &mut serializer, &protocols).unwrap();
        let bytes = postcard::ser_flavors::Flavor::finalize(serializer.output).unwrap();
        let mut input = postcard::Deserializer::from_bytes(&bytes);
        assert_eq!(arraystow::deserialize::<All, _>(&mut input, &protocols).unwrap(), value);

        let mut bytes = Vec::new();
        arraystow::serialize(&value, &mut rmp_serde::Serializer::new(&mut bytes), &protocols).unwrap();
        let mut input = rmp_serde::Deserializer::from_read_ref(&bytes);
        assert_eq!(arraystow::deserialize::<All, _>(&mut input, &protocols).unwrap(), value);

        // Without arraystow, as without the macro.
        let json = serde_json::to_string(&One { name: "it".into(), array: vec![0.5; 5000] }).unwrap();
        assert!(json.starts_with("{\"name\":\"it\",\"array\":[0.5,0.5"), "{json}");
    }
}
