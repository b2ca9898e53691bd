//! What lies in the folder, and what earlier versions wrote in object stores, as a folder.

use super::{assert_is, copy, files, names, run_of, zarr};
use arraystow::{ArrayFormat, ChunkedArray, Storage, VerifyDepth};
use std::path::Path;

#[test]
fn an_array_is_a_folder_of_the_group() {
    let folder = tempfile::tempdir().unwrap();
    let storage = zarr(folder.path());
    storage.save("sim/run", &run_of(1)).unwrap();
    let [field, mask] = names(&storage, "sim/run").try_into().unwrap();
    let mut expected = vec!["sim/run".to_owned(), "sim/bigdata/dask_arrays/zarr.json".to_owned()];
    for (array, chunks) in [(&field, [3, 3]), (&mask, [1, 1])] {
        let array = format!("sim/bigdata/dask_arrays/{array}");
        expected.extend(["zarr.json", "arraystow_checksums"].map(|file| format!("{array}/{file}")));
        for (i, j) in (0..chunks[0]).flat_map(|i| (0..chunks[1]).map(move |j| (i, j))) {
            expected.push(format!("{array}/c/{i}/{j}"));
        }
    }
    expected.sort();
    assert_eq!(files(folder.path()).into_iter().collect::<Vec<_>>(), expected);

    for array in storage.info("sim/run").unwrap().arrays {
        assert_eq!(array.format, ArrayFormat::Zarr);
        let below = folder.path().join("sim/bigdata/dask_arrays").join(&array.file);
        let bytes: u64 = files(&below).iter().map(|file| below.join(file).metadata().unwrap().len()).sum();
        assert_eq!(array.bytes, bytes);
    }
    assert_is(&storage.load("sim/run").unwrap(), 1);
    for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
        assert!(storage.verify("sim/run", depth).unwrap().is_sound());
    }
    storage.remove("sim/run").unwrap();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "a removal leaves nothing");
}

#[test]
fn objects_are_replaced_kept_and_linked() {
    let folder = tempfile::tempdir().unwrap();
    let storage = zarr(folder.path());
    storage.save("sim/run", &run_of(1)).unwrap();
    storage.save("sim/run", &run_of(2)).unwrap();
    let run: super::Run = storage.load("sim/run").unwrap();
    let before = names(&storage, "sim/run");
    storage.save("sim/run", &run).unwrap();
    assert_eq!(names(&storage, "sim/run")[0], before[0], "an array that was loaded and not changed stays");
    storage.save("sim/other", &run).unwrap();
    let linked = names(&storage, "sim/other");
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let chunk = folder.path().join("sim/bigdata/dask_arrays").join(&linked[0]).join("c/0/0");
        assert_eq!(chunk.metadata().unwrap().nlink(), 2, "its files are linked");
    }
    storage.remove("sim/run").unwrap();
    assert_is(&storage.load("sim/other").unwrap(), 2);
    assert!(storage.verify("sim/other", VerifyDepth::Deep).unwrap().is_sound());
    let arrays = std::fs::read_dir(folder.path().join("sim/bigdata/dask_arrays")).unwrap().count();
    assert_eq!(arrays, linked.len() + 1, "the arrays of the object and the group");

    let doubled = storage.update("sim/other", |run: &mut super::Run| -> arraystow::Result<()> {
        run.field = &run.field * 2.0;
        Ok(())
    });
    doubled.unwrap();
    assert_eq!(
        storage.load::<super::Run>("sim/other").unwrap().field.sum().unwrap(),
        2.0 * run_of(2).field.sum().unwrap()
    );
}

#[test]
fn without_the_feature_hdf5_zarr_is_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("run", &run_of(1)).unwrap();
    let expected = if cfg!(feature = "hdf5") { ArrayFormat::Hdf5 } else { ArrayFormat::Zarr };
    assert!(storage.info("run").unwrap().arrays.iter().all(|array| array.format == expected));
    assert_is(&storage.load("run").unwrap(), 1);
}

/// What lies in an object store, copied file by file, is a storage in a folder.
#[test]
fn objects_of_a_store_load_from_a_folder() {
    for golden in ["1-v2", "1-v3", "2-v2", "2-v3"] {
        let folder = tempfile::tempdir().unwrap();
        copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/zarr").join(golden), folder.path());
        let storage = Storage::open(folder.path()).unwrap();
        let sound = || {
            for depth in [VerifyDepth::Quick, VerifyDepth::Deep] {
                for object in storage.verify_all(depth).unwrap() {
                    assert!(object.is_sound(), "{golden}, {}: {:?}", object.name, object.faults);
                }
            }
        };
        sound();
        let array: ChunkedArray<f64> = storage.load("first/float64").unwrap();
        assert_eq!(array.compute().unwrap().shape(), [13, 3]);
        let formats: Vec<_> = storage.info("first/float64").unwrap().arrays.iter().map(|array| array.format).collect();
        assert_eq!(formats, [ArrayFormat::Zarr]);
        let repair = storage.repair("**").unwrap();
        assert!(repair.faults.is_empty(), "{:?}", repair.faults);
        assert_eq!(repair.arrays.is_empty(), golden.starts_with('2'), "{golden}");
        assert!(storage.repair("**").unwrap().arrays.is_empty());
        sound();
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    }
}
