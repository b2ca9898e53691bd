//! Texts of any length in HDF5: places that lead nowhere, and heaps that are not what they say.

use crate::support::{refused, soon};
use arraystow::{ChunkedArray, ErrorKind, Hdf5File, Limits, Storage};
use arraystow_tests::python_env;
use ndarray::{Array1, array};
use std::fs;

/// A file of h5py with the texts `Rhein`, none and `Po`, in one heap.
fn sound() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.h5");
    let script = r#"
import sys, numpy as np, h5py
with h5py.File(sys.argv[1], "w") as file:
    file.create_dataset("texts", data=["Rhein", "", "Po"], dtype=h5py.string_dtype())
"#;
    python_env::run(python_env::HDF5, script, &[path.to_str().unwrap()]);
    fs::read(path).unwrap()
}

fn read(bytes: Vec<u8>, limits: Limits) -> Result<Vec<String>, arraystow::Error> {
    soon("texts", move || {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("texts.h5");
        fs::write(&path, bytes).unwrap();
        let file = Hdf5File::open(path)?.with_limits(limits);
        Ok(file.array("texts")?.downcast::<String>()?.compute()?.into_raw_vec_and_offset().0)
    })
}

/// Where the heap begins, and the places of the first and the last text.
fn parts(file: &[u8]) -> (usize, [usize; 2]) {
    let heap = file.windows(5).position(|bytes| bytes == b"GCOL\x01").unwrap();
    let place = |len: u32| {
        let wanted = [len.to_le_bytes().as_slice(), &(heap as u64).to_le_bytes()].concat();
        file.windows(12).position(|bytes| bytes == wanted).unwrap()
    };
    (heap, [place(5), place(2)])
}

#[test]
fn places_and_heaps_are_checked() {
    let file = sound();
    let (heap, [first, last]) = parts(&file);
    assert_eq!(read(file.clone(), Limits::default()).unwrap(), ["Rhein", "", "Po"]);
    let patched = |at: usize, bytes: &[u8]| {
        let mut file = file.clone();
        file[at..at + bytes.len()].copy_from_slice(bytes);
        file
    };
    let address = |address: u64| patched(first + 4, &address.to_le_bytes());
    let object = heap + 16;
    let end = file.len() as u64;
    for (what, hostile) in [
        ("a text of 4 GiB", patched(first, &u32::MAX.to_le_bytes())),
        ("a text longer than its object", patched(first, &6_u32.to_le_bytes())),
        ("no heap", address(0)),
        ("a heap within the heap", address(heap as u64 + 8)),
        ("a heap at the end", address(end - 4)),
        ("a heap beyond the end", address(end)),
        ("a heap at the end of all addresses", address(u64::MAX - 3)),
        ("a heap nowhere", address(u64::MAX)),
        ("an object that is not there", patched(first + 12, &999_u32.to_le_bytes())),
        ("an object whose number has more bytes", patched(first + 12, &0x1_0001_u32.to_le_bytes())),
        ("no object", patched(first + 12, &0_u32.to_le_bytes())),
        ("a heap of no bytes", patched(heap + 8, &0_u64.to_le_bytes())),
        ("a heap of 15 bytes", patched(heap + 8, &15_u64.to_le_bytes())),
        ("a heap of 16 EiB", patched(heap + 8, &u64::MAX.to_le_bytes())),
        ("a heap beyond the end of the file", patched(heap + 8, &end.to_le_bytes())),
        ("a heap of another version", patched(heap + 4, &[2])),
        ("an object of 16 EiB", patched(object + 8, &u64::MAX.to_le_bytes())),
        ("an object beyond the heap", patched(object + 8, &5000_u64.to_le_bytes())),
        ("no UTF-8", patched(object + 16, &[0xff])),
        ("a heap that is cut off", file[..heap + 20].to_vec()),
    ] {
        let kinds = [ErrorKind::Corrupt, ErrorKind::Limit];
        refused(what, read(hostile, Limits::default()), &kinds);
    }
    // All texts at one place, and one of another length.
    let mut twice = file.clone();
    twice.copy_within(first..first + 16, last);
    assert_eq!(read(twice, Limits::default()).unwrap(), ["Rhein", "", "Rhein"]);
    assert_eq!(read(patched(first, &2_u32.to_le_bytes()), Limits::default()).unwrap()[0], "Rh");
}

#[test]
fn the_place_of_a_fill_value_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.h5");
    let script = r#"
import sys, h5py
with h5py.File(sys.argv[1], "w", libver=sys.argv[2]) as file:
    data = file.create_dataset("texts", (4,), h5py.string_dtype(), chunks=(2,), fillvalue="fallback")
    data[0] = "Po"
