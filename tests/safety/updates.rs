//! No update is lost: a save of an object that was loaded replaces the version that was loaded, or nothing.

use super::sample::{Run, assert_field, run_of};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ChunkedArray, Durability, Error, ErrorKind, Result, Storage, Version};
use arraystow_s3_server::Server;
use ndarray::{Array1, s};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// An object of two arrays.
#[derive(Serialize, Deserialize, Debug, Clone)]
struct Pair {
    note: String,
    x: ChunkedArray<i64>,
    y: ChunkedArray<i64>,
}

fn array(first: i64) -> ChunkedArray<i64> {
    ChunkedArray::from_ndarray(Array1::from_iter(first..first + 100), &[30]).unwrap()
}

fn pair(note: &str) -> Pair {
    Pair { note: note.to_owned(), x: array(0), y: array(1000) }
}

fn first_of(array: &ChunkedArray<i64>) -> i64 {
    array.slice(s![0]).unwrap().compute().unwrap()[[]]
}

/// What is changed, and how.
type Change = (&'static str, fn(&mut Pair));

/// A folder and a store, each empty.
pub fn in_both_places(test: impl Fn(&Storage)) {
    let folder = tempfile::tempdir().unwrap();
    test(&Storage::builder(folder.path()).durability(Durability::NotSynced).open().unwrap());
    let server = Server::start();
    test(&server.storage(""));
}

fn assert_refused<T: std::fmt::Debug>(result: Result<T>, what: &str) {
    let error = result.unwrap_err();
    assert!(error.is_conflict(), "{what}: {error:?}");
    assert!(error.to_string().contains("Storage::update"), "{what}: {error}");
}

#[test]
fn of_two_who_change_one_object_the_second_is_refused() {
    in_both_places(|storage| {
        let places: [Change; 3] = [
            ("a plain field", |pair| pair.note.push('!')),
            ("an expression", |pair| pair.x = &pair.x + 1),
            ("both arrays", |pair| {
                pair.x = &pair.x + 1;
                pair.y = &pair.y + &pair.x;
            }),
        ];
        for (first, change) in &places {
            for (second, other) in &places {
                storage.save("run", &pair("one")).unwrap();
                let (mut a, mut b): (Pair, Pair) = (storage.load("run").unwrap(), storage.load("run").unwrap());
                change(&mut a);
                other(&mut b);
                storage.save("run", &a).unwrap();
                let version = storage.version("run").unwrap();
                assert_refused(storage.save("run", &b), &format!("{first}, then {second}"));
                let later = futures::executor::block_on(storage.save_async("run", &b));
                assert_refused(later, &format!("{first}, then {second}"));
                assert_eq!(storage.version("run").unwrap(), version);
                // The first goes on.
                change(&mut a);
                storage.save("run", &a).unwrap();
                let found: Pair = storage.load("run").unwrap();
                assert_eq!(found.note, a.note);
                assert_eq!((first_of(&found.x), first_of(&found.y)), (first_of(&a.x), first_of(&a.y)));
            }
        }
    });
}

#[test]
fn the_same_handle_saves_again_and_again() {
    in_both_places(|storage| {
        storage.save("run", &pair("one")).unwrap();
        let mut pair: Pair = storage.load("run").unwrap();
        let kept = pair.y.clone();
        for step in 1..4 {
            pair.note = format!("step {step}");
            storage.save("run", &pair).unwrap();
            pair.x = &pair.x + 1;
            storage.save("run", &pair).unwrap();
            // A value made of clones is the same handle.
            storage.save("run", &Pair { y: kept.clone(), ..pair.clone() }).unwrap();
            futures::executor::block_on(storage.save_async("run", &pair)).unwrap();
            let found: Pair = storage.load("run").unwrap();
            assert_eq!((found.note.as_str(), first_of(&found.x), first_of(&found.y)), (&*pair.note, step, 1000));
        }
        // A part of the object, and then all of it.
        let mut pair: Pair = storage.load("run").unwrap();
        pair.y = &pair.y * 2;
        storage.save("run", &pair).unwrap();
        storage.save("run", &(&pair.x,)).unwrap();
        assert!(storage.load::<(ChunkedArray<i64>,)>("run").is_ok());
    });
}

#[test]
fn a_value_of_arrays_of_two_versions_is_refused_and_twice_the_same_array_is_one() {
    in_both_places(|storage| {
        storage.save("run", &pair("one")).unwrap();
        let old: Pair = storage.load("run").unwrap();
        let mut new: Pair = storage.load("run").unwrap();
        new.note = "two".into();
        storage.save("run", &new).unwrap();
        for mixed in [
            Pair { x: old.x.clone(), ..new.clone() },
            Pair { y: &old.y + 1, ..new.clone() },
            Pair { x: (&old.x + &new.y).slice(s![..50]).unwrap(), ..new.clone() },
        ] {
            assert_refused(storage.save("run", &mixed), "mixed");
            // Another name is no update of this one.
            storage.save("mixed", &mixed).unwrap();
        }
        // Both know the same version: one array, though it was loaded twice.
        let (a, b): (Pair, Pair) = (storage.load("run").unwrap(), storage.load("run").unwrap());
        storage.save("run", &Pair { y: b.x.clone(), ..a.clone() }).unwrap();
        let info = storage.info("run").unwrap();
        assert_eq!((info.arrays.len(), &info.arrays[0].paths[..]), (1, &["x".to_owned(), "y".to_owned()][..]));
        let found: Pair = storage.load("run").unwrap();
        assert!(found.x.ptr_eq(&found.y) && first_of(&found.y) == 0);
        storage.save("run", &Pair { note: "three".into(), x: a.x.clone(), y: b.x.clone() }).unwrap();
    });
}

#[test]
fn a_document_that_was_removed_and_saved_anew_is_another() {
    in_both_places(|storage| {
        storage.save("run", &pair("one")).unwrap();
        let mut old: Pair = storage.load("run").unwrap();
        storage.remove("run").unwrap();
        assert_refused(storage.save("run", &old), "removed");
        assert!(!storage.contains("run").unwrap());
        storage.save("run", &pair("another")).unwrap();
        old.note.push('!');
        assert_refused(storage.save("run", &old), "saved anew");
        assert_eq!(storage.create("run", &old).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(storage.load::<Pair>("run").unwrap().note, "another");
        // What carries no version replaces what is there.
        storage.save("run", &pair("third")).unwrap();
        storage.save("run", &Array1::<f64>::zeros(1000)).unwrap();
    });
}

#[test]
fn after_a_save_that_failed_the_arrays_are_still_of_their_version() {
    in_both_places(|storage| {
        storage.save("run", &pair("one")).unwrap();
        let mut loaded: Pair = storage.load("run").unwrap();
        loaded.x = loaded.x.map(|x| if x == 50 { panic!("fifty") } else { x });
        assert!(storage.save("run", &loaded).unwrap_err().to_string().contains("fifty"));
        loaded.x = array(7);
        storage.save("run", &loaded).unwrap();
        let found: Pair = storage.load("run").unwrap();
        assert_eq!((first_of(&found.x), first_of(&found.y)), (7, 1000));
    });
}

/// Fails the syncing of a folder, when asked to.
struct FailsSync(AtomicBool);

impl Watcher for FailsSync {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        match call {
            Call::SyncFolder(path) if !path.ends_with("bigdata") && self.0.load(Ordering::SeqCst) => {
                Err(io::Error::other("the disk is off"))
            }
            _ => Ok(()),
        }
    }
}

#[test]
fn after_an_unknown_outcome_both_versions_are_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("run", &pair("one")).unwrap();
    let mut loaded: Pair = storage.load("run").unwrap();
    let fails = Arc::new(FailsSync(AtomicBool::new(true)));
    let watching = watch(folder.path(), fails.clone());
    for note in ["two", "three"] {
        loaded.note = note.into();
        loaded.x = &loaded.x + 1;
        assert_eq!(storage.save("run", &loaded).unwrap_err().kind(), ErrorKind::UnknownOutcome);
    }
    fails.0.store(false, Ordering::SeqCst);
    loaded.note = "four".into();
    storage.save("run", &loaded).unwrap();
    assert_eq!(first_of(&storage.load::<Pair>("run").unwrap().x), 2);
    drop(watching);

    // The answer of the store is lost, and then the store itself.
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &pair("one")).unwrap();
    let mut loaded: Pair = storage.load("run").unwrap();
    server.lose_answers("run", 1);
    loaded.note = "two".into();
    storage.save("run", &loaded).unwrap();
    loaded.note = "three".into();
    storage.save("run", &loaded).unwrap();
    assert_eq!(storage.load::<Pair>("run").unwrap().note, "three");
}

