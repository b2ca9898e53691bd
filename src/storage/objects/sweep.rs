//! What is left over in an object store: arrays of no document and of no save that is alive.
//!
//! There is no lock. Arrays are listed first, then leases, then documents: what a save finishes meanwhile is in its
//! document before its lease goes. The leases of dead saves are removed before their arrays. Before the arrays are, the
//! sweep puts a lease of its own that names them, and looks once more: a copy, which uses ids again, sees the one or is
//! seen by the other.

use super::ObjectFolder;
use super::announce::{Lease, Leases};
use crate::backend::{Backend, is_id};
use crate::error::{ErrorKind, Result};
use crate::protocol::Objects;
use crate::protocol::files::is_file_of;
use crate::storage::leftover::{Leftover, LeftoverKind, Remains};
use crate::storage::name::{ARRAYS, INDEX, Workflow};
use crate::storage::place::{Announced, Place};
use crate::storage::session::{DeadSession, Sessions};
use crate::storage::sweep::named;
use std::collections::HashSet;

impl ObjectFolder {
    pub(super) fn leftovers_of(&self, workflow: &Workflow) -> Result<Vec<(Remains, Leftover)>> {
        let arrays = self.arrays(workflow)?;
        let backend = self.backend(workflow);
        let Remaining { left, dead, sessions, index } = self.find_left(workflow, &arrays, &*backend)?;
        let index = index.map(|bytes| Ok((Remains::File(INDEX.to_owned()), index_leftover(&arrays, bytes))));
        let dead = dead.into_iter().map(|(key, bytes)| {
            let location = arrays.describe(&key);
            Ok((Remains::File(key), Leftover { kind: LeftoverKind::SaveRecord, location, bytes }))
        });
        let sessions = sessions.into_iter().map(|session| {
            let (location, bytes) = (session.location(), session.bytes);
            Ok((Remains::File(session.file), Leftover { kind: LeftoverKind::SaveRecord, location, bytes }))
        });
        let left = left.into_iter().map(|left| {
            let bytes = left.bytes(&*backend)?;
            Ok((left.remains(), left.leftover(bytes)))
        });
        dead.chain(sessions).chain(left).chain(index).collect()
    }

    pub(super) fn remove_leftovers_of(&self, workflow: &Workflow, these: &HashSet<Remains>) -> Result<Vec<Leftover>> {
        let arrays = self.arrays(workflow)?;
        let backend = self.backend(workflow);
        let Remaining { mut left, dead, sessions, index } = self.find_left(workflow, &arrays, &*backend)?;
        let mut removed = Vec::new();
        if let Some(bytes) = index.filter(|_| these.contains(&Remains::File(INDEX.to_owned()))) {
            arrays.remove(INDEX)?;
            removed.push(index_leftover(&arrays, bytes));
        }
        for (key, bytes) in dead {
            let location = arrays.describe(&key);
            if these.contains(&Remains::File(key.clone())) {
                arrays.remove(&key)?;
                removed.push(Leftover { kind: LeftoverKind::SaveRecord, location, bytes });
            }
        }
        for session in sessions.iter().filter(|session| these.contains(&Remains::File(session.file.clone()))) {
            session.remove()?;
            let (location, bytes) = (session.location(), session.bytes);
            removed.push(Leftover { kind: LeftoverKind::SaveRecord, location, bytes });
        }
        left.retain(|left| these.contains(&left.remains()));
        if left.is_empty() {
            return Ok(removed);
        }
        // From here on no copy begins to bring any of these; see `Lease::refuse_others`. Those that have begun before,
        // or are over already, are seen by one more look.
        let ids: Vec<&str> = left.iter().map(|left| left.id.as_str()).collect();
        let lease = Lease::sweeping(arrays.clone(), &ids, self.lease)?;
        let mut alive = Leases::read(&arrays)?.arrays();
        alive.extend(Sessions::read(&self.bytes(workflow)?)?.arrays);
        let names = named(self, workflow, &ids.iter().copied().collect())?;
        for left in left.iter().filter(|left| !alive.contains(&left.id) && !names.contains(&left.id)) {
            let bytes = left.bytes(&*backend)?;
            lease.check()?;
            let gone = match &left.file {
                Some((file, _)) => arrays.remove(file),
                None => backend.remove(&left.id),
            };
            if let Err(error) = gone {
                if error.kind() == ErrorKind::Io {
                    let _ = Box::new(lease).leave();
                }
                return Err(error);
            }
            removed.push(left.leftover(bytes));
        }
        Ok(removed)
    }

