//! Damage is noticed, links lead nowhere.

use super::{Run, files, names, run_of, zarr};
use arraystow::{ErrorKind, VerifyDepth};

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let storage = zarr(folder.path());
    storage.save("run", &run_of(1)).unwrap();
    for name in names(&storage, "run") {
        let array = folder.path().join("bigdata/dask_arrays").join(name);
        for file in files(&array) {
            let path = array.join(&file);
            let bytes = std::fs::read(&path).unwrap();
            for position in [0, bytes.len() / 2, bytes.len() - 1] {
                let mut flipped = bytes.clone();
                flipped[position] ^= 4;
                std::fs::write(&path, &flipped).unwrap();
                let found = storage.verify("run", VerifyDepth::Deep).unwrap();
                assert!(!found.is_sound(), "{file}, byte {position}");
            }
            std::fs::write(&path, &bytes).unwrap();
        }
    }
    assert!(storage.verify("run", VerifyDepth::Deep).unwrap().is_sound());
}

#[test]
fn a_lost_chunk_is_damage_and_a_lost_array_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let storage = zarr(folder.path());
    storage.save("run", &run_of(1)).unwrap();
    let run: Run = storage.load("run").unwrap();
    let array = folder.path().join("bigdata/dask_arrays").join(&names(&storage, "run")[0]);
    std::fs::remove_file(array.join("c/1/1")).unwrap();
    let error = run.field.compute().unwrap_err();
    assert!(error.is_corrupt() && error.to_string().contains("c/1/1"), "{error}");
    std::fs::remove_dir_all(&array).unwrap();
    assert!(storage.load::<Run>("run").unwrap().field.compute().unwrap_err().is_gone());
    assert!(storage.verify("run", VerifyDepth::Quick).unwrap().faults.iter().any(arraystow::Error::is_gone));
}

/// A folder of unknown origin may have links that lead anywhere.
#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let storage = zarr(&folder.path().join("storage"));
    for link in ["dask_arrays", "array", "array/c", "array/c/0", "array/c/0/0", "array/zarr.json"] {
        storage.save("run", &run_of(1)).unwrap();
        let arrays = folder.path().join("storage/bigdata/dask_arrays");
        let path = match link.strip_prefix("array") {
            Some(below) => arrays.join(&names(&storage, "run")[0]).join(below.trim_start_matches('/')),
            None => arrays,
        };
        let path = std::path::PathBuf::from(path.to_str().unwrap().trim_end_matches('/'));
        let moved = elsewhere.path().join(link.replace('/', "-"));
        std::fs::rename(&path, &moved).unwrap();
        symlink(&moved, &path).unwrap();
        let before = files(&moved);
        let read = storage.load::<Run>("run").and_then(|run| run.field.compute());
        assert!(read.is_err(), "{link} was followed");
        assert!(!storage.verify("run", VerifyDepth::Deep).unwrap().is_sound(), "{link}");
        if link == "dask_arrays" {
            let error = storage.save("other", &run_of(2)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        }
        storage.remove("run").unwrap();
        assert_eq!(files(&moved), before, "{link}: what it leads to is not touched");
        std::fs::remove_dir_all(folder.path().join("storage")).unwrap();
    }
}
