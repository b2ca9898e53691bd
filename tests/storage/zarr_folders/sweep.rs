//! What killed saves leave behind is found and removed, and nothing else.

use super::{assert_is, files, names, run_of, zarr};
use std::fs;

#[test]
fn arrays_of_no_document_are_swept() {
    let folder = tempfile::tempdir().unwrap();
    let storage = zarr(folder.path());
    storage.save("sim/run", &run_of(1)).unwrap();
    let arrays = folder.path().join("sim/bigdata/dask_arrays");
    let before = files(folder.path());
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    // A whole array, the beginning of one, an empty folder, and another program's array.
    let own = arrays.join(&names(&storage, "sim/run")[0]);
    let left = |name: &str| arrays.join(format!("{name}0000000-0000-4000-8000-000000000000"));
    for (name, is_whole) in [("1", true), ("2", false)] {
        fs::create_dir_all(left(name).join("c/0")).unwrap();
        fs::copy(own.join("c/0/0"), left(name).join("c/0/0")).unwrap();
        if is_whole {
            fs::copy(own.join("zarr.json"), left(name).join("zarr.json")).unwrap();
        }
    }
    fs::create_dir(left("3")).unwrap();
    fs::create_dir(arrays.join("a-stranger's")).unwrap();
    fs::write(arrays.join("a-stranger's/zarr.json"), "{}").unwrap();

    let found = storage.sweep().unwrap();
    assert_eq!(found.leftovers().count(), 3);
    assert_eq!(found.bytes(), {
        let len = |path: std::path::PathBuf| path.metadata().unwrap().len();
        2 * len(own.join("c/0/0")) + len(own.join("zarr.json"))
    });
    assert_eq!(found.remove().unwrap().len(), 3);
    assert_eq!(files(&arrays.join("a-stranger's")).len(), 1);
    fs::remove_dir_all(arrays.join("a-stranger's")).unwrap();
    assert_eq!(files(folder.path()), before);
    assert!(!left("3").exists());
    assert_is(&storage.load("sim/run").unwrap(), 1);
}

#[test]
fn a_save_that_fails_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let storage = zarr(&folder.path().join("storage"));
    let bad = arraystow::ChunkedArray::<i32>::from_fn(&[100], &[10], |region| match region.start() {
        [50] => Err("no such luck"),
        _ => Ok(ndarray::Array1::zeros(region.shape()[0])),
    });
    storage.save("run", &(run_of(1), bad.unwrap())).unwrap_err();
    let left = files(folder.path());
    assert!(left.iter().all(|file| file.ends_with("dask_arrays/zarr.json")), "{left:?}");
    assert!(storage.sweep().unwrap().remove().unwrap().is_empty());
}
