//! Arrays of a plan whose chunks other programs will write, and the plan of the document that will name them.

use crate::array::ArrayMeta;
use crate::backend::{ArraySpec, Backend, FirstPlace, Form, StoredSummary};
use crate::error::{Error, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::{ArrayEntry, Manifest, ManifestEntry};
use crate::plugin::external::destination::defaults;
use crate::plugin::external::planned::{External, Planned, SavePlan, SharedPlan};
use crate::plugin::external::protocols::Protocols;
use std::collections::{HashMap, HashSet};

/// What stands for the digest of an array that is not complete.
const PENDING: &str = "pending";

/// An array that was taken out of a plan.
pub(crate) struct PendingArray {
    pub(crate) entry: ArrayEntry,
    pub(crate) spec: ArraySpec,
}

impl SavePlan {
    /// Takes the pending arrays out.
    pub(crate) fn take_pending(&mut self, protocols: &Protocols, backend: &dyn Backend) -> Result<Vec<PendingArray>> {
        let defaults = defaults(protocols, backend);
        let document = self.document.clone();
        let mut pending = Vec::new();
        let mut rest = Vec::with_capacity(self.objects.len());
        for planned in std::mem::take(&mut self.objects) {
            match planned.array().filter(|any| any.array.is_pending()) {
                Some(any) => {
                    let meta = any.meta().or(&defaults);
                    let (data_type, grid) = (any.array.data_type(), any.array.grid());
                    let checked = data_type.check().and_then(|()| meta.labels.check(grid.ndim(), &data_type));
                    checked.map_err(|error| planned.locate(error))?;
                    let entry = ArrayEntry {
                        id: planned.id.clone(),
                        paths: planned.paths.clone(),
                        data_type: data_type.name().into_owned(),
                        chunks: grid.runs(),
                        labels: any.meta().labels,
                        bytes: 0,
                        digest: PENDING.to_owned(),
                        codec: None,
                        rest: None,
                        opening: None,
                        format: None,
                        plain: false,
                        named: None,
                    };
                    let first = first_place(document.as_deref(), planned.path());
                    pending.push(PendingArray {
                        spec: ArraySpec { data_type, grid: grid.clone(), meta, first, kept_chunk: None },
                        entry,
                    });
                }
                None => rest.push(planned),
            }
        }
        self.objects = rest;
        Ok(pending)
    }

    /// The plan of a document of which everything is written. What is `kept` belongs to the document that it replaces.
    pub(crate) fn of_written(document: &str, manifest: &Manifest, kept: &HashSet<String>) -> Self {
        let arrays = manifest.arrays.iter().map(|entry| {
            let external = External::Written(entry.clone());
            (entry.id.clone(), entry.paths.clone(), external)
        });
        let objects = manifest.objects.iter().map(|entry| {
            let external = External::WrittenFiles(entry.clone());
            (entry.id.clone(), entry.paths.clone(), external)
        });
        let planned = |(id, paths, external): (PersistentId, _, _)| Planned {
            kept: kept.contains(id.file()),
            id,
            paths,
            external,
        };
        let objects = arrays.chain(objects).map(planned).collect();
        Self { objects, shared: SharedPlan::of(manifest.shared), document: Some(document.to_owned()) }
    }
}

impl Manifest {
    /// The manifest of what was written of a plan and of what is pending, in the order of the ids.
    pub(crate) fn with_pending(self, ids: &[String], pending: impl Iterator<Item = ArrayEntry>) -> Self {
        let shared = self.shared;
        let arrays = self.arrays.into_iter().chain(pending);
        let mut entries: HashMap<String, ManifestEntry> =
            arrays.map(|entry| (entry.id.file().to_owned(), ManifestEntry::Array(entry))).collect();
        let objects = self.objects.into_iter();
        entries.extend(objects.map(|entry| (entry.id.file().to_owned(), ManifestEntry::Object(entry))));
        Self::new(ids.iter().filter_map(|id| entries.remove(id)).collect()).with_shared(shared)
    }

    /// The same with what became of an array that was pending.
    pub(crate) fn completed(&mut self, file: &str, summary: StoredSummary) -> Result<()> {
        let entry = self.arrays.iter_mut().find(|entry| entry.id.file() == file);
        let entry = entry.ok_or_else(|| Error::corrupt("the session has lost an array").in_array(file))?;
        let StoredSummary { bytes, codec, digest, rest, .. } = summary;
        (entry.bytes, entry.digest, entry.rest) = (bytes, digest, rest);
        entry.codec = codec.map(|codec| codec.to_string());
        Ok(())
    }
}

impl ArrayEntry {
    /// What the array is, whose chunks others have written in that form.
    pub(crate) fn spec(&self, form: &Form, document: &str) -> Result<ArraySpec> {
        let expected = self.expected()?;
        let meta = ArrayMeta { codec: Some(form.codec), labels: expected.labels };
        let first = first_place(Some(document), self.path());
        Ok(ArraySpec { data_type: expected.data_type, grid: expected.grid, meta, first, kept_chunk: None })
    }
}

fn first_place(document: Option<&str>, path: &str) -> FirstPlace {
    // Where the path is not known, it is a question mark.
    FirstPlace { document: document.map(str::to_owned), path: (path != "?").then(|| path.to_owned()) }
}
