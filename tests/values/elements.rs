//! Elements that are not numbers: dates, texts, bytes, enumerations, records, small arrays; and bfloat16.

use arraystow::{
    AnyArray, AnyNdArray, ArrayFormat, ChunkedArray, DataType, Element, ErrorKind, FixedBytes, FixedText, Storage,
    TimeUnit, VerifyDepth, ZarrVersion,
};
use arraystow_s3_server::Server;
use half::bf16;
use jiff::{SignedDuration, Timestamp};
use ndarray::{Array1, Array2, s};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Element, Serialize, Deserialize)]
#[repr(i8)]
enum Quality {
    #[default]
    Good = 0,
    Doubtful = 1,
    Bad = -4,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Place {
    lat: f32,
    lon: f32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element, Serialize, Deserialize)]
struct Reading {
    flag: bool,
    station: FixedText<10>,
    place: Place,
    time: Timestamp,
    value: f64,
    quality: Quality,
    raw: FixedBytes<3>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Point {
    position: [f32; 3],
    weight: u16,
}

fn reading(i: usize) -> Reading {
    Reading {
        flag: i.is_multiple_of(3),
        station: FixedText::new(["", "Äußer", "x y", "0123456789"][i % 4]).unwrap(),
        place: Place { lat: i as f32 / 4.0, lon: -(i as f32) },
        time: Timestamp::from_nanosecond(i as i128 * 1_000_000_007).unwrap(),
        value: if i.is_multiple_of(5) { f64::INFINITY } else { i as f64 },
        quality: [Quality::Good, Quality::Doubtful, Quality::Bad][i % 3],
        raw: FixedBytes([i as u8, 0, 255]),
    }
}

/// A storage of each kind; the server must live as long.
fn everywhere(mut test: impl FnMut(&str, &Storage)) {
    let folder = tempfile::tempdir().unwrap();
    let codec = arraystow::Codec::zstd(1).unwrap();
    test("hdf5", &Storage::open(folder.path().join("hdf5")).unwrap());
    test("hdf5 zstd", &Storage::builder(folder.path().join("hdf5 zstd")).codec(codec).open().unwrap());
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        let builder = Storage::builder(folder.path().join(format!("{version:?}"))).array_format(ArrayFormat::Zarr);
        test(&format!("folder {version:?}"), &builder.zarr_version(version).open().unwrap());
    }
    let server = Server::start();
    for codec in ["blosc", "pcodec:4"] {
        test(codec, &server.builder(codec).codec(codec.parse().unwrap()).open().unwrap());
    }
    test("shards", &server.builder("shards").shard_bytes(256).open().unwrap());
}

/// Saves, loads and reads elements, in whole, in part and without their type.
fn through<T: Element>(what: &str, storage: &Storage, elements: &Array2<T>) {
    let what = format!("{} in {what}", T::DATA_TYPE);
    let array = ChunkedArray::from_ndarray(elements.clone(), &[3, 4]).unwrap();
    storage.save("it", &array).unwrap();
    let loaded: ChunkedArray<T> = storage.load("it").unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(loaded.grid(), array.grid(), "{what}");
    assert_eq!(loaded.compute().unwrap(), elements.clone().into_dyn(), "{what}");
    let part = loaded.slice(s![1..6;2, -1]).unwrap().compute().unwrap();
    assert_eq!(part, elements.slice(s![1..6;2, -1]).to_owned().into_dyn(), "{what}");
    assert!(storage.verify("it", VerifyDepth::Deep).unwrap().is_sound(), "{what}");
    assert_eq!(storage.info("it").unwrap().arrays[0].data_type, T::DATA_TYPE, "{what}");

    let any = storage.array("it", "").unwrap();
    assert_eq!((any.data_type(), any.shape()), (T::DATA_TYPE, elements.shape()), "{what}");
    assert_eq!(any.compute().unwrap().downcast::<T>().unwrap(), elements.clone().into_dyn(), "{what}");
    assert_eq!(any.downcast::<T>().unwrap().compute().unwrap(), elements.clone().into_dyn(), "{what}");
    let part = any.slice(s![1..6;2, -1]).unwrap();
    let expected = elements.slice(s![1..6;2, -1]).to_owned().into_dyn();
    assert_eq!(part.compute().unwrap().downcast::<T>().unwrap(), expected, "{what}");
    assert_eq!(part.downcast::<T>().unwrap().compute().unwrap(), expected, "{what}");
    let bytes = any.to_bytes().unwrap();
    assert_eq!(bytes, AnyArray::from(&array).to_bytes().unwrap(), "{what}");
    assert_eq!(bytes.len(), elements.len() * T::DATA_TYPE.size(), "{what}");

    // Saved without its type, whole and in part; and in other chunks.
    storage.save("again", &(any, part)).unwrap();
    let (again, part): (ChunkedArray<T>, ChunkedArray<T>) = storage.load("again").unwrap();
    assert_eq!(again.compute().unwrap(), elements.clone().into_dyn(), "{what}");
    assert_eq!(part.compute().unwrap(), expected, "{what}");
    storage.save("recut", &again.rechunk(&[5, 2]).unwrap()).unwrap();
    let recut: ChunkedArray<T> = storage.load("recut").unwrap();
    assert_eq!(recut.compute().unwrap(), elements.clone().into_dyn(), "{what}");
    for name in ["it", "again", "recut"] {
        storage.remove(name).unwrap();
    }
}

