//! The index in an object store: a key beside the arrays.
#![cfg(feature = "s3")]

use super::support::{SETTLE, assert_right, run};
use arraystow::{Comparison, LeftoverKind, Storage};
use arraystow_s3_server::Server;

fn saved(storage: &Storage) {
    (0..20).for_each(|step| drop(storage.save(&format!("runs/{step}"), &run(step)).unwrap()));
    std::thread::sleep(SETTLE);
}

#[test]
fn the_second_query_reads_no_document() {
    let server = Server::start();
    let storage = server.storage("root");
    saved(&storage);
    let query = storage.query("runs/*").filter("alpha", Comparison::Less, 1.0);
    assert_eq!(query.run().unwrap().len(), 10);
    assert!(server.keys().contains(&"root/runs/bigdata/.index".to_owned()), "{:?}", server.keys());
    server.requests();
    assert_eq!(query.run().unwrap().len(), 10);
    let requests = server.requests();
    // A listing and the index.
    assert_eq!((requests.get("LIST"), requests.values().sum::<usize>()), (Some(&1), 2), "{requests:?}");
    storage.save("runs/3", &run(15)).unwrap();
    assert_eq!(query.run().unwrap().len(), 9);
    assert_right(&storage, "**", "on a server");
}

#[test]
fn a_store_that_may_not_be_written_to_answers() {
    let server = Server::start();
    let storage = server.storage("root");
    saved(&storage);
    server.forbid(&["PUT"]);
    assert_right(&storage, "**", "read-only");
    assert!(!server.keys().iter().any(|key| key.ends_with(".index")));
}

#[test]
fn a_damaged_index_is_made_again() {
    let server = Server::start();
    let storage = server.storage("root");
    saved(&storage);
    storage.query("**").run().unwrap();
    let key = "root/runs/bigdata/.index";
    let good = server.read(key);
    let damaged = [&good[..50], &[good[50] ^ 1], &good[51..]].concat();
    for bad in [&damaged, &good[..good.len() / 2], b""] {
        server.write(key, bad);
        assert_right(&storage, "**", "damaged");
        assert_eq!(server.read(key), good);
    }
}

#[test]
fn the_index_goes_with_the_last_value_or_with_a_sweep() {
    let server = Server::start();
    let storage = server.storage("root");
    let is_there = || server.keys().iter().any(|key| key.ends_with(".index"));
    saved(&storage);
    storage.query("**").run().unwrap();
    storage.remove_matching("runs/1*").unwrap();
    assert!(is_there());
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    storage.remove_workflow("runs").unwrap();
    assert!(!is_there());

    saved(&storage);
    storage.query("**").run().unwrap();
    (0..20).for_each(|step| storage.remove(&format!("runs/{step}")).unwrap());
    let sweep = storage.sweep().unwrap();
    let kinds: Vec<LeftoverKind> = sweep.leftovers().map(|leftover| leftover.kind).collect();
    assert_eq!(kinds, [LeftoverKind::Index]);
    assert_eq!(sweep.remove().unwrap().len(), 1);
    assert!(!is_there() && storage.sweep().unwrap().leftovers().count() == 0);
}
