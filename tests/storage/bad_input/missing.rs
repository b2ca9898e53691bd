//! Names, folders and permissions that are not there: what was looked for, where, and what there is instead.

use arraystow::faults::{Call, Watcher, watch};
use arraystow::{Error, ErrorKind, Storage, VerifyDepth};
use std::io;
use std::sync::Arc;

/// What everything that opens a document says.
fn each(storage: &Storage, name: &str, check: impl Fn(&Error)) {
    for error in [
        storage.load::<i32>(name).unwrap_err(),
        futures::executor::block_on(storage.load_async::<i32>(name)).unwrap_err(),
        storage.info(name).unwrap_err(),
        storage.verify(name, VerifyDepth::Quick).unwrap_err(),
        storage.remove(name).unwrap_err(),
        storage.copy(name, &Storage::open("memory://").unwrap()).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.document()), (ErrorKind::NotFound, Some(name)), "{error}");
        check(&error);
    }
}

#[test]
fn a_name_that_is_missing_comes_with_those_that_may_have_been_meant() {
    let folder = tempfile::tempdir().unwrap();
    for storage in [Storage::open(folder.path()).unwrap(), Storage::open("memory://").unwrap()] {
        for name in ["global/egm96", "global/egm2008", "global/etopo", "global/eigen-6c4", "top"] {
            storage.save(name, &1).unwrap();
        }
        each(&storage, "global/egm69", |error| {
            assert!(error.to_string().contains("did you mean \"global/egm96\"?"), "{error}");
            assert!(error.to_string().contains(storage.location()), "{error}");
        });
        each(&storage, "global/egm", |error| {
            assert!(error.to_string().contains("did you mean \"global/egm2008\" or \"global/egm96\"?"), "{error}");
        });
        each(&storage, "global/EIGEN-6C4", |error| {
            let finds = error.to_string().contains("did you mean \"global/eigen-6c4\"?");
            // A store lists keys as they are written.
            assert!(finds || storage.location().starts_with("memory"), "{error}");
        });
        each(&storage, "tpo", |error| assert!(error.to_string().contains("did you mean \"top\"?"), "{error}"));
        each(&storage, "global/moon", |error| assert!(!error.to_string().contains("did you mean"), "{error}"));
    }
}

#[test]
fn a_name_that_is_a_workflow_is_said_to_be_one() {
    let folder = tempfile::tempdir().unwrap();
    for storage in [Storage::open(folder.path()).unwrap(), Storage::open("memory://").unwrap()] {
        storage.save("global/deep/egm96", &1).unwrap();
        for name in ["global", "global/deep"] {
            each(&storage, name, |error| assert!(error.to_string().contains("but a workflow"), "{error}"));
        }
    }
}

#[test]
fn a_missing_workflow_and_a_missing_storage_differ_from_a_missing_document() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("surveys")).unwrap();
    assert!(!storage.exists().unwrap());
    each(&storage, "global/egm96", |error| {
        assert!(error.to_string().contains("there is no storage in"), "{error}");
        assert!(error.to_string().contains(storage.location()), "{error}");
    });
    assert!(storage.list("**").unwrap().is_empty());
    std::fs::create_dir(folder.path().join("surveys")).unwrap();
    assert!(storage.exists().unwrap(), "an empty one");
    storage.save("global/deep/egm96", &1).unwrap();
    each(&storage, "glboal/deep/egm96", |error| {
        assert!(error.to_string().contains("there is no workflow \"glboal\""), "{error}");
        assert!(error.to_string().contains("did you mean \"global\"?"), "{error}");
    });
    each(&storage, "global/deeep/egm96", |error| {
        assert!(error.to_string().contains("there is no workflow \"global/deeep\""), "{error}");
        assert!(error.to_string().contains("did you mean \"global/deep\"?"), "{error}");
    });
    let error = storage.remove_workflow("glboal").unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("did you mean \"global\"?"), "{error}");
    std::fs::create_dir(folder.path().join("surveys/empty")).unwrap();
    let error = storage.remove_workflow("empty").unwrap_err();
    assert!(error.is_not_found() && error.to_string().contains("no document in the workflow \"empty\""), "{error}");
    let store = Storage::open("memory://").unwrap();
    assert!(!store.exists().unwrap());
    each(&store, "x", |error| assert!(error.to_string().contains("there is no storage in \"memory:"), "{error}"));
    each(&store, "a/x", |error| assert!(error.to_string().contains("there is no workflow \"a\""), "{error}"));
    store.save("a/b", &1).unwrap();
    assert!(store.exists().unwrap());
}

/// A folder in which nothing can be made or opened to be written.
struct NoWriting(io::ErrorKind);

impl Watcher for NoWriting {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        if call.changes() || matches!(call, Call::OpenLock(_)) { Err(self.0.into()) } else { Ok(()) }
    }
}

#[test]
fn a_folder_that_may_not_be_written_to_is_called_so() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("a/b", &1).unwrap();
    for (kind, text) in [
        (io::ErrorKind::PermissionDenied, "may not be written to"),
        (io::ErrorKind::ReadOnlyFilesystem, "mounted read-only"),
    ] {
        let _watching = watch(folder.path(), Arc::new(NoWriting(kind)));
        for error in [
            storage.save("a/b", &2).unwrap_err(),
            storage.save("new/workflow/b", &2).unwrap_err(),
            storage.save("a/c", &ndarray::Array1::<f64>::zeros(10_000)).unwrap_err(),
            storage.create("a/c", &2).unwrap_err(),
            storage.remove("a/b").unwrap_err(),
            storage.remove_workflow("a").unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
            assert!(error.to_string().contains(text), "{error}");
            assert!(!error.to_string().contains("lock"), "{error}");
            assert!(error.location().unwrap().starts_with(folder.path().to_str().unwrap()), "{error}");
        }
        assert_eq!(storage.load::<i32>("a/b").unwrap(), 1);
        assert_eq!(storage.list("**").unwrap().len(), 1);
    }
}
