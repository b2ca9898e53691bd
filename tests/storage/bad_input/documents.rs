//! Documents that were cut, and files that are not documents.

use arraystow::{ChunkedArray, ErrorKind, Storage, VerifyDepth};
use futures::executor::block_on;
use ndarray::Array2;
use object_store::memory::InMemory;
use object_store::{ObjectStoreExt, PutPayload};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

pub(super) type Fields = BTreeMap<String, ChunkedArray<f32>>;

pub(super) fn fields() -> Fields {
    let array = || ChunkedArray::from_ndarray(Array2::<f32>::ones((40, 30)), &[16, 16]).unwrap();
    [("a".into(), array()), ("b".into(), array())].into()
}

pub(super) fn put(client: &InMemory, key: &str, contents: &[u8]) {
    block_on(client.put(&key.into(), PutPayload::from(contents.to_vec()))).unwrap();
}

/// Tries the same in a folder and in an object store, with a function that puts bytes in the place of the document
/// `w/x`.
pub(super) fn each_place(try_it: impl Fn(&Storage, &dyn Fn(&[u8]))) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    try_it(&storage, &|contents| std::fs::write(folder.path().join("w/x"), contents).unwrap());
    let client = Arc::new(InMemory::new());
    let storage = Storage::from_object_store(client.clone(), "f").unwrap();
    try_it(&storage, &|contents| put(&client, "f/w/x", contents));
}

/// A document as it is on disk.
fn whole() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("w/x", &fields()).unwrap();
    std::fs::read(folder.path().join("w/x")).unwrap()
}

#[test]
fn an_empty_or_cut_document_says_so_and_can_be_replaced_and_removed() {
    let len = whole().len();
    for kept in [0, 1, 7, 8, 9, 11, 14, 20, 23, 60, len / 2, len - 33, len - 1] {
        each_place(|storage, write| {
            storage.save("w/x", &fields()).unwrap();
            let manifest_of = storage.info("w/x").unwrap();
            let document = whole();
            write(&document[..kept.min(document.len())]);
            let error = storage.load::<Fields>("w/x").unwrap_err();
            assert_eq!((error.kind(), error.document()), (ErrorKind::Corrupt, Some("w/x")), "{kept}: {error}");
            let expected = if kept == 0 { "is empty".to_owned() } else { format!("ends after {kept} bytes") };
            assert!(error.to_string().contains(&expected), "{kept}: {error}");
            assert!(error.location().unwrap().ends_with("w/x"), "{kept}: {error}");
            assert_eq!(storage.list("**").unwrap().len(), 1, "{kept}: it is damaged, and not hidden");
            assert!(storage.contains("w/x").unwrap(), "{kept}");
            let found = storage.verify_all(VerifyDepth::Deep).unwrap();
            assert!(found.len() == 1 && found[0].faults.iter().any(|fault| fault.is_corrupt()), "{kept}: {found:?}");
            assert_eq!(storage.create("w/x", &1).unwrap_err().kind(), ErrorKind::AlreadyExists, "{kept}");

            storage.save("w/x", &fields()).unwrap();
            assert_eq!(storage.load::<Fields>("w/x").unwrap()["b"].sum().unwrap(), 1200.0, "{kept}");
            assert!(storage.verify("w/x", VerifyDepth::Deep).unwrap().is_sound(), "{kept}");

            write(&document[..kept.min(document.len())]);
            storage.remove("w/x").unwrap();
            assert!(storage.load::<Fields>("w/x").unwrap_err().is_not_found(), "{kept}");
            // Nothing names the arrays any more.
            let sweep = storage.sweep().unwrap();
            assert!(sweep.skipped().is_empty(), "{kept}: {:?}", sweep.skipped());
            let left = sweep.remove().unwrap();
            assert!(left.len() >= manifest_of.arrays.len(), "{kept}: {left:?}");
            assert!(storage.sweep().unwrap().remove().unwrap().is_empty(), "{kept}");
        });
    }
}

