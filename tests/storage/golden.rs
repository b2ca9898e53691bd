//! What lies on disk is frozen: `tests/golden` holds a storage that this version wrote, and every later one must load
//! it.
//!
//! `ARRAYSTOW_WRITE_GOLDEN=1 cargo test --test storage golden` writes the folder of a new version of the format; the
//! folders of earlier versions never change.

use arraystow::{
    ArrayFormat, ChunkGrid, ChunkedArray, Codec, Format, PackedFile, Shared, Storage, VerifyDepth, WeakShared,
    ZarrVersion,
};
use ndarray::{Array1, Array2, arr0};
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize, Clone)]
struct Object {
    title: String,
    parameters: BTreeMap<String, f64>,
    kind: Kind,
    runs: Vec<Run>,
    mask: Array2<bool>,
    small: Array1<i16>,
    weight: Option<ChunkedArray<f64>>,
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
enum Kind {
    Measured { year: u16 },
    Simulated,
}

#[derive(Serialize, Deserialize, Clone)]
struct Run {
    field: ChunkedArray<f32>,
    spectrum: ChunkedArray<Complex<f64>>,
}

fn object() -> Object {
    let field = Array2::from_shape_fn((50, 40), |(i, j)| (i * 40 + j) as f32 / 8.0);
    let field = ChunkedArray::from_ndarray(field, &[20, 20]).unwrap();
    let spectrum = Array1::from_shape_fn(10, |i| Complex::new(i as f64, -0.5));
    let irregular = ChunkGrid::irregular(&[vec![3, 5, 2]]).unwrap();
    let spectrum = ChunkedArray::from_ndarray(spectrum, irregular).unwrap();
    Object {
        title: "golden".into(),
        parameters: [("nan".into(), f64::INFINITY), ("tenth".into(), 0.1)].into(),
        kind: Kind::Measured { year: 1996 },
        runs: vec![
            Run { field: field.clone(), spectrum: spectrum.clone() },
            Run { field, spectrum: spectrum.map(|z| z * 2.0) },
        ],
        mask: Array2::from_shape_fn((70, 70), |(i, j)| i > j),
        small: Array1::from_iter(0..9),
        weight: Some(ChunkedArray::from_ndarray(arr0(0.25), &[]).unwrap()),
    }
}

fn codecs() -> [(&'static str, Codec); 3] {
    [("none", Codec::NONE), ("gzip", Codec::gzip(6).unwrap()), ("zstd", Codec::zstd(3).unwrap())]
}

/// Every version of the format that was ever written; the last is the one that is written now.
const VERSIONS: [&str; 5] = ["v1", "v2", "v3", "v4", "v5"];

fn golden(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(version)
}

fn newest() -> PathBuf {
    golden(VERSIONS[VERSIONS.len() - 1])
}

fn storage(root: &Path, codec: Codec) -> Storage {
    Storage::builder(root).codec(codec).format(Format::Cbor).open().unwrap()
}

fn save_all(root: &Path) {
    for (name, codec) in codecs() {
        storage(root, codec).save(&format!("{name}/object"), &object()).unwrap();
    }
}

#[test]
fn what_this_version_once_wrote_loads() {
    if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
        let _ = std::fs::remove_dir_all(newest());
        save_all(&newest());
    }
    for (version, (name, codec)) in VERSIONS.iter().flat_map(|version| codecs().map(|codec| (*version, codec))) {
        let storage = storage(&golden(version), codec);
        let found = storage.verify(&format!("{name}/object"), VerifyDepth::Deep).unwrap();
        assert!(found.is_sound(), "{version}: {:?}", found.faults);
        check(storage.load(&format!("{name}/object")).unwrap());
    }
}

fn check(loaded: Object) {
    let expected = object();
    assert_eq!(
        (&loaded.title, &loaded.parameters, &loaded.kind),
        (&expected.title, &expected.parameters, &expected.kind)
    );
    assert_eq!((&loaded.mask, &loaded.small), (&expected.mask, &expected.small));
    assert_eq!(loaded.weight.unwrap().compute().unwrap()[[]], 0.25);
    assert!(loaded.runs[0].field.ptr_eq(&loaded.runs[1].field));
    for (loaded, expected) in loaded.runs.iter().zip(&expected.runs) {
        assert_eq!(loaded.field.compute().unwrap(), expected.field.compute().unwrap());
        assert_eq!(loaded.field.grid(), expected.field.grid());
        assert_eq!(loaded.spectrum.compute().unwrap(), expected.spectrum.compute().unwrap());
        assert_eq!(loaded.spectrum.grid(), expected.spectrum.grid());
    }
}

/// One file for other programs.
#[test]
fn a_packed_file_that_this_version_once_wrote_loads() {
    let file = golden("packed").join("v1.h5");
    if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
        let folder = tempfile::tempdir().unwrap();
        let storage = storage(folder.path(), Codec::gzip(6).unwrap());
        storage.save("object", &object()).unwrap();
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        storage.pack("object", &file).unwrap();
    }
    check(PackedFile::open(&file).unwrap().load().unwrap());
}

