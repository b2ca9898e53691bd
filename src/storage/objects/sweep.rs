//! What is left over in an object store: arrays of no document and of no save that is alive.
//!
//! There is no lock. Arrays are listed first, then leases, then documents: what a save finishes meanwhile is in its document
//! before its lease goes. The leases of dead saves are removed before their arrays. Before the arrays are, the sweep puts a lease of
//! its own that names them, and looks once more: a copy, which uses ids again, sees the one or is seen by the other.

use super::ObjectFolder;
use super::announce::{Lease, Leases};
use crate::error::{ErrorKind, Result};
use crate::protocol::files::is_file_of;
use crate::storage::name::{ARRAYS, check_workflow};
use crate::storage::place::{Announced, Place};
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
        let is_left = |id: &str| is_id(id) && !alive.contains(id) && !names.contains(id);
        let mut left: Vec<Left> = Vec::new();
        for (file, meta) in files {
            let id = file.split('.').next().unwrap_or(&file);
            if is_left(id) && is_file_of(id, &file) {
                left.push(Left { id: id.to_owned(), location: arrays.describe(&file), file: Some((file, meta.size)) });
            }
        }
        left.extend(found.into_iter().filter(|id| is_left(id)).map(|id| {
            let location = arrays.describe(&format!("{GROUP}/{id}"));
            Left { id, location, file: None }
        }));
        let bytes = |left: &Left| match &left.file {
            Some((_, bytes)) => Ok(*bytes),
            None => arrays.below_is(&format!("{GROUP}/{}", left.id)).map(|below| below.bytes),
        };
        let dead = leases.dead.into_iter().map(|(key, bytes)| (arrays.describe(&key), key, bytes));
        let mut leftovers = Vec::new();
        let Some(these) = remove else {
            leftovers.extend(dead.map(|(location, _, bytes)| Leftover { location, bytes }));
            for left in left {
                leftovers.push(Leftover { bytes: bytes(&left)?, location: left.location });
            }
            return Ok(leftovers);
        };
        for (location, key, bytes) in dead.filter(|(location, ..)| these.contains(location)) {
            arrays.remove(&key)?;
            leftovers.push(Leftover { location, bytes });
        }
        left.retain(|left| these.contains(&left.location));
        if left.is_empty() {
            return Ok(leftovers);
        }
        // From here on no copy begins to bring any of these; see `Lease::refuse_others`. Those that have begun before, or are
        // over already, are seen by one more look.
        let ids: Vec<&str> = left.iter().map(|left| left.id.as_str()).collect();
        let lease = Lease::sweeping(arrays.clone(), &ids, self.lease)?;
        let alive = Leases::read(&arrays)?.arrays();
        let names = named(self, workflow)?;
        for left in left.iter().filter(|left| !alive.contains(&left.id) && !names.contains(&left.id)) {
            let bytes = bytes(left)?;
            lease.check()?;
            let removed = match &left.file {
                Some((file, _)) => arrays.remove(file),
                None => backend.remove(&left.id),
            };
            if let Err(error) = removed {
                if error.kind() == ErrorKind::Io {
                    lease.leave();
                }
                return Err(error);
            }
            leftovers.push(Leftover { location: left.location.clone(), bytes });
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

/// Something that no document names.
struct Left {
    /// Of the array, or of another object.
    id: String,
    location: String,
    /// Of another object: the file, and its length.
    file: Option<(String, u64)>,
}
