//! What is left over in an object store: arrays of no document and of no save that is alive.
//!
//! There is no lock. Arrays are listed first, then leases, then documents: what a save finishes meanwhile is in its document
//! before its lease goes. The leases of dead saves are removed before their arrays, and the documents read once more between.

use super::ObjectFolder;
use super::announce::Leases;
use crate::error::Result;
use crate::protocol::files::is_file_of;
use crate::storage::name::{ARRAYS, check_workflow};
use crate::storage::place::Place;
use crate::storage::sweep::{Leftover, named};
use std::collections::HashSet;

/// The group of the arrays, below the folder of the arrays.
const GROUP: &str = "dask_arrays";

impl ObjectFolder {
    pub(super) fn sweep_workflow(&self, workflow: &str, remove: Option<&HashSet<String>>) -> Result<Vec<Leftover>> {
        let arrays = self.arrays(workflow)?;
        let backend = self.backend(workflow);
        let found = arrays.list(GROUP)?.folders;
        let files = arrays.list("")?.objects;
        let leases = Leases::read(&arrays)?;
        let alive = leases.arrays();
        let names = named(self, workflow)?;
        let is_id = |id: &str| uuid::Uuid::try_parse(id).is_ok_and(|uuid| uuid.to_string() == id);
        let is_left = |id: &String| is_id(id) && !alive.contains(id) && !names.contains(id);
        let found: Vec<String> = found.into_iter().filter(is_left).collect();
        let id_of = |file: &str| file.split('.').next().unwrap_or(file).to_owned();
        let files: Vec<_> =
            files.into_iter().filter(|(file, _)| is_left(&id_of(file)) && is_file_of(&id_of(file), file)).collect();
        let mut leftovers = Vec::new();
        for (key, bytes) in leases.dead {
            let leftover = Leftover { location: arrays.describe(&key), bytes };
            take(&mut leftovers, leftover, remove, || arrays.remove(&key))?;
        }
        let is_any = !found.is_empty() || !files.is_empty();
        let names = if remove.is_some() && is_any { named(self, workflow)? } else { names };
        for (file, meta) in files.into_iter().filter(|(file, _)| !names.contains(&id_of(file))) {
            let leftover = Leftover { location: arrays.describe(&file), bytes: meta.size };
            take(&mut leftovers, leftover, remove, || arrays.remove(&file))?;
        }
        for id in found.into_iter().filter(|id| !names.contains(id)) {
            let key = format!("{GROUP}/{id}");
            let leftover = Leftover { location: arrays.describe(&key), bytes: arrays.below_is(&key)?.bytes };
            take(&mut leftovers, leftover, remove, || backend.remove(&id))?;
        }
        Ok(leftovers)
    }

    /// Every workflow with a folder for arrays.
    pub(super) fn all_workflows(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        let mut left = vec![String::new()];
        while let Some(workflow) = left.pop() {
            for segment in self.objects.list(&workflow)?.folders {
                if segment == ARRAYS {
                    found.push(workflow.clone());
                    continue;
                }
                let below = if workflow.is_empty() { segment } else { format!("{workflow}/{segment}") };
                // What cannot be a workflow is not looked into: it may go down without end.
                if check_workflow(&below).is_ok() {
                    left.push(below);
                }
            }
        }
        Ok(found)
    }
}

/// Notes a leftover; where some are to be removed, removes it and notes it if it is one of these.
fn take(
    leftovers: &mut Vec<Leftover>,
    leftover: Leftover,
    these: Option<&HashSet<String>>,
    remove: impl FnOnce() -> Result<()>,
) -> Result<()> {
    if let Some(these) = these {
        if !these.contains(&leftover.location) {
            return Ok(());
        }
        remove()?;
    }
    leftovers.push(leftover);
    Ok(())
}
