//! Sweeping beside whatever else goes on.

use super::sample::{assert_whole, files, files_named, large_run_of, run_of, step_of, swept};
use arraystow::{ChunkedArray, LeftoverKind, Storage};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::Array1;
use std::path::Path;
use std::time::Duration;

const ID: &str = "0d9c7a52-6f0e-4c83-9b5e-0a4f4f2b1c11";

#[test]
fn what_no_document_refers_to_is_found_and_only_then_removed() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    for name in ["run", "a/run", "a/b/run"] {
        storage.save(name, &run_of(1)).unwrap();
    }
    let arrays = folder.path().join("a/bigdata");
    let orphans = [ID.to_owned(), format!(".{ID}.unfinished"), format!(".document-{ID}"), format!(".saving/{ID}")];
    for orphan in &orphans {
        std::fs::write(arrays.join(orphan), "left behind").unwrap();
    }
    // What this crate does not make is left alone.
    std::fs::write(arrays.join("notes.txt"), "mine").unwrap();
    let before = files(folder.path());
    let found = storage.sweep().unwrap();
    assert_eq!(files(folder.path()), before, "a look removes nothing");
    let mut places: Vec<_> = found.leftovers().map(|leftover| (leftover.location.clone(), leftover.kind)).collect();
    places.sort_by(|a, b| a.0.cmp(&b.0));
    let kinds = [LeftoverKind::Array, LeftoverKind::Array, LeftoverKind::Document, LeftoverKind::SaveRecord];
    let locations = orphans.iter().map(|orphan| arrays.join(orphan).display().to_string());
    let mut expected: Vec<_> = locations.zip(kinds).collect();
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(places, expected);
    assert_eq!(found.bytes(), 4 * 11);
    assert_eq!(found.remove().unwrap().len(), 4);
    let mut left = files_named(&storage);
    left.insert("a/bigdata/notes.txt".to_owned());
    assert_eq!(files(folder.path()), left);
    assert_eq!(swept(&storage), 0);
}

#[test]
fn what_got_a_document_since_it_was_found_is_not_removed() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("run", &run_of(1)).unwrap();
    // The document is away for a moment.
    let (document, away) = (folder.path().join("run"), folder.path().join("away"));
    std::fs::rename(&document, folder.path().join(".away")).unwrap();
    let found = storage.sweep().unwrap();
    assert_eq!(found.leftovers().count(), 2);
    std::fs::rename(folder.path().join(".away"), &document).unwrap();
    assert!(found.remove().unwrap().is_empty());
    assert_eq!(step_of(&storage, "run"), Some(1));
    assert!(!away.exists());
}

#[test]
fn beside_a_document_that_cannot_be_read_nothing_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("a/run", &run_of(1)).unwrap();
    storage.save("b/run", &run_of(2)).unwrap();
    for workflow in ["a", "b"] {
        std::fs::write(folder.path().join(workflow).join("bigdata").join(ID), "left behind").unwrap();
    }
    std::fs::write(folder.path().join("a/pickle"), b"\x80\x05K*.").unwrap();
    let found = storage.sweep().unwrap();
    assert_eq!(found.skipped().len(), 1);
    assert_eq!(found.skipped()[0].document(), Some("a/pickle"));
    assert_eq!(found.remove().unwrap().len(), 1);
    assert!(folder.path().join("a/bigdata").join(ID).exists());
    assert!(!folder.path().join("b/bigdata").join(ID).exists());
}

/// Sweeps all the time while `work` runs; gives how many leftovers it found.
fn sweeping(storage: &Storage, work: impl FnOnce()) -> usize {
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let sweeper = scope.spawn(|| {
            let (mut sweeps, mut found) = (0, 0);
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                found += storage.sweep().unwrap().remove().unwrap().len();
                sweeps += 1;
            }
            assert!(sweeps > 0);
            found
        });
        work();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        sweeper.join().unwrap()
    })
}

fn slow_field() -> ChunkedArray<f64> {
    ChunkedArray::from_fn(&[100], &[5], |region| {
        std::thread::sleep(Duration::from_millis(5));
        Array1::<f64>::zeros(region.shape()[0])
    })
    .unwrap()
}

