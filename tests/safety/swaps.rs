//! Objects that are exchanged, moved and divided in several saves: what a save replaces is left to its handles in
//! this process, until they are dropped.

use super::sample::{files, files_named, swept};
use super::updates::in_both_places;
use arraystow::{ChunkedArray, Result, Storage};
use arraystow_s3_server::Server;
use ndarray::{Array1, s};
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Serialize, Deserialize, Debug, Clone)]
struct Pair {
    x: ChunkedArray<i64>,
    y: ChunkedArray<i64>,
}

fn elements(first: i64) -> Array1<i64> {
    Array1::from_iter(first..first + 1000)
}

fn array(first: i64) -> ChunkedArray<i64> {
    ChunkedArray::from_ndarray(elements(first), &[300]).unwrap()
}

fn pair(x: i64, y: i64) -> Pair {
    Pair { x: array(x), y: array(y) }
}

fn assert_array(array: &ChunkedArray<i64>, first: i64) {
    assert_eq!(array.compute().unwrap(), elements(first).into_dyn());
}

fn assert_pair(storage: &Storage, name: &str, x: i64, y: i64) {
    let found: Pair = storage.load(name).unwrap();
    assert_array(&found.x, x);
    assert_array(&found.y, y);
    assert!(storage.verify(name, arraystow::VerifyDepth::Deep).unwrap().is_sound());
}

fn is_folder(storage: &Storage) -> bool {
    !storage.location().starts_with("s3://")
}

/// Nothing lies there but what documents name.
fn assert_nothing_left(storage: &Storage) {
    if is_folder(storage) {
        assert_eq!(files(Path::new(storage.location())), files_named(storage));
    }
    assert_eq!(swept(storage), 0);
}

fn save(storage: &Storage, name: &str, value: &impl Serialize, blocking: bool) {
    let saved = match blocking {
        true => storage.save(name, value),
        false => futures::executor::block_on(storage.save_async(name, value)),
    };
    drop(saved.unwrap());
}

#[test]
fn two_objects_are_swapped() {
    in_both_places(|storage| {
        for (a_name, b_name, blocking) in [("a", "b", true), ("a", "b", false), ("one/a", "other/b", true)] {
            storage.save(a_name, &pair(1, 2)).unwrap();
            storage.save(b_name, &pair(3, 4)).unwrap();
            let (a, b): (Pair, Pair) = (storage.load(a_name).unwrap(), storage.load(b_name).unwrap());
            save(storage, a_name, &b, blocking);
            // No other program takes what is needed, and what is replaced can be read.
            assert_eq!(swept(storage), 0);
            assert_array(&a.x, 1);
            save(storage, b_name, &a, blocking);
            assert_pair(storage, a_name, 3, 4);
            assert_pair(storage, b_name, 1, 2);
            // And back again, with the same handles.
            storage.save_if(a_name, &a, &storage.version(a_name).unwrap()).unwrap();
            storage.save_if(b_name, &b, &storage.version(b_name).unwrap()).unwrap();
            assert_pair(storage, a_name, 1, 2);
            assert_pair(storage, b_name, 3, 4);
            assert_eq!(swept(storage), 0);
            drop((a, b));
            assert_nothing_left(storage);
        }
    });
}

#[test]
fn three_and_many_are_rotated() {
    in_both_places(|storage| {
        let count = if is_folder(storage) { 40 } else { 3 };
        let name = |number: i64| format!("ring/{number}");
        for number in 0..count {
            storage.save(&name(number), &pair(number, -number)).unwrap();
        }
        let loaded: Vec<Pair> = (0..count).map(|number| storage.load(&name(number)).unwrap()).collect();
        for number in 0..count {
            storage.save(&name(number), &loaded[((number + 1) % count) as usize]).unwrap();
        }
        for number in 0..count {
            let from = (number + 1) % count;
            assert_pair(storage, &name(number), from, -from);
        }
        drop(loaded);
        assert_nothing_left(storage);
    });
}

#[test]
fn parts_are_exchanged_moved_and_computed_across() {
    in_both_places(|storage| {
        let load = || -> (Pair, Pair) {
            storage.save("a", &pair(1, 2)).unwrap();
            storage.save("b", &pair(3, 4)).unwrap();
            (storage.load("a").unwrap(), storage.load("b").unwrap())
        };
        // Fields.
        let (mut a, mut b) = load();
        std::mem::swap(&mut a.x, &mut b.x);
        storage.save("a", &a).unwrap();
        storage.save("b", &b).unwrap();
        assert_pair(storage, "a", 3, 2);
        assert_pair(storage, "b", 1, 4);
        // The same handles go on.
        storage.save("a", &a).unwrap();
        storage.save("b", &b).unwrap();
        assert_pair(storage, "a", 3, 2);
        assert_pair(storage, "b", 1, 4);
        drop((a, b));
        assert_nothing_left(storage);

        // Sums and differences.
        let (a, b) = load();
        let (sum, difference) = (&a.x + &b.x, &a.x - &b.x);
        drop((a, b));
        storage.save("a", &sum).unwrap();
        storage.save("b", &difference).unwrap();
        assert_eq!(storage.load::<ChunkedArray<i64>>("a").unwrap().slice(s![10]).unwrap().sum().unwrap(), 24);
        assert_eq!(storage.load::<ChunkedArray<i64>>("b").unwrap().max().unwrap(), -2);
        assert_eq!((sum.min().unwrap(), difference.min().unwrap()), (4, -2));
        drop((sum, difference));
        assert_nothing_left(storage);

        // Divided: first what stays, then what moves.
        let (a, b) = load();
        storage.save("a", &(&a.x,)).unwrap();
        storage.save("c", &(&a.y, &b.y)).unwrap();
        storage.save("b", &(&b.x,)).unwrap();
        assert_array(&storage.load::<(ChunkedArray<i64>, ChunkedArray<i64>)>("c").unwrap().0, 2);
        assert_array(&storage.load::<(ChunkedArray<i64>,)>("b").unwrap().0, 3);
        // Put together again, in the document that it came from.
        storage.save("a", &a).unwrap();
        assert_pair(storage, "a", 1, 2);
        drop((a, b));
        storage.remove("c").unwrap();
        assert_nothing_left(storage);

        // Used on, though it was replaced.
        let (a, b) = load();
        storage.save("b", &a).unwrap();
        assert_array(&b.x, 3);
        assert_array(&(&b.x + &b.y - array(4)), 3);
        storage.save("kept", &b).unwrap();
        assert_pair(storage, "kept", 3, 4);
        storage.remove("a").unwrap();
        assert_pair(storage, "b", 1, 2);
        drop((a, b));
        assert_nothing_left(storage);
    });
}

