//! Options that mean nothing to a place are refused.

use arraystow::{ArrayFormat, ErrorKind, Storage, ZarrVersion};
use std::time::Duration;

#[test]
fn a_folder_refuses_what_is_for_other_places_and_formats() {
    let folder = tempfile::tempdir().unwrap();
    let builder = || Storage::builder(folder.path());
    let error = builder().lease(Duration::from_secs(1)).open().unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("lease"), "{error}");
    if cfg!(feature = "hdf5") {
        for (option, builder) in [
            ("zarr_version", builder().zarr_version(ZarrVersion::V2)),
            ("shard_bytes", builder().shard_bytes(1 << 20)),
            ("shard_bytes", builder().array_format(ArrayFormat::Hdf5).shard_bytes(0)),
        ] {
            let error = builder.open().unwrap_err();
            assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains(option), "{error}");
        }
    } else {
        let error = builder().array_format(ArrayFormat::Hdf5).open().unwrap_err();
        assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains("`hdf5`"), "{error}");
    }
    let zarr = builder().array_format(ArrayFormat::Zarr).zarr_version(ZarrVersion::V2).open().unwrap();
    zarr.save("zeros", &ndarray::Array2::<f64>::zeros((30, 40))).unwrap();
    assert!(folder.path().join("bigdata/dask_arrays/.zgroup").exists());
}

#[cfg(feature = "hdf5")]
#[test]
fn protocols_refuse_options_of_zarr_where_arrays_become_hdf5() {
    use arraystow::{LocalFiles, Protocols};
    let folder = tempfile::tempdir().unwrap();
    let protocols = || Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap()).with_shard_bytes(1000);
    let zeros = ndarray::Array2::<f64>::zeros((30, 40));
    let error = arraystow::to_vec(&zeros, &protocols()).unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("shard_bytes"), "{error}");
    arraystow::to_vec(&zeros, &protocols().with_array_format(ArrayFormat::Zarr)).unwrap();
}

#[test]
fn shards_are_files_of_several_chunks() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).shard_bytes(1 << 20).open().unwrap();
    storage.save("run", &super::run_of(1)).unwrap();
    let array = folder.path().join("bigdata/dask_arrays").join(&super::names(&storage, "run")[0]);
    assert!(array.join("c/0/0").exists() && !array.join("c/0/1").exists());
    super::assert_is(&storage.load("run").unwrap(), 1);
}

#[cfg(feature = "object-store")]
#[test]
fn an_object_store_refuses_what_is_for_folders() {
    use arraystow::{Durability, StorageBuilder};
    use std::sync::Arc;
    let builder = || StorageBuilder::from_object_store(Arc::new(object_store::memory::InMemory::new()), "some/folder");
    let error = builder().durability(Durability::Synced).open().unwrap_err();
    assert!(error.kind() == ErrorKind::InvalidInput && error.to_string().contains("durability"), "{error}");
    let error = builder().array_format(ArrayFormat::Hdf5).open().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    builder().array_format(ArrayFormat::Zarr).lease(Duration::from_secs(60)).shard_bytes(100).open().unwrap();
}
