//! The file of a workflow's index. It is a cache: what cannot be read or written is left.
//!
//! The file is written beside its place and renamed under the workflow's lock, so that the removal of the last document
//! removes either file too. Its writers exclude each other with a lock on the unfinished file. A program that is killed
//! leaves that file, and the next one writes it again.

use super::Folder;
use super::durable::{INDEX_NEW, WorkflowLock, remove_empty_folders};
use super::links;
use super::sweep::is_dead;
use crate::protocol::{DiskFile, Durability, disk};
use crate::storage::name::{INDEX, Workflow};
use crate::storage::place::Place;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

impl Folder {
    pub(super) fn read_index(&self, workflow: &Workflow, most: u64) -> Option<Vec<u8>> {
        links::refuse_workflow(&self.root, workflow).ok()?;
        DiskFile::open(&self.arrays(workflow).join(INDEX)).and_then(|file| file.contents(most)).ok()
    }

    pub(super) fn write_index(&self, workflow: &Workflow, contents: &mut dyn FnMut(SystemTime) -> Option<Vec<u8>>) {
        if links::refuse_workflow(&self.root, workflow).is_err() {
            return;
        }
        let arrays = self.arrays(workflow);
        let new = arrays.join(INDEX_NEW);
        // No folder is made for an index.
        let Ok(Some(mut file)) = unfinished(&new) else { return };
        let written =
            file.modified().ok().and_then(contents).is_some_and(|contents| {
                file.write_all(&contents).and_then(|()| file.sync(Durability::NotSynced)).is_ok()
            });
        let Some(_lock) = self.lock_soon(workflow) else { return drop(disk::remove_file(&new)) };
        if !written || disk::rename(&new, &arrays.join(INDEX)).is_err() {
            let _ = disk::remove_file(&new);
        }
        // The last document may have been removed meanwhile.
        remove_empty_folders(&self.root, &self.workflow(workflow), &*self.backend(workflow));
    }

    /// The workflow's lock, if it is free soon. A query does not wait for a long removal.
    fn lock_soon(&self, workflow: &Workflow) -> Option<WorkflowLock> {
        const TRIES: u32 = 5;
        let workflow = self.workflow(workflow);
        (0..TRIES).find_map(|tried| {
            std::thread::sleep(Duration::from_millis(10) * tried);
            WorkflowLock::try_existing(&workflow)
        })
    }
}

/// The file for a new index, locked. None if another program is writing it.
fn unfinished(path: &Path) -> io::Result<Option<DiskFile>> {
    let file = match DiskFile::create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_dead(path) => {
            disk::remove_file(path)?;
            DiskFile::create(path)?
        }
        made => made?,
    };
    // Another program may have taken it for one that a killed program has left.
    Ok((file.try_lock()? && file.is_at(path)).then_some(file))
}