#[test]
fn of_an_array_of_which_a_part_was_saved_the_rest_can_be_read() {
    in_both_places(|storage| {
        storage.save("s", &pair(1, 2)).unwrap();
        let whole: Pair = storage.load("s").unwrap();
        storage.save("s", &whole.x.slice(s![100..200]).unwrap()).unwrap();
        assert_array(&whole.x, 1);
        assert_array(&whole.y, 2);
        storage.save("s", &whole.x.slice(s![..;2]).unwrap()).unwrap();
        let part: ChunkedArray<i64> = storage.load("s").unwrap();
        assert_eq!((part.len(), part.max().unwrap()), (500, 999));
        storage.save("s", &whole).unwrap();
        assert_pair(storage, "s", 1, 2);
        drop((whole, part));
        assert_nothing_left(storage);
    });
}

#[test]
fn old_versions_do_not_pile_up() {
    in_both_places(|storage| {
        storage.save("run", &pair(0, 100)).unwrap();
        storage.save("mask", &array(1)).unwrap();
        let mask: ChunkedArray<i64> = storage.load("mask").unwrap();
        let first: Pair = storage.load("run").unwrap();
        let mut run = first.clone();
        let count = || if is_folder(storage) { files(Path::new(storage.location())).len() } else { 0 };
        let before = count();
        for step in 1..6 {
            // Of its own arrays alone: what is replaced goes, with or without handles.
            run.x = &run.x + 1;
            storage.save("run", &run).unwrap();
            assert_eq!(count(), if is_folder(storage) { before } else { 0 }, "step {step}");
        }
        assert!(first.x.compute().unwrap_err().is_gone());
        let mut most = 0;
        for _ in 0..5 {
            // With another object's: only what is held is left.
            run.y = &run.y * &mask;
            storage.save("run", &run).unwrap();
            most = most.max(count());
            assert_eq!(swept(storage), 0);
        }
        assert!(most <= before + 2, "{most} files");
        assert_array(&first.y, 100);
        drop(first);
        assert_eq!(count(), if is_folder(storage) { before } else { 0 });
        drop(run);
        assert_nothing_left(storage);
        // New values leave nothing to handles.
        let held: Pair = storage.load("run").unwrap();
        storage.save("run", &pair(5, 6)).unwrap();
        assert!(held.x.compute().unwrap_err().is_gone());
        assert_nothing_left(storage);
    });
}

#[test]
fn a_copy_does_not_take_what_is_left_to_a_holder() {
    let source = tempfile::tempdir().unwrap();
    let source = Storage::open(source.path()).unwrap();
    source.save("run", &pair(1, 2)).unwrap();
    source.save("other", &pair(3, 4)).unwrap();
    in_both_places(|storage| {
        source.copy("run", storage).unwrap();
        source.copy("other", storage).unwrap();
        let held: Pair = storage.load("run").unwrap();
        let other: Pair = storage.load("other").unwrap();
        storage.save("run", &other).unwrap();
        // The copy would bring the arrays that are held under their very ids.
        let error = source.copy("run", storage).unwrap_err();
        assert!(error.is_conflict(), "{error}");
        assert_array(&held.x, 1);
        drop(held);
        source.copy("run", storage).unwrap();
        assert_pair(storage, "run", 1, 2);
        assert_nothing_left(storage);
    });
}

#[test]
fn what_is_dropped_on_an_executor_goes_too() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("a", &pair(1, 2)).unwrap();
    storage.save("b", &pair(3, 4)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let (a, b): (Pair, Pair) = (storage.load_async("a").await.unwrap(), storage.load_async("b").await.unwrap());
        storage.save_async("a", &b).await.unwrap();
        storage.save_async("b", &a).await.unwrap();
    });
    let named = || -> Result<usize> { Ok(storage.info("a")?.arrays.len() + storage.info("b")?.arrays.len()) };
    let arrays = || {
        let keys = server.keys();
        let ids = keys.iter().filter_map(|key| key.split_once("dask_arrays/")?.1.split_once('/'));
        ids.map(|(id, _)| id.to_owned()).collect::<std::collections::BTreeSet<_>>().len()
    };
    for _ in 0..200 {
        if arrays() == named().unwrap() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(arrays(), 4);
    assert_pair(&storage, "b", 1, 2);
}
