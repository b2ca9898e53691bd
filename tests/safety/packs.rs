//! Packing where calls fail: the file that was there stays whole, or the new one is, and nothing is left beside it.

use super::failing::{Failing, any, needs_room, syncs};
use super::sample::run_of;
use arraystow::faults::{Call, watch};
use arraystow::{ErrorKind, PackedFile, Storage, Value};
use std::path::Path;

/// The step of the packed run.
fn packed_step(file: &Path) -> i128 {
    let value: Value = PackedFile::open(file).unwrap().load().unwrap();
    match value.find("step") {
        Some(Value::Integer(step)) => *step,
        other => panic!("{other:?}"),
    }
}

fn fail_each(once: bool, counted: fn(&Call<'_>) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("storage")).unwrap();
    storage.save("old", &run_of(1)).unwrap();
    storage.save("new", &run_of(2)).unwrap();
    let (packs, file) = (folder.path().join("packs"), folder.path().join("packs/run.h5"));
    std::fs::create_dir(&packs).unwrap();
    let (mut uncertain, mut n) = (0, 0);
    loop {
        storage.pack("old", &file).unwrap();
        let failing = Failing::from(n, once, counted);
        let result = {
            let _watching = watch(&packs, failing.clone());
            storage.pack("new", &file)
        };
        let what = format!("call {n} failed: {:?}", failing.first());
        match result {
            Ok(_) => assert_eq!(packed_step(&file), 2, "{what}"),
            // The file has its new name, which a power cut may take again.
            Err(error) if error.is_unknown_outcome() => {
                uncertain += 1;
                assert_eq!(packed_step(&file), 2, "{what}");
                assert!(error.location().is_some_and(|place| place.ends_with("run.h5")), "{what}: {error}");
            }
            Err(error) => {
                assert_eq!((error.kind(), packed_step(&file)), (ErrorKind::Io, 1), "{what}: {error}");
                assert!(error.location().is_some_and(|place| place.contains("packs")), "{what}: {error}");
            }
        }
        // A file that could not be removed is the exception.
        let left: Vec<_> = std::fs::read_dir(&packs).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        let could_remove = once || !counted(&Call::RemoveFile(&file));
        assert!(left == ["run.h5"] || !could_remove, "{what}: {left:?}");
        left.iter().filter(|name| *name != "run.h5").for_each(|name| std::fs::remove_file(packs.join(name)).unwrap());
        if failing.first().is_none() {
            break;
        }
        n += 1;
    }
    assert!(n > 1, "only {n} calls");
    assert_eq!(uncertain > 0, counted(&Call::SyncFolder(&packs)), "{uncertain} of {n} are uncertain");
}

#[test]
fn each_call_once() {
    fail_each(true, any);
}

#[test]
fn every_call_from_one_on() {
    fail_each(false, any);
}

#[test]
fn a_disk_without_room() {
    fail_each(false, needs_room);
}

#[test]
fn syncs_that_fail() {
    fail_each(true, syncs);
    fail_each(false, syncs);
}