#[test]
fn a_save_over_a_version_is_over_that_version_only() {
    in_both_places(|storage| {
        let nowhere: Version = "00000000-0000-4000-8000-000000000000".parse().unwrap();
        assert!(storage.version("run").unwrap_err().is_not_found());
        assert_refused(storage.save_if("run", &1, &nowhere), "nothing there");
        storage.create("run", &run_of(1)).unwrap();
        let (mut run, first): (Run, Version) = storage.load_versioned("run").unwrap();
        assert_eq!(storage.version("run").unwrap(), first);
        assert_eq!(first.to_string().parse::<Version>().unwrap(), first);
        assert_eq!(serde_json::to_string(&first).unwrap(), format!("\"{first}\""));
        assert_eq!(serde_json::from_str::<Version>(&format!("\"{first}\"")).unwrap(), first);
        run.name = "changed".into();
        let second = storage.save_if("run", &run, &first).unwrap().version;
        assert_eq!(storage.version("run").unwrap(), second);
        assert_refused(storage.save_if("run", &run, &first), "an old version");
        assert_refused(storage.save_if("run", &run_of(3), &first), "an old version");
        // Plain values, and async.
        let third = futures::executor::block_on(storage.save_if_async("run", &17, &second)).unwrap().version;
        let found = futures::executor::block_on(storage.load_versioned_async::<i32>("run")).unwrap();
        assert_eq!(found, (17, third.clone()));
        assert_eq!(futures::executor::block_on(storage.version_async("run")).unwrap(), third);
        assert_ne!(storage.save_if("run", &17, &third).unwrap().version, third, "the same again is another version");
        // Who names the version may have arrays of an older one.
        storage.save("run", &pair("one")).unwrap();
        let old: Pair = storage.load("run").unwrap();
        storage
            .update("run", |pair: &mut Pair| -> Result<()> {
                pair.note = "two".into();
                Ok(())
            })
            .unwrap();
        assert_refused(storage.save("run", &old), "an old version");
        let version = storage.version("run").unwrap();
        storage.save_if("run", &old, &version).unwrap();
        assert_eq!(storage.load::<Pair>("run").unwrap().note, "one");
    });
    for text in ["", " ", "a b", "\"a\"", "a\r\nb", &"x".repeat(65)] {
        assert_eq!(text.parse::<Version>().unwrap_err().kind(), ErrorKind::InvalidInput, "{text:?}");
    }
}

