//! An array that was saved is known to be saved: saving it again, under any name, links it.

use arraystow::{ChunkedArray, Codec, Durability, Storage};
use arraystow_s3_server::Server;
use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Serialize, Deserialize, Debug, Clone)]
struct State {
    step: i64,
    /// Does not change.
    mesh: ChunkedArray<i64>,
    field: ChunkedArray<i64>,
}

fn elements(first: i64) -> Array2<i64> {
    Array2::from_shape_fn((100, 100), |(i, j)| first + (i * 100 + j) as i64)
}

fn array(first: i64) -> ChunkedArray<i64> {
    ChunkedArray::from_ndarray(elements(first), &[50, 50]).unwrap()
}

/// An array that counts how many of its chunks are computed.
fn counted() -> (ChunkedArray<i64>, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let array = ChunkedArray::from_fn(&[100, 100], &[50, 50], move |region| {
        counter.fetch_add(1, Ordering::SeqCst);
        let (rows, columns) = (region.start()[0], region.start()[1]);
        elements(0).slice_move(s![rows..rows + region.shape()[0], columns..columns + region.shape()[1]])
    });
    (array.unwrap(), count)
}

/// The file of an object's array at this place in it.
fn file(storage: &Storage, name: &str, path: &str) -> PathBuf {
    let workflow = name.rsplit_once('/').map_or("", |(workflow, _)| workflow);
    let arrays = storage.info(name).unwrap().arrays;
    let array = arrays.iter().find(|array| array.paths[0] == path).unwrap();
    Path::new(storage.location()).join(workflow).join("bigdata").join(&array.file)
}

/// Bytes that a folder takes, whatever has several names counted once.
fn disk_usage(folder: &Path) -> u64 {
    let (mut sizes, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let metadata = entry.metadata().unwrap();
            match metadata.is_dir() {
                true => folders.push(entry.path()),
                false => drop(sizes.insert(metadata.ino(), metadata.len())),
            }
        }
    }
    sizes.values().sum()
}

fn assert_state(storage: &Storage, name: &str, step: i64) {
    let found: State = storage.load(name).unwrap();
    assert_eq!(found.step, step);
    assert_eq!(found.mesh.compute().unwrap(), elements(0).into_dyn());
    assert_eq!(found.field.compute().unwrap(), elements(step).into_dyn());
}

#[test]
fn checkpoints_share_what_does_not_change() {
    const STEPS: i64 = 12;
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for storage in [Storage::open(folder.path()).unwrap(), server.storage("")] {
        let mut state = State { step: 0, mesh: array(0), field: array(0) };
        server.requests();
        for step in 0..STEPS {
            state.step = step;
            state.field = array(step);
            storage.save(&format!("run/{step:03}"), &state).unwrap();
            storage.save("latest", &state).unwrap();
        }
        for step in 0..STEPS {
            assert_state(&storage, &format!("run/{step:03}"), step);
        }
        assert_state(&storage, "latest", STEPS - 1);
        if storage.location().starts_with("s3://") {
            let requests = server.requests();
            // Four chunks, a table and metadata are copied; the first mesh, and each field once, are uploaded.
            let copied = requests["COPY"] as i64;
            assert_eq!(copied, 6 * (2 * STEPS - 1 + STEPS), "{requests:?}");
            // Beside them groups, leases, documents and what finds out how the store takes conditions.
            assert!((requests["PUT"] as i64) < 6 * (STEPS + 1) + 2 * 2 * STEPS + 10, "{requests:?}");
        } else {
            let mesh = std::fs::metadata(file(&storage, "latest", "mesh")).unwrap();
            assert_eq!(mesh.nlink() as i64, STEPS + 1, "one file for all");
            assert_eq!(std::fs::metadata(file(&storage, "latest", "field")).unwrap().nlink(), 2);
            let most = (STEPS as u64 + 1) * (100 * 100 * 8 + 10_000) + 50_000;
            let used = disk_usage(folder.path());
            assert!(used < most, "{used} bytes");
        }
    }
}

