//! Arrays of both formats in one storage.
#![cfg(feature = "hdf5")]

use super::{Run, assert_is, files, names, run_of, zarr};
use arraystow::{ArrayFormat, Codec, ErrorKind, Storage, VerifyDepth};

fn formats(storage: &Storage, name: &str) -> Vec<ArrayFormat> {
    storage.info(name).unwrap().arrays.into_iter().map(|array| array.format).collect()
}

#[test]
fn either_is_loaded_verified_and_removed_through_either() {
    use ArrayFormat::{Hdf5, Zarr};
    let folder = tempfile::tempdir().unwrap();
    let (hdf5, zarr) = (Storage::open(folder.path()).unwrap(), zarr(folder.path()));
    hdf5.save("sim/first", &run_of(1)).unwrap();
    zarr.save("sim/second", &run_of(2)).unwrap();
    for storage in [&hdf5, &zarr] {
        assert_eq!(formats(storage, "sim/first"), [Hdf5; 2]);
        assert_eq!(formats(storage, "sim/second"), [Zarr; 2]);
        assert_is(&storage.load("sim/first").unwrap(), 1);
        assert_is(&storage.load("sim/second").unwrap(), 2);
        for object in storage.verify_all(VerifyDepth::Deep).unwrap() {
            assert!(object.is_sound(), "{:?}", object.faults);
        }
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
        assert!(storage.repair("**").unwrap().faults.is_empty());
    }
    // What is kept stays as it is, what is written anew is of the storage's format.
    let run: Run = zarr.load("sim/first").unwrap();
    zarr.save("sim/first", &run).unwrap();
    assert_eq!(formats(&zarr, "sim/first"), [Hdf5, Zarr]);
    zarr.save("sim/third", &run).unwrap();
    assert_eq!(formats(&zarr, "sim/third"), [Zarr, Zarr]);
    assert_is(&hdf5.load("sim/third").unwrap(), 1);
    hdf5.remove_workflow("sim").unwrap();
    assert!(files(folder.path()).is_empty(), "{:?}", files(folder.path()));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn codecs_are_those_of_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let error = Storage::builder(folder.path()).codec(Codec::BLOSC).open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let builder = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr);
    for codec in [Codec::NONE, Codec::BLOSC, Codec::pcodec(8).unwrap(), Codec::zstd(3).unwrap()] {
        let storage = builder.clone().codec(codec).open().unwrap();
        storage.save("run", &run_of(3)).unwrap();
        assert_is(&storage.load("run").unwrap(), 3);
    }
}

/// The manifest says which format an array has: one of the other format in its place is found out.
#[test]
fn an_array_of_the_other_format_is_another_array() {
    let folder = tempfile::tempdir().unwrap();
    let (hdf5, zarr) = (Storage::open(folder.path()).unwrap(), zarr(folder.path()));
    hdf5.save("hdf5", &run_of(1)).unwrap();
    zarr.save("zarr", &run_of(1)).unwrap();
    let (file, tree) = (&names(&hdf5, "hdf5")[0], &names(&zarr, "zarr")[0]);
    let (files, trees) = (folder.path().join("bigdata"), folder.path().join("bigdata/dask_arrays"));
    std::fs::rename(trees.join(tree), trees.join(file)).unwrap();
    std::fs::rename(files.join(file), files.join(tree)).unwrap();
    let error = zarr.load::<Run>("zarr").unwrap().field.compute().unwrap_err();
    assert!(error.is_corrupt() && error.to_string().contains("format"), "{error}");
    let error = hdf5.load::<Run>("hdf5").unwrap().field.compute().unwrap_err();
    assert!(error.is_corrupt(), "{error}");
}