#[test]
fn updates_of_many_add_up() {
    const THREADS: i64 = 6;
    const EACH: i64 = 5;
    in_both_places(|storage| {
        storage.save("run", &pair("")).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                scope.spawn(move || {
                    for round in 0..EACH {
                        let change = |pair: &mut Pair| -> Result<i64> {
                            pair.x = &pair.x + 1;
                            pair.note.push('.');
                            Ok(pair.note.len() as i64)
                        };
                        let count = match (thread + round) % 2 {
                            0 => storage.update("run", change),
                            _ => futures::executor::block_on(storage.update_async("run", change)),
                        };
                        assert!((1..=THREADS * EACH).contains(&count.unwrap()));
                    }
                });
            }
        });
        let found: Pair = storage.load("run").unwrap();
        assert_eq!((first_of(&found.x), found.note.len() as i64), (THREADS * EACH, THREADS * EACH));
    });
}

/// An error of the user's own.
#[derive(Debug, PartialEq)]
enum Refusal {
    Enough,
    Storage(ErrorKind),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Storage(error.kind())
    }
}

#[test]
fn a_change_that_fails_saves_nothing_and_one_on_what_was_replaced_is_made_again() {
    in_both_places(|storage| {
        let change = |count: &mut BTreeMap<String, u32>| match count.get("n") {
            Some(n) if *n >= 2 => Err(Refusal::Enough),
            n => {
                let n = n.copied().unwrap_or(0) + 1;
                count.insert("n".into(), n);
                Ok(n)
            }
        };
        assert_eq!(storage.update("count", change), Err(Refusal::Storage(ErrorKind::NotFound)));
        storage.save("count", &BTreeMap::<String, u32>::new()).unwrap();
        assert_eq!((storage.update("count", change), storage.update("count", change)), (Ok(1), Ok(2)));
        let version = storage.version("count").unwrap();
        assert_eq!(storage.update("count", change), Err(Refusal::Enough));
        assert_eq!(futures::executor::block_on(storage.update_async("count", change)), Err(Refusal::Enough));
        assert_eq!(storage.version("count").unwrap(), version);

        // The first try finds what another program replaces at once: refused for what it found, it looks again.
        let mut tries = 0;
        let result = storage.update("count", |count: &mut BTreeMap<String, u32>| {
            tries += 1;
            if tries == 1 {
                storage.save("count", &BTreeMap::from([("n".to_owned(), 0)])).unwrap();
            }
            change(count)
        });
        assert_eq!((result, tries), (Ok(1), 2));
        // One who always comes between.
        let mut tries = 0_u32;
        let removed = storage.update("count", |_: &mut BTreeMap<String, u32>| {
            tries += 1;
            storage.remove("count").unwrap();
            Ok::<(), Refusal>(())
        });
        assert_eq!((removed, tries), (Err(Refusal::Storage(ErrorKind::NotFound)), 1));
    });
}

