//! A value that is renamed while others work on it, or until the program is killed: it is never lost.

use super::crash::{LEASE, PLACE, builder, killed_after, until_saved};
use super::interleavings::{
    Actor, Begin, Folder, KEEPS, LINKS, LOADS, Pair, Place, REMOVES, SAVES_2, SWEEPS, Store, UPDATES, interleave,
};
use super::sample::{Random, files, files_named, large_run_of, run_of, step_of, swept, times};
use arraystow::Storage;
use arraystow::faults::{Call, Watcher, watch};
use arraystow_s3_server::{BUCKET, Server};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// In a folder in one step, in a store as a copy.
const RENAMES: Actor = |storage| storage.rename("sim/run", "sim/other").map(drop);
/// As a copy.
const MOVES: Actor = |storage| storage.rename("sim/run", "a/b/run").map(drop);

type Pairs = &'static [Pair<'static>];

const RENAMES_AND_SAVES: Pairs = &[
    ("rename and save", [RENAMES, SAVES_2], &[None, Some(2)]),
    ("rename and update", [RENAMES, UPDATES], &[None, Some(2)]),
    ("rename and keep", [RENAMES, KEEPS], &[None, Some(1)]),
    ("rename and link", [RENAMES, LINKS], &[None, Some(1)]),
];

const RENAMES_AND_OTHERS: Pairs = &[
    ("rename and remove", [RENAMES, REMOVES], &[None]),
    ("rename and rename", [RENAMES, RENAMES], &[None]),
    ("rename and load", [RENAMES, LOADS], &[None]),
    ("rename and sweep", [RENAMES, SWEEPS], &[None]),
];

const MOVES_AND_OTHERS: Pairs = &[
    ("rename and move", [RENAMES, MOVES], &[None]),
    ("move and save", [MOVES, SAVES_2], &[None, Some(2)]),
    ("move and remove", [MOVES, REMOVES], &[None]),
    ("move and sweep", [MOVES, SWEEPS], &[None]),
];

fn in_turns<P: Place>(empty: impl Fn() -> P, pairs: Pairs) {
    for (names, actors, allowed) in pairs {
        interleave(&empty, *actors, Begin::Saved, allowed, names);
    }
}

#[test]
fn in_turns_in_a_folder() {
    for pairs in [RENAMES_AND_SAVES, RENAMES_AND_OTHERS, MOVES_AND_OTHERS] {
        in_turns(Folder::empty, pairs);
    }
}

#[test]
fn and_saves_in_turns_in_a_store() {
    in_turns(Store::empty, RENAMES_AND_SAVES);
}

#[test]
fn and_others_in_turns_in_a_store() {
    in_turns(Store::empty, RENAMES_AND_OTHERS);
}

#[test]
fn and_moves_in_turns_in_a_store() {
    in_turns(Store::empty, MOVES_AND_OTHERS);
}

const NAMES: [&str; 3] = ["sim/run", "sim/new", "a/b/run"];

/// Not a test by itself: what the killed programs do.
#[test]
fn child_renames_until_it_is_killed() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let storage = builder(&place, LEASE).open().unwrap();
    println!("ready");
    for step in 0.. {
        let (from, to) = (NAMES[step % 3], NAMES[(step + 1) % 3]);
        if storage.contains(from).unwrap() {
            until_saved(|| storage.rename(from, to).map(drop));
        }
    }
}

/// Kills many children that rename a value. It is there under one name at least, whole.
fn kill_while_renaming(place: &str, longest_us: u64, check: impl Fn(&Storage)) {
    let storage = builder(place, Duration::from_secs(60)).open().unwrap();
    storage.save(NAMES[0], &large_run_of(1)).unwrap();
    let (mut random, mut places) = (Random(3), [0; 3]);
    for kill in 0..times(15, 100) {
        let moment = Duration::from_micros(random.below(longest_us));
        killed_after("renames::child_renames_until_it_is_killed", place, 1, moment);
        let there: Vec<usize> = (0..3).filter(|at| step_of(&storage, NAMES[*at]) == Some(1)).collect();
        assert!(!there.is_empty(), "kill {kill}: the value is lost");
        check(&storage);
        places[there[0]] += 1;
        // A rename that was killed before its end.
        there[1..].iter().for_each(|at| storage.remove(NAMES[*at]).unwrap());
        assert_eq!(step_of(&storage, NAMES[there[0]]), Some(1));
    }
    println!("kills with the value under each name: {places:?}");
    assert!(places.iter().filter(|count| **count > 0).count() > 1, "{places:?}");
}

#[test]
fn killed_while_renaming_in_a_folder() {
    for format in ["hdf5", "zarr"] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("storage");
        kill_while_renaming(&format!("{}\narray_format={format}", root.display()), 500_000, |storage| {
            swept(storage);
            assert_eq!(files(Path::new(storage.location())), files_named(storage));
        });
    }
}

#[test]
fn killed_while_renaming_on_a_server() {
    let server = Server::start();
    let options: Vec<String> = server.options().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    kill_while_renaming(&format!("s3://{BUCKET}/crash\n{}", options.join("\n")), 2_000_000, |storage| {
        std::thread::sleep(LEASE + Duration::from_millis(200));
        swept(storage);
    });
}

/// Over a network, the answer to a removal may be lost: it was carried out, and is reported as failed.
struct LostAnswer(Mutex<Option<io::ErrorKind>>);

impl Watcher for LostAnswer {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        match call {
            Call::RemoveFile(path) if path.ends_with("sim/run") => match self.0.lock().unwrap().take() {
                Some(kind) => {
                    std::fs::remove_file(path).unwrap();
                    Err(kind.into())
                }
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

#[test]
fn a_lost_answer_to_the_removal_loses_nothing() {
    for kind in [io::ErrorKind::NotFound, io::ErrorKind::Other, io::ErrorKind::TimedOut] {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::open(folder.path()).unwrap();
        storage.save("sim/run", &run_of(1)).unwrap();
        {
            let _watching = watch(folder.path(), Arc::new(LostAnswer(Mutex::new(Some(kind)))));
            storage.rename("sim/run", "a/b/run").unwrap();
        }
        assert_eq!((step_of(&storage, "sim/run"), step_of(&storage, "a/b/run")), (None, Some(1)), "{kind}");
        swept(&storage);
        assert_eq!(files(folder.path()), files_named(&storage));
    }
}

/// A document that is damaged meanwhile: the copy stays, and the error names it.
#[test]
fn a_move_whose_original_is_damaged_keeps_the_copy() {
    struct Damage;
    impl Watcher for Damage {
        fn before(&self, call: &Call<'_>) -> io::Result<()> {
            if let Call::Rename { to, .. } = call
                && to.ends_with("a/b/run")
            {
                let old = to.ancestors().nth(3).unwrap().join("sim/run");
                let bytes = std::fs::read(&old).unwrap();
                std::fs::write(&old, &bytes[..bytes.len() / 3]).unwrap();
            }
            Ok(())
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("sim/run", &run_of(1)).unwrap();
    let error = {
        let _watching = watch(folder.path(), Arc::new(Damage));
        storage.rename("sim/run", "a/b/run").unwrap_err()
    };
    assert!(error.is_corrupt() && error.left_behind().iter().any(|left| left.contains("a/b/run")), "{error}");
    assert_eq!(step_of(&storage, "a/b/run"), Some(1));
}
