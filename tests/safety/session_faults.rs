//! Calls that fail in a session: the n-th one, for every n, and those after it too. In a worker, which finds no room: the
//! session stays open, and another worker finishes. In the driver, with calls of any kind: another driver finishes.

use super::failing::{Failing, any, needs_room};
use super::gate::Gate;
use super::sample::{files, files_named, swept};
use arraystow::faults::watch;
use arraystow::{
    ArrayFormat, ChunkedArray, Durability, ErrorKind, Receipt, Region, Result, Slot, Storage, StorageBuilder,
};
use ndarray::ArrayD;
use object_store::memory::InMemory;
use std::path::Path;
use std::sync::Arc;

const SHAPE: [usize; 2] = [8, 6];

pub(super) fn block(region: &Region) -> ArrayD<i32> {
    ArrayD::from_shape_fn(region.shape(), |at| ((region.start()[0] + at[0]) * 100 + region.start()[1] + at[1]) as i32)
}

pub(super) fn pending() -> ChunkedArray<i32> {
    ChunkedArray::pending(&SHAPE, &[4, 3]).unwrap()
}

fn open(folder: &Path) -> Storage {
    let builder = Storage::builder(folder.join("root")).array_format(ArrayFormat::Zarr);
    builder.durability(Durability::Synced).open().unwrap()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Writes what is missing.
fn write(storage: &Storage, session: &arraystow::Session, receipts: &mut Vec<Receipt>) -> Result<()> {
    let slot: Slot<i32> = storage.slot(&session.ticket("[1]")?)?;
    for missing in session.missing(&*receipts)? {
        receipts.push(slot.write(&missing.region, block(&missing.region).view())?);
    }
    Ok(())
}

/// Which value is there, whole.
pub(super) fn number_of(storage: &Storage) -> u64 {
    let (number, array): (u64, ChunkedArray<i32>) = storage.load("sim/many").unwrap();
    assert_eq!(array.compute().unwrap(), block(&Region::new([0, 0], SHAPE).unwrap()));
    number
}

pub(super) fn save_first(storage: &Storage) {
    storage.save("sim/many", &(1_u64, ChunkedArray::from_fn(&SHAPE, &[4, 3], block).unwrap())).unwrap();
}

/// The value is one that the driver's result allows.
pub(super) fn assert_outcome(storage: &Storage, result: &Result<()>, what: &str) {
    let found = number_of(storage);
    match result {
        Ok(()) => assert_eq!(found, 2, "{what}"),
        Err(error) if error.is_unknown_outcome() => {}
        Err(error) => {
            assert_eq!(found, 1, "{what}");
            assert!(error.document().is_some() && error.location().is_some(), "{what}");
        }
    }
}

fn assert_nothing_left(storage: &Storage, what: &str) {
    swept(storage);
    let root = Path::new(storage.location());
    assert_eq!(files(root), files_named(storage), "{what}");
}

#[test]
fn a_worker_finds_no_room_at_any_call() {
    for n in 0.. {
        let folder = folder();
        let storage = open(folder.path());
        save_first(&storage);
        let session = storage.begin("sim/many", &(2_u64, pending())).unwrap();
        // The first chunks are there before the disk is full.
        let slot: Slot<i32> = storage.slot(&session.ticket("[1]").unwrap()).unwrap();
        let top = Region::new([0, 0], [4, 6]).unwrap();
        let mut receipts = vec![slot.write(&top, block(&top).view()).unwrap()];

        let failing = Failing::from(n, false, needs_room);
        let watching = watch(folder.path(), failing.clone());
        let result = write(&open(folder.path()), &session, &mut receipts);
        drop(watching);
        let Some(failed) = failing.first() else {
            result.unwrap();
            assert!(n > 3, "{n} calls");
            break;
        };
        let what = format!("call {n} failed: {failed}");
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some("[1]")), "{what}: {error}");
        assert!(error.document().is_some() && error.array().is_some() && error.location().is_some(), "{what}: {error}");
        assert!(error.to_string().contains("no space is left"), "{what}: {error}");
        let unfinished = arraystow_tests::files(folder.path()).into_iter().filter(|file| file.ends_with(".unfinished"));
        assert_eq!(unfinished.count(), 0, "{what}");
        assert_eq!(number_of(&storage), 1, "{what}");
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0, "{what}: the session is open");

        write(&open(folder.path()), &session, &mut receipts).unwrap();
        session.commit(receipts).unwrap();
        assert_eq!(number_of(&storage), 2, "{what}");
        assert_nothing_left(&storage, &what);
    }
}

/// The id of the attempt that has written a chunk is metadata of its object, if there can be any.
#[test]
fn a_store_without_metadata() {
    let store = Arc::new(InMemory::new());
    for has_metadata in [true, false] {
        let gate = Gate::open(store.clone());
        let gate = if has_metadata { gate } else { gate.without_metadata() };
        let storage = StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap();
        let session = storage.begin("sim/many", &(2_u64, pending())).unwrap();
        let ticket = session.ticket("[1]").unwrap();
        let (one, two): (Slot<i32>, Slot<i32>) = (storage.slot(&ticket).unwrap(), storage.slot(&ticket).unwrap());
        let whole = Region::new([0, 0], SHAPE).unwrap();
        let receipt = one.write(&whole, block(&whole).view()).unwrap();
        let error = two.write(&whole, (block(&whole) + 1).view()).unwrap_err();
        let text = error.to_string();
        assert!(error.is_conflict() && text.contains(two.attempt()), "{text}");
        assert_eq!(text.contains(one.attempt()), has_metadata, "{text}");
        session.commit([receipt]).unwrap();
        assert_eq!(number_of(&storage), 2);
    }
}

fn drive(storage: &Storage) -> Result<()> {
    let session = storage.begin("sim/many", &(2_u64, pending()))?;
    let mut receipts = Vec::new();
    write(storage, &session, &mut receipts)?;
    session.commit(receipts).map(drop)
}

#[test]
fn any_call_of_a_driver_fails() {
    for once in [true, false] {
        for n in 0.. {
            let folder = folder();
            save_first(&open(folder.path()));
            let failing = Failing::from(n, once, any);
            let watching = watch(folder.path(), failing.clone());
            let result = drive(&open(folder.path()));
            drop(watching);
            let Some(failed) = failing.first() else {
                result.unwrap();
                assert!(n > 20, "{n} calls");
                break;
            };
            let what = format!("call {n} failed, {failed}: {result:?}");
            let storage = open(folder.path());
            assert_outcome(&storage, &result, &what);
            // Another driver takes it up, if it had begun.
            let saving = folder.path().join("root/sim/bigdata/.saving");
            let entries = std::fs::read_dir(&saving).into_iter().flatten().map(|entry| entry.unwrap());
            // The others are records of saves.
            let sessions = entries.filter(|entry| entry.file_type().unwrap().is_dir());
            for id in sessions.map(|entry| entry.file_name().into_string().unwrap()) {
                match storage.resume("sim/many", &id) {
                    Ok(session) => {
                        let mut receipts = Vec::new();
                        write(&storage, &session, &mut receipts).unwrap();
                        session.commit(receipts).unwrap();
                        assert_eq!(number_of(&storage), 2, "{what}");
                    }
                    Err(error) => {
                        assert!(error.is_gone() || error.is_not_found(), "{what}: {error}");
                        // It runs out at some time.
                        let _ = std::fs::remove_file(saving.join(id).join("lease"));
                    }
                }
            }
            assert_nothing_left(&storage, &what);
        }
    }
}
