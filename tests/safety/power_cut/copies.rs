//! Power cuts in copies, and in saves in folders that other programs have made.

use super::super::sample::run_of;
use super::{HDF5, ZARR, cut_everywhere, nothing_is_lost};
use arraystow::{Durability, Storage};
use std::path::Path;

#[test]
fn in_a_copy() {
    let source = tempfile::tempdir().unwrap();
    let source = Storage::open(source.path()).unwrap();
    source.save("sim/run", &run_of(3)).unwrap();
    nothing_is_lost(
        |storage| drop(storage.save("sim/run", &run_of(1)).unwrap()),
        |storage| drop(source.copy("sim/run", storage).unwrap()),
        "sim/run",
        &[Some(1)],
        Some(3),
    );
}

/// What is linked was not synced by the storage that wrote it.
#[test]
fn in_a_copy_from_a_storage_that_does_not_sync() {
    for kind in [HDF5, ZARR] {
        let (tried, wrong) = cut_everywhere(
            Durability::Synced,
            kind,
            |_| "",
            |storage| {
                let scratch = Path::new(storage.location()).with_file_name("scratch");
                let scratch = Storage::builder(scratch).durability(Durability::NotSynced).array_format(kind.0);
                let scratch = scratch.codec(kind.1).open().unwrap();
                scratch.save("sim/run", &run_of(1)).unwrap();
                let report = scratch.copy("sim/run", storage).unwrap();
                assert_eq!(report.arrays_linked, 2);
                scratch.remove("sim/run").unwrap();
            },
            "sim/run",
            &[None],
            Some(1),
        );
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    }
}

/// The handle has synced the folders before; these are others.
#[test]
fn in_a_save_in_folders_that_others_have_made_anew() {
    for (unsynced, again, made) in [
        ("root/a/b/bigdata", "a/b", "a/b/bigdata"),
        ("root/a/b", "a/b", "a/b"),
        ("root/a", "a", "a/b"),
        ("root", "", "a/b"),
    ] {
        let (tried, wrong) = cut_everywhere(
            Durability::Synced,
            HDF5,
            |storage| {
                storage.save("a/b/run", &run_of(1)).unwrap();
                storage.save("a/b/run", &run_of(2)).unwrap();
                std::fs::remove_dir_all(Path::new(storage.location()).join(again)).unwrap();
                std::fs::create_dir_all(Path::new(storage.location()).join(made)).unwrap();
                unsynced
            },
            |storage| drop(storage.save("a/b/run", &run_of(3)).unwrap()),
            "a/b/run",
            &[None],
            Some(3),
        );
        assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
    }
}
