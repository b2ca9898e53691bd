//! `Storage::array`: one array of an object whose Rust type is not known.

use arraystow::{ChunkedArray, ErrorKind, Shared, Storage};
use ndarray::{Array1, Array2};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;

#[derive(Serialize)]
struct Survey {
    name: String,
    runs: Vec<BTreeMap<String, ChunkedArray<f32>>>,
    land: Array2<bool>,
    small: Array1<u8>,
    shared: Shared<Array1<i64>>,
}

fn storage() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let field = |value: f32| ChunkedArray::from_ndarray(Array1::from_elem(100, value), &[30]).unwrap();
    let run = |value: f32| BTreeMap::from([("field".to_owned(), field(value)), ("mass".to_owned(), field(-value))]);
    let survey = Survey {
        name: "north".into(),
        runs: vec![run(1.0), run(2.0)],
        land: Array2::from_elem((100, 100), true),
        small: Array1::zeros(3),
        shared: Shared::new(Array1::ones(1000)),
    };
    storage.save("survey", &survey).unwrap();
    (folder, storage)
}

#[test]
fn an_array_is_found_at_each_path_that_info_prints() {
    let (_folder, storage) = storage();
    let info = storage.info("survey").unwrap();
    assert_eq!(info.arrays.len(), 6);
    for array in &info.arrays {
        for path in &array.paths {
            let found = storage.array("survey", path).unwrap();
            assert_eq!((found.data_type(), found.grid()), (array.data_type.clone(), &array.grid), "{path}");
        }
    }
    let array = storage.array("survey", "runs[1].field").unwrap().downcast::<f32>().unwrap();
    assert_eq!(array.sum().unwrap(), 200.0);
    let array = futures::executor::block_on(storage.array_async("survey", "land")).unwrap();
    assert_eq!(array.downcast::<bool>().unwrap().sum().unwrap(), 10_000);
}

#[test]
fn only_the_file_of_the_array_is_opened() {
    let (folder, storage) = storage();
    let wanted = storage.info("survey").unwrap().arrays.iter().find(|a| a.paths[0] == "land").unwrap().file.clone();
    for entry in fs::read_dir(folder.path().join("bigdata")).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != *wanted && entry.file_type().unwrap().is_file() {
            fs::write(entry.path(), b"no array").unwrap();
        }
    }
    assert_eq!(storage.array("survey", "land").unwrap().compute().unwrap().shape(), [100, 100]);
    let error = storage.array("survey", "runs[0].mass").unwrap().compute().unwrap_err();
    assert_eq!((error.path(), error.document()), (Some("runs[0].mass"), Some("survey")));
    assert!(error.is_corrupt());
}

#[test]
fn a_path_that_is_not_there_names_those_that_are_near() {
    let (_folder, storage) = storage();
    let error = |path: &str| {
        let error = storage.array("survey", path).unwrap_err();
        assert!(error.is_not_found(), "{error}");
        assert_eq!((error.path(), error.document()), (Some(path), Some("survey")));
        error.to_string()
    };
    assert!(error("runs[1].feild").contains("did you mean \"runs[1].field\""), "{}", error("runs[1].feild"));
    assert!(error("field").contains("\"runs[0].field\" or \"runs[1].field\""), "{}", error("field"));
    assert!(error("nothing like it").contains("its arrays are at \"runs[0].field\""), "{}", error("nothing like it"));
    assert!(error("").contains("its arrays are at"));
    assert!(error("small").contains("no stored array"));
    storage.save("number", &1).unwrap();
    let error = storage.array("number", "").unwrap_err();
    assert!(error.to_string().contains("no stored array at all"), "{error}");
    assert!(storage.array("nowhere", "field").unwrap_err().is_not_found());
}

#[test]
fn a_path_of_two_arrays_is_refused() {
    let (_folder, storage) = storage();
    let array = |value: f32| ChunkedArray::from_ndarray(Array1::from_elem(9, value), &[9]).unwrap();
    let inner = BTreeMap::from([("b", array(1.0))]);
    storage.save("odd", &(BTreeMap::from([("a", inner)]), BTreeMap::from([("a.b", array(2.0))]))).unwrap();
    assert!(storage.array("odd", "[0].a.b").is_ok());
    #[derive(Serialize)]
    struct Odd {
        a: BTreeMap<&'static str, ChunkedArray<f32>>,
        #[serde(rename = "a.b")]
        ab: ChunkedArray<f32>,
    }
    storage.save("odd", &Odd { a: BTreeMap::from([("b", array(1.0))]), ab: array(2.0) }).unwrap();
    let error = storage.array("odd", "a.b").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_document_that_was_replaced_is_read_as_the_version_that_was_found() {
    let (_folder, storage) = storage();
    let array = storage.array("survey", "land").unwrap();
    storage.save("survey", &1).unwrap();
    assert!(array.compute().unwrap_err().is_gone());
}