/// Names of axes, attributes and a fill value, in every format.
#[test]
fn labels_that_this_version_once_wrote_load() {
    let storages = ["hdf5", "zarr-v2", "zarr-v3"].map(|what| {
        let builder = Storage::builder(golden("labels").join(what));
        let version = if what == "zarr-v2" { ZarrVersion::V2 } else { ZarrVersion::V3 };
        let is_zarr = what.starts_with("zarr");
        let builder = if is_zarr { builder.array_format(ArrayFormat::Zarr).zarr_version(version) } else { builder };
        builder.format(Format::Cbor).codec(Codec::NONE).open().unwrap()
    });
    let array =
        ChunkedArray::from_ndarray(Array2::from_shape_fn((5, 4), |(i, j)| (i * 4 + j) as f32), &[3, 4]).unwrap();
    let array = array.with_dims(["time", "place"]).unwrap().with_attr("units", "m").unwrap().with_fill(-9999.0);
    let array = array.with_attr("valid_range", [-0.5, 1e300]).unwrap().with_attr("level", -3_i64).unwrap();
    let array = array.with_attr("flags", ["low", "h\u{f6}her"]).unwrap();
    for storage in storages {
        if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
            storage.save("labels", &array).unwrap();
        }
        assert!(storage.verify("labels", VerifyDepth::Deep).unwrap().is_sound());
        let loaded: ChunkedArray<f32> = storage.load("labels").unwrap();
        assert_eq!((loaded.dims(), loaded.attrs(), loaded.fill()), (array.dims(), array.attrs(), array.fill()));
        assert_eq!(loaded.compute().unwrap(), array.compute().unwrap());
    }
}

/// Numbers that may be missing, in every format: with the fill value without a choice, and with another.
#[test]
fn optional_numbers_that_this_version_once_wrote_load() {
    let floats = Array2::from_shape_fn((5, 4), |(i, j)| (i != j).then_some((i * 4 + j) as f32));
    let floats = ChunkedArray::from_ndarray(floats, &[3, 4]).unwrap();
    let integers = ChunkedArray::from(ndarray::array![Some(1_i16), None, Some(-3)]).with_fill(Some(-9999));
    for what in ["hdf5", "zarr-v2", "zarr-v3"] {
        let builder = Storage::builder(golden("optional").join(what));
        let version = if what == "zarr-v2" { ZarrVersion::V2 } else { ZarrVersion::V3 };
        let is_zarr = what.starts_with("zarr");
        let builder = if is_zarr { builder.array_format(ArrayFormat::Zarr).zarr_version(version) } else { builder };
        let storage = builder.format(Format::Cbor).codec(Codec::NONE).open().unwrap();
        if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
            storage.save("optional", &(&floats, &integers)).unwrap();
        }
        assert!(storage.verify("optional", VerifyDepth::Deep).unwrap().is_sound());
        type Both = (ChunkedArray<Option<f32>>, ChunkedArray<Option<i16>>);
        let loaded: Both = storage.load("optional").unwrap();
        assert_eq!(loaded.0.compute().unwrap(), floats.compute().unwrap());
        assert_eq!(loaded.1.compute().unwrap(), integers.compute().unwrap());
        assert!(loaded.0.fill() == Some(None) && loaded.1.fill() == Some(Some(-9999)));
    }
}

