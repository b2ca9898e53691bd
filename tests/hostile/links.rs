//! Symbolic links and pipes below a storage's folder.

use crate::support::refused;
use arraystow::{ChunkedArray, Error, ErrorKind, Storage};
use ndarray::Array1;
use std::os::unix::fs::symlink;
use std::path::Path;

fn array() -> ChunkedArray<f64> {
    ChunkedArray::from_ndarray(Array1::zeros(1000), &[100]).unwrap()
}

/// Everything that touches the document, which cannot be reached without this link.
fn refused_by_everything(storage: &Storage, name: &str, link: &Path) {
    let check = |what: &str, error: Option<Error>| {
        let error = refused(what, error.map_or(Ok(()), Err), &[ErrorKind::Unsupported]);
        assert_eq!(error.location(), link.to_str(), "{what}: {error}");
        assert!(error.to_string().contains("symbolic link"), "{what}: {error}");
    };
    check("save", storage.save(name, &array()).err());
    check("create", storage.create(name, &array()).err());
    check("load", storage.load::<ChunkedArray<f64>>(name).err());
    check("info", storage.info(name).err());
    check("contains", storage.contains(name).err());
    check("remove", storage.remove(name).err());
    let there = tempfile::tempdir().unwrap();
    check("copy", storage.copy(name, &Storage::open(there.path()).unwrap()).err());
}

struct Places {
    _outer: tempfile::TempDir,
    /// A storage with a document and an array, which the links lead to.
    victim: std::path::PathBuf,
    storage: Storage,
    root: std::path::PathBuf,
}

fn places() -> Places {
    let outer = tempfile::tempdir().unwrap();
    let (victim, root) = (outer.path().join("victim"), outer.path().join("root"));
    Storage::open(&victim).unwrap().save("w/x", &array()).unwrap();
    std::fs::create_dir(&root).unwrap();
    Places { victim, storage: Storage::open(&root).unwrap(), root, _outer: outer }
}

impl Places {
    /// Nothing was written, read or removed through a link.
    fn untouched(&self) {
        let storage = Storage::open(&self.victim).unwrap();
        assert_eq!(storage.load::<ChunkedArray<f64>>("w/x").unwrap().sum().unwrap(), 0.0);
        let files: Vec<_> = std::fs::read_dir(self.victim.join("w/bigdata")).unwrap().map(Result::unwrap).collect();
        let kept = files.iter().filter(|file| !file.file_name().to_string_lossy().starts_with('.')).count();
        assert_eq!(kept, 1, "{files:?}");
    }
}

#[test]
fn a_document_that_is_a_link() {
    let places = places();
    places.storage.save("w/y", &1).unwrap();
    let link = places.root.join("w/x");
    symlink(places.victim.join("w/x"), &link).unwrap();
    refused_by_everything(&places.storage, "w/x", &link);
    assert_eq!(places.storage.list("**").unwrap().len(), 1, "links are passed over");
    // One that leads nowhere is one too.
    std::fs::remove_file(&link).unwrap();
    symlink("nowhere", &link).unwrap();
    refused_by_everything(&places.storage, "w/x", &link);
    places.untouched();
}

#[test]
fn a_workflow_that_is_a_link() {
    let places = places();
    let link = places.root.join("w");
    symlink(places.victim.join("w"), &link).unwrap();
    refused_by_everything(&places.storage, "w/x", &link);
    refused_by_everything(&places.storage, "w/deeper/new", &link);
    for error in [places.storage.list("w/*").err(), places.storage.remove_workflow("w").err()] {
        assert_eq!(error.unwrap().location(), link.to_str());
    }
    assert!(places.storage.list("**").unwrap().is_empty());
    assert!(places.storage.remove_matching("**").unwrap().is_empty());
    places.untouched();
}

#[test]
fn a_folder_of_arrays_that_is_a_link() {
    let places = places();
    std::fs::create_dir(places.root.join("w")).unwrap();
    std::fs::copy(places.victim.join("w/x"), places.root.join("w/x")).unwrap();
    let link = places.root.join("w/bigdata");
    symlink(places.victim.join("w/bigdata"), &link).unwrap();
    refused_by_everything(&places.storage, "w/x", &link);
    places.untouched();
}

#[test]
fn the_storages_own_files_that_are_links() {
    for own in [".lock", ".saving"] {
        let places = places();
        places.storage.save("w/x", &array()).unwrap();
        let (link, target) = (places.root.join("w/bigdata").join(own), places.victim.join("made"));
        let _ = std::fs::remove_file(&link).or_else(|_| std::fs::remove_dir(&link));
        symlink(&target, &link).unwrap();
        refused_by_everything(&places.storage, "w/x", &link);
        assert!(!target.exists(), "{own}");
        places.untouched();
    }
}

#[test]
fn a_root_that_is_a_link_is_the_users_own() {
    let places = places();
    let link = places.root.join("here");
    symlink(&places.victim, &link).unwrap();
    let storage = Storage::open(&link).unwrap();
    storage.save("w/y", &array()).unwrap();
    assert_eq!(storage.list("**").unwrap().len(), 2);
    storage.remove("w/y").unwrap();
    places.untouched();
}

/// A program that opens a pipe to read it waits until another writes to it, which may be never.
#[test]
fn pipes_are_not_waited_for() {
    crate::support::soon("a storage with pipes", || {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        storage.save("a/run", &array()).unwrap();
        let file = storage.info("a/run").unwrap().arrays[0].file.clone();
        let pipe = |path: &str| {
            let made = std::process::Command::new("mkfifo").arg(folder.path().join(path)).status().unwrap();
            assert!(made.success(), "{path}");
        };
        for path in ["a/pipe", "a/bigdata/.saving/0d9c7a52-6f0e-4c83-9b5e-0a4f4f2b1c11"] {
            std::fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
            pipe(path);
        }
        pipe("a/bigdata/.document-0d9c7a52-6f0e-4c83-9b5e-0a4f4f2b1c11");
        for error in [
            storage.load::<i32>("a/pipe").unwrap_err(),
            storage.save("a/pipe", &array()).unwrap_err(),
            storage.remove("a/pipe").unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.document()), (ErrorKind::Io, Some("a/pipe")), "{error}");
            assert!(error.to_string().contains("not a regular file"), "{error}");
        }
        let found = storage.sweep().unwrap();
        assert_eq!((found.leftovers().count(), found.skipped().len()), (0, 1), "{found:?}");
        std::fs::remove_file(folder.path().join("a/pipe")).unwrap();
        assert_eq!(storage.sweep().unwrap().skipped().len(), 0);
        storage.save("a/run", &array()).unwrap();
        let array = folder.path().join("a/bigdata").join(storage.info("a/run").unwrap().arrays[0].file.clone());
        assert_ne!(array.file_name().unwrap().to_str(), Some(file.as_str()));
        std::fs::remove_file(&array).unwrap();
        pipe(array.to_str().unwrap());
        let loaded: ChunkedArray<f64> = storage.load("a/run").unwrap();
        assert!(loaded.compute().unwrap_err().to_string().contains("not a regular file"));
        storage.verify("a/run", arraystow::VerifyDepth::Deep).unwrap();
    });
}
