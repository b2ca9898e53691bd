//! Documents in pickle: in a folder and in an object store, sound and damaged.

use arraystow::{ChunkedArray, ErrorKind, Format, Shared, Storage, StorageBuilder, VerifyDepth};
use ndarray::Array2;
use object_store::memory::InMemory;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
struct Run {
    name: String,
    field: ChunkedArray<f32>,
    plain: Array2<f64>,
    small: Array2<u8>,
}

fn run() -> Run {
    let field = ChunkedArray::from_ndarray(Array2::from_elem((30, 30), 1.5), &[10, 10]).unwrap();
    Run { name: "run".into(), field, plain: Array2::from_elem((40, 40), 2.5), small: Array2::zeros((2, 3)) }
}

fn check(storage: &Storage, other: &Storage) {
    storage.save("w/run", &run()).unwrap();
    let loaded: Run = storage.load("w/run").unwrap();
    assert_eq!((loaded.field.sum().unwrap(), &loaded.plain), (1350.0, &run().plain));
    let info = storage.info("w/run").unwrap();
    let arrays: Vec<_> = info.arrays.iter().map(|array| (array.paths[0].as_str(), array.plain)).collect();
    assert_eq!((info.format, &*arrays), (Format::Pickle, &[("field", false), ("plain", true)][..]));
    let value = storage.value("w/run").unwrap();
    assert_eq!(value.get("plain").unwrap().as_array().unwrap().shape(), [40, 40]);
    storage.copy("w/run", other).unwrap();
    assert_eq!(other.info("w/run").unwrap().format, Format::Pickle);
    storage
        .update("w/run", |run: &mut Run| -> arraystow::Result<()> {
            run.name = "again".into();
            Ok(())
        })
        .unwrap();
    for storage in [storage, other] {
        let found = storage.verify("w/run", VerifyDepth::Deep).unwrap();
        assert!(found.is_sound(), "{:?}", found.faults);
        assert_eq!((found.arrays, found.unchecked), (2, 0));
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
        storage.remove("w/run").unwrap();
        assert!(storage.list("**").unwrap().is_empty());
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    }
}

#[test]
fn pickles_are_kept_in_a_folder_and_in_an_object_store() {
    let folder = tempfile::tempdir().unwrap();
    let in_folder = Storage::builder(folder.path()).format(Format::Pickle).open().unwrap();
    let client = Arc::new(InMemory::new());
    let in_store = StorageBuilder::from_object_store(client, "f").format(Format::Pickle).open().unwrap();
    check(&in_folder, &in_store);
    check(&in_store, &in_folder);
}

#[test]
fn every_altered_byte_of_a_pickle_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).format(Format::Pickle).open().unwrap();
    storage.save("value", &(1, "text", vec![0.5; 10])).unwrap();
    let path = folder.path().join("value");
    let document = std::fs::read(&path).unwrap();
    for at in 0..document.len() {
        let mut altered = document.clone();
        altered[at] ^= 4;
        std::fs::write(&path, &altered).unwrap();
        assert!(storage.value("value").is_err(), "byte {at}");
        std::fs::write(&path, &document[..at]).unwrap();
        let error = storage.value("value").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Corrupt, "cut at {at}: {error}");
    }
    // What is cut in the body is replaced and removed as any damaged document.
    storage.save("value", &1).unwrap();
    assert_eq!(storage.load::<u8>("value").unwrap(), 1);
}

#[test]
fn shared_values_are_refused_in_a_pickle() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).format(Format::Pickle).open().unwrap();
    let error = storage.save("value", &(1, Shared::new(2))).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("[1]")));
    assert!(error.to_string().contains("Format::Cbor"), "{error}");
}

#[test]
fn a_rename_changes_no_text_that_contains_the_id_of_an_array() {
    let client = Arc::new(InMemory::new());
    let storage = StorageBuilder::from_object_store(client, "f").format(Format::Pickle).open().unwrap();
    storage.save("w/run", &run()).unwrap();
    let file = storage.info("w/run").unwrap().arrays.into_iter().find(|array| array.paths == ["field"]).unwrap().file;
    for text in [format!("see bigdata/dask_arrays/{file}/zarr.json"), file.clone()] {
        let name = text.clone();
        let named = storage.update("w/run", move |run: &mut Run| -> arraystow::Result<()> {
            run.name.clone_from(&name);
            Ok(())
        });
        named.unwrap();
        storage.rename("w/run", "w/renamed").unwrap();
        let renamed: Run = storage.load("w/renamed").unwrap();
        assert_eq!((renamed.name, renamed.field.sum().unwrap()), (text, 1350.0));
        storage.rename("w/renamed", "w/run").unwrap();
    }
}
