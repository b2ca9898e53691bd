//! Requests to an object store that are carried out and whose answers are lost, or that are lost on their way.

use super::gate::{Gate, Request, keys};
use super::sample::{Run, assert_field, assert_whole, run_of, step_of, swept};
use arraystow::{Error, Result, Storage, StorageBuilder};
use object_store::memory::InMemory;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};

fn open(gate: Gate) -> Storage {
    StorageBuilder::from_object_store(Arc::new(gate), "root").open().unwrap()
}

/// Does something in a request, whose thread serves others meanwhile.
fn meanwhile(act: impl FnOnce() + Send + 'static) {
    tokio::task::block_in_place(|| std::thread::spawn(act).join().unwrap());
}

/// A client of which the first put of `sim/run` is carried out. Its answer is lost, and the client, which tries again by
/// itself, is refused. Before it looks why, `act` happens.
fn refused_after_success(store: &Arc<InMemory>, act: impl Fn() + Send + Sync + 'static) -> Storage {
    let (puts, looks, act) = (AtomicI64::new(0), AtomicI64::new(0), Arc::new(act));
    open(Gate::trying_again(store.clone(), move |request: &Request| {
        if request.key != "root/sim/run" {
            return false;
        }
        if request.what == "put" {
            return puts.fetch_add(1, SeqCst) == 0;
        }
        if puts.load(SeqCst) == 1 && looks.fetch_add(1, SeqCst) == 0 {
            let act = act.clone();
            meanwhile(move || act());
        }
        false
    }))
}

/// Changes the name of the run, and keeps its arrays.
fn give_name(storage: &Storage) {
    let changed = storage.update("sim/run", |run: &mut Run| -> Result<()> {
        run.name = "named".to_owned();
        Ok(())
    });
    changed.unwrap();
}

/// The document that another program has made of this save's keeps its arrays: the save has been successful.
#[test]
fn a_save_that_was_updated_before_it_knew_of_its_success_is_successful() {
    type Save = fn(&Storage) -> Result<()>;
    let saves: [(Save, u64); 4] = [
        (|storage| storage.save("sim/run", &run_of(2)).map(drop), 2),
        (|storage| storage.save_if("sim/run", &run_of(2), &storage.version("sim/run")?).map(drop), 2),
        (
            |storage| {
                storage.update("sim/run", |run: &mut Run| -> Result<()> {
                    run.field = &run.field + 1000.0;
                    Ok(())
                })
            },
            2,
        ),
        (
            |storage| {
                let source = Storage::open("memory://").unwrap();
                source.save("sim/run", &run_of(2)).unwrap();
                source.copy("sim/run", storage).map(drop)
            },
            2,
        ),
    ];
    for (number, (save, step)) in saves.into_iter().enumerate() {
        let store = Arc::new(InMemory::new());
        let other = open(Gate::open(store.clone()));
        other.save("sim/run", &run_of(1)).unwrap();
        let updating = other.clone();
        let storage = refused_after_success(&store, move || give_name(&updating));
        save(&storage).unwrap_or_else(|error| panic!("{number}: {error:?}"));
        let run: Run = other.load("sim/run").unwrap();
        assert_eq!(run.name, "named", "{number}: the update is lost");
        assert_field(&run.field.compute().unwrap(), step);
        swept(&other);
        assert_field(&run.field.compute().unwrap(), step);
    }
}

/// A connection that is lost while a client finds out whether the store heeds conditions says nothing about them.
#[test]
fn a_request_that_is_lost_does_not_switch_conditions_off() {
    for lost in [2, 3] {
        let store = Arc::new(InMemory::new());
        let other = open(Gate::open(store.clone()));
        other.save("count", &0).unwrap();
        let (probes, is_changed, changing) = (AtomicI64::new(0), AtomicBool::new(false), other.clone());
        let storage = open(Gate::failing(store.clone(), false, move |request: &Request| {
            if request.what == "put" && request.key.contains("/probe-") {
                return probes.fetch_add(1, SeqCst) == lost;
            }
            if request.what == "put" && request.key == "root/count" && !is_changed.swap(true, SeqCst) {
                let changing = changing.clone();
                meanwhile(move || add_one(&changing).unwrap());
            }
            false
        }));
        add_one(&storage).unwrap();
        assert_eq!(other.load::<i32>("count").unwrap(), 2, "an update is lost");
        assert_eq!(keys(&store).into_iter().filter(|key| key.contains(".saving")).count(), 0);
    }
}

fn add_one(storage: &Storage) -> Result<(), Error> {
    storage.update("count", |count: &mut i32| {
        *count += 1;
        Ok(())
    })
}

/// Stores that remove key by key report a key that is gone.
#[test]
fn an_array_is_removed_to_the_end_although_some_of_its_keys_are_gone() {
    let store = Arc::new(InMemory::new());
    let sound = open(Gate::open(store.clone()));
    sound.save("sim/kept", &run_of(1)).unwrap();
    let before = keys(&store);
    let storage = open(Gate::trying_again(store.clone(), |request: &Request| {
        request.what == "delete" && !request.key.contains(".saving") && request.key != "root/sim/run"
    }));
    storage.save("sim/run", &run_of(2)).unwrap();
    storage.save("sim/run", &run_of(3)).unwrap();
    assert_whole(&storage.load("sim/run").unwrap());
    storage.remove("sim/run").unwrap();
    assert_eq!(keys(&store), before);
    assert_eq!(step_of(&sound, "sim/kept"), Some(1));
}
