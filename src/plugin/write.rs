//! From a plan to stored arrays and objects, and their manifest entries.

use super::manifest::{Manifest, ManifestEntry, ObjectEntry};
use super::persistent::{remove_files, write_objects};
use super::plan::{PlannedArray, SavePlan};
use crate::array::{Codec, ErasedArray};
use crate::backend::{Backend, StoredSummary, for_protocols};
use crate::engine::{StoredArray, Wanted, WriteJob, remove_arrays, write_arrays};
use crate::error::{Error, Result};
use crate::protocol::{Protocols, no_protocol};
use std::sync::Arc;

/// Arrays and objects in storage, which may have to be removed again.
struct Stored {
    protocols: Protocols,
    backend: Option<Arc<dyn Backend>>,
    arrays: Vec<String>,
    /// The files of other objects.
    files: Vec<String>,
}

impl Stored {
    /// Removes everything; tells the locations of what stays behind.
    fn remove(&mut self) -> Vec<String> {
        let (arrays, files) = (std::mem::take(&mut self.arrays), std::mem::take(&mut self.files));
        let arrays = self.backend.as_ref().map(|backend| remove_arrays(&**backend, arrays));
        let files = self.protocols.files().map(|place| remove_files(&place, files));
        arrays.into_iter().chain(files).flatten().collect()
    }

    fn locations(&self) -> Vec<String> {
        let arrays = self.backend.iter().flat_map(|backend| self.arrays.iter().map(|array| backend.describe(array)));
        let place = self.protocols.files();
        let files = place.iter().flat_map(|place| self.files.iter().map(|file| place.describe(file)));
        arrays.chain(files).collect()
    }
}

/// What was written for a plan: to be kept, left or discarded. Dropped, in a panic, it is removed again.
pub(crate) struct Written {
    stored: Stored,
    arrays: Vec<ManifestEntry>,
    objects: Vec<ObjectEntry>,
}

impl Written {
    fn write(&mut self, plan: &SavePlan, kept: Option<&Manifest>, wanted: &Wanted) -> Result<()> {
        self.write_arrays(plan, kept, wanted)?;
        let written = write_objects(&plan.objects, &self.stored.protocols, kept, wanted)?;
        (self.objects, self.stored.files) = (written.entries, written.files);
        Ok(())
    }

    fn write_arrays(&mut self, plan: &SavePlan, kept: Option<&Manifest>, wanted: &Wanted) -> Result<()> {
        let Some(first) = plan.arrays.first() else { return Ok(()) };
        let backend = self.stored.backend.clone().ok_or_else(|| no_protocol().at_path(first.path()))?;
        let codec = self.stored.protocols.codec().unwrap_or(backend.default_codec());
        let mut slots: Vec<Option<ManifestEntry>> = Vec::with_capacity(plan.arrays.len());
        let mut jobs = Vec::new();
        for planned in &plan.arrays {
            let file = planned.id.file();
            let entry = match kept.and_then(|manifest| manifest.entry(file)).cloned() {
                Some(entry) => Some(ManifestEntry { paths: planned.paths.clone(), plain: planned.plain, ..entry }),
                None => {
                    let locate = |error: Error| error.at_path(planned.path()).in_array(file);
                    let linked = link(&*planned.array, &*backend, file).map_err(locate)?;
                    if linked.is_some() {
                        self.stored.arrays.push(file.to_owned());
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
        self.stored.arrays.extend(jobs.into_iter().map(|job| job.name));
        let mut summaries = summaries.into_iter();
        for (slot, planned) in slots.into_iter().zip(&plan.arrays) {
            self.arrays.extend(slot.or_else(|| summaries.next().map(|summary| planned.entry(summary))));
        }
        Ok(())
    }

    /// The list of what was written.
    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::new(self.arrays.clone(), self.objects.clone())
    }

    /// From now on everything belongs to a document.
    pub(crate) fn keep(mut self) {
        self.stored.arrays.clear();
        self.stored.files.clear();
    }

    /// Removes everything after an error, which then names what stays behind.
    pub(crate) fn discard(mut self, error: Error) -> Error {
        error.leaving(self.stored.remove())
    }

    /// Everything as it is while a document that names it is put in its place: now nothing but a word removes it.
    #[cfg(any(feature = "hdf5", feature = "object-store"))]
    pub(crate) fn hold(mut self) -> Held {
        let (arrays, files) = (std::mem::take(&mut self.stored.arrays), std::mem::take(&mut self.stored.files));
        let (protocols, backend) = (self.stored.protocols.clone(), self.stored.backend.clone());
        Held(Stored { protocols, backend, arrays, files })
    }
}

/// Arrays and objects of which it is being decided whether a document names them. Dropped, they stay.
#[cfg(any(feature = "hdf5", feature = "object-store"))]
pub(crate) struct Held(Stored);

#[cfg(any(feature = "hdf5", feature = "object-store"))]
impl Held {
    /// Removes everything: no document names it. The error names what stays behind.
    pub(crate) fn discard(mut self, error: Error) -> Error {
        error.leaving(self.0.remove())
    }

    /// Nothing is removed, since a document may name it; the error names it.
    pub(crate) fn leave(self, error: Error) -> Error {
        error.leaving(self.0.locations())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        drop(self.stored.remove());
    }
}

/// Writes the arrays and objects of a plan: arrays that lie in such a backend already are linked, all others are computed. What `kept`
/// has stays where it is.
pub(crate) fn write_plan(
    plan: &SavePlan,
    protocols: &Protocols,
    kept: Option<&Manifest>,
    wanted: &Wanted,
) -> Result<Written> {
    protocols.codec().map_or(Ok(()), Codec::check)?;
    for planned in &plan.arrays {
        let checked = planned.array.codec().map_or(Ok(()), Codec::check);
        checked.map_err(|error| error.at_path(planned.path()).in_array(planned.id.file()))?;
    }
    let (protocols, backend) = (protocols.clone(), for_protocols(protocols));
    let stored = Stored { protocols, backend, arrays: Vec::new(), files: Vec::new() };
    let mut written = Written { stored, arrays: Vec::new(), objects: Vec::new() };
    match written.write(plan, kept, wanted) {
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
