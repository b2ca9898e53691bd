//! A folder: `<root>/<workflow>/<task>` is a document, its arrays are HDF5 files in `<root>/<workflow>/bigdata/`.

mod commit;
mod durable;
mod links;
mod record;

use super::name::{ARRAYS, Name};
use super::place::{Announced, Document, Expected, Listed, NewDocument, Outcome, Place};
use crate::backend::{Backend, Hdf5Files};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::Manifest;
use crate::protocol::LocalFiles;
use durable::{located, make_folder};
use record::SavingRecord;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often folders are made again that somebody removed because they were empty.
const MOST_ATTEMPTS: usize = 16;

pub(super) struct Folder {
    root: PathBuf,
    location: String,
    limits: Limits,
}

impl Folder {
    /// A folder, which is made when something is saved.
    pub(super) fn open(root: &Path, limits: Limits) -> Result<Self> {
        if root.as_os_str().is_empty() {
            return Err(Error::invalid("a storage needs a folder: \".\" is the current one"));
        }
        if std::fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Error::invalid("there is a file where the storage's folder should be")
                .at_location(root.display().to_string()));
        }
        // Made absolute once: a later change of the working directory must not move the storage.
        let root = std::path::absolute(root).map_err(|error| Error::io("cannot find the folder", error))?;
        Ok(Self { location: root.display().to_string(), root, limits })
    }

    /// The document's path.
    fn document(&self, name: &Name) -> PathBuf {
        self.root.join(name.as_str())
    }

    /// The workflow's folder.
    fn workflow(&self, workflow: &str) -> PathBuf {
        if workflow.is_empty() { self.root.clone() } else { self.root.join(workflow) }
    }

    /// The folder of a workflow's arrays.
    fn arrays(&self, workflow: &str) -> PathBuf {
        self.workflow(workflow).join(ARRAYS)
    }

    fn make_arrays_folder(&self, name: &Name) -> Result<()> {
        let folder = self.arrays(name.workflow());
        let made = make_folder(&folder).map_err(located("cannot make the folder", &folder));
        made.map_err(|error| not_a_folder(error, name))
    }

    /// Runs something that needs the workflow's folders, which a removal may just have taken away.
    fn with_folders<R>(&self, name: &Name, run: impl Fn() -> Result<R>) -> Result<R> {
        let mut attempt = 1;
        loop {
            match run() {
                Err(error) if error.is_not_found() && attempt < MOST_ATTEMPTS => {
                    attempt += 1;
                    self.make_arrays_folder(name)?;
                }
                result => return result,
            }
        }
    }

    fn walk_folder(&self, folder: &Path, workflow: &str, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(located("cannot list the folder", folder)(error)),
        };
        for entry in entries {
            let entry = entry.map_err(located("cannot list the folder", folder))?;
            let Ok(segment) = entry.file_name().into_string() else { continue };
            let name = if workflow.is_empty() { segment.clone() } else { format!("{workflow}/{segment}") };
            if Name::parse(&name).is_err() {
                continue;
            }
            // Gone between the listing and the look: somebody removed it. Symbolic links are passed over: they may lead
            // out of the storage.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.walk_folder(&entry.path(), &name, visit)?;
            } else if metadata.is_file() {
                visit(Listed { name, bytes: metadata.len(), modified: metadata.modified().ok() });
            }
        }
        Ok(())
    }
}

impl Place for Folder {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn location(&self) -> &str {
        &self.location
    }

    fn describe(&self, name: &Name) -> String {
        self.document(name).display().to_string()
    }

    fn backend(&self, workflow: &str) -> Arc<dyn Backend> {
        Arc::new(Hdf5Files::new(Arc::new(LocalFiles::unchecked(self.arrays(workflow))), self.limits))
    }

    fn open(&self, name: &Name) -> Result<Document> {
        let path = self.document(name);
        links::refuse_document(&self.root, name.workflow(), &path)?;
        let failed = |error: io::Error| {
            let what = match error.kind() {
                io::ErrorKind::NotFound => "there is no document of that name",
                _ => "cannot open the document",
            };
            not_a_folder(located(what, &path)(error), name)
        };
        let file = File::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, "there is a workflow of that name, but no document"));
        }
        Ok(Document { contents: Box::new(BufReader::with_capacity(1 << 16, file)), bytes: metadata.len() })
    }

    fn contains(&self, name: &Name) -> Result<bool> {
        let path = self.document(name);
        links::refuse_document(&self.root, name.workflow(), &path)?;
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(metadata.is_file()),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            Err(error) => Err(located("cannot look for the document", &path)(error)),
        }
    }

    fn walk(&self, workflow: &str, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        links::refuse_workflow(&self.root, workflow)?;
        self.walk_folder(&self.workflow(workflow), workflow, visit)
    }

    fn check_free(&self, name: &Name) -> Result<()> {
        if std::fs::metadata(self.document(name)).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(name.is_a_workflow());
        }
        Ok(())
    }

    fn announce(&self, name: &Name, arrays: &[&str]) -> Result<Box<dyn Announced>> {
        self.make_arrays_folder(name)?;
        let workflow = self.workflow(name.workflow());
        Ok(Box::new(self.with_folders(name, || SavingRecord::begin(&workflow, name.as_str(), arrays))?))
    }

    fn commit(&self, name: &Name, document: &NewDocument<'_>, expected: Expected<'_>) -> Outcome {
        self.commit_document(name, document, expected)
    }

    fn remove(&self, name: &Name, arrays: &dyn Fn(&Manifest)) -> Result<()> {
        self.remove_document(name, arrays)
    }
}

/// A document cannot be a workflow too: say so, instead of the system's 'not a directory'.
fn not_a_folder(error: Error, name: &Name) -> Error {
    let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref::<io::Error>());
    let kind = source.map(io::Error::kind);
    if matches!(kind, Some(io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists)) {
        return name.is_below_a_document().with_source(error);
    }
    error
}