#[test]
fn servers_that_ignore_conditions_are_looked_at() {
    let server = Server::start();
    server.ignore_conditions();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let (mut a, version): (Run, Version) = storage.load_versioned("run").unwrap();
    let mut b: Run = storage.load("run").unwrap();
    a.name = "a".into();
    b.name = "b".into();
    storage.save("run", &a).unwrap();
    assert_refused(storage.save("run", &b), "an old version");
    assert_refused(storage.save_if("run", &b, &version), "an old version");
    a.name = "a again".into();
    storage.save("run", &a).unwrap();
    let step = storage.update("run", |run: &mut Run| -> Result<u64> {
        run.step += 1;
        Ok(run.step)
    });
    assert_eq!(step.unwrap(), 2);
    let found: Run = storage.load("run").unwrap();
    assert_eq!((found.name.as_str(), found.step), ("a again", 2));
    assert_field(&found.field.compute().unwrap(), 1);
}

#[test]
fn two_handles_on_one_place_know_the_same_versions() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for storages in [[(); 2].map(|()| Storage::open(folder.path()).unwrap()), [(); 2].map(|()| server.storage("root"))]
    {
        let [here, there] = &storages;
        here.save("run", &pair("one")).unwrap();
        let (mut a, mut b): (Pair, Pair) = (here.load("run").unwrap(), there.load("run").unwrap());
        a.note = "a".into();
        there.save("run", &a).unwrap();
        b.note = "b".into();
        assert_refused(here.save("run", &b), "loaded there");
        a.note = "a again".into();
        here.save("run", &a).unwrap();
        assert_eq!(
            (there.load::<Pair>("run").unwrap().note.as_str(), here.info("run").unwrap().arrays.len()),
            ("a again", 2)
        );
    }
    // The folder below is a storage too.
    let (root, below) = (Storage::open(folder.path()).unwrap(), Storage::open(folder.path().join("a")).unwrap());
    root.save("a/run", &pair("one")).unwrap();
    let (a, b): (Pair, Pair) = (root.load("a/run").unwrap(), below.load("run").unwrap());
    below.save("run", &a).unwrap();
    assert_refused(root.save("a/run", &b), "loaded below");
}
