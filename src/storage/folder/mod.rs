//! A folder: `<root>/<workflow>/<name>` is a document, its arrays are HDF5 files in `<root>/<workflow>/bigdata/`, or
//! Zarr arrays in `<root>/<workflow>/bigdata/dask_arrays/`.

mod commit;
mod durable;
mod index;
mod links;
mod record;
mod rename;
mod sessions;
mod sweep;

use super::leftover::{Leftover, Remains};
use super::name::{ARRAYS, Name, Workflow, may_be_a_document};
use super::place::{
    Announced, Claim, Contents, Document, Expected, Hold, Listed, Missing, Near, NewDocument, Only, Outcome, Place,
    Removal, Seen, Stamp,
};
use super::read::looks_as_document;
use crate::backend::{Backend, FileArrays};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::lock::Mutex;
use crate::plugin::{Manifest, Protocols};
#[cfg(feature = "zarr")]
use crate::protocol::store::{ByteStore, FolderStore};
use crate::protocol::{ArrayOptions, Durability, LocalFiles, disk};
use crate::task::check_cancelled;
use durable::{Made, located};
use record::SavingRecord;
use std::collections::{HashMap, HashSet};
use std::fs::{FileType, Metadata};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

pub(super) struct Folder {
    root: PathBuf,
    location: String,
    durability: Durability,
    options: ArrayOptions,
    limits: Limits,
    /// The workflows whose folders are known to be durable, and which folders these were.
    durable: Mutex<HashMap<Workflow, Vec<Made>>>,
}

