//! When an entry of the index counts, and what becomes of a bad index.

use super::support::{CASES, Opened, SETTLE, assert_right, folder, indexed, names_of, run};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{Comparison, Storage};
use std::fs::{File, FileTimes};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn index(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("root/runs/bigdata/.index")
}

#[test]
fn only_what_has_changed_is_read() {
    let (folder, storage) = folder();
    indexed(&storage, 100);
    let opened = Arc::new(Opened::default());
    let _watching = watch(folder.path(), opened.clone());
    let query = storage.query("runs/*").filter("alpha", Comparison::Greater, 9.2).select("scheme");
    assert_eq!((query.run().unwrap().len(), opened.take()), (7, 0));
    storage.save("runs/99", &run(0)).unwrap();
    opened.take();
    assert_eq!(query.run().unwrap().len(), 6);
    assert!((1..=2).contains(&opened.take()));
    storage.remove("runs/98").unwrap();
    opened.take();
    assert_eq!(query.run().unwrap().len(), 5);
    assert!((1..=2).contains(&opened.take()));
    // Long strings are not in the index, and only of the documents that have them.
    storage.query("runs/*").filter("note", Comparison::Contains, "long").run().unwrap();
    assert!((9..=24).contains(&opened.take()));
}

#[test]
fn an_index_in_which_nothing_has_changed_is_not_written_again() {
    use std::os::unix::fs::MetadataExt;
    let (folder, storage) = folder();
    indexed(&storage, 100);
    let written = || std::fs::metadata(index(&folder)).map(|metadata| (metadata.ino(), metadata.mtime_nsec())).unwrap();
    let before = written();
    // One in eleven is read, because an index does not hold long strings.
    let query = storage.query("runs/*").filter("note", Comparison::Contains, "long");
    assert_eq!((query.run().unwrap().len(), written()), (10, before));
    // A name below a document is none, in a folder as in a store.
    assert!(storage.query("runs/1/*").run().unwrap().is_empty() && storage.list("runs/1/*").unwrap().is_empty());
}

#[test]
fn a_document_of_the_same_length_and_second_is_read_again() {
    let (_folder, storage) = folder();
    indexed(&storage, 20);
    for step in [13, 14, 16, 17, 18] {
        // As fast as possible, so that times and file numbers are the same if they can be.
        for _ in 0..10 {
            storage.save("runs/1", &run(19)).unwrap();
            storage.query("runs/*").run().unwrap();
            storage.save("runs/1", &run(step)).unwrap();
            let query = storage.query("runs/1").filter("step", Comparison::Equal, step);
            assert_eq!(query.run().unwrap().len(), 1, "{step}");
        }
    }
}

#[test]
fn a_file_that_was_changed_in_place_under_its_old_time_is_read_again() {
    let (folder, storage) = folder();
    indexed(&storage, 20);
    let path = folder.path().join("root/runs/13");
    let (old, new) = (std::fs::metadata(&path).unwrap(), std::fs::read(path.with_file_name("17")).unwrap());
    assert_eq!(old.len(), new.len() as u64);
    std::fs::write(&path, new).unwrap();
    let times = FileTimes::new().set_modified(old.modified().unwrap()).set_accessed(old.accessed().unwrap());
    File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
    let query = storage.query("runs/*").filter("step", Comparison::Equal, 17);
    assert_eq!(names_of(&query.run().unwrap()), ["runs/13", "runs/17"]);
}

#[test]
fn a_damaged_index_changes_no_answer() {
    let (folder, storage) = folder();
    indexed(&storage, 16);
    let index = index(&folder);
    let good = std::fs::read(&index).unwrap();
    let (make, holds) = CASES[1];
    let wanted = (0..16).filter(|step| holds(&run(*step))).count();
    let check = |bytes: &[u8], what: &str| {
        std::fs::write(&index, bytes).unwrap();
        assert_eq!(make(storage.query("runs/*")).run().unwrap().len(), wanted, "{what}");
    };
    for at in (0..good.len()).step_by(13) {
        let mut bytes = good.clone();
        bytes[at] ^= 1 << (at % 8);
        check(&bytes, &format!("byte {at}"));
        // It was written again.
        assert_eq!(std::fs::read(&index).unwrap(), good, "byte {at}");
    }
    for length in (0..good.len()).step_by(41) {
        check(&good[..length], &format!("{length} bytes"));
    }
    check(&[good.as_slice(), b"more"].concat(), "longer");
    // Of another version.
    let mut other = good.clone();
    other[7] += 1;
    check(&other, "another version");
    // Longer than an index of so few documents can be: it is not read.
    std::fs::remove_file(&index).unwrap();
    File::create(&index).unwrap().set_len(1 << 40).unwrap();
    assert_eq!(make(storage.query("runs/*")).run().unwrap().len(), wanted);
    assert_eq!(std::fs::read(&index).unwrap(), good);
}

