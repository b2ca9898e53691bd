//! Large plain arrays that are written while a save walks: they belong to the save like everything that it writes
//! later.

use super::gate::Gate;
use super::place::Place;
use super::sample::{EarlyRun, Notes, files, step_of, swept};
use arraystow::faults::{Call, Watcher, watch, write_early_from};
use arraystow::{ErrorKind, LocalFiles, Protocols, Storage, StorageBuilder, Task};
use ndarray::Array2;
use object_store::memory::InMemory;
use serde::ser::{Error, SerializeMap};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// A value whose walk comes to an array, and then runs this.
#[derive(Serialize)]
struct Then<F: Fn() -> Result<u32, String>> {
    #[serde(with = "arraystow::vec")]
    list: Vec<f32>,
    #[serde(serialize_with = "run")]
    then: F,
}

fn run<F: Fn() -> Result<u32, String>, S: Serializer>(then: &F, serializer: S) -> Result<S::Ok, S::Error> {
    then().map_err(S::Error::custom)?.serialize(serializer)
}

#[derive(Deserialize)]
struct Loaded {
    #[serde(with = "arraystow::vec")]
    list: Vec<f32>,
    then: u32,
}

fn then<F: Fn() -> Result<u32, String>>(then: F) -> Then<F> {
    Then { list: (0..1000).map(|x| x as f32).collect(), then }
}

#[test]
fn a_walk_that_fails_or_panics_takes_back_what_it_wrote() {
    let _early = write_early_from(1);
    for place in Place::all() {
        let storage = place.storage();
        storage.save("w/run", &EarlyRun::of(1)).unwrap();
        let before = place.contents();
        let written = AtomicUsize::new(0);
        let failing = then(|| {
            written.fetch_add(place.contents().difference(&before).count(), SeqCst);
            Err("no".into())
        });
        let error = storage.save("w/run", &failing).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Serde, Some("then")), "{error}");
        assert!(error.left_behind().is_empty(), "{error}");
        assert!(written.load(SeqCst) > 1, "nothing was written in the walk");
        assert_eq!(place.contents(), before);
        let panicking = then(|| panic!("no"));
        catch_unwind(AssertUnwindSafe(|| storage.save("w/run", &panicking))).unwrap_err();
        assert_eq!(place.contents(), before);
        storage.create("w/other", &failing).unwrap_err();
        assert_eq!(place.contents(), before);
        assert_eq!(step_of(&storage, "w/run"), Some(1));
    }
}

#[test]
fn a_document_that_cannot_be_made_takes_back_what_the_walk_wrote() {
    let _early = write_early_from(1);
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).format(arraystow::Format::Json).open().unwrap();
    storage.save("w/run", &1).unwrap();
    let before = files(folder.path());
    #[derive(Serialize)]
    struct Value {
        #[serde(with = "arraystow::vec")]
        list: Vec<f32>,
        nan: f64,
    }
    let error = storage.save("w/run", &Value { list: vec![0.5; 5000], nan: f64::NAN }).unwrap_err();
    assert_eq!(error.path(), Some("nan"), "{error}");
    assert_eq!(files(folder.path()), before);
}

/// Counts the files that are made, but records.
struct Made(AtomicUsize);

impl Watcher for Made {
    fn before(&self, call: &Call<'_>) -> std::io::Result<()> {
        if matches!(call, Call::MakeFile(path) if path.to_string_lossy().contains("bigdata")) {
            self.0.fetch_add(1, SeqCst);
        }
        Ok(())
    }
}

