//! Copies between formats and places: linked, or taken as they are, where bytes may be.

use super::{assert_is, files, names, run_of, zarr};
use arraystow::{Storage, VerifyDepth};

fn sound(storage: &Storage, step: usize) {
    assert_is(&storage.load("sim/run").unwrap(), step);
    let found = storage.verify("sim/run", VerifyDepth::Deep).unwrap();
    assert!(found.is_sound(), "{:?}", found.faults);
}

#[test]
fn within_a_file_system_files_are_linked() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from_storage, to_storage) = (zarr(from.path()), zarr(to.path()));
    from_storage.save("sim/run", &run_of(4)).unwrap();
    from_storage.copy("sim/run", &to_storage).unwrap();
    sound(&to_storage, 4);
    assert_eq!(files(from.path()), files(to.path()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        for name in names(&to_storage, "sim/run") {
            let chunk = to.path().join("sim/bigdata/dask_arrays").join(name).join("c/0/0");
            assert_eq!(chunk.metadata().unwrap().nlink(), 2);
        }
    }
    // Once more: what is there already stays.
    from_storage.copy("sim/run", &to_storage).unwrap();
    from_storage.remove("sim/run").unwrap();
    sound(&to_storage, 4);
    assert_eq!(to_storage.sweep().unwrap().leftovers().count(), 0);

    let again = zarr(to.path());
    assert!(to_storage.copy("sim/run", &again).is_err(), "a copy within one storage");
}

#[cfg(feature = "hdf5")]
#[test]
fn a_copy_to_a_storage_of_the_other_format_converts() {
    use arraystow::ArrayFormat;
    let folders = [(); 3].map(|()| tempfile::tempdir().unwrap());
    let [first, second, third] = folders.each_ref().map(|folder| folder.path());
    let (first, second, third) = (Storage::open(first).unwrap(), zarr(second), Storage::open(third).unwrap());
    first.save("sim/run", &run_of(5)).unwrap();
    first.copy("sim/run", &second).unwrap();
    second.copy("sim/run", &third).unwrap();
    for (storage, format) in [(&second, ArrayFormat::Zarr), (&third, ArrayFormat::Hdf5)] {
        sound(storage, 5);
        assert!(storage.info("sim/run").unwrap().arrays.iter().all(|array| array.format == format));
    }
    let grids =
        |storage: &Storage| storage.info("sim/run").unwrap().arrays.into_iter().map(|array| array.grid).collect();
    let (grids_1, grids_2, grids_3): (Vec<_>, Vec<_>, Vec<_>) = (grids(&first), grids(&second), grids(&third));
    assert!(grids_1 == grids_2 && grids_2 == grids_3);
}

#[cfg(feature = "object-store")]
#[test]
fn to_an_object_store_and_back_the_bytes_are_taken_as_they_are() {
    use arraystow::{Codec, StorageBuilder};
    use object_store::memory::InMemory;
    use std::sync::Arc;
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    // Another codec than that of the other places: it is seen whether chunks were encoded anew.
    let builder = Storage::builder(from.path()).array_format(arraystow::ArrayFormat::Zarr);
    let from_storage = builder.codec(Codec::zstd(7).unwrap()).open().unwrap();
    let store = StorageBuilder::from_object_store(Arc::new(InMemory::new()), "some/folder").open().unwrap();
    let to_storage = zarr(to.path());
    from_storage.save("sim/run", &run_of(6)).unwrap();
    from_storage.copy("sim/run", &store).unwrap();
    sound(&store, 6);
    store.copy("sim/run", &to_storage).unwrap();
    sound(&to_storage, 6);
    for name in names(&to_storage, "sim/run") {
        for file in files(&from.path().join("sim/bigdata/dask_arrays").join(&name)) {
            let read = |root: &std::path::Path| {
                std::fs::read(root.join("sim/bigdata/dask_arrays").join(&name).join(&file)).unwrap()
            };
            assert!(read(from.path()) == read(to.path()), "{file}");
        }
    }
    // Damage does not travel.
    let chunk = from.path().join("sim/bigdata/dask_arrays").join(&names(&from_storage, "sim/run")[0]).join("c/0/0");
    let mut bytes = std::fs::read(&chunk).unwrap();
    bytes[3] ^= 1;
    std::fs::write(&chunk, bytes).unwrap();
    store.remove("sim/run").unwrap();
    assert!(from_storage.copy("sim/run", &store).unwrap_err().is_corrupt());
    assert!(!store.contains("sim/run").unwrap());
}
