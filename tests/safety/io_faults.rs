//! Calls that fail: the n-th one, for every n, once or for good, on a folder and on an object store. A clean error, the
//! old object whole, nothing left behind that could be taken back, and nothing removed that a document may name.

use super::failing::{Failing, any, needs_room, syncs};
use super::gate::{Gate, Request};
use super::sample::{Notes, Run, assert_whole, files, files_named, noted_run_of, run_of, save_early, step_of, swept};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ArrayFormat, Codec, Error, ErrorKind, Result, Storage, StorageBuilder};
use object_store::memory::InMemory;
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

type Action = (&'static str, fn(&Storage) -> Result<()>, Option<u64>);

/// What is tried on a storage with `sim/run` of step 1, and the step that is there afterwards.
const ACTIONS: [Action; 11] = [
    ("replaces", |storage| storage.save("sim/run", &run_of(2)).map(drop), Some(2)),
    ("creates", |storage| storage.save("a/b/run", &run_of(2)).map(drop), Some(1)),
    ("keeps", |storage| storage.save("sim/run", &storage.load::<Run>("sim/run")?).map(drop), Some(1)),
    ("links", |storage| storage.save("sim/other", &storage.load::<Run>("sim/run")?).map(drop), Some(1)),
    ("carries", carry, Some(1)),
    ("notes", |storage| storage.save("sim/run", &noted_run_of(2)).map(drop), Some(2)),
    ("writes early", |storage| save_early(storage, "sim/run"), Some(2)),
    ("creates early", |storage| save_early(storage, "c/d/run"), Some(1)),
    ("removes", |storage| storage.remove("sim/run"), None),
    ("renames", |storage| storage.rename("sim/run", "sim/renamed").map(drop), None),
    ("moves", |storage| storage.rename("sim/run", "a/b/renamed").map(drop), None),
];

/// What a rename leaves under the new name, and under the old one.
fn check_renamed(storage: &Storage, result: &Result<()>, what: &str) {
    let new = ["sim/renamed", "a/b/renamed"].into_iter().find_map(|name| step_of(storage, name));
    let both = (step_of(storage, "sim/run"), new);
    match result {
        Ok(()) => assert_eq!(both, (None, Some(1)), "{what}"),
        Err(error) if error.is_unknown_outcome() => assert!(both != (None, None), "{what}"),
        // The copy could not be taken back, and the error says where it is.
        Err(error) if error.left_behind().iter().any(|left| left.contains("renamed")) => {}
        Err(_) => assert_eq!(both, (Some(1), None), "{what}"),
    }
}

/// Saves an array of which the attributes alone are new: its chunks are taken over.
fn carry(storage: &Storage) -> Result<()> {
    let run: Run = storage.load("sim/run")?;
    let field = run.field.with_attr("units", "K")?;
    let report = storage.save("sim/run", &Run { field, ..run })?;
    assert_eq!(report.chunks_carried, 1);
    Ok(())
}

/// What must be true after an action that went wrong, or did not.
fn check(storage: &Storage, result: &Result<()>, after: Option<u64>, what: &str) {
    let found = step_of(storage, "sim/run");
    match result {
        Ok(()) => assert_eq!(found, after, "{what}"),
        Err(error) if error.is_unknown_outcome() => assert!(found == Some(1) || found == after, "{what}: {found:?}"),
        Err(error) => {
            assert_eq!(found, Some(1), "{what}: {error}");
            assert!(matches!(error.kind(), ErrorKind::Io | ErrorKind::Conflict), "{what}: {error:?}");
            assert!(error.document().is_some() && error.location().is_some(), "{what}: {error}");
        }
    }
}

/// The array whose file is synced by this call, if it is one.
fn array_that_was_synced(call: &str) -> Option<&str> {
    let file = call.strip_prefix("SyncFile(")?.split_once("/bigdata/")?.1;
    let file = file.strip_prefix("dask_arrays/").unwrap_or(file);
    // That is how long the names of arrays are. Other files begin with a dot, or have an extension.
    file.get(..36).filter(|name| name.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-'))
}

/// Lets every call fail in turn, until one action sees none fail.
fn fail_each(
    (format, codec): (ArrayFormat, Codec),
    once: bool,
    counted: fn(&Call<'_>) -> bool,
    space_comes_back: bool,
) {
    for (what, action, after) in ACTIONS {
        let (mut errors, mut n, is_rename) = (0, 0, ["renames", "moves"].contains(&what));
        loop {
            let folder = tempfile::tempdir().unwrap();
            let root = folder.path().join("root");
            let builder = Storage::builder(&root).array_format(format).codec(codec);
            let storage = builder.serializer(Notes).open().unwrap();
            storage.save("sim/run", &run_of(1)).unwrap();
            let before = files(&root);
            let failing = Failing::from(n, once, counted);
            let result = {
                let _watching = watch(folder.path(), failing.clone());
                action(&storage)
            };
            let failed = failing.first();
            let what = format!("{what}, {format}, {codec:?}, call {n} failed: {failed:?}");
            check(&storage, &result, after, &what);
            if once && let (Some(array), Err(error)) = (failed.as_deref().and_then(array_that_was_synced), &result) {
                assert_eq!(error.array(), Some(array), "{what}: {error}");
                assert!(error.path().is_some(), "{what}: {error}");
            }
            if is_rename {
                check_renamed(&storage, &result, &what);
            }
            let reported: Vec<String> = result.as_ref().err().map_or(Vec::new(), |error| error.left_behind().to_vec());
            if let Err(error) = &result {
                errors += 1;
                if space_comes_back && !error.is_unknown_outcome() {
                    // Whatever is still there is named.
                    let extra: Vec<_> = files(&root).difference(&before).cloned().collect();
                    let unnamed = |file: &&String| !{
                        let name = file.rsplit('/').next().unwrap();
                        reported.iter().any(|place| place.contains(name))
                    };
                    let hidden = extra.iter().filter(unnamed).filter(|file| !file.contains("/.saving/")).count();
                    assert!(extra.is_empty() || hidden == 0, "{what}: {extra:?} are left, reported were {reported:?}");
                }
            }
            swept(&storage);
            assert_eq!(files(&root), files_named(&storage), "{what}");
            if failed.is_none() {
                result.unwrap();
                break;
            }
            n += 1;
        }
        assert!(errors > 2 || ["removes", "renames"].contains(&what), "{what}: {errors} errors");
    }
}

const HDF5: (ArrayFormat, Codec) = (ArrayFormat::Hdf5, Codec::NONE);
const ZARR: (ArrayFormat, Codec) = (ArrayFormat::Zarr, Codec::BLOSC);

#[test]
fn each_call_on_a_folder_once() {
    for kind in [HDF5, (ArrayFormat::Hdf5, Codec::gzip(2).unwrap()), ZARR] {
        fail_each(kind, true, any, true);
    }
}

#[test]
fn every_call_on_a_folder_from_one_on() {
    for kind in [HDF5, ZARR] {
        fail_each(kind, false, any, false);
    }
}

#[test]
fn a_disk_without_room_from_one_call_on() {
    for kind in [HDF5, (ArrayFormat::Hdf5, Codec::zstd(2).unwrap()), ZARR] {
        fail_each(kind, false, needs_room, true);
    }
}

#[test]
fn a_disk_that_cannot_sync_from_one_call_on() {
    for kind in [HDF5, ZARR] {
        fail_each(kind, false, syncs, true);
    }
}

/// How requests fail.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    /// Not carried out.
    Refused,
    /// Carried out, and answered with an error.
    AnswerLost,
}

fn fail_each_request(failure: Failure, once: bool) {
    for (what, action, after) in ACTIONS {
        let (mut n, is_rename) = (0, ["renames", "moves"].contains(&what));
        loop {
            let store = Arc::new(InMemory::new());
            let open = |gate: Gate| {
                let builder = StorageBuilder::from_object_store(Arc::new(gate), "root");
                builder.serializer(Notes).open().unwrap()
            };
            let sound = open(Gate::open(store.clone()));
            sound.save("sim/run", &run_of(1)).unwrap();
            let left = AtomicI64::new(n);
            let failed = Arc::new(Mutex::new(Vec::new()));
            let noted = failed.clone();
            let gate = Gate::failing(store.clone(), failure == Failure::AnswerLost, move |request: &Request| {
                if !request.changes() {
                    return false;
                }
                let left = left.fetch_sub(1, SeqCst);
                let fails = left == 0 || (left < 0 && !once);
                if fails {
                    noted.lock().unwrap().push(format!("{request:?}"));
                }
                fails
            });
            let storage = open(gate);
            let result = action(&storage);
            let failed = failed.lock().unwrap().clone();
            let what = format!("{what}, {failure:?}, request {n} failed: {failed:?}");
            check(&sound, &result, after, &what);
            if is_rename {
                check_renamed(&sound, &result, &what);
            }
            // Whatever was written and is there is named, or belongs to an object.
            if let Err(error) = &result {
                let place = |left: &String| error.left_behind().iter().any(|reported| reported.contains(left.as_str()));
                let named = files_named(&sound);
                for array in arrays_of(&store).into_iter().chain(notes_of(&store)) {
                    let id = array.rsplit('/').next().unwrap().to_owned();
                    let is_named = named.iter().any(|file| file.ends_with(&id));
                    assert!(is_named || place(&id), "{what}: {array} is left; reported were {:?}", error.left_behind());
                }
            }
            // What could not be removed may have a lease, which lasts: a sweep takes what it may and hurts nothing.
            let there = step_of(&sound, "sim/run");
            sound.sweep().unwrap().remove().unwrap();
            assert_eq!(step_of(&sound, "sim/run"), there, "{what}");
            if failed.is_empty() {
                result.unwrap();
                break;
            }
            n += 1;
        }
    }
}

/// The files of other objects that are there.
fn notes_of(store: &Arc<InMemory>) -> BTreeSet<String> {
    super::gate::keys(store)
        .into_iter()
        .filter(|key| key.contains("/bigdata/") && key.contains('.'))
        .filter(|key| !key.contains("dask_arrays") && !key.contains(".saving"))
        .collect()
}

/// The arrays of which anything is there.
fn arrays_of(store: &Arc<InMemory>) -> BTreeSet<String> {
    super::gate::keys(store)
        .into_iter()
        .filter_map(|key| {
            let (workflow, rest) = key.split_once("/bigdata/dask_arrays/")?;
            let (array, _) = rest.split_once('/')?;
            Some(format!("{workflow}/{array}"))
        })
        .collect()
}

#[test]
fn each_request_to_a_store_once() {
    for failure in [Failure::Refused, Failure::AnswerLost] {
        fail_each_request(failure, true);
    }
}

#[test]
fn every_request_to_a_store_from_one_on() {
    for failure in [Failure::Refused, Failure::AnswerLost] {
        fail_each_request(failure, false);
    }
}

/// The put of the document is carried out, its answer lost, and the store then silent: the outcome is unknown, and
/// nothing is removed.
#[test]
fn when_it_cannot_be_known_whether_a_commit_happened_nothing_is_removed() {
    for carried_out in [true, false] {
        let store = Arc::new(InMemory::new());
        let open = |gate: Gate| StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap();
        let sound = open(Gate::open(store.clone()));
        sound.save("sim/run", &run_of(1)).unwrap();
        let silent = std::sync::atomic::AtomicBool::new(false);
        let gate = Gate::failing(store.clone(), carried_out, move |request: &Request| {
            let commit = request.changes() && request.key == "root/sim/run";
            commit && !silent.swap(true, SeqCst) || silent.load(SeqCst)
        });
        let storage = open(gate);
        let error: Error = storage.save("sim/run", &run_of(2)).unwrap_err();
        assert!(error.is_unknown_outcome(), "{error}");
        assert_eq!(error.document(), Some("sim/run"));
        assert!(error.left_behind().len() >= 2, "{:?}", error.left_behind());
        let found = sound.load::<Run>("sim/run").unwrap();
        assert_whole(&found);
        assert_eq!(found.step, if carried_out { 2 } else { 1 });
        // Of the old and the new arrays none is gone.
        assert_eq!(arrays_of(&store).len(), 4);
    }
}

/// The put of a document is carried out and its answer lost; another client replaces the document; the client, which
/// tries again by itself, is refused. The save cannot know that it had won already, and puts its document again: its
/// arrays must still be there.
#[test]
fn a_save_that_had_won_and_was_replaced_without_knowing_it_may_win_again() {
    let store = Arc::new(InMemory::new());
    let open = |gate: Gate| StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap();
    let other = open(Gate::open(store.clone()));
    other.save("sim/run", &run_of(1)).unwrap();
    let (puts, replaced) = (AtomicI64::new(0), AtomicI64::new(0));
    let (seen, replacing) = (store.clone(), other.clone());
    let gate = Gate::trying_again(store.clone(), move |request: &Request| {
        if request.key != "root/sim/run" {
            return false;
        }
        if request.what == "put" {
            return puts.fetch_add(1, SeqCst) == 0;
        }
        if puts.load(SeqCst) == 1 && replaced.fetch_add(1, SeqCst) == 0 {
            let before = super::gate::e_tag(&seen, "root/sim/run");
            let replacing = replacing.clone();
            std::thread::spawn(move || replacing.save("sim/run", &run_of(3)).unwrap());
            while super::gate::e_tag(&seen, "root/sim/run") == before {
                std::thread::sleep(std::time::Duration::from_millis(2));
            }
        }
        false
    });
    let saved = open(gate).save("sim/run", &run_of(2));
    saved.unwrap();
    // The other one may still be waiting for this one to end.
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert_eq!(step_of(&other, "sim/run"), Some(2));
    swept(&other);
    assert_eq!(step_of(&other, "sim/run"), Some(2));
}

/// Another process may have made the folders of a workflow and not have synced them: each handle does so once, and
/// again if it failed.
#[test]
fn folders_that_could_not_be_synced_are_synced_by_the_next_save() {
    struct Syncs(Mutex<Vec<String>>, AtomicI64);
    impl Watcher for Syncs {
        fn before(&self, call: &Call<'_>) -> io::Result<()> {
            if let Call::SyncFolder(path) = call
                && !path.ends_with("b")
                && !path.ends_with("bigdata")
            {
                self.0.lock().unwrap().push(path.file_name().unwrap().to_str().unwrap().to_owned());
                if self.1.fetch_sub(1, SeqCst) == 1 {
                    return Err(io::Error::other("not now"));
                }
            }
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    Storage::open(&root).unwrap().save("a/b/other", &run_of(1)).unwrap();
    let storage = Storage::open(&root).unwrap();
    let syncs = Arc::new(Syncs(Mutex::default(), AtomicI64::new(1)));
    let _watching = watch(folder.path(), syncs.clone());
    let taken = || std::mem::take(&mut *syncs.0.lock().unwrap());
    assert_eq!(storage.save("a/b/run", &run_of(2)).unwrap_err().kind(), ErrorKind::Io);
    assert_eq!(taken(), ["a"]);
    storage.save("a/b/run", &run_of(2)).unwrap();
    let above = folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!(taken(), ["a", "root", above]);
    storage.save("a/b/run", &run_of(3)).unwrap();
    assert!(taken().is_empty(), "once is enough");
}

/// The arrays of the save go with the folder; a document that names them must not come.
#[test]
fn a_folder_that_others_remove_while_a_save_writes_is_an_error() {
    struct Removes(PathBuf, AtomicI64);
    impl Watcher for Removes {
        fn before(&self, _: &Call<'_>) -> io::Result<()> {
            Ok(())
        }

        fn after(&self, call: &Call<'_>) {
            // The last that is done for the arrays.
            if matches!(call, Call::SyncFolder(path) if path.ends_with("bigdata")) && self.1.fetch_sub(1, SeqCst) == 1 {
                std::fs::remove_dir_all(&self.0).unwrap();
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("root")).unwrap();
    let watching = watch(folder.path(), Arc::new(Removes(folder.path().join("root/sim"), AtomicI64::new(1))));
    let error = storage.save("sim/run", &run_of(1)).unwrap_err();
    assert!(error.is_conflict() && error.to_string().contains("was removed"), "{error:?}");
    assert!(!storage.contains("sim/run").unwrap());
    storage.save("sim/run", &run_of(2)).unwrap();
    drop(watching);
    assert_eq!(step_of(&storage, "sim/run"), Some(2));
}
