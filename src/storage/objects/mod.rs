//! An object store: `<folder>/<workflow>/<task>` is a document, its arrays are Zarr arrays in
//! `<folder>/<workflow>/bigdata/dask_arrays/`.

mod announce;
mod commit;

use super::name::{ARRAYS, Name};
use super::place::{Announced, Document, Expected, Listed, NewDocument, Outcome, Place};
use super::read::head;
use crate::backend::{Backend, ZarrArrays};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::Manifest;
use crate::protocol::{Listing, Objects, Version, ZarrOptions};
use announce::Lease;
use bytes::Bytes;
use once_cell::sync::OnceCell;
use std::io::Cursor;
use std::sync::Arc;

pub(super) struct ObjectFolder {
    objects: Objects,
    location: String,
    zarr: ZarrOptions,
    limits: Limits,
    /// Whether the store heeds the conditions of a put; found out at the first save.
    heeds_conditions: OnceCell<bool>,
}

impl ObjectFolder {
    pub(super) fn new(objects: Objects, zarr: ZarrOptions, limits: Limits) -> Self {
        Self { location: objects.describe(""), objects, zarr, limits, heeds_conditions: OnceCell::new() }
    }

    /// The arrays of a workflow and what belongs to them.
    fn arrays(&self, workflow: &str) -> Result<Objects> {
        if workflow.is_empty() {
            self.objects.below(ARRAYS)
        } else {
            self.objects.below(&format!("{workflow}/{ARRAYS}"))
        }
    }

    /// A document's bytes and its version.
    fn get_document(&self, name: &Name) -> Result<(Bytes, Version)> {
        let got = self.objects.get(name.as_str(), self.limits.most_document_bytes());
        got.map_err(
            |error| if error.kind() == ErrorKind::Limit { self.limits.too_large_document(error) } else { error },
        )
    }

    fn walk_folder(&self, workflow: &str, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        let Listing { objects, folders } = self.objects.list(workflow)?;
        let name =
            |segment: &str| if workflow.is_empty() { segment.to_owned() } else { format!("{workflow}/{segment}") };
        for (segment, meta) in objects {
            let name = name(&segment);
            if Name::parse(&name).is_ok() {
                visit(Listed { name, bytes: meta.size, modified: Some(meta.last_modified.into()) });
            }
        }
        for segment in folders {
            let name = name(&segment);
            // Not the arrays: they may be millions of objects.
            if Name::parse(&name).is_ok() {
                self.walk_folder(&name, visit)?;
            }
        }
        Ok(())
    }
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

    fn backend(&self, workflow: &str) -> Arc<dyn Backend> {
        // A name's workflow is always a good folder; what a user's folder is was checked when the storage was opened.
        let objects = self.arrays(workflow).unwrap_or_else(|_| self.objects.clone());
        Arc::new(ZarrArrays::new(objects, self.zarr, self.limits))
    }

    fn open(&self, name: &Name) -> Result<Document> {
        match self.get_document(name) {
            Ok((contents, _)) => {
                let bytes = contents.len() as u64;
                Ok(Document { contents: Box::new(Cursor::new(contents)), bytes })
            }
            Err(error) if error.is_not_found() => Err(error.reworded("there is no document of that name")),
            Err(error) => Err(error),
        }
    }

    fn contains(&self, name: &Name) -> Result<bool> {
        self.objects.exists(name.as_str())
    }

    fn walk(&self, workflow: &str, visit: &mut dyn FnMut(Listed)) -> Result<()> {
        self.walk_folder(workflow, visit)
    }

    fn check_free(&self, name: &Name) -> Result<()> {
        if self.objects.any_below(name.as_str())? {
            return Err(name.is_a_workflow());
        }
        let mut workflow = name.workflow();
        while !workflow.is_empty() {
            if self.objects.exists(workflow)? {
                return Err(name.is_below_a_document());
            }
            workflow = workflow.rsplit_once('/').map_or("", |(above, _)| above);
        }
        Ok(())
    }

    fn announce(&self, name: &Name, arrays: &[&str]) -> Result<Box<dyn Announced>> {
        Ok(Box::new(Lease::begin(self.arrays(name.workflow())?, name.as_str(), arrays)?))
    }

    fn commit(&self, name: &Name, document: &NewDocument<'_>, expected: Expected<'_>) -> Outcome {
        self.commit_document(name, document, expected)
    }

    fn remove(&self, name: &Name, arrays: &dyn Fn(&Manifest)) -> Result<()> {
        let head = head(self, name)?;
        self.objects.remove(name.as_str()).map_err(|error| match error.kind() {
            ErrorKind::PermissionDenied => error,
            _ => Error::new(
                ErrorKind::UnknownOutcome,
                "it is not known whether the document was removed; its arrays were not",
            )
            .with_source(error),
        })?;
        arrays(&head.manifest);
        Ok(())
    }
}