#[test]
fn arrays_of_a_save_in_progress_are_never_taken() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    for (storage, locks) in [(Storage::open(folder.path()).unwrap(), true), (server.storage("sweep"), false)] {
        let found = sweeping(&storage, || {
            storage.save("slow", &(slow_field(), large_run_of(3))).unwrap();
            storage.save("slow", &(slow_field(), large_run_of(4))).unwrap();
        });
        // Where there are no locks a sweep may come between the replacing of a document and the removal of its arrays.
        assert!(found <= if locks { 0 } else { 3 }, "{found} leftovers");
        let (_, run): (ChunkedArray<f64>, super::sample::Run) = storage.load("slow").unwrap();
        assert_whole(&run);
        assert_eq!(swept(&storage), 0);
    }
}

#[test]
fn a_save_whose_lease_ran_out_is_not_committed() {
    let server = Server::start();
    let builder = Storage::builder(format!("s3://{BUCKET}")).lease(Duration::from_millis(100));
    let storage =
        server.options().into_iter().fold(builder, |builder, (key, value)| builder.option(key, value)).open().unwrap();
    storage.save("run", &run_of(1)).unwrap();
    // The store is not reached for longer than the lease.
    let interrupting = {
        let server = server.clone();
        ChunkedArray::from_fn(&[10], &[10], move |_| {
            server.set_latency(Duration::from_millis(400));
            std::thread::sleep(Duration::from_millis(300));
            Array1::<f64>::zeros(10)
        })
        .unwrap()
    };
    let error = storage.save("run", &interrupting).unwrap_err();
    server.set_latency(Duration::ZERO);
    assert!(error.is_conflict(), "{error}");
    assert!(error.to_string().contains("sweep"), "{error}");
    assert_eq!(step_of(&storage, "run"), Some(1));
}

#[test]
fn on_a_server_leftovers_are_found_when_their_lease_is_over() {
    let server = Server::start();
    let storage = server.storage("root");
    storage.save("sim/run", &run_of(1)).unwrap();
    let before = server.keys();
    let array = format!("root/sim/bigdata/dask_arrays/{ID}");
    for (key, contents) in [
        (format!("{array}/c/0/0"), "left"),
        (format!("{array}/zarr.json"), "behind"),
        (
            "root/sim/bigdata/.saving/dead".to_owned(),
            r#"{"version":1,"document":"sim/run","arrays":["0d9c7a52-6f0e-4c83-9b5e-0a4f4f2b1c11"],"lasts":300,"renewed":0}"#,
        ),
    ] {
        server.write(&key, contents.as_bytes());
    }
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0, "the lease is not over");
    std::thread::sleep(Duration::from_millis(400));
    let found = storage.sweep().unwrap();
    let places: Vec<_> = found.leftovers().map(|left| (left.kind, left.location.as_str(), left.bytes)).collect();
    assert_eq!(places.len(), 2, "{places:?}");
    assert_eq!(places[0].0, LeftoverKind::SaveRecord);
    assert_eq!(places[1], (LeftoverKind::Array, format!("s3://{BUCKET}/{array}").as_str(), 10));
    assert_eq!(found.remove().unwrap().len(), 2);
    assert_eq!(server.keys(), before);
}

#[test]
fn a_copy_takes_no_array_of_another_object() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [here, there] = folders.each_ref().map(|folder| Storage::open(folder.path()).unwrap());
    here.save("run", &run_of(1)).unwrap();
    here.copy("run", &there).unwrap();
    // Tampered with: the same object under another name has the same ids.
    std::fs::copy(folders[0].path().join("run"), folders[0].path().join("alias")).unwrap();
    let error = here.copy("alias", &there).unwrap_err();
    assert_eq!(error.kind(), arraystow::ErrorKind::AlreadyExists, "{error}");
    assert_eq!(step_of(&there, "run"), Some(1));
    assert!(!there.contains("alias").unwrap());
    assert_eq!(files(Path::new(there.location())).len(), 3);
}