"#;
    for version in ["earliest", "latest"] {
        python_env::run(python_env::HDF5, script, &[path.to_str().unwrap(), version]);
        let file = fs::read(&path).unwrap();
        assert_eq!(read(file.clone(), Limits::default()).unwrap(), ["Po", "fallback", "fallback", "fallback"]);
        let limit = Limits::default().chunk_bytes(1 << 10);
        assert!(read(file.clone(), limit).is_ok());
        let long = script.replace("\"fallback\"", "\"fallback\" * 500");
        python_env::run(python_env::HDF5, &long, &[path.to_str().unwrap(), version]);
        refused("a long fill value", read(fs::read(&path).unwrap(), limit), &[ErrorKind::Limit]);
        // All places of the fill value: in the messages of the header, and in the chunk that was written in part.
        let heaps: Vec<_> = (0..file.len()).filter(|at| file[*at..].starts_with(b"GCOL\x01")).collect();
        let places: Vec<_> = (0..file.len() - 12)
            .filter(|at| file[*at..].starts_with(&8_u32.to_le_bytes()))
            .filter(|at| heaps.iter().any(|heap| file[at + 4..].starts_with(&(*heap as u64).to_le_bytes())))
            .collect();
        assert!(!places.is_empty());
        for (what, offset, bytes) in [
            ("a text of 4 GiB", 0, u32::MAX.to_le_bytes().to_vec()),
            ("a text longer than its object", 0, 9_u32.to_le_bytes().to_vec()),
            ("no heap", 4, 0_u64.to_le_bytes().to_vec()),
            ("a heap at the end", 4, (file.len() as u64).to_le_bytes().to_vec()),
            ("a heap nowhere", 4, u64::MAX.to_le_bytes().to_vec()),
            ("an object that is not there", 12, 999_u32.to_le_bytes().to_vec()),
        ] {
            let mut hostile = file.clone();
            for place in &places {
                hostile[place + offset..place + offset + bytes.len()].copy_from_slice(&bytes);
            }
            refused(what, read(hostile, Limits::default()), &[ErrorKind::Corrupt, ErrorKind::Limit]);
        }
        // A file that is cut off is an error. Another byte in the messages is an error, or another file that is sound.
        for len in (0..file.len()).step_by(97) {
            assert!(read(file[..len].to_vec(), Limits::default()).is_err(), "{version}, {len} bytes");
        }
        for place in &places {
            for at in place.saturating_sub(24)..place + 16 {
                let mut damaged = file.clone();
                damaged[at] ^= 0xff;
                if let Ok(texts) = read(damaged, Limits::default()) {
                    assert_eq!(texts.len(), 4, "{version}, byte {at}");
                }
            }
        }
    }
}

#[test]
fn one_long_text_at_many_places_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("texts.h5");
    let script = r#"
import sys, numpy as np, h5py
with h5py.File(sys.argv[1], "w") as file:
    data = file.create_dataset("texts", (100_000,), h5py.string_dtype(), chunks=(100_000,))
    data[0] = "x" * 1_000_000
"#;
    python_env::run(python_env::HDF5, script, &[path.to_str().unwrap()]);
    let mut file = fs::read(path).unwrap();
    let place = [1_000_000_u32.to_le_bytes().as_slice(), &[]].concat();
    let heap = file.windows(5).rposition(|bytes| bytes == b"GCOL\x01").unwrap() as u64;
    let wanted = [place, heap.to_le_bytes().to_vec()].concat();
    let first = file.windows(12).position(|bytes| bytes == wanted).unwrap();
    for index in 1..100_000 {
        file.copy_within(first..first + 16, first + 16 * index);
    }
    refused("100 GB", read(file, Limits::default().chunk_bytes(64 << 20)), &[ErrorKind::Limit]);
}

#[test]
fn a_flipped_bit_of_a_text_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let texts = Array1::from_iter((0..50).map(|i| format!("this is text {i}")));
    storage.save("texts", &ChunkedArray::from_ndarray(texts, &[20]).unwrap()).unwrap();
    let info = storage.info("texts").unwrap();
    let path = folder.path().join("bigdata").join(&info.arrays[0].file);
    let file = fs::read(&path).unwrap();
    let at = |what: &[u8]| file.windows(what.len()).position(|bytes| bytes == what).unwrap();
    // A text, the length of one, and a byte of the heap beside the texts.
    for position in [at(b"this is text 3") + 5, at(b"this is text 30") - 8, at(b"GCOL") + 18] {
        let mut damaged = file.clone();
        damaged[position] ^= 1;
        fs::write(&path, damaged).unwrap();
        let verification = storage.verify("texts", arraystow::VerifyDepth::Deep).unwrap();
        assert!(!verification.is_sound(), "{position}");
    }
    let mut damaged = file.clone();
    damaged[at(b"this is text 45") + 3] ^= 1;
    fs::write(&path, damaged).unwrap();
    let loaded: ChunkedArray<String> = storage.load("texts").unwrap();
    let error = loaded.compute().unwrap_err();
    assert!(error.is_corrupt() && error.to_string().contains("chunk 2"), "{error}");
    assert_eq!(
        loaded.slice(ndarray::s![..2]).unwrap().compute().unwrap(),
        array!["this is text 0", "this is text 1"].map(|text| (*text).to_owned()).into_dyn()
    );
}