fn sample<T>(element: impl Fn(usize) -> T) -> Array2<T> {
    Array2::from_shape_fn((7, 9), |(i, j)| element(9 * i + j))
}

#[test]
fn every_type_of_elements_comes_back_as_it_was_saved() {
    everywhere(|what, storage| {
        if what != "folder V2" {
            through(what, storage, &sample(|i| bf16::from_f32(i as f32 - 7.5)));
        }
        let time =
            |i: usize| Timestamp::from_nanosecond(i as i128 * 86_399_999_999_999 - 9_000_000_000_000_000_001).unwrap();
        through(what, storage, &sample(time));
        through(what, storage, &sample(|i| (!i.is_multiple_of(4)).then(|| time(i))));
        through(what, storage, &sample(|i| SignedDuration::from_nanos(77 - 13 * i as i64)));
        through(what, storage, &sample(|i| (i != 5).then(|| SignedDuration::from_nanos(i as i64))));
        through(what, storage, &sample(|i| reading(i).station));
        through(what, storage, &sample(|i| reading(i).raw));
        through(what, storage, &sample(|i| reading(i).quality));
        through(what, storage, &sample(|i| reading(i).place));
        through(what, storage, &sample(reading));
    });
}

#[test]
fn fields_of_records_are_read_without_their_type() {
    everywhere(|what, storage| {
        storage.save("it", &ChunkedArray::from(Array1::from_iter((0..50).map(reading)))).unwrap();
        let AnyNdArray::Encoded(found) = storage.array("it", "").unwrap().compute().unwrap() else { panic!("{what}") };
        let values = found.field("value").unwrap().downcast::<f64>().unwrap();
        assert_eq!(values, Array1::from_iter((0..50).map(|i| reading(i).value)).into_dyn(), "{what}");
        let AnyNdArray::Encoded(places) = found.field("place").unwrap() else { panic!("{what}") };
        assert_eq!(places.decode::<Place>().unwrap()[[7]], reading(7).place, "{what}");
        let times = found.field("time").unwrap().downcast::<Timestamp>().unwrap();
        assert_eq!(times[[9]], reading(9).time, "{what}");
        let error = found.field("nothing").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(found.to_string().contains("quality: Doubtful"), "{found}");
    });
}

fn refusal<T: Debug>(result: arraystow::Result<T>, kind: ErrorKind, texts: &[&str]) {
    let error = result.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    for text in texts {
        assert!(error.to_string().contains(text), "{error}");
    }
}

#[test]
fn what_a_type_does_not_have_is_refused_with_its_place() {
    everywhere(|what, storage| {
        // Beyond the nanoseconds of numpy.
        let far: Timestamp = "2500-01-01T00:00:00Z".parse().unwrap();
        let saved = storage.save("far", &(1, ChunkedArray::from(ndarray::array![Timestamp::UNIX_EPOCH, far])));
        refusal(saved.map(drop), ErrorKind::InvalidInput, &["2500-01-01", "1678 and 2262", "[1]"]);
        assert!(storage.list("*").unwrap().is_empty(), "{what}");

        let some = ndarray::array![Some(Timestamp::UNIX_EPOCH), None];
        storage.save("missing", &ChunkedArray::from(some)).unwrap();
        let all: ChunkedArray<Timestamp> = storage.load("missing").unwrap();
        refusal(all.compute(), ErrorKind::Corrupt, &["NaT", "Option"]);
        // Of another type.
        refusal(storage.load::<ChunkedArray<i64>>("missing"), ErrorKind::TypeMismatch, &["datetime64[ns]", "int64"]);
        refusal(
            storage.load::<ChunkedArray<FixedText<3>>>("missing"),
            ErrorKind::TypeMismatch,
            &["datetime64[ns]", "text[3]"],
        );
    });
    assert!(FixedText::<4>::new("Brocken").is_err());
    assert!(FixedText::<4>::new("a\0").is_err());
}

#[test]
fn small_arrays_are_fields_of_records_in_hdf5() {
    let folder = tempfile::tempdir().unwrap();
    let points = sample(|i| Point { position: [i as f32, 0.5, -(i as f32)], weight: i as u16 });
    through("hdf5", &Storage::open(folder.path().join("hdf5")).unwrap(), &points);
    let zarr = Storage::builder(folder.path().join("zarr")).array_format(ArrayFormat::Zarr).open().unwrap();
    let saved = zarr.save("points", &ChunkedArray::from(points)).map(drop);
    refusal(saved, ErrorKind::Unsupported, &["small arrays", "HDF5"]);
}

