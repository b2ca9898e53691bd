//! What is left over in a folder: files beside the arrays that belong to no document and to no save that is alive.
//!
//! All of it happens under the workflow's lock. A save makes its record under the lock before its first array, so an
//! array that is here and neither in a record nor in a document is left over.

use super::Folder;
use super::commit::UNFINISHED;
use super::durable::{WorkflowLock, located, remove_empty_folders};
use super::record::Records;
use crate::backend::{Backend, ListedArray, is_id};
use crate::error::Result;
use crate::protocol::files::is_file_of;
use crate::protocol::{DiskFile, disk};
use crate::storage::leftover::{Leftover, LeftoverKind, Remains};
use crate::storage::name::{ARRAYS, Workflow};
use crate::storage::place::Place;
#[cfg(feature = "zarr")]
use crate::storage::session::{DeadSession, Sessions};
use crate::storage::sweep::named;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

impl Folder {
    pub(super) fn leftovers_of(&self, workflow: &Workflow) -> Result<Vec<(Remains, Leftover)>> {
        let Some(_lock) = self.lock_existing(workflow)? else { return Ok(Vec::new()) };
        let backend = self.backend(workflow);
        let left = self.find_left(workflow, &*backend)?.into_iter();
        left.map(|left| Ok((left.remains(), left.leftover(&*backend)?))).collect()
    }

    pub(super) fn remove_leftovers_of(&self, workflow: &Workflow, these: &HashSet<Remains>) -> Result<Vec<Leftover>> {
        let Some(_lock) = self.lock_existing(workflow)? else { return Ok(Vec::new()) };
        let backend = self.backend(workflow);
        let (mut removed, mut arrays) = (Vec::new(), HashSet::new());
        for left in self.find_left(workflow, &*backend)? {
            if !these.contains(&left.remains()) {
                continue;
            }
            let leftover = left.leftover(&*backend)?;
            // An array goes at once, in whatever forms it is there.
            let went_before = !arrays.insert(left.remains()) && matches!(left, Left::Array(_));
            match left.remove(&*backend) {
                Ok(()) => removed.push(leftover),
                Err(error) if error.is_not_found() && went_before => removed.push(leftover),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        remove_empty_folders(&self.root, &self.workflow(workflow), &*backend);
        Ok(removed)
    }

    fn lock_existing(&self, workflow: &Workflow) -> Result<Option<WorkflowLock>> {
        super::links::refuse_workflow(&self.root, workflow)?;
        WorkflowLock::acquire_existing(&self.workflow(workflow))
    }

    /// What is left over now. The caller holds the workflow's lock.
    fn find_left(&self, workflow: &Workflow, backend: &dyn Backend) -> Result<Vec<Left>> {
        // In this order: what a save finishes meanwhile is in its document before its record goes.
        let arrays = backend.list()?;
        let files = self.files(workflow)?;
        let records = Records::read(&self.workflow(workflow))?;
        #[cfg(feature = "zarr")]
        let (sessions, over) = {
            let sessions = Sessions::read(&self.bytes(workflow)?)?;
            (sessions.arrays, sessions.dead.into_iter().map(Left::Session))
        };
        #[cfg(not(feature = "zarr"))]
        let (sessions, over) = {
            self.refuse_sessions(workflow)?;
            (HashSet::<String>::new(), std::iter::empty())
        };
        let objects = files.iter().filter_map(|file| match &file.owner {
            Owner::Object(id) => Some(id.as_str()),
            Owner::Document => None,
        });
        let ids = arrays.iter().map(|array| array.name.as_str()).chain(objects).collect();
        let named = named(self, workflow, &ids)?;
        let is_left = |id: &str| !records.alive.contains(id) && !sessions.contains(id) && !named.contains(id);
        // The file of an external object may be called as that of an array.
        let known: HashSet<&str> = arrays.iter().map(|array| array.location.as_str()).collect();
        let files = files.into_iter().filter_map(|Beside { path, owner }| match owner {
            Owner::Object(id) => (is_left(&id) && !known.contains(&*path.to_string_lossy()))
                .then_some(Left::File(path, LeftoverKind::ExternalObject)),
            Owner::Document => is_dead(&path).then_some(Left::File(path, LeftoverKind::Document)),
        });
        let dead = records.dead.into_iter().map(|path| Left::File(path, LeftoverKind::SaveRecord));
        let files: Vec<Left> = files.chain(dead).collect();
        let arrays = arrays.into_iter().filter(|array| is_left(&array.name)).map(Left::Array);
        // First what lets a session be committed.
        Ok(over.chain(arrays).chain(files).collect())
    }

    /// The files beside the arrays of a workflow that this crate may have made. Others are not looked at.
    fn files(&self, workflow: &Workflow) -> Result<Vec<Beside>> {
        let arrays = self.arrays(workflow);
        let failed = |error| located("cannot list the folder of the arrays", &arrays)(error);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&arrays).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if let Some(owner) = entry.file_name().to_str().and_then(Owner::of).filter(|_| is_file) {
                files.push(Beside { path: entry.path(), owner });
            }
        }
        Ok(files)
    }

