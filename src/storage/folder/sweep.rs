//! What is left over in a folder: files beside the arrays that belong to no document and to no save that is alive.
//!
//! All of it happens under the workflow's lock. A save makes its record under the lock before its first array, so an array
//! that is here and neither in a record nor in a document is nobody's.

use super::Folder;
use super::commit::UNFINISHED;
use super::durable::{WorkflowLock, located, remove_empty_folders};
use super::record::Records;
use crate::error::Result;
use crate::protocol::files::is_file_of;
use crate::protocol::{DiskFile, disk};
use crate::storage::name::{ARRAYS, Workflow};
use crate::storage::sweep::{Leftover, Remains, is_id, named};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};

impl Folder {
    pub(super) fn leftovers_of(&self, workflow: &Workflow) -> Result<Vec<(Remains, Leftover)>> {
        let Some(_lock) = self.lock_existing(workflow)? else { return Ok(Vec::new()) };
        let left = self.find_left(workflow)?;
        Ok(left.into_iter().map(|left| (left.remains, left.leftover)).collect())
    }

    pub(super) fn remove_leftovers_of(&self, workflow: &Workflow, these: &HashSet<Remains>) -> Result<Vec<Leftover>> {
        let Some(_lock) = self.lock_existing(workflow)? else { return Ok(Vec::new()) };
        let mut removed = Vec::new();
        for Left { path, leftover, .. } in
            self.find_left(workflow)?.into_iter().filter(|left| these.contains(&left.remains))
        {
            match disk::remove_file(&path) {
                Ok(()) => removed.push(leftover),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(located("cannot remove a leftover", &path)(error)),
            }
        }
        remove_empty_folders(&self.root, &self.workflow(workflow));
        Ok(removed)
    }

    fn lock_existing(&self, workflow: &Workflow) -> Result<Option<WorkflowLock>> {
        super::links::refuse_workflow(&self.root, workflow)?;
        WorkflowLock::acquire_existing(&self.workflow(workflow))
    }

    /// What is left over now. The caller holds the workflow's lock.
    fn find_left(&self, workflow: &Workflow) -> Result<Vec<Left>> {
        // In this order: what a save finishes meanwhile is in its document before its record goes.
        let files = self.files(workflow)?;
        let records = Records::read(&self.workflow(workflow))?;
        let named = named(self, workflow)?;
        let is_left = |file: &File| match &file.kind {
            Kind::Array(id) => !records.alive.contains(id) && !named.contains(id),
            Kind::Document => is_dead(&file.path),
        };
        let arrays = self.arrays(workflow);
        let paths = files.into_iter().filter(is_left).map(|file| file.path).chain(records.dead);
        Ok(paths.filter_map(|path| Left::look(&arrays, path)).collect())
    }

    /// The files beside the arrays of a workflow that this crate may have made. Others are not looked at.
    fn files(&self, workflow: &Workflow) -> Result<Vec<File>> {
        let arrays = self.arrays(workflow);
        let failed = |error| located("cannot list the folder of the arrays", &arrays)(error);
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&arrays).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if let Some(kind) = entry.file_name().to_str().and_then(Kind::of).filter(|_| is_file) {
                files.push(File { path: entry.path(), kind });
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

/// A file that is left over.
struct Left {
    remains: Remains,
    path: PathBuf,
    leftover: Leftover,
}

impl Left {
    /// None if the file is gone.
    fn look(arrays: &Path, path: PathBuf) -> Option<Self> {
        let bytes = std::fs::symlink_metadata(&path).ok()?.len();
        let name = path.strip_prefix(arrays).ok()?.to_str()?.to_owned();
        let remains = if is_id(&name) { Remains::Array(name) } else { Remains::File(name) };
        let leftover = Leftover { location: path.display().to_string(), bytes };
        Some(Self { remains, path, leftover })
    }
}

/// A file beside the arrays.
struct File {
    path: PathBuf,
    kind: Kind,
}

enum Kind {
    /// Of an array, finished or not, or of another object, by its id.
    Array(String),
    /// A document that has not got its name yet.
    Document,
}

impl Kind {
    /// What a file of that name is; none for what this crate does not make.
    fn of(name: &str) -> Option<Self> {
        if let Some(id) = name.strip_prefix(UNFINISHED) {
            return is_id(id).then_some(Self::Document);
        }
        let unfinished = name.strip_prefix('.').and_then(|name| name.strip_suffix(".unfinished"));
        // With an extension it is a file of an object that is no array.
        let id = unfinished.unwrap_or_else(|| name.split('.').next().unwrap_or(name));
        (is_id(id) && (unfinished.is_some() || is_file_of(id, name))).then(|| Self::Array(id.to_owned()))
    }
}

/// Whether nobody holds the file any more.
fn is_dead(path: &Path) -> bool {
    DiskFile::open(path).and_then(|file| file.try_lock()).unwrap_or(false)
}