#[test]
fn what_was_computed_for_one_save_is_not_computed_for_another() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for open in [&|| Storage::open(folder.path()).unwrap(), &|| server.storage("")] as [&dyn Fn() -> Storage; 2] {
        let storage = open();
        let (lazy, count) = counted();
        let double = &lazy * 2;
        storage.save("a", &(&lazy, &double)).unwrap();
        assert_eq!(count.load(Ordering::SeqCst), 4);
        storage.save("a", &(1, &lazy)).unwrap();
        storage.save("b", &(&lazy.clone(), 2, &lazy)).unwrap();
        storage.save("deep/er/c", &vec![lazy.clone()]).unwrap();
        storage.create("d", &BTreeMap::from([("double", &double)])).unwrap_or_else(|error| panic!("{error}"));
        // Another handle on the same place.
        open().save("e", &lazy).unwrap();
        futures::executor::block_on(storage.save_async("f", &lazy)).unwrap();
        storage
            .update("e", |array: &mut ChunkedArray<i64>| -> arraystow::Result<()> {
                *array = lazy.clone();
                Ok(())
            })
            .unwrap();
        let calls = count.load(Ordering::SeqCst);
        // Of what was saved of the double, nothing is left: it was replaced in "a".
        assert_eq!(calls, 8);
        for name in ["b", "deep/er/c", "d", "e", "f"] {
            assert!(storage.verify(name, arraystow::VerifyDepth::Deep).unwrap().is_sound());
        }
        assert_eq!(storage.load::<ChunkedArray<i64>>("f").unwrap().compute().unwrap(), elements(0).into_dyn());
        assert_eq!(count.load(Ordering::SeqCst), calls);
        // Where it lies is forgotten with the array.
        drop((lazy, double));
        assert_eq!(Arc::strong_count(&count), 1);
    }
}

