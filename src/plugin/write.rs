//! From a plan to stored arrays and their manifest entries.

use super::manifest::ManifestEntry;
use super::plan::{PlannedArray, SavePlan};
use super::resolver::no_protocol;
use crate::array::{Codec, ErasedArray};
use crate::backend::{Backend, StoredSummary};
use crate::engine::{StoredArray, Wanted, WriteJob, remove_arrays, write_arrays};
use crate::error::{Error, Result};
use std::sync::Arc;

/// What was written for a plan: to be kept, left or discarded. Dropped, in a panic, it removes the arrays again.
pub(crate) struct Written {
    backend: Option<Arc<dyn Backend>>,
    files: Vec<String>,
    pub(crate) entries: Vec<ManifestEntry>,
}

impl Written {
    fn write(
        &mut self,
        plan: &SavePlan,
        codec: Option<Codec>,
        kept: &dyn Fn(&str) -> Option<ManifestEntry>,
        wanted: &Wanted,
    ) -> Result<()> {
        let Some(first) = plan.arrays.first() else { return Ok(()) };
        let backend = self.backend.clone().ok_or_else(|| no_protocol().at_path(first.path()))?;
        let codec = codec.unwrap_or(backend.default_codec());
        let mut slots: Vec<Option<ManifestEntry>> = Vec::with_capacity(plan.arrays.len());
        let mut jobs = Vec::new();
        for planned in &plan.arrays {
            let file = planned.id.file();
            let entry = match kept(file) {
                Some(entry) => Some(ManifestEntry { paths: planned.paths.clone(), plain: planned.plain, ..entry }),
                None => {
                    let locate = |error: Error| error.at_path(planned.path()).in_array(file);
                    let linked = link(&*planned.array, &*backend, file).map_err(locate)?;
                    if linked.is_some() {
                        self.files.push(file.to_owned());
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
        let summaries = write_arrays(&*backend, &jobs, wanted)?;
        self.files.extend(jobs.into_iter().map(|job| job.name));
        let mut summaries = summaries.into_iter();
        for (slot, planned) in slots.into_iter().zip(&plan.arrays) {
            self.entries.extend(slot.or_else(|| summaries.next().map(|summary| planned.entry(summary))));
        }
        Ok(())
    }

    /// From now on the arrays belong to a document.
    pub(crate) fn keep(mut self) -> Vec<ManifestEntry> {
        self.files.clear();
        std::mem::take(&mut self.entries)
    }

    /// Removes the arrays after an error, which then names those that stay behind.
    pub(crate) fn discard(mut self, error: Error) -> Error {
        let files = std::mem::take(&mut self.files);
        match &self.backend {
            Some(backend) => error.leaving(remove_arrays(&**backend, files)),
            None => error,
        }
    }

    /// The arrays as they are while a document that names them is put in its place: now nothing but a word removes them.
    #[cfg(any(feature = "hdf5", feature = "object-store"))]
    pub(crate) fn hold(mut self) -> Held {
        Held { backend: self.backend.clone(), files: std::mem::take(&mut self.files) }
    }
}

/// Arrays of which it is being decided whether a document names them. Dropped, they stay.
#[cfg(any(feature = "hdf5", feature = "object-store"))]
pub(crate) struct Held {
    backend: Option<Arc<dyn Backend>>,
    files: Vec<String>,
}

#[cfg(any(feature = "hdf5", feature = "object-store"))]
impl Held {
    /// Removes the arrays: no document names them. The error names those that stay behind.
    pub(crate) fn discard(self, error: Error) -> Error {
        match &self.backend {
            Some(backend) => error.leaving(remove_arrays(&**backend, self.files)),
            None => error,
        }
    }

    /// Nothing is removed, since a document may name the arrays; the error names them.
    pub(crate) fn leave(self, error: Error) -> Error {
        let locations = self.backend.iter().flat_map(|backend| self.files.iter().map(|file| backend.describe(file)));
        error.leaving(locations)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        if let Some(backend) = &self.backend {
            let _ = remove_arrays(&**backend, std::mem::take(&mut self.files));
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
    match written.write(plan, codec, kept, wanted) {
        Ok(()) => Ok(written),
        Err(error) => Err(written.discard(error)),
    }
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
