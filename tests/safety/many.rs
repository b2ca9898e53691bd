//! Many objects, and objects of many arrays: the calls on the file system that they take, counted.

use super::sample::{files, run_of};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{Storage, VerifyDepth};
use ndarray::Array1;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The changes that were made, in their order.
#[derive(Default)]
struct Changes(Mutex<Vec<String>>);

impl Watcher for Changes {
    fn before(&self, _: &Call<'_>) -> std::io::Result<()> {
        Ok(())
    }

    fn after(&self, call: &Call<'_>) {
        let what = match call {
            Call::RemoveFile(path) => format!("remove {}", path.display()),
            Call::SyncFolder(path) => format!("sync {}", path.display()),
            // A file that is locked is opened on the way to the lock.
            Call::OpenLock(path) => format!("lock {}", path.display()),
            Call::Open(_) | Call::Lock(_) => return,
            other => format!("{other:?}"),
        };
        self.0.lock().unwrap().push(what);
    }
}

/// The changes that some work makes in the folder of a storage, each as seen from there.
fn changes_of(storage: &Storage, work: impl FnOnce()) -> Vec<String> {
    let changes = Arc::new(Changes::default());
    let watching = watch(Path::new(storage.location()), changes.clone());
    work();
    drop(watching);
    let changes = std::mem::take(&mut *changes.0.lock().unwrap());
    let root = format!("{}/", storage.location());
    changes.into_iter().map(|change| change.replace(&root, "")).collect()
}

fn count(changes: &[String], what: &str) -> usize {
    changes.iter().filter(|change| change.contains(what)).count()
}

fn storage() -> (tempfile::TempDir, Storage) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("root")).unwrap();
    (folder, storage)
}

#[test]
fn a_removal_makes_nothing() {
    let (_folder, storage) = storage();
    for name in ["w/a", "w/b", "w/c"] {
        storage.save(name, &1).unwrap();
    }
    let changes = changes_of(&storage, || storage.remove("w/a").unwrap());
    assert_eq!(changes, ["lock w/bigdata/.lock", "remove w/a", "sync w"]);

    storage.save("w/run", &run_of(1)).unwrap();
    let changes = changes_of(&storage, || storage.remove("w/run").unwrap());
    assert_eq!(changes[..3], ["lock w/bigdata/.lock", "remove w/run", "sync w"]);
    // The files of two arrays.
    assert!(changes[3..].iter().all(|change| change.starts_with("remove w/bigdata/")), "{changes:?}");
    assert_eq!(changes.len(), 5, "{changes:?}");

    storage.remove_workflow("w").unwrap();
    assert!(files(Path::new(storage.location())).is_empty());
    assert!(!Path::new(storage.location()).join("w").exists());
}

#[test]
fn many_are_removed_under_one_lock_and_with_one_sync_before_the_first_array() {
    let (_folder, storage) = storage();
    for n in 0..600 {
        storage.save(&format!("w/{n:03}"), &n).unwrap();
    }
    for n in 0..5 {
        storage.save(&format!("w/{n}11"), &run_of(n)).unwrap();
    }
    let changes = changes_of(&storage, || assert_eq!(storage.remove_matching("w/?[0-4]?").unwrap().len(), 300));
    let batches = 2;
    assert_eq!(count(&changes, "lock "), batches);
    assert_eq!(count(&changes, "sync w"), batches);
    assert_eq!(count(&changes, "remove w/bigdata/"), 10);
    assert_eq!(changes.len(), 300 + 10 + 2 * batches, "{changes:?}");
    // Of each batch the documents, then the sync, then the arrays.
    for batch in changes.split(|change| change.starts_with("lock ")).skip(1) {
        let sync = batch.iter().position(|change| change == "sync w").unwrap();
        assert!(batch[..sync].iter().all(|change| change.starts_with("remove w/") && !change.contains("bigdata")));
        assert!(batch[sync + 1..].iter().all(|change| change.starts_with("remove w/bigdata/")));
    }
    assert_eq!(storage.list("**").unwrap().len(), 300);
    assert!(storage.sweep().unwrap().leftovers().next().is_none());
}

#[test]
fn a_removal_that_fails_in_the_middle_has_removed_those_before() {
    let (_folder, storage) = storage();
    for name in ["w/a", "w/b", "w/c"] {
        storage.save(name, &run_of(1)).unwrap();
    }
    // Of a newer version.
    let document = Path::new(storage.location()).join("w/b");
    let mut contents = std::fs::read(&document).unwrap();
    contents[8] += 1;
    std::fs::write(&document, contents).unwrap();
    let error = storage.remove_matching("w/[abc]").unwrap_err();
    assert!(error.kind() == arraystow::ErrorKind::Unsupported && error.document() == Some("w/b"), "{error}");
    assert!(!storage.contains("w/a").unwrap() && storage.contains("w/c").unwrap());
    assert_eq!(storage.info("w/c").unwrap().arrays.len() * 2 + 2, files(Path::new(storage.location())).len());
}

/// For twice the arrays, twice the calls.
#[test]
fn an_object_of_many_arrays_takes_calls_in_proportion() {
    let calls = |count: usize| {
        let (_folder, storage) = storage();
        let arrays: Vec<Array1<f64>> = (0..count).map(|n| Array1::from_elem(600, n as f64)).collect();
        let saved = changes_of(&storage, || drop(storage.save("all", &arrays).unwrap()));
        let loaded: Vec<arraystow::ChunkedArray<f64>> = storage.load("all").unwrap();
        let again = changes_of(&storage, || drop(storage.save("all", &loaded).unwrap()));
        assert_eq!(storage.load::<Vec<Array1<f64>>>("all").unwrap(), arrays);
        assert!(storage.verify("all", VerifyDepth::Quick).unwrap().is_sound());
        let removed = changes_of(&storage, || storage.remove("all").unwrap());
        [saved.len(), again.len(), removed.len()]
    };
    let [few, many] = [calls(20), calls(40)];
    assert!((many[0] as f64) < 2.05 * few[0] as f64, "{few:?} {many:?}");
    assert_eq!(many[1], few[1], "saved again with all kept");
    assert_eq!(many[2], few[2] + 20, "removed");
}
