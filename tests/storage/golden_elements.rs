//! Elements that are not numbers, as this version once wrote them: `tests/golden/elements`.
//!
//! `ARRAYSTOW_WRITE_GOLDEN=1 cargo test --test storage golden_elements` writes the folder. Texts of any length have a
//! folder of their own, `tests/golden/texts`.

use arraystow::{
    ArrayFormat, ChunkedArray, Codec, Element, FixedBytes, FixedText, Format, Storage, VerifyDepth, ZarrVersion,
};
use half::bf16;
use jiff::{SignedDuration, Timestamp};
use ndarray::Array1;
use std::path::Path;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
#[repr(i16)]
enum Quality {
    #[default]
    Good = 0,
    Bad = -300,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Reading {
    time: Option<Timestamp>,
    took: Option<SignedDuration>,
    name: FixedText<6>,
    raw: FixedBytes<3>,
    quality: Quality,
    place: Place,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Place {
    flag: bool,
    height: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Point {
    position: [f32; 3],
    weight: bf16,
}

fn reading(i: usize) -> Reading {
    Reading {
        time: (i != 2).then(|| Timestamp::from_nanosecond(i as i128 * 86_400_000_000_007 - 3).unwrap()),
        took: (i != 3).then(|| SignedDuration::from_nanos(5 - i as i64)),
        name: FixedText::new(["", "h\u{f6}her", "a b"][i % 3]).unwrap(),
        raw: FixedBytes([i as u8, 0, 255]),
        quality: if i.is_multiple_of(2) { Quality::Good } else { Quality::Bad },
        place: Place { flag: i == 1, height: -0.0 + i as f64 },
    }
}

fn check<T: Element>(storage: &Storage, name: &str, element: impl Fn(usize) -> T) {
    let elements = Array1::from_shape_fn(7, element);
    if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
        storage.save(name, &ChunkedArray::from_ndarray(elements.clone(), &[3]).unwrap()).unwrap();
    }
    assert!(storage.verify(name, VerifyDepth::Deep).unwrap().is_sound(), "{name}");
    let loaded: ChunkedArray<T> = storage.load(name).unwrap();
    assert_eq!(loaded.compute().unwrap(), elements.into_dyn(), "{name}");
}

#[test]
fn elements_that_this_version_once_wrote_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/elements");
    // The first records in Zarr version 3 did not note the order of their bytes.
    for what in ["hdf5", "zarr-v2", "zarr-v3", "zarr-v3-byte-order"] {
        let builder = Storage::builder(folder.join(what));
        let version = if what == "zarr-v2" { ZarrVersion::V2 } else { ZarrVersion::V3 };
        let is_zarr = what.starts_with("zarr");
        let builder = if is_zarr { builder.array_format(ArrayFormat::Zarr).zarr_version(version) } else { builder };
        let storage = builder.format(Format::Cbor).codec(Codec::NONE).open().unwrap();
        check(&storage, "times", |i| reading(i).time);
        check(&storage, "durations", |i| reading(i).took);
        check(&storage, "texts", |i| reading(i).name);
        check(&storage, "bytes", |i| reading(i).raw);
        check(&storage, "qualities", |i| reading(i).quality);
        check(&storage, "readings", reading);
        if what != "zarr-v2" {
            check(&storage, "brains", |i| bf16::from_f32(1.5 - i as f32));
        }
        if !is_zarr {
            let point = |i: usize| Point { position: [i as f32, -1.0, 0.5], weight: bf16::from_f32(i as f32) };
            check(&storage, "points", point);
        }
    }
}

#[test]
fn texts_of_any_length_that_this_version_once_wrote_load() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/texts");
    for what in ["hdf5", "zarr-v2", "zarr-v3"] {
        let version = if what == "zarr-v2" { ZarrVersion::V2 } else { ZarrVersion::V3 };
        let builder = Storage::builder(folder.join(what));
        let is_zarr = what.starts_with("zarr");
        let builder = if is_zarr { builder.array_format(ArrayFormat::Zarr).zarr_version(version) } else { builder };
        let storage = builder.format(Format::Cbor).codec(Codec::NONE).open().unwrap();
        check(&storage, "texts", |i| ["", "h\u{f6}her", "one\ntwo"][i % 3].repeat(i));
    }
}
