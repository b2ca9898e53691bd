//! Several savers on one name, and answers that are lost.

use super::support::{Run, documents_and_arrays, run_of};
use arraystow::{ErrorKind, Storage};
use arraystow_s3_server::Server;
use object_store::ObjectStore;
use std::sync::Arc;

#[test]
fn a_put_whose_answer_was_lost_is_known_as_our_own() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("warm-up", &1).unwrap();
    for step in 0..3 {
        server.lose_answers("the-document", 1);
        storage.save("the-document", &run_of(step)).unwrap();
        assert_eq!(storage.load::<Run>("the-document").unwrap().step, step);
    }
    assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
}

#[test]
fn of_two_savers_each_time_one_wins_and_nothing_of_the_other_stays() {
    for exact in [true, false] {
        let server = Server::start();
        if !exact {
            server.ignore_conditions();
        }
        let storage = server.storage("");
        std::thread::scope(|scope| {
            for thread in 0..4_u64 {
                let storage = &storage;
                scope.spawn(move || {
                    for round in 0..5 {
                        match storage.save("run", &run_of(10 * thread + round)) {
                            Err(error) if !exact && error.is_conflict() => {}
                            saved => drop(saved.unwrap()),
                        }
                    }
                });
            }
        });
        let loaded: Run = storage.load("run").unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(loaded.step).field.compute().unwrap());
        if exact {
            assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
        }
    }
}

#[test]
fn of_many_who_create_one_does() {
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    for storage in [server.storage(""), Storage::open(folder.path()).unwrap()] {
        storage.save("other", &1).unwrap();
        let created: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..6_u64)
                .map(|thread| {
                    let storage = &storage;
                    scope.spawn(move || match storage.create("run", &run_of(thread)) {
                        Ok(_) => 1,
                        Err(error) if error.kind() == ErrorKind::AlreadyExists => 0,
                        Err(error) => panic!("{error}"),
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(created, 1);
        let loaded: Run = storage.load("run").unwrap();
        assert_eq!(loaded.field.compute().unwrap(), run_of(loaded.step).field.compute().unwrap());
    }
    assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
}

#[test]
fn keeping_arrays_of_a_document_that_was_replaced_meanwhile_is_a_conflict() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let mut loaded: Run = storage.load("run").unwrap();
    loaded.step = 5;
    storage.save("run", &run_of(2)).unwrap();
    let error = storage.save("run", &loaded).unwrap_err();
    assert!(error.is_gone() || error.is_conflict(), "{error:?}");
    assert_eq!(storage.load::<Run>("run").unwrap().step, 2);
    assert_eq!(documents_and_arrays(&server).1.len(), 2);
}

#[test]
fn where_conditions_are_ignored_a_save_that_was_overwritten_at_the_same_moment_fails() {
    let server = Server::start();
    server.ignore_conditions();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    storage.save("other", &run_of(7)).unwrap();
    let before = server.keys();
    server.overwrite_next("run", server.read("other"));
    let error = storage.save("run", &run_of(2)).unwrap_err();
    assert!(error.is_conflict() && error.to_string().contains("ignores the conditions"), "{error}");
    assert!(error.left_behind().is_empty(), "{error}");
    assert_eq!(server.keys(), before, "nothing of the loser stays");
    assert_eq!(storage.load::<Run>("run").unwrap().step, 7);
    // No other program there: all is well.
    storage.save("run", &run_of(3)).unwrap();
    assert_eq!(storage.load::<Run>("run").unwrap().step, 3);
    assert_eq!(storage.create("run", &run_of(3)).unwrap_err().kind(), ErrorKind::AlreadyExists);
}

#[test]
fn where_conditions_are_ignored_no_save_is_done_whose_arrays_are_gone() {
    let server = Server::start();
    server.ignore_conditions();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    for kept in [true, false] {
        let loaded: Run = storage.load("run").unwrap();
        let field = storage.info("run").unwrap().arrays.into_iter().find(|array| array.paths == ["field"]).unwrap();
        // All of it, or the beginning of a removal.
        let rest = if kept { "" } else { "/zarr.json" };
        server.remove_at_next("run", &format!("bigdata/dask_arrays/{}{rest}", field.file));
        let error = storage.save("run", &loaded).unwrap_err();
        assert!(error.is_conflict() && error.to_string().contains("removed at the same moment"), "{error:?}");
        assert_eq!((error.array(), error.document()), (Some(field.file.as_str()), Some("run")), "{error}");
        // The object can be saved anew.
        storage.save("run", &run_of(2)).unwrap();
        assert_eq!(storage.load::<Run>("run").unwrap().field.sum().unwrap(), run_of(2).field.sum().unwrap());
    }
    assert!(server.keys().iter().all(|key| !key.contains("/.saving/")), "{:?}", server.keys());
}

/// What is kept is held by a lease; a writer of the object that has begun already is seen.
#[test]
fn where_conditions_are_ignored_a_save_that_keeps_arrays_gives_way() {
    let server = Server::start();
    server.ignore_conditions();
    let storage = server.storage("");
    storage.save("run", &run_of(1)).unwrap();
    let loaded: Run = storage.load("run").unwrap();
    server.hold("run");
    std::thread::scope(|scope| {
        let other = scope.spawn(|| server.storage("").save("run", &run_of(3)));
        server.wait_for_held();
        let error = storage.save("run", &loaded).unwrap_err();
        assert!(error.is_conflict() && error.to_string().contains("another writer"), "{error}");
        server.release();
        other.join().unwrap().unwrap();
    });
    assert_eq!(storage.load::<Run>("run").unwrap().step, 3);
    assert_eq!(documents_and_arrays(&server).1.len(), 2, "{:?}", server.keys());
}

#[test]
fn whether_conditions_are_heeded_is_found_out_once_for_each_client() {
    let server = Server::start();
    let client: Arc<dyn ObjectStore> = Arc::new(server.client().build().unwrap());
    for (folder, requests) in [("a", 9), ("b", 3)] {
        let storage = Storage::from_object_store(client.clone(), folder).unwrap();
        storage.save("number", &1).unwrap();
        // The document, what lies below it and its put; the probe is two puts, a look, two refused puts, a removal.
        assert_eq!(server.requests().values().sum::<usize>(), requests, "in {folder}");
    }
    let another = Storage::from_object_store(Arc::new(server.client().build().unwrap()), "c").unwrap();
    another.save("number", &1).unwrap();
    assert_eq!(server.requests().values().sum::<usize>(), 9);
    assert_eq!(server.keys(), ["a/number", "b/number", "c/number"]);
}