#[test]
fn what_must_not_be_replaced_is_refused_before_anything_is_written() {
    let _early = write_early_from(1);
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path().join("root")).serializer(Notes).open().unwrap();
    storage.save("w/run", &EarlyRun::of(1)).unwrap();
    let version = storage.load_versioned::<super::sample::Run>("w/run").unwrap().1;
    storage.save("w/run", &EarlyRun::of(2)).unwrap();
    std::fs::write(folder.path().join("root/w/foreign"), "a text").unwrap();
    let made = Arc::new(Made(AtomicUsize::new(0)));
    let _watching = watch(folder.path(), made.clone());
    let results = [
        storage.create("w/run", &EarlyRun::of(3)).unwrap_err(),
        storage.save_if("w/run", &EarlyRun::of(3), &version).unwrap_err(),
        storage.save("w/foreign", &EarlyRun::of(3)).unwrap_err(),
        storage.save("w/run/below", &EarlyRun::of(3)).unwrap_err(),
    ];
    let kinds = results.each_ref().map(arraystow::Error::kind);
    assert_eq!(kinds[..3], [ErrorKind::AlreadyExists, ErrorKind::Conflict, ErrorKind::AlreadyExists], "{results:?}");
    assert!(results.iter().all(|error| error.document().is_some()), "{results:?}");
    assert_eq!(made.0.load(SeqCst), 0, "something was written");
    assert_eq!(step_of(&storage, "w/run"), Some(2));
}

#[test]
fn a_sweep_in_the_middle_of_a_walk_leaves_its_arrays() {
    let _early = write_early_from(1);
    for place in Place::all() {
        let storage = place.storage();
        // A workflow of others, so that there is something to sweep.
        storage.save("w/run", &EarlyRun::of(1)).unwrap();
        let sweeping = then(|| {
            storage.sweep().unwrap().remove().unwrap();
            Ok(7)
        });
        storage.save("w/then", &sweeping).unwrap();
        let loaded: Loaded = storage.load("w/then").unwrap();
        assert_eq!((loaded.list, loaded.then), (sweeping.list, 7));
        assert_eq!(swept(&storage), 0);
    }
}

#[test]
fn a_value_that_is_replaced_in_the_middle_of_a_walk_is_a_conflict() {
    let _early = write_early_from(1);
    for place in Place::all() {
        let storage = place.storage();
        storage.save("w/run", &EarlyRun::of(1)).unwrap();
        let mut tries = 0;
        storage
            .update("w/run", |run: &mut super::sample::Run| {
                tries += 1;
                if tries == 1 {
                    storage.save("w/run", &EarlyRun::of(5))?;
                }
                *run = EarlyRun::of(run.step + 1).0;
                Ok::<_, arraystow::Error>(())
            })
            .unwrap();
        assert_eq!((step_of(&storage, "w/run"), tries), (Some(6), 2));
        let (_, version) = storage.load_versioned::<super::sample::Run>("w/run").unwrap();
        let before = RefCell::default();
        let replacing = then(|| {
            storage.save("w/run", &EarlyRun::of(8)).unwrap();
            *before.borrow_mut() = place.contents();
            Ok(1)
        });
        let error = storage.save_if("w/run", &replacing, &version).unwrap_err();
        assert!(error.is_conflict(), "{error}");
        assert_eq!(step_of(&storage, "w/run"), Some(8));
        assert_eq!(swept(&storage), 0);
        assert!(place.contents().is_subset(&before.borrow()));
    }
}

/// A map that has lists under equal keys, as a serializer of the user's may be shown.
struct Twice(Vec<Vec<i32>>);

impl Serialize for Twice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct List<'a>(&'a [i32]);
        impl Serialize for List<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                arraystow::vec::serialize(self.0, serializer)
            }
        }
        let mut map = serializer.serialize_map(None)?;
        self.0.iter().try_for_each(|list| map.serialize_entry("same", &List(list)))?;
        map.end()
    }
}

#[test]
fn what_a_serializer_meets_twice_is_written_once() {
    let _early = write_early_from(1);
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let (a, b): (Vec<i32>, Vec<i32>) = ((0..1000).collect(), (1..1001).collect());
    let mut json = Vec::new();
    let value = Twice(vec![a.clone(), b.clone(), a.clone(), b, a]);
    arraystow::serialize(&value, &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    assert_eq!(files(folder.path()).len(), 2);
    // Copies and what was written early are compared, too.
    drop(_early);
    let error = arraystow::to_vec(&Twice(vec![vec![1]; 2]), &protocols).unwrap_err();
    assert!(error.to_string().contains("same"), "{error}");
    assert_eq!(files(folder.path()).len(), 2);
}

#[test]
fn documents_without_a_storage_take_back_what_their_walk_wrote() {
    let _early = write_early_from(1);
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path()).unwrap());
    let failing = then(|| Err("no".into()));
    arraystow::to_vec(&failing, &protocols).unwrap_err();
    arraystow::serialize(&failing, &mut serde_json::Serializer::new(Vec::new()), &protocols).unwrap_err();
    assert!(files(folder.path()).is_empty());
    let sound = then(|| Ok(3));
    let bytes = arraystow::to_vec(&sound, &protocols).unwrap();
    let loaded: Loaded = arraystow::from_slice(&bytes, &protocols).unwrap();
    assert_eq!((loaded.list, loaded.then), (sound.list, 3));
    let error = arraystow::to_vec(&then(|| Ok(3)), &Protocols::new()).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Unsupported, Some("list")), "{error}");
}

