//! Requests to an object store that fail in the driver of a session: the n-th one, for every n, and those after it too.
//! A request that fails is not carried out, or its answer is lost. Another driver finishes.

use super::gate::{Gate, Request, keys};
use super::session_faults::{assert_outcome, block, number_of, pending, save_first};
use arraystow::{Receipt, Result, Session, Slot, Storage, StorageBuilder, VerifyDepth};
use object_store::ObjectStoreExt;
use object_store::memory::InMemory;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

const SAVING: &str = "root/sim/bigdata/.saving/";

fn open(gate: Gate) -> Storage {
    StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap()
}

/// Writes what is missing.
fn write(storage: &Storage, session: &Session) -> Result<Vec<Receipt>> {
    let slot: Slot<i32> = storage.slot(&session.ticket("[1]")?)?;
    let missing = session.missing(&[])?;
    missing.iter().map(|missing| slot.write(&missing.region, block(&missing.region).view())).collect()
}

fn drive(storage: &Storage) -> Result<()> {
    let session = storage.begin("sim/many", &(2_u64, pending()))?;
    let receipts = write(storage, &session)?;
    session.commit(receipts).map(drop)
}

fn sessions(store: &Arc<InMemory>) -> BTreeSet<String> {
    let keys = keys(store).into_iter();
    keys.filter_map(|key| Some(key.strip_prefix(SAVING)?.split_once('/')?.0.to_owned())).collect()
}

/// As if all leases had expired long ago.
fn end_leases(store: &Arc<InMemory>) {
    for key in keys(store).into_iter().filter(|key| key.starts_with(SAVING) && !key.ends_with("/state")) {
        futures::executor::block_on(store.delete(&key.into())).unwrap();
    }
}

fn assert_nothing_left(storage: &Storage, store: &Arc<InMemory>, what: &str) {
    end_leases(store);
    storage.sweep().unwrap().remove().unwrap();
    assert!(storage.verify("sim/many", VerifyDepth::Deep).unwrap().is_sound(), "{what}");
    let arrays = storage.info("sim/many").unwrap().arrays;
    for key in keys(store) {
        let is_named = arrays.iter().any(|array| key.contains(&array.file));
        assert!(is_named || key == "root/sim/many" || key.ends_with("dask_arrays/zarr.json"), "{what}: {key}");
    }
}

fn fail_each_request(answer_lost: bool, once: bool) {
    for n in 0.. {
        let store = Arc::new(InMemory::new());
        let sound = open(Gate::open(store.clone()));
        save_first(&sound);
        let (left, failed) = (AtomicI64::new(n), Arc::new(Mutex::new(None::<Request>)));
        let noted = failed.clone();
        let gate = Gate::failing(store.clone(), answer_lost, move |request: &Request| {
            let left = left.fetch_sub(1, SeqCst);
            if left == 0 {
                *noted.lock().unwrap() = Some(request.clone());
            }
            left == 0 || (left < 0 && !once)
        });
        let result = drive(&open(gate));
        let Some(failed) = failed.lock().unwrap().clone() else {
            result.unwrap();
            assert!(n > 20, "{n} requests");
            break;
        };
        let what = format!("request {n}, answer lost: {answer_lost}, once: {once}, {failed:?}: {result:?}");
        assert_outcome(&sound, &result, &what);
        for id in sessions(&store) {
            match sound.resume("sim/many", &id) {
                Ok(session) => {
                    let receipts = write(&sound, &session).unwrap();
                    session.commit(receipts).unwrap();
                    assert_eq!(number_of(&sound), 2, "{what}");
                }
                Err(error) => assert!(error.is_gone() || error.is_not_found(), "{what}: {error}"),
            }
        }
        assert_nothing_left(&sound, &store, &what);
    }
}

#[test]
fn each_request_of_a_driver_once() {
    for answer_lost in [false, true] {
        fail_each_request(answer_lost, true);
    }
}

#[test]
fn every_request_of_a_driver_from_one_on() {
    for answer_lost in [false, true] {
        fail_each_request(answer_lost, false);
    }
}
