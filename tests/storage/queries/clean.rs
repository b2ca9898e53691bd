//! An index is no leftover, and does not stay where there are no documents.

use super::support::{folder, indexed, run};
use arraystow::faults::{Call, Watcher, watch};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

#[test]
fn a_sweep_leaves_the_index() {
    let (folder, storage) = folder();
    indexed(&storage, 20);
    let sweep = storage.sweep().unwrap();
    assert_eq!((sweep.leftovers().count(), sweep.skipped().len()), (0, 0));
    sweep.remove().unwrap();
    assert!(folder.path().join("root/runs/bigdata/.index").exists());
}

#[test]
fn the_removal_of_the_last_value_removes_the_index() {
    for one_by_one in [true, false] {
        let (folder, storage) = folder();
        indexed(&storage, 20);
        std::fs::write(folder.path().join("root/runs/bigdata/.index.new"), "of a killed program").unwrap();
        if one_by_one {
            (0..20).for_each(|step| storage.remove(&format!("runs/{step}")).unwrap());
        } else {
            storage.remove_workflow("runs").unwrap();
        }
        assert_eq!(std::fs::read_dir(folder.path().join("root")).unwrap().count(), 0);
    }
}

/// Removes the last documents while an index is being written.
struct Removing(PathBuf);

impl Watcher for Removing {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        if let Call::Write { path, .. } = call
            && path.ends_with(".index.new")
        {
            // A clone of the storage that is not watched, under another path.
            let storage = arraystow::Storage::open(&self.0).unwrap();
            storage.remove_workflow("runs").unwrap();
        }
        Ok(())
    }
}

#[test]
fn the_removal_of_the_last_value_during_a_query_leaves_nothing() {
    let (folder, storage) = folder();
    (0..20).for_each(|step| drop(storage.save(&format!("runs/{step}"), &run(step)).unwrap()));
    std::thread::sleep(super::support::SETTLE);
    let link = folder.path().join("unwatched");
    std::os::unix::fs::symlink(folder.path().join("root"), &link).unwrap();
    let _watching = watch(&folder.path().join("root"), Arc::new(Removing(link)));
    assert_eq!(storage.query("**").run().unwrap().len(), 20);
    assert_eq!(std::fs::read_dir(folder.path().join("root")).unwrap().count(), 0);
}
