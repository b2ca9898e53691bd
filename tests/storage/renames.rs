//! Other names for values, in folders of both formats and in an object store.

use arraystow::{
    AnyArray, ArrayFormat, ArrayInfo, ChunkedArray, Codec, Error, ErrorKind, Format, Result, SaveReport, Storage,
    StorageBuilder, VerifyDepth, Version,
};
use arraystow_tests::files;
use ndarray::{Array1, Array2};
use object_store::memory::InMemory;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tempfile::TempDir;

#[derive(Serialize, Deserialize)]
struct Run {
    step: u64,
    field: ChunkedArray<f64>,
    mask: Array2<bool>,
}

fn run(step: u64) -> Run {
    let field = Array2::from_shape_fn((40, 30), |(i, j)| step as f64 + (30 * i + j) as f64);
    let field = ChunkedArray::from_ndarray(field, &[16, 16]).unwrap();
    Run { step, field, mask: Array2::from_elem((80, 80), step.is_multiple_of(2)) }
}

fn assert_is(storage: &Storage, name: &str, step: u64) {
    let found: Run = storage.load(name).unwrap();
    let expected = run(step);
    assert_eq!((found.step, &found.mask), (step, &expected.mask));
    assert_eq!(found.field.compute().unwrap(), expected.field.compute().unwrap());
    assert!(storage.verify(name, VerifyDepth::Deep).unwrap().is_sound());
}

/// Whether a rename within a workflow is one step.
struct Place(Storage, bool, Option<TempDir>);

fn places() -> [Place; 3] {
    let folder = |format: ArrayFormat| {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::builder(folder.path().join("storage")).array_format(format).open().unwrap();
        Place(storage, true, Some(folder))
    };
    let store = StorageBuilder::from_object_store(Arc::new(InMemory::new()), "root").open().unwrap();
    [folder(ArrayFormat::Hdf5), folder(ArrayFormat::Zarr), Place(store, false, None)]
}

/// The names, all of them, after what killed programs have left is swept: there is nothing.
fn names(storage: &Storage) -> Vec<String> {
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    storage.list("**").unwrap().into_iter().map(|entry| entry.name).collect()
}

#[test]
fn arrays_stay_within_a_workflow() {
    for Place(storage, in_one_step, folder) in places() {
        let saved = storage.save("sim/run", &run(1)).unwrap();
        storage.save("sim/other", &run(2)).unwrap();
        let arrays = |name: &str| -> Vec<String> {
            storage.info(name).unwrap().arrays.into_iter().map(|array| array.file).collect()
        };
        let (before, bytes) = (arrays("sim/run"), folder.as_ref().map(|folder| files(folder.path()).len()));
        let report = storage.rename("sim/run", "sim/new").unwrap();
        assert_eq!(names(&storage), ["sim/new", "sim/other"]);
        assert_is(&storage, "sim/new", 1);
        assert_is(&storage, "sim/other", 2);
        assert_eq!(report.version, storage.version("sim/new").unwrap());
        if in_one_step {
            assert_eq!((report.arrays_kept, report.bytes_written, report.version), (2, 0, saved.version));
            assert_eq!(arrays("sim/new"), before);
            assert_eq!(folder.as_ref().map(|folder| files(folder.path()).len()), bytes);
        } else {
            assert_eq!((report.arrays_linked, report.arrays_written), (2, 0));
        }
        storage.remove("sim/new").unwrap();
        assert_is(&storage, "sim/other", 2);
        assert_eq!(names(&storage), ["sim/other"]);
    }
}

#[test]
fn arrays_are_linked_into_another_workflow() {
    for Place(storage, ..) in places() {
        storage.save("sim/run", &run(1)).unwrap();
        let report = storage.rename("sim/run", "a/b/new").unwrap();
        assert_eq!((report.arrays_linked, report.arrays_written), (2, 0), "{}", storage.location());
        assert_eq!(names(&storage), ["a/b/new"]);
        assert_is(&storage, "a/b/new", 1);
        storage.rename("a/b/new", "run").unwrap();
        storage.rename("run", "run2").unwrap();
        assert_eq!(names(&storage), ["run2"]);
        assert_is(&storage, "run2", 1);
    }
}

fn refused(result: Result<SaveReport>) -> Error {
    result.unwrap_err()
}

