//! Plain arrays of records and texts are diverted like numbers, and are read back by any type that fits.

use arraystow::{ArrayFormat, ChunkedArray, Format, LocalFiles, Protocols, Storage, VerifyDepth, ZarrVersion};
use arraystow_s3_server::Server;
use half::{bf16, f16};
use ndarray::{Array1, Array2};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Place {
    lat: f32,
    lon: f32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    station: String,
    place: Place,
    flag: bool,
    count: u16,
    level: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Campaign {
    name: String,
    readings: Array2<Reading>,
    words: Array1<String>,
    times: Array1<jiff::Timestamp>,
}

fn campaign() -> Campaign {
    Campaign {
        name: "winter".into(),
        readings: Array2::from_shape_fn((30, 10), |(i, j)| Reading {
            station: ["", "Äußer", "x y", "0123456789"][(i + j) % 4].into(),
            place: Place { lat: i as f32 / 4.0, lon: -(j as f32) },
            flag: i % 3 == 0,
            count: (i * j) as u16,
            level: if i == 3 { -0.0 } else { i as f64 / 3.0 },
        }),
        words: Array1::from_shape_fn(2000, |i| format!("word {i}")),
        times: Array1::from_shape_fn(500, |i| jiff::Timestamp::from_second(i as i64 * 86_400).unwrap()),
    }
}

/// A part of the fields, in another order, and one that was not there.
#[derive(Debug, PartialEq, Deserialize)]
struct Less {
    count: u16,
    #[serde(default)]
    new: u8,
    station: String,
}

#[derive(Deserialize)]
struct LessCampaign {
    readings: Array2<Less>,
}

/// A storage of each kind, with documents in CBOR or JSON; the server must live as long.
fn everywhere(mut test: impl FnMut(&str, &Storage)) {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    for body in [Format::Cbor, Format::Json] {
        let builder = |name: &str| Storage::builder(folder.path().join(format!("{name} {body}"))).format(body);
        test("hdf5", &builder("hdf5").open().unwrap());
        for version in [ZarrVersion::V2, ZarrVersion::V3] {
            let builder = builder(&format!("{version:?}")).array_format(ArrayFormat::Zarr);
            test(&format!("{version:?}"), &builder.zarr_version(version).open().unwrap());
        }
        test("server", &server.builder(&body.to_string()).format(body).open().unwrap());
        test("shards", &server.builder(&format!("{body} shards")).format(body).shard_bytes(4096).open().unwrap());
    }
}

#[test]
fn records_and_texts_are_files_in_every_storage() {
    everywhere(|what, storage| {
        storage.save("it", &campaign()).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(storage.load::<Campaign>("it").unwrap(), campaign(), "{what}");
        let info = storage.info("it").unwrap();
        let mut paths: Vec<_> = info.arrays.iter().map(|array| array.paths[0].as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["readings", "times", "words"], "{what}");
        assert!(storage.verify("it", VerifyDepth::Deep).unwrap().is_sound(), "{what}");

        let less: LessCampaign = storage.load("it").unwrap();
        let expected =
            campaign().readings.map(|reading| Less { count: reading.count, new: 0, station: reading.station.clone() });
        assert_eq!(less.readings, expected, "{what}");
    });
}

#[test]
fn records_around_any_format() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let value = campaign();
    let mut json = Vec::new();
    arraystow::serialize(&value, &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let read: Campaign = arraystow::deserialize(&mut serde_json::Deserializer::from_slice(&json), &protocols).unwrap();
    assert_eq!(read, value);
    let bytes = arraystow::to_vec(&value, &protocols).unwrap();
    assert_eq!(arraystow::from_slice::<Campaign>(&bytes, &protocols).unwrap(), value);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Readings { readings: Array2<Reading> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Words { words: Array1<String> },
    Readings { readings: Array2<Reading> },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    #[serde(flatten)]
    campaign: Campaign,
}

#[test]
fn records_where_serde_buffers() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let tagged = Tagged::Readings { readings: campaign().readings };
    let untagged =
        vec![Untagged::Readings { readings: campaign().readings }, Untagged::Words { words: campaign().words }];
    let flat = Flat { campaign: campaign() };
    storage.save("tagged", &tagged).unwrap();
    storage.save("untagged", &untagged).unwrap();
    storage.save("flat", &flat).unwrap();
    assert_eq!(storage.load::<Tagged>("tagged").unwrap(), tagged);
    assert_eq!(storage.load::<Vec<Untagged>>("untagged").unwrap(), untagged);
    assert_eq!(storage.load::<Flat>("flat").unwrap(), flat);
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Odd {
    maybe: Option<f64>,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    note: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Point {
    position: [f32; 3],
}

#[test]
fn what_is_no_record_stays_in_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let odd = Array1::from_shape_fn(2000, |i| Odd {
        maybe: (i % 2 == 0).then_some(i as f64),
        note: if i == 7 { "seven".into() } else { String::new() },
    });
    let long = Array1::from_shape_fn(2000, |i| if i == 0 { "x".repeat(10_000) } else { "y".to_owned() });
    let nul = Array1::from_elem(2000, "a\0".to_owned());
    let points = Array1::from_elem(2000, Point { position: [1.0, 2.0, 3.0] });
    storage.save("it", &(&odd, &long, &nul, &points)).unwrap();
    assert!(storage.info("it").unwrap().arrays.is_empty());
    let read: (Array1<Odd>, Array1<String>, Array1<String>, Array1<Point>) = storage.load("it").unwrap();
    assert_eq!(read, (odd, long, nul, points));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_texts_and_records(texts in prop::collection::vec("\\PC{0,12}", 1..600), numbers in any::<(i8, u64, f32)>()) {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        let places: Array1<(String, Place)> = Array1::from_iter(texts.iter().map(|text| {
            (text.clone(), Place { lat: f32::from(numbers.0), lon: (text.len() as u64 ^ numbers.1) as f32 })
        }));
        let places = places.map(|(text, place)| Reading {
            station: text.clone(), place: place.clone(), flag: text.is_empty(), count: text.len() as u16, level: 0.5,
        });
        let texts = Array1::from(texts);
        storage.save("it", &(&texts, &places)).unwrap();
        let read: (Array1<String>, Array1<Reading>) = storage.load("it").unwrap();
        prop_assert_eq!(read, (texts, places));
    }
}

/// What serde makes of such elements is a number or two, and they come back from numbers.
#[test]
fn elements_that_are_numbers_in_newtypes_and_options_come_back() {
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    struct Meters(f64);
    #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
    struct Known(#[serde(deserialize_with = "known")] f64);
    fn known<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(-1.0))
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for len in [3, 2000] {
        let number = |i: usize| i as f64 / 4.0;
        let pairs = Array1::from_shape_fn(len, |i| (Meters(number(i)), Meters(-number(i))));
        let known = Array1::from_shape_fn(len, |i| Known(number(i)));
        let numbers = Array1::from_shape_fn(len, number);
        storage.save("it", &(&pairs, &known, &numbers)).unwrap();
        type Found = (Array1<(Meters, Meters)>, Array1<Known>, Array1<Option<f64>>);
        let found: Found = storage.load("it").unwrap();
        assert_eq!(found, (pairs, known, numbers.mapv(Some)));
    }
}

/// The derive brings no names with it.
#[test]
fn records_may_have_any_name() {
    #[derive(Clone, Debug, Default, PartialEq, arraystow::Element)]
    struct Field {
        x: f64,
    }
    #[derive(Clone, Debug, Default, PartialEq, arraystow::Element)]
    struct DataType {
        field: Field,
        encoding: Encoding,
    }
    #[derive(Clone, Debug, Default, PartialEq, arraystow::Element)]
    #[repr(u8)]
    enum Encoding {
        #[default]
        A,
        B,
    }
    let elements = Array1::from_shape_fn(4, |i| DataType {
        field: Field { x: i as f64 },
        encoding: if i == 2 { Encoding::B } else { Encoding::A },
    });
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("it", &ChunkedArray::from(elements.clone())).unwrap();
    let found: ChunkedArray<DataType> = storage.load("it").unwrap();
    assert_eq!(found.compute().unwrap(), elements.into_dyn());
}

/// The half crate serializes these floats as the integers of their bits.
#[test]
fn halves_are_floats_in_files() {
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Weight {
        brain: bf16,
        half: f16,
        bits: u16,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Weights {
        brains: Array1<bf16>,
        halves: Array1<f16>,
        records: Array1<Weight>,
    }

    let (brain, half) = (|i: usize| bf16::from_f64(i as f64 / 3.0), |i: usize| f16::from_f64(-(i as f64) / 3.0));
    let weights = Weights {
        brains: Array1::from_shape_fn(3000, brain),
        halves: Array1::from_shape_fn(3000, half),
        records: Array1::from_shape_fn(3000, |i| Weight { brain: brain(i), half: half(i), bits: i as u16 }),
    };
    for format in [ArrayFormat::Hdf5, ArrayFormat::Zarr] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path()).array_format(format).open().unwrap();
        storage.save("weights", &weights).unwrap();
        let types = storage.info("weights").unwrap().arrays;
        let types: Vec<_> = types.iter().map(|array| array.data_type.to_string()).collect();
        assert_eq!(types[..2], ["bfloat16", "float16"]);
        assert!(types[2].contains(r#"["brain","bfloat16"],["half","float16"],["bits","uint16"]"#), "{}", types[2]);
        assert_eq!(storage.load::<Weights>("weights").unwrap(), weights);
        let lazy: ChunkedArray<bf16> = storage.array("weights", "brains").unwrap().downcast().unwrap();
        assert_eq!(lazy.compute().unwrap(), weights.brains.clone().into_dyn());
    }
}
