//! A damaged chunk is not carried over as if it were sound.

use super::{CHUNK, CHUNK_BYTES, Place, counted, elements};
use arraystow::{ArrayFormat, ChunkedArray, Codec, ErrorKind, Storage, VerifyDepth};
use ndarray::s;
use std::fs;
use std::path::{Path, PathBuf};

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Changes a byte of the first chunk of the only array in a folder.
fn damage(folder: &Path, format: ArrayFormat) {
    let chunk = |path: &&PathBuf| match format {
        ArrayFormat::Zarr => path.ends_with("c/0/0"),
        _ => path.parent().unwrap().ends_with("bigdata") && path.metadata().unwrap().len() > CHUNK_BYTES,
    };
    let files = files(folder);
    let path = files.iter().find(chunk).unwrap();
    let mut bytes = fs::read(path).unwrap();
    let at = match format {
        ArrayFormat::Zarr => 100,
        _ => {
            // The third element of the first chunk.
            let element = elements(CHUNK, 0)[[0, 2]].to_le_bytes();
            bytes.windows(8).position(|bytes| bytes == element).unwrap()
        }
    };
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_chunk_shows_after_it_was_carried() {
    for format in [ArrayFormat::Hdf5, ArrayFormat::Zarr] {
        let place = Place::folder(format);
        let Place::Folder(folder, _) = &place else { unreachable!() };
        let storage = place.builder().codec(Codec::NONE).open().unwrap();
        storage.save("series", &counted(&elements(CHUNK, 0)).0).unwrap();
        damage(folder.path(), format);
        let series: ChunkedArray<i64> = storage.load("series").unwrap();
        let grown = series.appended(0, &counted(&elements(CHUNK, 1)).0).unwrap();
        match storage.save("grown", &grown) {
            Err(error) => {
                assert_eq!((format, error.kind()), (ArrayFormat::Hdf5, ErrorKind::Corrupt), "{error}");
                assert!(error.to_string().contains("chunk 0 is damaged"), "{error}");
                assert!(error.array().is_some() && error.location().is_some(), "{error}");
                assert!(storage.sweep().unwrap().leftovers().next().is_none());
            }
            Ok(report) => {
                assert_eq!((format, report.chunks_carried), (ArrayFormat::Zarr, 1));
                let grown: ChunkedArray<i64> = storage.load("grown").unwrap();
                assert!(grown.compute().unwrap_err().is_corrupt());
                let rest = grown.slice(s![CHUNK[0].., ..]).unwrap().compute().unwrap();
                assert_eq!(rest, elements(CHUNK, 1).into_dyn());
                assert!(!storage.verify("grown", VerifyDepth::Deep).unwrap().is_sound());
            }
        }
    }
}

#[test]
fn a_damaged_chunk_that_can_be_computed_is_computed() {
    let place = Place::folder(ArrayFormat::Hdf5);
    let Place::Folder(folder, _) = &place else { unreachable!() };
    let storage = place.storage();
    let (series, _) = counted(&elements(CHUNK, 0));
    storage.save("series", &series).unwrap();
    damage(folder.path(), ArrayFormat::Hdf5);
    let grown = series.appended(0, &counted(&elements(CHUNK, 1)).0).unwrap();
    let report = storage.save("grown", &grown).unwrap();
    assert_eq!(report.chunks_carried, 0);
    super::assert_holds(&storage, "grown", &grown.compute().unwrap());
}

#[test]
fn an_array_that_was_removed_is_gone() {
    for place in Place::all() {
        let storage = place.storage();
        storage.save("series", &counted(&elements(CHUNK, 0)).0).unwrap();
        let series: ChunkedArray<i64> = storage.load("series").unwrap();
        storage.remove("series").unwrap();
        let grown = series.appended(0, &counted(&elements(CHUNK, 1)).0).unwrap();
        let error = storage.save("grown", &grown).unwrap_err();
        assert!(error.is_gone(), "{error}");
    }
}

#[test]
fn a_lost_chunk_is_an_error() {
    let place = Place::folder(ArrayFormat::Zarr);
    let Place::Folder(folder, _) = &place else { unreachable!() };
    let storage: Storage = place.storage();
    storage.save("series", &counted(&elements(CHUNK, 0)).0).unwrap();
    let lost = files(folder.path()).into_iter().find(|path| path.ends_with("c/0/0")).unwrap();
    fs::remove_file(lost).unwrap();
    let series: ChunkedArray<i64> = storage.load("series").unwrap();
    let grown = series.appended(0, &counted(&elements(CHUNK, 1)).0).unwrap();
    let error = storage.save("grown", &grown).unwrap_err();
    assert!(error.is_corrupt(), "{error:?}");
    assert!(storage.sweep().unwrap().leftovers().next().is_none());
}