#[test]
fn what_is_not_there_any_more_is_written_anew() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for storage in [Storage::open(folder.path()).unwrap(), server.storage("")] {
        let (lazy, count) = counted();
        let saves = |name: &str, computed: usize, what: &str| {
            let before = count.load(Ordering::SeqCst);
            storage.save(name, &lazy).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(count.load(Ordering::SeqCst) - before, computed, "{what}");
            assert!(storage.verify(name, arraystow::VerifyDepth::Deep).unwrap().is_sound(), "{what}");
        };
        saves("a", 4, "the first");
        storage.remove("a").unwrap();
        saves("a", 4, "removed");
        storage.save("a", &1).unwrap();
        saves("a", 4, "replaced");
        saves("b", 0, "still there");
        storage.remove("b").unwrap();
        saves("c", 0, "still there under another name");
        // A save that fails leaves nothing, and nothing is known of it.
        let fails = lazy.map(|x| if x > 9000 { panic!("too much") } else { x });
        storage.remove("a").unwrap();
        storage.remove("c").unwrap();
        storage.save("a", &(&lazy, fails)).unwrap_err();
        saves("a", 4, "failed");
        if !storage.location().starts_with("s3://") {
            // Taken away, cut off, or another array in its place.
            let path = file(&storage, "a", "");
            std::fs::remove_file(&path).unwrap();
            saves("b", 4, "taken away");
            let path = file(&storage, "b", "");
            let contents = std::fs::read(&path).unwrap();
            std::fs::write(&path, &contents[..contents.len() / 2]).unwrap();
            saves("c", 4, "cut off");
            storage.save("other", &array(7)).unwrap();
            std::fs::copy(file(&storage, "other", ""), file(&storage, "c", "")).unwrap();
            saves("d", 4, "another array");
        }
    }
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Cut {
    #[stow(chunks = [10, 100])]
    array: ChunkedArray<i64>,
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Packed {
    #[stow(codec = "zstd:3")]
    array: ChunkedArray<i64>,
}

#[test]
fn other_options_are_another_array() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for storage in [Storage::open(folder.path()).unwrap(), server.storage("")] {
        let (lazy, count) = counted();
        let mut computed = 0;
        let mut saved = |new: bool, save: &dyn Fn()| {
            save();
            computed += if new { 4 } else { 0 };
            assert_eq!(count.load(Ordering::SeqCst) / 4 * 4, computed);
        };
        let cut = Cut { array: lazy.clone() };
        let packed = Packed { array: lazy.clone() };
        saved(true, &|| drop(storage.save("plain", &lazy).unwrap()));
        saved(true, &|| drop(storage.save("cut", &cut).unwrap()));
        saved(true, &|| drop(storage.save("packed", &packed).unwrap()));
        // Each of them is known.
        saved(false, &|| drop(storage.save("cut again", &cut).unwrap()));
        saved(false, &|| drop(storage.save("packed again", &packed).unwrap()));
        saved(false, &|| drop(storage.save("plain again", &lazy).unwrap()));
        saved(false, &|| drop(storage.save("packed by itself", &lazy.with_codec(Codec::zstd(3).unwrap())).unwrap()));
        saved(false, &|| drop(storage.save("cut by itself", &lazy.rechunk(&[10, 100]).unwrap()).unwrap()));
        saved(true, &|| drop(storage.save("gzip", &lazy.with_codec(Codec::gzip(1).unwrap())).unwrap()));
        let info = |name: &str| storage.info(name).unwrap().arrays.remove(0);
        for (a, b) in [("cut", "cut again"), ("packed", "packed again"), ("plain", "plain again")] {
            assert_eq!((info(a).grid, info(a).bytes), (info(b).grid, info(b).bytes));
        }
        assert_eq!(info("cut").grid.chunk_shape().unwrap(), [10, 100]);
        assert_eq!(info("plain").grid.chunk_shape().unwrap(), [50, 50]);
        assert_ne!(info("packed").bytes, info("plain").bytes);
        for entry in storage.list("**").unwrap() {
            assert!(storage.verify(&entry.name, arraystow::VerifyDepth::Deep).unwrap().is_sound());
        }
    }
    // Storages that write otherwise.
    let (lazy, count) = counted();
    let open = |durability, codec| Storage::builder(folder.path()).durability(durability).codec(codec).open().unwrap();
    let quick = open(Durability::NotSynced, Codec::NONE);
    let expected = [
        (quick, 4),
        (open(Durability::Synced, Codec::NONE), 8),
        (open(Durability::NotSynced, Codec::NONE), 8),
        (open(Durability::Synced, Codec::gzip(2).unwrap()), 12),
        (open(Durability::Synced, Codec::gzip(2).unwrap()), 12),
        (server.storage(""), 16),
        (server.storage("another/folder"), 16),
        (server.builder("").shard_bytes(1 << 20).open().unwrap(), 20),
    ];
    for (number, (storage, computed)) in expected.into_iter().enumerate() {
        storage.save(&format!("storage {number}"), &lazy).unwrap();
        assert_eq!(count.load(Ordering::SeqCst), computed, "storage {number}");
    }
}

#[test]
fn an_array_that_was_loaded_is_found_where_it_was_saved() {
    let (folder, server) = (tempfile::tempdir().unwrap(), Server::start());
    for storage in [Storage::open(folder.path()).unwrap(), server.storage("")] {
        storage.save("first", &array(0)).unwrap();
        let loaded: ChunkedArray<i64> = storage.load("first").unwrap();
        storage.save("second", &loaded).unwrap();
        storage.remove("first").unwrap();
        storage.save("third", &loaded).unwrap();
        storage.remove("second").unwrap();
        storage.save("first", &loaded).unwrap_err();
        storage.save("fourth", &loaded).unwrap();
        assert_eq!(storage.load::<ChunkedArray<i64>>("fourth").unwrap().compute().unwrap(), elements(0).into_dyn());
    }
}