#[test]
fn names_in_use_and_missing_values_are_refused() {
    for Place(storage, in_one_step, folder) in places() {
        storage.save("sim/run", &run(1)).unwrap();
        storage.save("sim/other", &run(2)).unwrap();
        storage.save("a/b/other", &run(3)).unwrap();
        for (from, to, kind) in [
            ("sim/run", "sim/other", ErrorKind::AlreadyExists),
            ("sim/run", "a/b/other", ErrorKind::AlreadyExists),
            ("sim/run", "sim/run", ErrorKind::InvalidInput),
            ("sim/run", "sim", ErrorKind::InvalidName),
            ("sim/run", "sim/other/below", ErrorKind::InvalidName),
            ("sim/run", "sim/.hidden", ErrorKind::InvalidName),
            ("sim/rum", "sim/new", ErrorKind::NotFound),
            ("sim/rum", "a/new", ErrorKind::NotFound),
            ("nowhere/run", "nowhere/new", ErrorKind::NotFound),
        ] {
            let error = refused(storage.rename(from, to));
            assert_eq!(error.kind(), kind, "{from} to {to}: {error}");
            if kind == ErrorKind::NotFound && from.starts_with("sim") {
                assert!(error.to_string().contains("did you mean \"sim/run\"?"), "{error}");
            }
        }
        assert_eq!(names(&storage), ["a/b/other", "sim/other", "sim/run"]);
        assert_is(&storage, "sim/run", 1);
        assert_is(&storage, "sim/other", 2);
        if let Some(folder) = folder.filter(|_| in_one_step) {
            // What is no document is not replaced either, and nothing was made for names that there are not.
            let root = folder.path().join("storage");
            std::fs::write(root.join("sim/notes.txt"), "notes").unwrap();
            assert_eq!(refused(storage.rename("sim/run", "sim/notes.txt")).kind(), ErrorKind::AlreadyExists);
            assert_eq!(std::fs::read(root.join("sim/notes.txt")).unwrap(), b"notes");
            assert!(!root.join("nowhere").exists());
        }
    }
}

#[test]
fn loaded_arrays_stay_readable_in_one_step() {
    let [Place(storage, ..), ..] = places();
    storage.save("sim/run", &run(1)).unwrap();
    let loaded: Run = storage.load("sim/run").unwrap();
    storage.rename("sim/run", "sim/new").unwrap();
    assert_eq!(loaded.field.compute().unwrap(), run(1).field.compute().unwrap());
    // The version that it was loaded from is not there any more.
    assert!(storage.save("sim/run", &loaded).unwrap_err().is_conflict());
    storage.save("sim/copy", &loaded).unwrap();
    storage.remove("sim/new").unwrap();
    assert_is(&storage, "sim/copy", 1);
    assert_eq!(names(&storage), ["sim/copy"]);
}

#[test]
fn only_the_version_that_is_meant_is_removed() {
    for Place(storage, ..) in places() {
        let first = storage.save("sim/run", &run(1)).unwrap().version;
        let second = storage.save("sim/run", &run(2)).unwrap().version;
        let error = storage.remove_if("sim/run", &first).unwrap_err();
        assert!(error.is_conflict() && error.document() == Some("sim/run"), "{error}");
        assert_is(&storage, "sim/run", 2);
        storage.remove_if("sim/run", &second).unwrap();
        assert!(storage.remove_if("sim/run", &second).unwrap_err().is_not_found());
        assert_eq!(names(&storage), [""; 0]);
    }
}

#[test]
fn the_async_forms_do_the_same() {
    let [Place(storage, ..), ..] = places();
    let version: Version = storage.save("sim/run", &Array1::<f32>::zeros(5000)).unwrap().version;
    futures::executor::block_on(async {
        assert_eq!(storage.rename_async("sim/run", "sim/new").await.unwrap().arrays_kept, 1);
        assert!(storage.rename_async("sim/run", "sim/new").await.unwrap_err().is_not_found());
        storage.remove_if_async("sim/new", &version).await.unwrap();
    });
    assert_eq!(names(&storage), [""; 0]);
}

