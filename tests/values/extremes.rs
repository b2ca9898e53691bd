//! Elements that one format writes in another way than the next, and the places of arrays in variants.

use arraystow::{ChunkedArray, Element, FixedBytes, Format, LocalFiles, Protocols, Storage};
use ndarray::Array1;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Clone, Copy, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Place {
    lat: f32,
    lon: f32,
}

#[arraystow::stow]
#[derive(Debug, Serialize, Deserialize)]
struct Extremes {
    #[stow(codec = "gzip:1")]
    numbers: Array1<f32>,
    #[stow(codec = "gzip:1")]
    places: Array1<Place>,
    plain: Array1<Place>,
}

/// All formats of documents.
const FORMATS: [Format; 3] = [Format::Cbor, Format::Json, Format::Pickle];

fn each(test: impl Fn(Format, &Storage)) {
    let folder = tempfile::tempdir().unwrap();
    for format in FORMATS {
        test(format, &Storage::builder(folder.path().join(format.to_string())).format(format).open().unwrap());
    }
}

#[test]
fn the_largest_numbers_nan_and_infinity_stay_what_they_are() {
    each(|format, storage| {
        for x in [f32::MAX, f32::MIN, f32::MIN_POSITIVE, f32::INFINITY, f32::NAN] {
            let places = Array1::from(vec![Place { lat: x, lon: -x }, Place::default()]);
            let saved = Extremes { numbers: Array1::from(vec![x, 0.5]), plain: places.clone(), places };
            storage.save("it", &saved).unwrap_or_else(|error| panic!("{format}, {x}: {error}"));
            let loaded: Extremes = storage.load("it").unwrap_or_else(|error| panic!("{format}, {x}: {error}"));
            assert_eq!(format!("{loaded:?}"), format!("{saved:?}"), "{format}");
        }
    });
}

/// A number, which formats for people have as text.
#[derive(Clone, Debug, PartialEq)]
struct Address(u32);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            self.0.to_string().serialize(serializer)
        } else {
            self.0.serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let text = String::deserialize(deserializer)?;
            text.parse().map(Self).map_err(serde::de::Error::custom)
        } else {
            u32::deserialize(deserializer).map(Self)
        }
    }
}

#[test]
fn elements_that_depend_on_the_format_are_in_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let saved: Array1<Address> = (0..5000).map(Address).collect();
    let mut encoder = postcard::Serializer { output: postcard::ser_flavors::AllocVec::new() };
    arraystow::serialize(&saved, &mut encoder, &protocols).unwrap();
    let bytes = postcard::ser_flavors::Flavor::finalize(encoder.output).unwrap();
    assert!(bytes.len() > 5000);
    let mut decoder = postcard::Deserializer::from_bytes(&bytes);
    let loaded: Array1<Address> = arraystow::deserialize(&mut decoder, &protocols).unwrap();
    assert_eq!(loaded, saved);
    each(|format, storage| {
        storage.save("it", &saved).unwrap();
        assert_eq!(storage.load::<Array1<Address>>("it").unwrap(), saved, "{format}");
    });
}

#[derive(Debug, Serialize, Deserialize)]
enum Step {
    Pair(ChunkedArray<f32>, u8),
    Running { state: ChunkedArray<f32> },
    Alone(ChunkedArray<f32>),
}

#[test]
fn a_path_has_the_name_of_the_variant() {
    let array = || ChunkedArray::from(Array1::from(vec![1.0_f32, 2.0]));
    each(|format, storage| {
        let steps = vec![Step::Pair(array(), 1), Step::Running { state: array() }, Step::Alone(array())];
        storage.save("steps", &steps).unwrap();
        let value = storage.value("steps").unwrap();
        for path in ["[0].Pair[0]", "[1].Running.state", "[2].Alone"] {
            assert_eq!(storage.array("steps", path).unwrap().shape(), [2], "{format}");
            assert!(value.find(path).and_then(arraystow::Value::as_array).is_some(), "{format}: {path}");
        }
    });
}

#[cfg(feature = "jiff")]
#[derive(Clone, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Event {
    id: FixedBytes<2>,
    at: Option<jiff::Timestamp>,
}

#[cfg(feature = "jiff")]
#[arraystow::stow]
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Small {
    #[stow(codec = "gzip:1")]
    few: Array1<Option<i32>>,
    #[stow(inline)]
    rain: Array1<Option<f64>>,
    #[stow(codec = "gzip:1")]
    times: Vec<Option<jiff::Timestamp>>,
    #[stow(codec = "gzip:1")]
    ids: Vec<FixedBytes<3>>,
    #[stow(codec = "gzip:1")]
    keys: Array1<FixedBytes<3>>,
    #[stow(codec = "gzip:1")]
    events: Vec<Event>,
    #[stow(codec = "gzip:1")]
    records: Array1<Event>,
}

#[cfg(feature = "jiff")]
#[test]
fn small_arrays_have_missing_elements_and_bytes() {
    let events = || [None, Some(jiff::Timestamp::UNIX_EPOCH)].map(|at| Event { id: FixedBytes([7, 255]), at });
    let saved = Small {
        few: Array1::from(vec![Some(1), None]),
        rain: Array1::from(vec![None, Some(0.5)]),
        times: vec![None, Some(jiff::Timestamp::UNIX_EPOCH)],
        ids: vec![FixedBytes([0, 1, 255]), FixedBytes([1, 2, 3])],
        keys: Array1::from(vec![FixedBytes([0, 1, 255]), FixedBytes([1, 2, 3])]),
        events: events().to_vec(),
        records: Array1::from(events().to_vec()),
    };
    each(|format, storage| {
        storage.save("it", &saved).unwrap();
        assert!(storage.info("it").unwrap().arrays.is_empty(), "{format}");
        let loaded: Small = storage.load("it").unwrap_or_else(|error| panic!("{format}: {error}"));
        assert_eq!(loaded, saved, "{format}");
    });
}