#[test]
fn a_walk_is_cancelled_while_it_writes() {
    struct Cancels(Task, AtomicUsize);
    impl Watcher for Cancels {
        fn before(&self, call: &Call<'_>) -> std::io::Result<()> {
            if matches!(call, Call::Write { .. }) && self.1.fetch_add(1, SeqCst) == 3 {
                self.0.cancel();
            }
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    for format in [arraystow::ArrayFormat::Hdf5, arraystow::ArrayFormat::Zarr] {
        let root = folder.path().join(format.to_string());
        let storage = Storage::builder(&root).array_format(format).serializer(Notes).open().unwrap();
        storage.save("w/run", &EarlyRun::of(1)).unwrap();
        let before = files(&root);
        let task = Task::new();
        let list = Loaded { list: vec![0.5; 16 << 20], then: 1 };
        let value = Then { list: list.list, then: || Ok(list.then) };
        let error = {
            let _watching = watch(&root, Arc::new(Cancels(task.clone(), AtomicUsize::new(0))));
            task.run(|| storage.save("w/run", &value)).unwrap_err()
        };
        assert!(error.is_cancelled(), "{error}");
        assert!(error.left_behind().is_empty(), "{error}");
        assert_eq!(files(&root), before);
        // All bytes are counted.
        let task = Task::with_progress(|at| assert!(at.bytes_done <= at.bytes));
        task.run(|| storage.save("w/run", &value)).unwrap();
        assert_eq!((task.progress().bytes_done, task.progress().bytes), (64 << 20, 64 << 20));
    }
}

#[test]
fn many_threads_write_early_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).serializer(Notes).open().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..12_u64 {
            let storage = &storage;
            scope.spawn(move || {
                let _early = write_early_from(1);
                for step in 0..4 {
                    // A save in the middle of a walk, too.
                    let name = format!("w/{thread}");
                    let nested = then(|| {
                        storage.save(&format!("{name}/nested"), &EarlyRun::of(step)).map_err(|e| e.to_string())?;
                        Ok(step as u32)
                    });
                    storage.save(&format!("{name}/outer"), &nested).unwrap();
                    assert_eq!(step_of(storage, &format!("{name}/nested")), Some(step));
                }
            });
        }
    });
    assert_eq!(swept(&storage), 0);
}

#[test]
fn a_lease_that_ran_out_during_the_walk_is_a_conflict() {
    let _early = write_early_from(1);
    let store = Arc::new(InMemory::new());
    let leases = Mutex::new(HashSet::new());
    // A lease can be put, and not renewed.
    let gate = Gate::failing(store, false, move |request| {
        let is_lease = request.what == "put" && request.key.contains(".saving");
        is_lease && !leases.lock().unwrap().insert(request.key.clone())
    });
    let lease = std::time::Duration::from_millis(300);
    let storage = StorageBuilder::from_object_store(Arc::new(gate), "root").lease(lease).open().unwrap();
    let slow = then(|| {
        std::thread::sleep(lease * 4);
        Ok(1)
    });
    let error = storage.save("w/run", &slow).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    assert!(storage.list("**").unwrap().is_empty());
}

#[test]
fn shapes_without_elements_are_saved_early_too() {
    let _early = write_early_from(0);
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    #[derive(Serialize, Deserialize)]
    struct Empty {
        #[serde(with = "arraystow::ndarray")]
        empty: Array2<f64>,
    }
    storage.save("empty", &Empty { empty: Array2::zeros((0, 3)) }).unwrap();
    assert_eq!(storage.load::<Empty>("empty").unwrap().empty.dim(), (0, 3));
    assert!(Path::new(storage.location()).exists());
}
