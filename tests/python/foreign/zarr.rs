//! `ZarrStore`: arrays of zarr-python's stores, by their paths.

use super::hdf5::{Made, shortened};
use super::page::{Row, check};
use arraystow::{ArrayFormat, DataType, ErrorKind, Limits, Storage, ZarrStore};
use arraystow_tests::python_env;
use ndarray::s;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, PutPayload};
use std::fs;
use std::path::Path;
use std::sync::Arc;

const ROWS: &str = include_str!("zarr.py");

#[test]
fn what_zarr_python_writes_is_read_or_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let rows = python_env::run(python_env::ZARR, ROWS, &[folder.path().to_str().unwrap()]);
    let rows: Vec<Made> = serde_json::from_str(&rows).unwrap();
    let store = ZarrStore::open(folder.path().join("store")).unwrap();
    let of_version_2 = |group: &str| store.arrays(&format!("of version 2/{group} of version 2")).unwrap();
    let found = [store.arrays("/").unwrap(), of_version_2("Codecs"), of_version_2("Data types")];
    let mut page = Vec::new();
    for row in rows {
        let read = store.array(&row.path).and_then(|array| Ok((array.shape().to_vec(), array.to_bytes()?)));
        let refused = match read {
            Ok((shape, bytes)) => {
                assert_eq!(Some(shape), row.shape, "{}", row.label);
                assert!(fs::read(row.bytes.unwrap()).unwrap() == bytes, "{}", row.label);
                None
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Unsupported, "{}: {error:?}", row.label);
                assert_eq!(error.array(), Some(row.path.as_str()));
                Some(shortened(&error))
            }
        };
        let listed = found.iter().flat_map(|found| &found.arrays).find(|found| found.path == row.path).unwrap();
        assert_eq!(listed.form.is_err(), refused.is_some(), "{}: {:?}", row.label, listed.form);
        page.push(Row { section: row.section, label: row.label, refused });
    }
    check("Zarr", &page);
}

/// A store of zarr-python with arrays in nested groups, of this version.
fn make(folder: &Path, version: u8) {
    let script = format!(
        r#"
import sys, numpy as np, zarr
root = zarr.open_group(sys.argv[1], mode="w", zarr_format={version})
run = root.create_group("run 3")
grid = run.create_array("grid", shape=(30, 40), chunks=(10, 40), dtype="f4")
grid[...] = np.arange(1200).reshape(30, 40)
run.create_array("temperature", shape=(5,), dtype="u2")[...] = 7
run.create_group("empty")
root.create_array("top", shape=(), dtype="f8")[...] = 4.5
"#
    );
    python_env::run(python_env::ZARR, &script, &[folder.to_str().unwrap()]);
}

/// The same everywhere: in a folder and in an object store.
fn check_store(store: &ZarrStore, what: &str) {
    let found = store.arrays("/").unwrap();
    let paths: Vec<&str> = found.arrays.iter().map(|found| found.path.as_str()).collect();
    assert_eq!(paths, ["/run 3/grid", "/run 3/temperature", "/top"], "{what}");
    assert!(found.is_complete);
    let form = found.arrays[0].form.clone().unwrap();
    assert_eq!(
        (form.data_type.clone(), form.shape(), form.grid.chunk_shape()),
        (DataType::Float32, &[30, 40][..], Some(vec![10, 40]))
    );
    for path in ["/run 3/grid", "run 3//grid/", "./run 3/grid"] {
        let grid = store.array(path).unwrap().downcast::<f32>().unwrap();
        assert_eq!(grid.slice(s![29, 38..]).unwrap().compute().unwrap().as_slice(), Some(&[1198.0, 1199.0][..]));
        assert_eq!(grid.sum().unwrap(), 1199.0 * 600.0);
    }
    assert_eq!(store.arrays("run 3").unwrap().arrays.len(), 2, "{what}");
    assert_eq!(store.arrays("run 3/grid").unwrap().arrays.len(), 1, "{what}");
    assert!(store.arrays("run 3/empty").unwrap().arrays.is_empty(), "{what}");
    let error = store.array("run 3/temprature").unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("did you mean \"temperature\""), "{what}: {error}");
    assert!(store.arrays("nowhere").unwrap_err().is_not_found(), "{what}");
    for group in ["/", "run 3", "run 3/empty"] {
        assert_eq!(store.array(group).unwrap_err().kind(), ErrorKind::InvalidInput, "{what}: {group}");
    }
    for path in ["..", "a/../../b", "a\0b"] {
        let error = store.array(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName, "{what}: {error}");
    }
    let few = store.clone().with_limits(Limits::default().chunks(2));
    assert_eq!(few.array("run 3/grid").unwrap_err().kind(), ErrorKind::Limit, "{what}");
    let read = futures::executor::block_on(store.array_async("top")).unwrap();
    assert_eq!(read.downcast::<f64>().unwrap().compute().unwrap()[[]], 4.5, "{what}");
}