#[test]
fn removing_a_workflow_or_by_a_glob_is_not_stopped_by_a_cut_document() {
    each_place(|storage, write| {
        for name in ["w/a", "w/x", "w/z"] {
            storage.save(name, &fields()).unwrap();
        }
        write(&[]);
        assert_eq!(storage.remove_matching("w/[ax]").unwrap(), ["w/a", "w/x"]);
        storage.save("w/x", &1).unwrap();
        write(&whole()[..30]);
        assert_eq!(storage.remove_workflow("w").unwrap(), ["w/x", "w/z"]);
        assert!(storage.list("**").unwrap().is_empty());
    });
}

#[test]
fn a_document_whose_list_of_arrays_was_altered_can_be_removed() {
    each_place(|storage, write| {
        storage.save("w/x", &fields()).unwrap();
        let mut document = whole();
        document[40] ^= 1;
        write(&document);
        let error = storage.load::<Fields>("w/x").unwrap_err();
        assert!(error.to_string().contains("restore it from a copy"), "{error}");
        storage.remove("w/x").unwrap();
        assert!(!storage.contains("w/x").unwrap());
        // One of a later version may be sound.
        let mut document = whole();
        document[8] = 2;
        write(&document);
        assert_eq!(storage.remove("w/x").unwrap_err().kind(), ErrorKind::Unsupported);
        assert!(storage.contains("w/x").unwrap());
    });
}

#[test]
fn a_sweep_passes_over_the_workflow_of_a_cut_document_and_goes_on() {
    each_place(|storage, write| {
        storage.save("w/x", &fields()).unwrap();
        storage.save("v/y", &fields()).unwrap();
        storage.save("v/z", &fields()).unwrap();
        write(&[]);
        let sweep = storage.sweep().unwrap();
        assert_eq!(sweep.leftovers().count(), 0, "its arrays may be all that is left");
        assert_eq!(sweep.skipped().len(), 1);
        assert_eq!(sweep.skipped()[0].document(), Some("w/x"), "{}", sweep.skipped()[0]);
        assert!(sweep.remove().unwrap().is_empty());
        assert!(storage.verify("v/y", VerifyDepth::Deep).unwrap().is_sound());
    });
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for workflow in ["a", "b", "c"] {
        storage.save(&format!("{workflow}/kept"), &fields()).unwrap();
        storage.save(&format!("{workflow}/lost"), &fields()).unwrap();
        std::fs::remove_file(folder.path().join(workflow).join("lost")).unwrap();
    }
    std::fs::write(folder.path().join("b/kept"), "").unwrap();
    let removed = storage.sweep().unwrap().remove().unwrap();
    assert_eq!(removed.len(), 4, "{removed:?}");
    assert!(removed.iter().all(|leftover| !leftover.location.contains("/b/")), "{removed:?}");
    assert_eq!(std::fs::read_dir(folder.path().join("b/bigdata")).unwrap().filter(is_array).count(), 4);
}

pub(super) fn is_array(entry: &std::io::Result<std::fs::DirEntry>) -> bool {
    !entry.as_ref().unwrap().file_name().to_str().unwrap().starts_with('.')
}

#[test]
fn documents_whose_names_only_other_programs_take_keep_their_arrays() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let odd = [OsStr::new("run:1"), OsStr::new("a\\b"), OsStr::new("a\u{1b}[2Jb"), OsStr::from_bytes(b"\xff\xfe")];
    for (number, name) in odd.into_iter().enumerate() {
        let workflow = folder.path().join(format!("w{number}"));
        storage.save(&format!("w{number}/x"), &fields()).unwrap();
        std::fs::rename(workflow.join("x"), workflow.join(name)).unwrap();
        storage.save(&format!("v{number}/x"), &fields()).unwrap();
        std::fs::rename(folder.path().join(format!("v{number}")), folder.path().join(name)).unwrap();
    }
    let sweep = storage.sweep().unwrap();
    assert_eq!(sweep.leftovers().count(), 0, "{:?}", sweep.leftovers().collect::<Vec<_>>());
    // What is not in UTF-8 cannot be a workflow.
    assert_eq!(sweep.skipped().len(), 2 * odd.len() - 1, "{:?}", sweep.skipped());
    assert!(
        sweep
            .skipped()
            .iter()
            .all(|error| error.kind() == ErrorKind::InvalidName && !error.to_string().contains('\u{1b}'))
    );
    assert!(sweep.remove().unwrap().is_empty());
    for number in 0..odd.len() {
        assert_eq!(
            std::fs::read_dir(folder.path().join(format!("w{number}/bigdata"))).unwrap().filter(is_array).count(),
            2
        );
    }
    assert!(storage.list("**").unwrap().is_empty());
    // In a store.
    let client = Arc::new(InMemory::new());
    let storage = Storage::from_object_store(client.clone(), "f").unwrap();
    storage.save("w/x", &fields()).unwrap();
    block_on(client.rename(&"f/w/x".into(), &"f/w/run:1".into())).unwrap();
    let sweep = storage.sweep().unwrap();
    assert_eq!((sweep.leftovers().count(), sweep.skipped().len()), (0, 1), "{:?}", sweep.skipped());
}