/// The document without what differs from save to save: ids, and the hashes over them.
fn lasting(mut document: Vec<u8>) -> Vec<u8> {
    let is_id = |bytes: &[u8]| {
        bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    };
    for at in 0..document.len() - 36 {
        if is_id(&document[at..at + 36]) {
            document[at..at + 36].fill(b'i');
        }
    }
    // The hash of what is beside the chunks depends on where compressed chunks happen to lie.
    let rest = b"drest\x78\x40";
    for at in 0..document.len() - rest.len() {
        if document[at..].starts_with(rest) {
            document[at + rest.len()..][..64].fill(b'h');
        }
    }
    // Magic 8, version 2, length of the format's name 1, the name, length of the manifest 8, manifest, hash 32.
    let manifest = 11 + usize::from(document[10]) + 8;
    let length = u64::from_le_bytes(document[manifest - 8..manifest].try_into().unwrap()) as usize;
    let end = document.len();
    document[manifest + length..manifest + length + 32].fill(b'h');
    document[end - 32..].fill(b'h');
    document
}

#[test]
fn documents_are_written_byte_for_byte_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    save_all(folder.path());
    for (name, _) in codecs() {
        let written = lasting(std::fs::read(folder.path().join(name).join("object")).unwrap());
        let golden = lasting(std::fs::read(newest().join(name).join("object")).unwrap());
        assert!(
            written == golden,
            "{}\nand not\n{}",
            String::from_utf8_lossy(&written),
            String::from_utf8_lossy(&golden)
        );
    }
}

/// Only with the libhdf5 of our own: another version may lay out its metadata otherwise. Compressed chunks lie in the
/// order in which they were done.
#[cfg(feature = "static")]
#[test]
fn array_files_are_written_byte_for_byte_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    save_all(folder.path());
    let arrays = |root: &Path| {
        let info = storage(root, Codec::NONE).info("none/object").unwrap();
        let read = |file: &str| std::fs::read(root.join("none/bigdata").join(file)).unwrap();
        info.arrays.into_iter().map(|array| (array.paths, read(&array.file))).collect::<Vec<_>>()
    };
    for (written, golden) in arrays(folder.path()).iter().zip(arrays(&newest())) {
        assert_eq!(written.0, golden.0);
        assert!(written.1 == golden.1, "the file of {:?} differs", written.0);
    }
}

#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    parent: WeakShared<Person>,
    children: Vec<Shared<Person>>,
}

#[derive(Serialize, Deserialize)]
struct Family {
    youngest: WeakShared<Person>,
    stranger: WeakShared<Person>,
    people: Vec<Shared<Person>>,
    /// What the object does not have, though it lives.
    #[serde(skip)]
    _aside: Option<Shared<Person>>,
}

fn family() -> Family {
    let person = |name: &str, parent: &WeakShared<Person>| {
        Shared::new(Person { name: name.into(), parent: parent.clone(), children: Vec::new() })
    };
    let eldest = Shared::new_cyclic(|eldest| Person {
        name: "eldest".into(),
        parent: WeakShared::new(),
        children: vec![person("middle", eldest), person("youngest", eldest)],
    });
    let stranger = person("stranger", &WeakShared::new());
    let youngest = eldest.children[1].clone();
    Family {
        youngest: Shared::downgrade(&youngest),
        stranger: Shared::downgrade(&stranger),
        people: vec![eldest, youngest],
        _aside: Some(stranger),
    }
}

/// Shared values came after `v2`; documents without them are as they were.
#[test]
fn documents_with_shared_values_load_and_are_written_byte_for_byte_as_they_were() {
    let golden = golden("shared");
    let folder = tempfile::tempdir().unwrap();
    for format in [Format::Cbor, Format::Json] {
        let storage = |root: &Path| Storage::builder(root).format(format).open().unwrap();
        if std::env::var_os("ARRAYSTOW_WRITE_GOLDEN").is_some() {
            storage(&golden).save(format.name(), &family()).unwrap();
        }
        let loaded: Family = storage(&golden).load(format.name()).unwrap();
        let eldest = &loaded.people[0];
        let names: Vec<_> = eldest.children.iter().map(|child| child.name.as_str()).collect();
        assert_eq!((eldest.name.as_str(), names), ("eldest", vec!["middle", "youngest"]));
        assert!(eldest.children.iter().all(|child| Shared::ptr_eq(&child.parent.upgrade().unwrap(), eldest)));
        assert!(Shared::ptr_eq(&eldest.children[1], &loaded.people[1]) && loaded.stranger.upgrade().is_none());
        assert!(Shared::ptr_eq(&loaded.youngest.upgrade().unwrap(), &loaded.people[1]));
        storage(folder.path()).save(format.name(), &family()).unwrap();
        let read = |root: &Path| lasting(std::fs::read(root.join(format.name())).unwrap());
        assert!(read(folder.path()) == read(&golden), "{}", String::from_utf8_lossy(&read(folder.path())));
    }
}