fn put_all(store: &InMemory, key: &str, folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let key = format!("{key}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            put_all(store, &key, &entry.path());
        } else {
            let contents = PutPayload::from(fs::read(entry.path()).unwrap());
            futures::executor::block_on(store.put(&key.as_str().into(), contents)).unwrap();
        }
    }
}

#[test]
fn arrays_anywhere_in_a_folder_or_an_object_store_are_opened_and_listed() {
    for version in [2, 3] {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), version);
        let local = ZarrStore::open(folder.path()).unwrap();
        check_store(&local, &format!("version {version}"));
        // The folder is the array.
        let alone = ZarrStore::open(folder.path().join("run 3/grid")).unwrap();
        assert_eq!(alone.array("/").unwrap().shape(), [30, 40]);
        assert_eq!(alone.arrays("/").unwrap().arrays.len(), 1);

        let objects = InMemory::new();
        put_all(&objects, "some/store", folder.path());
        let objects: Arc<dyn object_store::ObjectStore> = Arc::new(objects);
        let far = ZarrStore::from_object_store(objects.clone(), "some/store").unwrap();
        check_store(&far, &format!("version {version}, objects"));
        let alone = ZarrStore::from_object_store(objects, "some/store/run 3/grid").unwrap();
        assert_eq!(
            alone.array("").unwrap().to_bytes().unwrap(),
            local.array("run 3/grid").unwrap().to_bytes().unwrap()
        );
    }
}

#[test]
fn what_is_no_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(ZarrStore::open(folder.path().join("nowhere")).unwrap_err().is_not_found());
    fs::write(folder.path().join("file"), "x").unwrap();
    assert_eq!(ZarrStore::open(folder.path().join("file")).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(ZarrStore::open("ftp://x/y").unwrap_err().kind(), ErrorKind::Unsupported);
    let empty = ZarrStore::open(folder.path()).unwrap();
    assert!(empty.arrays("/").unwrap().arrays.is_empty());
    assert!(empty.array("x").unwrap_err().is_not_found());
    // Below the folder no link is followed.
    let other = tempfile::tempdir().unwrap();
    make(other.path(), 3);
    std::os::unix::fs::symlink(other.path(), folder.path().join("link")).unwrap();
    assert_eq!(empty.array("link/top").unwrap_err().kind(), ErrorKind::Unsupported);
    assert!(empty.arrays("/").unwrap().arrays.is_empty());
    // The user's own is.
    assert!(ZarrStore::open(folder.path().join("link")).unwrap().array("top").is_ok());
}

#[test]
fn many_nested_groups_are_listed_in_bounded_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut deep = folder.path().to_owned();
    let group = r#"{"zarr_format":3,"node_type":"group","attributes":{}}"#;
    for _ in 0..20 {
        fs::write(deep.join("zarr.json"), group).unwrap();
        for name in 0..600 {
            fs::create_dir(deep.join(format!("empty {name}"))).unwrap();
        }
        deep = deep.join("g");
        fs::create_dir(&deep).unwrap();
    }
    fs::write(deep.join("zarr.json"), "[".repeat(100_000)).unwrap();
    let found = ZarrStore::open(folder.path()).unwrap().arrays("/").unwrap();
    assert!(!found.is_complete);
}

#[test]
fn an_array_of_our_own_is_checked_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).open().unwrap();
    storage.save("x", &ndarray::Array1::<f64>::ones(1000)).unwrap();
    let store = ZarrStore::open(folder.path().join("bigdata/dask_arrays")).unwrap();
    let name = store.arrays("/").unwrap().arrays[0].path.clone();
    assert_eq!(store.array(&name).unwrap().downcast::<f64>().unwrap().sum().unwrap(), 1000.0);
    let chunk = folder.path().join("bigdata/dask_arrays").join(&name[1..]).join("c/0");
    let mut bytes = fs::read(&chunk).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&chunk, bytes).unwrap();
    let error = store.array(&name).unwrap().compute().unwrap_err();
    assert!(error.is_corrupt(), "{error}");
    assert_eq!(error.array(), Some(name.as_str()));
}