/// Files that people and other programs put beside documents.
pub(super) const FOREIGN: [(&str, &[u8]); 6] = [
    ("README.md", b"# What lies here\n"),
    ("a", b"x"),
    ("seed", b"\x80\x04\x95\x05\x00\x00\x00\x00\x00\x00\x00]\x94K\x01a."),
    ("table.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0"),
    ("picture.png", b"\x89PNG\r\n\x1a\n"),
    ("own.json", br#"{"a": ["HDFSerializer", ["1.0.0", "x"]]}"#),
];

#[test]
fn files_that_are_not_documents_are_not_objects() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("w/x", &fields()).unwrap();
    for (name, contents) in FOREIGN {
        std::fs::write(folder.path().join("w").join(name), contents).unwrap();
        std::fs::write(folder.path().join(name), contents).unwrap();
    }
    let names = |entries: Vec<arraystow::ListEntry>| entries.into_iter().map(|entry| entry.name).collect::<Vec<_>>();
    assert_eq!(names(storage.list("**").unwrap()), ["w/x"]);
    assert!(storage.list("README.md").unwrap().is_empty());
    assert_eq!(storage.verify_all(VerifyDepth::Deep).unwrap().len(), 1);
    for (name, contents) in FOREIGN {
        let name = format!("w/{name}");
        assert!(!storage.contains(&name).unwrap(), "{name}");
        for error in [
            storage.load::<Fields>(&name).unwrap_err(),
            storage.info(&name).unwrap_err(),
            storage.remove(&name).unwrap_err(),
            storage.copy(&name, &Storage::open("memory://").unwrap()).unwrap_err(),
            storage.verify(&name, VerifyDepth::Quick).unwrap().faults.remove(0),
        ] {
            assert_eq!((error.kind(), error.document()), (ErrorKind::Corrupt, Some(name.as_str())), "{error}");
            assert!(error.to_string().contains("is not a document of arraystow"), "{error}");
            assert!(!error.to_string().contains("restore"), "{error}");
        }
        let error = storage.save(&name, &1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}");
        assert!(!error.to_string().contains("restore"), "{error}");
        assert_eq!(std::fs::read(folder.path().join(&name)).unwrap(), contents);
    }
    // The seed's document names arrays that lie here: nothing is swept.
    assert!(storage.sweep().unwrap().skipped().iter().any(|error| error.document().is_some()));
    assert_eq!(storage.remove_matching("**").unwrap(), ["w/x"]);
    storage.save("w/x", &fields()).unwrap();
    assert_eq!(storage.remove_workflow("w").unwrap(), ["w/x"]);
    assert!(Path::new(storage.location()).join("w/README.md").exists());
}

#[test]
fn what_is_not_a_document_in_an_object_store_is_not_verified() {
    let client = Arc::new(InMemory::new());
    let storage = Storage::from_object_store(client.clone(), "f").unwrap();
    storage.save("w/x", &fields()).unwrap();
    for (name, contents) in FOREIGN {
        put(&client, &format!("f/w/{name}"), contents);
    }
    let found = storage.verify_all(VerifyDepth::Deep).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    let error = storage.load::<Fields>("w/README.md").unwrap_err();
    assert!(error.to_string().contains("is not a document of arraystow"), "{error}");
}
