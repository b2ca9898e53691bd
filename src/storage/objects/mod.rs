//! An object store: `<folder>/<workflow>/<name>` is a document, its arrays are Zarr arrays in
//! `<folder>/<workflow>/bigdata/dask_arrays/`.

mod announce;
mod commit;
mod remove;
mod renewing;
mod sweep;

pub(super) use announce::DEFAULT_LEASE;

use super::leftover::{Leftover, Remains};
use super::name::{ARRAYS, INDEX, Name, Workflow, may_be_a_document};
use super::place::{
    Announced, Before, Claim, Contents, Document, Expected, Hold, Listed, Missing, Near, NewDocument, Only, Outcome,
    Place, Removal, Seen, Stamp,
};
use crate::backend::{Backend, ZarrArrays};
use crate::error::{ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::Protocols;
use crate::protocol::store::ByteStore;
use crate::protocol::{ArrayOptions, Listing, ObjectVersion, Objects, Replace};
use announce::Lease;
use bytes::Bytes;
use std::collections::HashSet;
use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub(super) struct ObjectFolder {
    objects: Objects,
    location: String,
    options: ArrayOptions,
    limits: Limits,
    lease: Duration,
}

impl ObjectFolder {
    pub(super) fn new(objects: Objects, options: ArrayOptions, limits: Limits, lease: Duration) -> Self {
        Self { location: objects.describe(""), objects, options, limits, lease }
    }

    /// The arrays of a workflow and what belongs to them.
    fn arrays(&self, workflow: &Workflow) -> Result<Objects> {
        self.objects.below(&workflow.join(ARRAYS))
    }

    /// A document's bytes and its version.
    fn get_document(&self, name: &Name) -> Result<(Bytes, ObjectVersion)> {
        let got = self.objects.get(name.as_str(), self.limits.most_document_bytes());
        got.map_err(
            |error| if error.kind() == ErrorKind::Limit { self.limits.too_large_document(error) } else { error },
        )
    }

    fn has_documents(&self, workflow: &Workflow) -> Result<bool> {
        let mut any = false;
        self.documents(workflow, &mut |_| any = true)?;
        Ok(any)
    }

    fn walk_folder(&self, workflow: &Workflow, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        let Listing { objects, folders } = self.objects.list(workflow.as_str())?;
        for (segment, meta) in objects {
            if let Ok(name) = workflow.name(&segment) {
                let (bytes, modified) = (meta.size, SystemTime::from(meta.last_modified));
                let stamp = stamp(&ObjectVersion::from(&meta), bytes, modified);
                visit(Listed { name, bytes, modified: Some(modified), stamp });
            }
        }
        for segment in folders {
            // Not the arrays: they may be millions of objects.
            if let Ok(below) = workflow.child(&segment) {
                self.walk_folder(&below, visit)?;
            }
        }
        Ok(())
    }
}

fn stamp(version: &ObjectVersion, bytes: u64, changed: SystemTime) -> Option<Stamp> {
    let text = [bytes.to_le_bytes().as_slice(), version.tag()?.as_bytes()].concat();
    Some(Stamp { text, changed })
}

impl Place for ObjectFolder {
    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn location(&self) -> &str {
        &self.location
    }

    fn describe(&self, name: &Name) -> String {
        self.objects.describe(name.as_str())
    }

    fn identity(&self, name: &Name) -> String {
        self.objects.identity(name.as_str())
    }

    fn backend(&self, workflow: &Workflow) -> Arc<dyn Backend> {
        // A name's workflow is always a good folder; what a user's folder is was checked when the storage was opened.
        let objects = self.arrays(workflow).unwrap_or_else(|_| self.objects.clone());
        Arc::new(ZarrArrays::new(Arc::new(objects), self.options.zarr(), self.limits))
    }

    fn bytes(&self, workflow: &Workflow) -> Result<Arc<dyn ByteStore>> {
        Ok(Arc::new(self.arrays(workflow)?))
    }

    fn keeps_first(&self, name: &Name, _: &str) -> Result<bool> {
        self.heeds_conditions(name)
    }

    fn is_synced(&self) -> bool {
        true
    }

    fn with_folder(&self, _: &Name) -> Result<Option<Box<dyn Hold>>> {
        Ok(None)
    }

    fn protocols(&self, workflow: &Workflow) -> Protocols {
        let objects = self.arrays(workflow).unwrap_or_else(|_| self.objects.clone());
        Protocols::new().with_objects(objects).with_array_options(self.options).with_limits(self.limits)
    }

    fn open(&self, name: &Name) -> Result<Document> {
        match self.get_document(name) {
            Ok((contents, version)) => {
                let bytes = contents.len() as u64;
                // Only its text counts: a listing has the time.
                let stamp = stamp(&version, bytes, SystemTime::UNIX_EPOCH);
                Ok(Document { contents: Box::new(Cursor::new(contents)), bytes, seen: Seen::Version(version), stamp })
            }
            Err(error) if error.is_not_found() => Err(error.reworded("there is no document of that name")),
            Err(error) => Err(error),
        }
    }

    fn look_at(&self, name: &Name) -> Result<Box<dyn Contents>> {
        Ok(Box::new(self.objects.reader(name.as_str())?))
    }

    fn contains(&self, name: &Name) -> Result<bool> {
        self.objects.exists(name.as_str())
    }

    fn is_document(&self, _: &Name) -> bool {
        // To see it takes a request.
        true
    }

    fn exists(&self) -> Result<bool> {
        self.objects.any_below("")
    }

    fn near(&self, name: &Name) -> Option<Near> {
        let workflow = name.workflow();
        if self.objects.any_below(name.as_str()).ok()? {
            return Some(Near { missing: Missing::DocumentOfWorkflow, names: Vec::new() });
        }
        let tasks = self.objects.names_from(workflow.as_str(), name.last().chars().next()?).ok()?;
        let names = tasks.iter().filter_map(|task| workflow.name(task).ok());
        let names: Vec<_> = names.map(|name| name.as_str().to_owned()).collect();
        let missing = if names.is_empty() && !self.objects.any_below(workflow.as_str()).ok()? {
            if workflow.is_root() { Missing::Storage } else { Missing::Workflow(workflow.clone()) }
        } else {
            Missing::Document
        };
        Some(Near { missing, names })
    }

    fn walk(&self, workflow: &Workflow, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        self.walk_folder(workflow, visit)
    }

    fn documents(&self, workflow: &Workflow, visit: &mut dyn FnMut(String)) -> Result<()> {
        let listed = self.objects.list(workflow.as_str())?.objects.into_iter().map(|(segment, _)| segment);
        for segment in listed.filter(|segment| may_be_a_document(segment)) {
            visit(workflow.join(&segment));
        }
        Ok(())
    }

    fn index(&self, workflow: &Workflow, most: u64) -> Option<Vec<u8>> {
        let got = self.arrays(workflow).and_then(|arrays| arrays.get(INDEX, most));
        got.ok().map(|(bytes, _)| bytes.into())
    }

    fn put_index(&self, workflow: &Workflow, contents: &mut dyn FnMut(SystemTime) -> Option<Vec<u8>>) {
        if let (Ok(arrays), Some(contents)) = (self.arrays(workflow), contents(SystemTime::now())) {
            let _ = arrays.put(INDEX, contents.into(), Replace::Any);
        }
    }

    fn remove_index_if_empty(&self, workflow: &Workflow) {
        // Most workflows have none, which is one request.
        if let Ok(arrays) = self.arrays(workflow)
            && arrays.exists(INDEX).is_ok_and(|exists| exists)
            && self.has_documents(workflow).is_ok_and(|has| !has)
        {
            let _ = arrays.remove(INDEX);
        }
    }

    fn check_free(&self, name: &Name) -> Result<()> {
        if self.objects.any_below(name.as_str())? {
            return Err(name.is_a_workflow());
        }
        let parts = std::iter::successors(Some(name.workflow().clone()), Workflow::parent);
        for part in parts.take_while(|part| !part.is_root()) {
            if self.objects.exists(part.as_str())? {
                return Err(name.is_below_a_document());
            }
        }
        Ok(())
    }

    fn announce(
        &self,
        name: &Name,
        to_write: &[&str],
        kept: &[&str],
        claim: Claim,
    ) -> Result<Option<Box<dyn Announced>>> {
        let objects = self.arrays(name.workflow())?;
        let begun = if !kept.is_empty() && !self.heeds_conditions(name)? {
            Lease::keeping(objects, name.as_str(), &[to_write, kept].concat(), self.lease)?
        } else if to_write.is_empty() {
            return Ok(None);
        } else {
            Lease::begin(objects, name.as_str(), to_write, claim, self.lease)?
        };
        Ok(Some(Box::new(begun)))
    }

    fn commit<'a>(&'a self, name: &'a Name, document: &NewDocument<'a>, expected: Expected<'_>) -> Outcome<'a> {
        self.commit_document(name, document, expected)
    }

    fn remove<'a>(&'a self, names: &'a [Name], only: Only<'_>) -> Result<Removal<'a>> {
        self.remove_documents(names, only)
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