    /// What is left over now.
    fn find_left(&self, workflow: &Workflow, arrays: &Objects, backend: &dyn Backend) -> Result<Remaining> {
        let found = backend.list()?;
        let files = arrays.list("")?.objects;
        let leases = Leases::read(arrays)?;
        let mut alive = leases.arrays();
        let sessions = Sessions::read(&self.bytes(workflow)?)?;
        alive.extend(sessions.arrays);
        let objects = files.iter().filter_map(|(file, _)| file.split('.').next());
        let ids = found.iter().map(|array| array.name.as_str()).chain(objects).collect();
        let names = named(self, workflow, &ids)?;
        let index = files.iter().find(|(file, _)| file == INDEX).map(|(_, meta)| meta.size);
        let index = if index.is_some() && self.has_documents(workflow)? { None } else { index };
        let is_left = |id: &str| is_id(id) && !alive.contains(id) && !names.contains(id);
        let files = files.into_iter().filter_map(|(file, meta)| {
            let id = file.split('.').next().unwrap_or(&file).to_owned();
            let is_left = is_left(&id) && is_file_of(&id, &file);
            is_left.then(|| Left { id, location: arrays.describe(&file), file: Some((file, meta.size)) })
        });
        let found = found.into_iter().filter(|array| is_left(&array.name));
        let found = found.map(|array| Left { id: array.name, location: array.location, file: None });
        Ok(Remaining { left: files.chain(found).collect(), dead: leases.dead, sessions: sessions.dead, index })
    }

    /// Every workflow with a folder for arrays.
    pub(super) fn all_workflows(&self) -> Result<Vec<Result<Workflow>>> {
        let mut found = Vec::new();
        let mut left = vec![Workflow::root()];
        while let Some(workflow) = left.pop() {
            for segment in self.objects.list(workflow.as_str())?.folders {
                if segment == ARRAYS {
                    found.push(Ok(workflow.clone()));
                } else {
                    // What cannot be a workflow is not looked into: it may go down without end.
                    left.extend(workflow.child(&segment));
                }
            }
        }
        Ok(found)
    }
}

/// What is left over in a workflow.
struct Remaining {
    left: Vec<Left>,
    /// The leases of saves that are dead: their keys and lengths.
    dead: Vec<(String, u64)>,
    /// Sessions that are over.
    sessions: Vec<DeadSession>,
    /// The length of the index, if there are no documents.
    index: Option<u64>,
}

fn index_leftover(arrays: &Objects, bytes: u64) -> Leftover {
    Leftover { kind: LeftoverKind::Index, location: arrays.describe(INDEX), bytes }
}

/// An array, or a file of an external object, that no document names.
struct Left {
    /// Of the array, or of the external object.
    id: String,
    location: String,
    /// Of an external object: the file, and its length.
    file: Option<(String, u64)>,
}

impl Left {
    fn remains(&self) -> Remains {
        match &self.file {
            Some((file, _)) => Remains::File(file.clone()),
            None => Remains::Array(self.id.clone()),
        }
    }

    fn leftover(&self, bytes: u64) -> Leftover {
        let kind = if self.file.is_some() { LeftoverKind::ExternalObject } else { LeftoverKind::Array };
        Leftover { kind, location: self.location.clone(), bytes }
    }

    fn bytes(&self, backend: &dyn Backend) -> Result<u64> {
        match &self.file {
            Some((_, bytes)) => Ok(*bytes),
            None => match backend.stored_bytes(&self.id) {
                // Removed since it was listed.
                Err(error) if error.is_not_found() => Ok(0),
                bytes => bytes,
            },
        }
    }
}
