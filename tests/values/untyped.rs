//! A [`Value`] in the place of arrays: where serde buffers it, and in documents whose types serde buffers.

use arraystow::{ChunkedArray, DataType, ErrorKind, Format, Storage, Value};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

fn each(test: impl Fn(Format, &Storage)) {
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Cbor, Format::Json, Format::Pickle] {
        test(format, &Storage::builder(folder.path().join(format.to_string())).format(format).open().unwrap());
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Place {
    name: String,
    height: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Full {
    name: String,
    large: Array2<f32>,
    bytes: Array1<u8>,
    small: Array1<f64>,
    places: Array1<Place>,
}

impl Full {
    fn sample() -> Self {
        let place = |index: u32| Place { name: format!("place {index}"), height: index as f32 };
        Self {
            name: "a".into(),
            large: Array2::from_shape_fn((50, 40), |(y, x)| (y * 40 + x) as f32),
            bytes: (0..5000).map(|index| index as u8).collect(),
            small: Array1::from(vec![0.5, 1.5]),
            places: (0..500).map(place).collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Known {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct Flattened {
    name: String,
    #[serde(flatten)]
    rest: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Number(u8),
    Other { large: Value },
}

fn type_of(value: &Value) -> (DataType, Vec<usize>) {
    let array = value.as_array().unwrap_or_else(|| panic!("{value} is not an array"));
    (array.data_type(), array.shape().to_vec())
}

#[test]
fn a_value_that_serde_buffers_is_an_array() {
    each(|format, storage| {
        let full = Full::sample();
        storage.save("it", &full).unwrap();
        let paths = |name| -> BTreeSet<String> {
            let info = storage.info(name).unwrap();
            info.arrays.iter().flat_map(|array| array.paths.clone()).filter(|path| path != "places").collect()
        };
        let mut known: Known = storage.load("it").unwrap();
        assert_eq!(type_of(&known.rest["large"]), (DataType::Float32, vec![50, 40]), "{format}");
        assert_eq!(type_of(&known.rest["bytes"]), (DataType::UInt8, vec![5000]), "{format}");
        for name in ["small", "places"] {
            assert!(matches!(&known.rest[name], Value::InlineArray(_)), "{format}: {name}");
        }
        known.name = "b".into();
        storage.save("known", &known).unwrap();
        assert_eq!(storage.load::<Full>("known").unwrap(), Full { name: "b".into(), ..full.clone() }, "{format}");
        assert_eq!(paths("known"), paths("it"), "{format}");
        // A value that was saved by such a type is the same again.
        let flattened: Flattened = storage.load("known").unwrap();
        assert_eq!(type_of(flattened.rest.get("large").unwrap()), (DataType::Float32, vec![50, 40]));
        storage.save("known", &flattened).unwrap();
        assert_eq!(storage.load::<Full>("known").unwrap(), Full { name: "b".into(), ..full.clone() }, "{format}");
        let Either::Other { large } = storage.load("it").unwrap() else { panic!("{format}") };
        assert_eq!(type_of(&large), (DataType::Float32, vec![50, 40]));
    });
}

#[test]
fn a_map_with_the_fields_of_an_array_stays_a_map() {
    each(|format, storage| {
        let list = |numbers: &[i32]| Value::List(numbers.iter().copied().map(Value::from).collect());
        let fields = [("v", Value::from(1)), ("dim", list(&[2])), ("data", list(&[5, 6]))];
        let map = Value::Map(fields.into_iter().map(|(key, value)| (key.into(), value)).collect());
        let rest = BTreeMap::from([("own".to_owned(), map.clone())]);
        storage.save("it", &Known { name: "a".into(), rest }).unwrap();
        let again: Known = storage.load("it").unwrap();
        assert_eq!(again.rest["own"].to_string(), map.to_string(), "{format}");
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Picture {
    Image { pixels: Array2<f32> },
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Lazy {
    Image { pixels: ChunkedArray<f32> },
}

#[test]
fn a_value_that_is_saved_again_is_read_where_serde_buffers() {
    each(|format, storage| {
        for pixels in [Array2::ones((50, 40)), Array2::ones((2, 3))] {
            let saved = Picture::Image { pixels };
            storage.save("it", &saved).unwrap();
            let before = storage.info("it").unwrap();
            storage.save("it", &storage.value("it").unwrap()).unwrap();
            assert_eq!(storage.load::<Picture>("it").unwrap(), saved, "{format}");
            let after = storage.info("it").unwrap();
            let plain = |info: &arraystow::ValueInfo| -> Vec<_> {
                info.arrays.iter().map(|array| (array.file.clone(), array.plain)).collect()
            };
            assert_eq!(plain(&after), plain(&before), "{format}: the array stays where it is");
            // In another format, too.
            for other in [Format::Cbor, Format::Json, Format::Pickle] {
                let folder = tempfile::tempdir().unwrap();
                let to = Storage::builder(folder.path()).format(other).open().unwrap();
                to.save("it", &storage.value("it").unwrap()).unwrap();
                assert_eq!(to.load::<Picture>("it").unwrap(), saved, "{format} to {other}");
            }
        }
        let pixels = ChunkedArray::from_ndarray(Array2::<f32>::ones((4, 5)), &[2, 5]).unwrap();
        storage.save("lazy", &Lazy::Image { pixels }).unwrap();
        storage.save("lazy", &storage.value("lazy").unwrap()).unwrap();
        let Lazy::Image { pixels } = storage.load("lazy").unwrap();
        assert_eq!(pixels.grid().chunk_count(), 2, "{format}");
    });
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "it does not fit")]
enum Field {
    Single(ChunkedArray<f32>),
    Double(ChunkedArray<f64>),
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "a field is missing")]
struct Run {
    field: Field,
    added_later: u32,
}

#[test]
fn an_error_is_not_that_of_a_variant_that_did_not_fit() {
    each(|format, storage| {
        let field = ChunkedArray::from(Array1::from(vec![1.0_f64, 2.0]));
        storage.save("it", &BTreeMap::from([("field", &field)])).unwrap();
        let error = storage.load::<Run>("it").unwrap_err();
        assert_eq!((error.kind(), error.path(), error.array()), (ErrorKind::Serde, None, None), "{format}: {error}");
        assert!(error.to_string().contains("added_later") && !error.to_string().contains("astype"), "{error}");
        storage.save("it", &BTreeMap::from([("field", (0, &field))])).unwrap();
        let error = storage.load::<Run>("it").unwrap_err();
        assert_eq!(error.path(), Some("field"), "{format}: {error}");
        // Both forms are read.
        storage.save("it", &(&field, 7)).unwrap();
        let (field, _): (Field, u8) = storage.load("it").unwrap();
        assert!(matches!(field, Field::Double(array) if array.len() == 2), "{format}");
    });
}