/// A program that has committed a session, and was killed before it ended it, leaves the session.
#[test]
fn a_session_that_was_committed_does_not_save_again() {
    let [Place(storage, _, folder), ..] = places();
    let root = folder.as_ref().unwrap().path().join("storage");
    let session = storage.begin("sim/run", &ChunkedArray::<f32>::pending(&[100], &[50]).unwrap()).unwrap();
    let slot = storage.slot::<f32>(&session.ticket("").unwrap()).unwrap();
    let whole = arraystow::Region::new([0], [100]).unwrap();
    let receipts = vec![slot.write(&whole, Array1::ones(100).view()).unwrap()];
    let saving = root.join("sim/bigdata/.saving");
    let id = std::fs::read_dir(&saving).unwrap().next().unwrap().unwrap().file_name().into_string().unwrap();
    let kept: Vec<_> = std::fs::read_dir(saving.join(&id)).unwrap().map(|entry| entry.unwrap().path()).collect();
    let kept: Vec<_> = kept.into_iter().filter(|path| path.is_file()).collect();
    let kept: Vec<_> = kept.into_iter().map(|path| (std::fs::read(&path).unwrap(), path)).collect();
    session.commit(receipts.clone()).unwrap();
    std::fs::create_dir_all(saving.join(&id)).unwrap();
    kept.iter().for_each(|(bytes, path)| std::fs::write(path, bytes).unwrap());

    storage.rename("sim/run", "sim/new").unwrap();
    let resumed = storage.resume("sim/run", &id).and_then(|session| session.commit(receipts));
    assert!(resumed.unwrap_err().is_gone());
    assert_eq!(names(&storage), ["sim/new"]);
    assert_eq!(storage.load::<ChunkedArray<f32>>("sim/new").unwrap().sum().unwrap(), 100.0);
}

/// A walk through `Value` would turn what JSON and pickle have no words for into something else.
#[test]
fn the_rest_of_a_document_stays_as_it_is() {
    type Odd = (u128, i128, (u8, String), Vec<(f32, f64)>, Array1<f64>, ChunkedArray<i32>);
    let array = ChunkedArray::from_ndarray(Array1::from_iter(0..5000), &[1000]).unwrap();
    let plain = Array1::linspace(0.0, 1.0, 1000);
    for format in [Format::Cbor, Format::Json, Format::Pickle] {
        let store = StorageBuilder::from_object_store(Arc::new(InMemory::new()), "root").format(format).open().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let in_folder = Storage::builder(folder.path()).format(format).open().unwrap();
        for storage in [store, in_folder] {
            let mut odd: Odd =
                (u128::MAX, i128::MIN, (1, String::new()), vec![(0.1, 1e300)], plain.clone(), array.clone());
            storage.save("w/a", &odd).unwrap();
            // A text that is the name of an array is no id.
            odd.2.1 = storage.info("w/a").unwrap().arrays[1].file.clone();
            storage.save("w/a", &odd).unwrap();
            let check = |name: &str, codec: Codec| {
                let loaded: Odd = storage.load(name).unwrap();
                assert_eq!((&loaded.0, &loaded.1, &loaded.3, &loaded.4), (&odd.0, &odd.1, &odd.3, &plain), "{format}");
                assert_eq!(loaded.5.compute().unwrap(), array.compute().unwrap());
                let arrays = storage.info(name).unwrap().arrays;
                assert_eq!(arrays.iter().map(|array| array.plain).collect::<Vec<_>>(), [true, false], "{format}");
                assert_eq!(arrays[1].codec, Some(codec), "{format}");
                assert!(storage.verify(name, VerifyDepth::Deep).unwrap().is_sound());
                loaded.2
            };
            let codec = storage.info("w/a").unwrap().arrays[1].codec.unwrap();
            let text = check("w/a", codec);
            storage.rename("w/a", "w/b").unwrap();
            assert_eq!(check("w/b", codec), text, "{format}");
            let gzip = Codec::gzip(5).unwrap();
            let replace = |info: &ArrayInfo, array: &AnyArray| {
                if info.plain { Ok(None) } else { array.with_codec(gzip).map(Some) }
            };
            let report = storage.replace_arrays("w/b", replace).unwrap();
            assert_eq!((report.arrays_kept, report.arrays_written + report.arrays_linked), (1, 1), "{format}");
            assert_eq!(check("w/b", gzip), text, "{format}");
            assert_eq!(names(&storage), ["w/b"]);
        }
    }
}