mod later {
    use super::*;

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Element)]
    #[repr(i8)]
    pub(super) enum Quality {
        #[default]
        Unknown = 7,
        Good = 0,
        Doubtful = 1,
        Bad = -4,
    }

    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Element)]
    #[repr(i8)]
    pub(super) enum Fewer {
        #[default]
        Good = 0,
    }
}

#[test]
fn types_may_grow() {
    everywhere(|what, storage| {
        let saved = sample(|i| reading(i).quality);
        storage.save("quality", &ChunkedArray::from(saved.clone())).unwrap();
        let loaded: ChunkedArray<later::Quality> = storage.load("quality").unwrap();
        let expected = saved.map(|quality| match quality {
            Quality::Good => later::Quality::Good,
            Quality::Doubtful => later::Quality::Doubtful,
            Quality::Bad => later::Quality::Bad,
        });
        assert_eq!(loaded.compute().unwrap(), expected.into_dyn(), "{what}");
        assert!(storage.load::<ChunkedArray<later::Fewer>>("quality").is_err(), "{what}");
        // A longer text reads shorter ones, not the other way round.
        storage.save("text", &ChunkedArray::from(ndarray::array![FixedText::<3>::new("abc").unwrap()])).unwrap();
        let longer: ChunkedArray<FixedText<8>> = storage.load("text").unwrap();
        assert_eq!(longer.compute().unwrap()[[0]], "abc", "{what}");
        assert!(storage.load::<ChunkedArray<FixedText<2>>>("text").is_err(), "{what}");
        // What was loaded as another type is saved as that.
        storage.save("longer", &longer).unwrap();
        assert_eq!(storage.info("longer").unwrap().arrays[0].data_type, DataType::Text(8), "{what}");
    });
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Log {
    #[serde(with = "arraystow::ndarray")]
    readings: Array1<Reading>,
    #[serde(with = "arraystow::ndarray")]
    times: Array1<Timestamp>,
    #[serde(with = "arraystow::ndarray")]
    names: Array1<FixedText<12>>,
}

#[test]
fn plain_arrays_of_them_are_diverted() {
    everywhere(|what, storage| {
        let log = Log {
            readings: (0..70).map(reading).collect(),
            times: (0..70).map(|i| reading(i).time).collect(),
            names: (0..70).map(|i| FixedText::new(format!("no {i}")).unwrap()).collect(),
        };
        storage.save("log", &log).unwrap();
        assert_eq!(storage.load::<Log>("log").unwrap(), log, "{what}");
        let types: Vec<_> = storage.info("log").unwrap().arrays.into_iter().map(|array| array.data_type).collect();
        let expected = [Reading::DATA_TYPE, DataType::DateTime64(TimeUnit::Nanosecond), DataType::Text(12)];
        assert_eq!(types, expected, "{what}");
    });
}

/// HDF5 has the same types for complex numbers and truth values.
#[test]
fn records_and_names_that_look_like_other_types_stay_what_they_are() {
    #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
    struct Parts {
        re: f32,
        im: f32,
    }
    #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
    struct Turned {
        im: f64,
        re: f64,
    }
    #[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
    struct Both {
        one: Parts,
        two: Turned,
        answer: Answer,
    }
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Element)]
    #[repr(i32)]
    #[expect(clippy::upper_case_acronyms, reason = "so are they called in HDF5")]
    enum Answer {
        #[default]
        FALSE = 0,
        TRUE = 1,
    }
    everywhere(|what, storage| {
        let parts = Array1::from_iter((0..5).map(|i| Parts { re: i as f32, im: -(i as f32) }));
        let turned = Array1::from_iter((0..5).map(|i| Turned { im: f64::from(i), re: -f64::from(i) }));
        let answers = ndarray::array![Answer::TRUE, Answer::FALSE, Answer::TRUE];
        let both = Array1::from_iter((0..5).map(|i| Both { one: parts[i], two: turned[i], answer: answers[i % 3] }));
        let chunked = (
            ChunkedArray::from(parts.clone()),
            ChunkedArray::from(turned.clone()),
            ChunkedArray::from(answers.clone()),
            ChunkedArray::from(both.clone()),
        );
        storage.save("alike", &chunked).unwrap();
        type Found = (ChunkedArray<Parts>, ChunkedArray<Turned>, ChunkedArray<Answer>, ChunkedArray<Both>);
        let found: Found = storage.load("alike").unwrap();
        assert_eq!(found.0.compute().unwrap(), parts.into_dyn(), "{what}");
        assert_eq!(found.1.compute().unwrap(), turned.into_dyn(), "{what}");
        assert_eq!(found.2.compute().unwrap(), answers.into_dyn(), "{what}");
        assert_eq!(found.3.compute().unwrap(), both.into_dyn(), "{what}");
        assert!(storage.verify("alike", VerifyDepth::Deep).unwrap().is_sound(), "{what}");
    });
}
