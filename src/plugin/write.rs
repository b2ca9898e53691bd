//! From a plan to stored arrays and their manifest entries.

use super::manifest::ManifestEntry;
use super::plan::{PlannedArray, SavePlan};
use super::resolver::no_protocol;
use crate::array::{Codec, ErasedArray};
use crate::backend::{Backend, StoredSummary};
use crate::engine::{StoredArray, Wanted, WriteJob, write_arrays};
use crate::error::Result;
use std::sync::Arc;

/// What was written for a plan. Dropped before [`keep`](Written::keep), it removes the arrays again.
pub(crate) struct Written {
    backend: Option<Arc<dyn Backend>>,
    files: Vec<String>,
    pub(crate) entries: Vec<ManifestEntry>,
}

impl Written {
    /// From now on the arrays belong to a document.
    pub(crate) fn keep(mut self) -> Vec<ManifestEntry> {
        self.files.clear();
        std::mem::take(&mut self.entries)
    }

    /// Nothing is removed, since a document may name the arrays.
    pub(crate) fn leave(&mut self) {
        self.files.clear();
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(backend) = &self.backend {
            for file in &self.files {
                // Whatever led here is the error to tell; what stays behind is found by a sweep.
                let _ = backend.remove(file);
            }
        }
    }
}

/// Writes the arrays of a plan: those that lie in such a backend already are linked, all others are computed. `kept`
/// gives the entries of arrays that stay where they are.
pub(crate) fn write_plan(
    plan: &SavePlan,
    backend: Option<&Arc<dyn Backend>>,
    codec: Option<Codec>,
    kept: &dyn Fn(&str) -> Option<ManifestEntry>,
    wanted: &Wanted,
) -> Result<Written> {
    codec.map_or(Ok(()), Codec::check)?;
    for planned in &plan.arrays {
        let checked = planned.array.codec().map_or(Ok(()), Codec::check);
        checked.map_err(|error| error.at_path(planned.path()).in_array(planned.id.file()))?;
    }
    let mut written = Written { backend: backend.cloned(), files: Vec::new(), entries: Vec::new() };
    if plan.arrays.is_empty() {
        return Ok(written);
    }
    let backend = backend.ok_or_else(|| no_protocol().at_path(plan.arrays.first().map_or("", PlannedArray::path)))?;
    let codec = codec.unwrap_or(backend.default_codec());
    let mut slots: Vec<Option<ManifestEntry>> = Vec::with_capacity(plan.arrays.len());
    let mut jobs = Vec::new();
    for planned in &plan.arrays {
        let file = planned.id.file();
        let entry = match kept(file) {
            Some(entry) => Some(ManifestEntry { paths: planned.paths.clone(), plain: planned.plain, ..entry }),
            None => {
                let locate = |error: crate::Error| error.at_path(planned.path()).in_array(file);
                let linked = link(&*planned.array, &**backend, file).map_err(locate)?;
                if linked.is_some() {
                    written.files.push(file.to_owned());
                }
                linked.map(|summary| planned.entry(summary))
            }
        };
        if entry.is_none() {
            jobs.push(WriteJob {
                name: file.to_owned(),
                path: planned.path().to_owned(),
                array: planned.array.clone(),
                codec: planned.array.codec().unwrap_or(codec),
            });
        }
        slots.push(entry);
    }
    let summaries = write_arrays(&**backend, &jobs, wanted)?;
    written.files.extend(jobs.into_iter().map(|job| job.name));
    let mut summaries = summaries.into_iter();
    for (slot, planned) in slots.into_iter().zip(&plan.arrays) {
        written.entries.extend(slot.or_else(|| summaries.next().map(|summary| planned.entry(summary))));
    }
    Ok(written)
}

/// Makes a stored array an array of its own under another name without reading it, where that is possible.
fn link(array: &dyn ErasedArray, backend: &dyn Backend, to: &str) -> Result<Option<StoredSummary>> {
    if array.codec().is_some() {
        return Ok(None);
    }
    let Some(stored) = array.stored().and_then(|stored| stored.into_any().downcast::<StoredArray>().ok()) else {
        return Ok(None);
    };
    let reader = stored.reader()?;
    let Some(digest) = reader.digest() else { return Ok(None) };
    let linked = backend.link(&**stored.backend(), stored.name(), to)?;
    let rest = stored.expected().and_then(|expected| expected.rest.clone());
    Ok(linked.then(|| StoredSummary { bytes: reader.stored_bytes(), digest: digest.to_owned(), rest }))
}

impl PlannedArray {
    /// The first path, for messages.
    fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    fn entry(&self, summary: StoredSummary) -> ManifestEntry {
        ManifestEntry {
            id: self.id.clone(),
            paths: self.paths.clone(),
            data_type: self.array.data_type().name().to_owned(),
            chunks: self.array.grid().runs(),
            bytes: summary.bytes,
            digest: summary.digest,
            rest: summary.rest,
            plain: self.plain,
        }
    }
}