impl Folder {
    /// A folder, which is made when something is saved.
    pub(super) fn open(root: &Path, durability: Durability, options: ArrayOptions, limits: Limits) -> Result<Self> {
        if std::fs::metadata(root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Error::invalid("there is a file where the storage's folder should be")
                .at_location(root.display().to_string()));
        }
        // Made absolute once: a later change of the working directory must not move the storage.
        let root = std::path::absolute(root).map_err(|error| Error::io("cannot find the folder", error))?;
        Ok(Self { location: root.display().to_string(), root, durability, options, limits, durable: Mutex::default() })
    }

    /// The document's path.
    fn document(&self, name: &Name) -> PathBuf {
        self.root.join(name.as_str())
    }

    /// The workflow's folder.
    fn workflow(&self, workflow: &Workflow) -> PathBuf {
        if workflow.is_root() { self.root.clone() } else { self.root.join(workflow.as_str()) }
    }

    /// The folder of a workflow's arrays.
    fn arrays(&self, workflow: &Workflow) -> PathBuf {
        self.workflow(workflow).join(ARRAYS)
    }

    /// Syncs the names of the folders of a workflow and of its arrays, up to that of the root: another process may have
    /// made them and not have come to it. Once is enough until one of them is made again.
    fn sync_folders(&self, workflow: &Workflow) -> Result<()> {
        if self.durability == Durability::NotSynced {
            return Ok(());
        }
        let whole = self.arrays(workflow);
        let within = |folder: &&Path| folder.starts_with(&self.root);
        let folders: Vec<&Path> = whole.ancestors().take_while(within).collect();
        // Looked at before the sync: of a folder that is made again in between, the next save finds that it is another
        // one.
        let made: Option<Vec<Made>> = folders.iter().map(|folder| Made::look(folder)).collect();
        let known = || self.durable.lock();
        if made.is_some() && known().get(workflow) == made.as_ref() {
            return Ok(());
        }
        for folder in folders {
            let Some(above) = folder.parent() else { continue };
            match disk::sync_folder(above, self.durability) {
                // What is above the root may belong to another program.
                Err(error) if folder == self.root && error.kind() == io::ErrorKind::PermissionDenied => {}
                synced => synced.map_err(located("cannot sync the folder", above))?,
            }
        }
        known().extend(made.map(|made| (workflow.clone(), made)));
        Ok(())
    }

    /// Names of what there is directly in a workflow: of documents, or of workflows.
    fn names_in(&self, workflow: &Workflow, is_wanted: impl Fn(FileType) -> bool) -> Vec<String> {
        /// More are not looked through.
        const MOST: usize = 10_000;
        let entries = std::fs::read_dir(self.workflow(workflow)).into_iter().flatten().flatten().take(MOST);
        let wanted = entries.filter(|entry| entry.file_type().is_ok_and(&is_wanted));
        let segments = wanted.filter_map(|entry| entry.file_name().into_string().ok());
        segments.filter_map(|segment| workflow.name(&segment).ok()).map(|name| name.as_str().to_owned()).collect()
    }

    fn walk_folder(&self, folder: &Path, workflow: &Workflow, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            // A glob may be below a document.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            Err(error) => return Err(located("cannot list the folder", folder)(error)),
        };
        for entry in entries {
            check_cancelled()?;
            let entry = entry.map_err(located("cannot list the folder", folder))?;
            let Ok(segment) = entry.file_name().into_string() else { continue };
            let Ok(name) = workflow.name(&segment) else { continue };
            // Gone between the listing and the look: another program removed it. Symbolic links are passed over: they
            // may lead out of the storage.
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.walk_folder(&entry.path(), &workflow.child(&segment)?, visit)?;
            } else if metadata.is_file() {
                let (bytes, modified, stamp) = (metadata.len(), metadata.modified().ok(), Some(stamp(&metadata)));
                visit(Listed { name, bytes, modified, stamp });
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

    fn identity(&self, name: &Name) -> String {
        self.describe(name)
    }

    fn backend(&self, workflow: &Workflow) -> Arc<dyn Backend> {
        let files = LocalFiles::unchecked(self.arrays(workflow), self.durability);
        Arc::new(FileArrays::new(Arc::new(files), self.options, self.limits))
    }

    #[cfg(feature = "zarr")]
    fn bytes(&self, workflow: &Workflow) -> Result<Arc<dyn ByteStore>> {
        links::refuse_workflow(&self.root, workflow)?;
        Ok(Arc::new(FolderStore::new(&self.arrays(workflow), self.durability)))
    }

    #[cfg(feature = "zarr")]
    fn keeps_first(&self, name: &Name, scratch: &str) -> Result<bool> {
        FolderStore::new(&self.arrays(name.workflow()), self.durability).can_link(scratch)
    }

    #[cfg(feature = "zarr")]
    fn is_synced(&self) -> bool {
        self.durability == Durability::Synced
    }

    fn with_folder(&self, name: &Name) -> Result<Option<Box<dyn Hold>>> {
        Ok(Some(Box::new(self.lock(name)?)))
    }

    fn protocols(&self, workflow: &Workflow) -> Protocols {
        let files = LocalFiles::unchecked(self.arrays(workflow), self.durability);
        Protocols::new().with_file(files).with_array_options(self.options).with_limits(self.limits)
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
        if path.is_dir() {
            return Err(Error::new(ErrorKind::NotFound, "there is a workflow of that name, but no document"));
        }
        let file = disk::open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let contents = Box::new(BufReader::with_capacity(1 << 16, file));
        Ok(Document { contents, bytes: metadata.len(), seen: Seen::Unknown, stamp: Some(stamp(&metadata)) })
    }

    fn look_at(&self, name: &Name) -> Result<Box<dyn Contents>> {
        let path = self.document(name);
        links::refuse_document(&self.root, name.workflow(), &path)?;
        Ok(Box::new(disk::open(&path).map_err(located("cannot open the file", &path))?))
    }

    fn contains(&self, name: &Name) -> Result<bool> {
        let path = self.document(name);
        links::refuse_document(&self.root, name.workflow(), &path)?;
        match std::fs::metadata(&path) {
            Ok(metadata) => Ok(metadata.is_file() && self.is_document(name)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(false),
            Err(error) => Err(located("cannot look for the document", &path)(error)),
        }
    }

    fn is_document(&self, name: &Name) -> bool {
        let looked = disk::open(&self.document(name)).and_then(|mut file| looks_as_document(&mut file, &self.limits));
        // What cannot be read may be one.
        looked.unwrap_or(true)
    }

    fn exists(&self) -> Result<bool> {
        match std::fs::metadata(&self.root) {
            Ok(metadata) => Ok(metadata.is_dir()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(located("cannot look for the folder", &self.root)(error)),
        }
    }

    fn near(&self, name: &Name) -> Option<Near> {
        if !self.root.is_dir() {
            return Some(Near { missing: Missing::Storage, names: Vec::new() });
        }
        let mut above = Workflow::root();
        for segment in name.workflow().segments() {
            let workflow = above.child(segment).ok()?;
            if !self.workflow(&workflow).is_dir() {
                let names = self.names_in(&above, |kind| kind.is_dir());
                return Some(Near { missing: Missing::Workflow(workflow), names });
            }
            above = workflow;
        }
        if self.document(name).is_dir() {
            return Some(Near { missing: Missing::DocumentOfWorkflow, names: Vec::new() });
        }
        Some(Near { missing: Missing::Document, names: self.names_in(&above, |kind| kind.is_file()) })
    }

    fn walk(&self, workflow: &Workflow, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        links::refuse_workflow(&self.root, workflow)?;
        self.walk_folder(&self.workflow(workflow), workflow, visit)
    }

    fn index(&self, workflow: &Workflow, most: u64) -> Option<Vec<u8>> {
        self.read_index(workflow, most)
    }

    fn put_index(&self, workflow: &Workflow, contents: &mut dyn FnMut(SystemTime) -> Option<Vec<u8>>) {
        self.write_index(workflow, contents);
    }

    fn check_free(&self, name: &Name) -> Result<()> {
        if std::fs::metadata(self.document(name)).is_ok_and(|metadata| metadata.is_dir()) {
            return Err(name.is_a_workflow());
        }
        Ok(())
    }

    fn documents(&self, workflow: &Workflow, visit: &mut dyn FnMut(String)) -> Result<()> {
        let folder = self.workflow(workflow);
        for entry in std::fs::read_dir(&folder).map_err(located("cannot list the folder", &folder))? {
            let entry = entry.map_err(located("cannot list the folder", &folder))?;
            // A link too: what it leads to may refer to the arrays here.
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let segment = entry.file_name().into_string().map_err(|name| {
                let text = "the file may be a document, and cannot be read, since its name is not in UTF-8";
                let error = Error::new(ErrorKind::InvalidName, text).at_location(entry.path().display().to_string());
                error.in_document(&name.to_string_lossy())
            })?;
            if may_be_a_document(&segment) {
                visit(workflow.join(&segment));
            }
        }
        Ok(())
    }

    fn announce(
        &self,
        name: &Name,
        to_write: &[&str],
        _kept: &[&str],
        claim: Claim,
    ) -> Result<Option<Box<dyn Announced>>> {
        // What is kept is looked for once more under the lock, when the document is put in its place.
        if to_write.is_empty() {
            return Ok(None);
        }
        let _lock = self.lock(name)?;
        let workflow = self.workflow(name.workflow());
        Ok(Some(Box::new(SavingRecord::begin(&workflow, name.as_str(), to_write, claim)?)))
    }

    fn commit<'a>(&'a self, name: &'a Name, document: &NewDocument<'a>, expected: Expected<'_>) -> Outcome<'a> {
        self.commit_document(name, document, expected)
    }

    fn remove<'a>(&'a self, names: &'a [Name], only: Only<'_>) -> Result<Removal<'a>> {
        self.remove_documents(names, only)
    }

    fn rename(&self, name: &Name, new: &Name) -> Option<Result<Manifest>> {
        (name.workflow() == new.workflow()).then(|| self.rename_document(name, new))
    }

    fn workflows(&self) -> Result<Vec<Result<Workflow>>> {
        self.all_workflows()
    }

    fn leftovers(&self, workflow: &Workflow) -> Result<Vec<(Remains, Leftover)>> {
        self.leftovers_of(workflow)
    }

    fn remove_leftovers(&self, workflow: &Workflow, these: &HashSet<Remains>) -> Result<Vec<Leftover>> {
        self.remove_leftovers_of(workflow, these)
    }
}

fn stamp(metadata: &Metadata) -> Stamp {
    let (text, changed) = disk::stamp(metadata);
    Stamp { text, changed }
}

/// A document cannot be a workflow too: say so, instead of the system's 'not a directory'.
fn not_a_folder(error: Error, name: &Name) -> Error {
    let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<io::Error>());
    let kind = cause.map(io::Error::kind);
    if matches!(kind, Some(io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists)) {
        return name.is_below_a_document().with_source(error);
    }
    error
}