#[test]
fn the_index_of_another_storage_counts_for_nothing() {
    let (one, storage) = folder();
    let (two, other) = folder();
    indexed(&storage, 20);
    (0..20).for_each(|step| drop(other.save(&format!("runs/{step}"), &run(step + 1)).unwrap()));
    std::fs::copy(index(&one), index(&two)).unwrap();
    assert_right(&other, "runs/*", "with the index of another storage");
}

#[test]
fn nothing_but_a_file_is_an_index() {
    let (folder, storage) = folder();
    indexed(&storage, 20);
    let (index, secret) = (index(&folder), folder.path().join("secret"));
    std::fs::write(&secret, "not to be changed").unwrap();
    let right = |what: &str| assert_right(&storage, "runs/*", what);
    std::fs::remove_file(&index).unwrap();
    std::os::unix::fs::symlink(&secret, &index).unwrap();
    right("a link");
    std::fs::remove_file(&index).unwrap();
    std::fs::create_dir(&index).unwrap();
    right("a folder");
    std::fs::remove_dir(&index).unwrap();
    let new = index.with_file_name(".index.new");
    std::os::unix::fs::symlink(&secret, &new).unwrap();
    right("a link in the place of the new index");
    assert!(new.is_symlink() && !index.exists());
    assert_eq!(std::fs::read(&secret).unwrap(), b"not to be changed");
    std::fs::remove_file(&new).unwrap();
    // What a killed program has left.
    std::fs::write(&new, "half an ind").unwrap();
    right("an unfinished index");
    assert!(index.exists() && !new.exists());
}

/// A file system that is mounted read-only.
struct ReadOnly;

impl Watcher for ReadOnly {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        match call {
            Call::Open(_) => Ok(()),
            _ => Err(io::ErrorKind::ReadOnlyFilesystem.into()),
        }
    }
}

#[test]
fn a_storage_that_may_not_be_written_to_answers() {
    let (folder, storage) = folder();
    (0..20).for_each(|step| drop(storage.save(&format!("runs/{step}"), &run(step)).unwrap()));
    std::thread::sleep(SETTLE);
    let root = folder.path().join("root");
    let before = arraystow_tests::files(&root);
    {
        let _watching = watch(folder.path(), Arc::new(ReadOnly));
        assert_right(&storage, "**", "without an index");
    }
    assert_eq!(arraystow_tests::files(&root), before);
    storage.query("**").run().unwrap();
    let _watching = watch(folder.path(), Arc::new(ReadOnly));
    assert_right(&storage, "**", "with an index");
}

#[test]
fn an_index_that_cannot_be_written_leaves_nothing() {
    struct Full;
    impl Watcher for Full {
        fn before(&self, call: &Call<'_>) -> io::Result<()> {
            let is_index = |path: &Path| path.ends_with(".index.new");
            match call {
                Call::Write { path, .. } if is_index(path) => Err(io::ErrorKind::StorageFull.into()),
                _ => Ok(()),
            }
        }
    }
    let (folder, storage) = folder();
    (0..20).for_each(|step| drop(storage.save(&format!("runs/{step}"), &run(step)).unwrap()));
    std::thread::sleep(SETTLE);
    let before = arraystow_tests::files(folder.path());
    let _watching = watch(folder.path(), Arc::new(Full));
    assert_right(&storage, "**", "on a full disk");
    assert_eq!(arraystow_tests::files(folder.path()), before);
}

#[test]
fn a_copied_storage_makes_its_own_index() {
    let (_folder, storage) = folder();
    indexed(&storage, 20);
    let (other_folder, other) = folder();
    for step in 0..20 {
        storage.copy(&format!("runs/{step}"), &other).unwrap();
    }
    assert!(!index(&other_folder).exists());
    assert_right(&other, "**", "a copy");
    let reopened = Storage::open(other_folder.path().join("root")).unwrap();
    assert_right(&reopened, "**", "opened again");
}
