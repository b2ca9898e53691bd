//! Processes and threads that save, remove and query at the same time.

use super::support::{SETTLE, assert_right, run};
use arraystow::{Comparison, Durability, Storage, Value};
use std::process::{Command, Stdio};

const PLACE: &str = "ARRAYSTOW_TEST_QUERY_PLACE";

fn open(place: &str) -> Storage {
    Storage::builder(place).durability(Durability::NotSynced).open().unwrap()
}

fn work(storage: &Storage, seed: u64) {
    for turn in 0..120 {
        let number = (turn * 7 + seed * 13) % 60;
        let name = format!("runs/{number}");
        match turn % 4 {
            0 | 1 => drop(storage.save(&name, &run(turn + seed)).unwrap()),
            2 => storage.remove(&name).unwrap_or_else(|error| assert!(error.is_not_found(), "{error}")),
            _ => look(storage),
        }
    }
}

/// Whatever is found is one value that was saved.
fn look(storage: &Storage) {
    let query = storage.query("**").filter("step", Comparison::GreaterOrEqual, 20).select("alpha");
    for found in query.run().unwrap() {
        let Some(Value::Integer(step)) = found.field("step") else { panic!("{found:?}") };
        assert!(*step >= 20, "{found:?}");
        assert_eq!(found.field("alpha").and_then(Value::as_f64), Some(*step as f64 / 10.0), "{found:?}");
    }
}

/// Not a test by itself: what the other process does.
#[test]
fn child_saves_and_queries() {
    let Ok(place) = std::env::var(PLACE) else { return };
    work(&open(&place), 1);
}

#[test]
fn two_processes_save_and_query() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("root").to_str().unwrap().to_owned();
    let storage = open(&place);
    (0..40).for_each(|step| drop(storage.save(&format!("runs/{step}"), &run(step)).unwrap()));
    std::thread::sleep(SETTLE);
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "queries::writers::child_saves_and_queries", "--nocapture", "--test-threads", "1"])
        .env(PLACE, &place)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::scope(|scope| {
        for seed in 2..4 {
            let storage = &storage;
            scope.spawn(move || work(storage, seed));
        }
    });
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_right(&storage, "**", "at the end");
    std::thread::sleep(SETTLE);
    assert_right(&storage, "**", "later");
    assert!(!folder.path().join("root/runs/bigdata/.index.new").exists());
    storage.remove_workflow("runs").unwrap();
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
}