    /// Every workflow with a folder for arrays.
    pub(super) fn all_workflows(&self) -> Result<Vec<Result<Workflow>>> {
        let mut found = Vec::new();
        self.find_workflows(&self.root, &Workflow::root(), &mut found)?;
        Ok(found)
    }

    fn find_workflows(&self, folder: &Path, workflow: &Workflow, found: &mut Vec<Result<Workflow>>) -> Result<()> {
        let failed = |error| located("cannot list the folder", folder)(error);
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(failed)?,
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            match entry.file_name().to_str() {
                Some(ARRAYS) => found.push(Ok(workflow.clone())),
                Some(segment) if !segment.starts_with('.') => match workflow.child(segment) {
                    Ok(below) => self.find_workflows(&entry.path(), &below, found)?,
                    // Not made here, nor anything below it, which may be deeper than a stack.
                    Err(error) if entry.path().join(ARRAYS).is_dir() => found.push(Err(error)),
                    Err(_) => {}
                },
                _ => {}
            }
        }
        Ok(())
    }
}

/// What is left over.
enum Left {
    Array(ListedArray),
    /// A file beside the arrays.
    File(PathBuf, LeftoverKind),
    /// A session that is over.
    #[cfg(feature = "zarr")]
    Session(DeadSession),
}

impl Left {
    fn remains(&self) -> Remains {
        match self {
            Self::Array(array) => Remains::Array(array.name.clone()),
            #[cfg(feature = "zarr")]
            Self::Session(session) => Remains::File(session.file.clone()),
            Self::File(path, _) => Remains::File(path.file_name().unwrap_or_default().to_string_lossy().into_owned()),
        }
    }

    fn leftover(&self, backend: &dyn Backend) -> Result<Leftover> {
        match self {
            Self::Array(array) => {
                let bytes = match array.bytes.map_or_else(|| backend.stored_bytes(&array.name), Ok) {
                    // Nothing but its folder was made.
                    Err(error) if error.is_not_found() => 0,
                    bytes => bytes?,
                };
                Ok(Leftover { kind: LeftoverKind::Array, location: array.location.clone(), bytes })
            }
            #[cfg(feature = "zarr")]
            Self::Session(session) => {
                let (location, bytes) = (session.location(), session.bytes);
                Ok(Leftover { kind: LeftoverKind::SaveRecord, location, bytes })
            }
            Self::File(path, kind) => {
                let bytes = std::fs::symlink_metadata(path).map_or(0, |metadata| metadata.len());
                Ok(Leftover { kind: *kind, location: path.display().to_string(), bytes })
            }
        }
    }

    fn remove(&self, backend: &dyn Backend) -> Result<()> {
        match self {
            Self::Array(array) => backend.remove(&array.name),
            #[cfg(feature = "zarr")]
            Self::Session(session) => session.remove(),
            Self::File(path, _) => disk::remove_file(path).map_err(located("cannot remove a leftover", path)),
        }
    }
}

/// A file beside the arrays.
struct Beside {
    path: PathBuf,
    owner: Owner,
}

/// What a file beside the arrays belongs to.
enum Owner {
    /// An external object, by its id.
    Object(String),
    /// A document that has not got its name yet.
    Document,
}

impl Owner {
    /// Returns what a file of that name belongs to. Returns `None` for a file that this crate does not make.
    fn of(name: &str) -> Option<Self> {
        if let Some(id) = name.strip_prefix(UNFINISHED) {
            return is_id(id).then_some(Self::Document);
        }
        let id = name.split('.').next().unwrap_or(name);
        (is_id(id) && is_file_of(id, name)).then(|| Self::Object(id.to_owned()))
    }
}

/// Whether no program holds the file any more.
pub(super) fn is_dead(path: &Path) -> bool {
    DiskFile::open(path).and_then(|file| file.try_lock()).unwrap_or(false)
}
