//! From a plan to stored objects and their manifest entries.

use crate::backend::{Backend, for_protocols};
use crate::engine::remove_arrays;
use crate::error::{Error, Result};
use crate::plugin::document::manifest::{Entry, Manifest};
use crate::plugin::external::files::remove_files;
use crate::plugin::walk::saving::{Planned, SavePlan};
use crate::protocol::Protocols;
use crate::task::unstoppable;
use std::sync::Arc;

/// What a serializer needs to write objects.
pub(crate) struct Destination<'a> {
    pub(crate) protocols: &'a Protocols,
    pub(crate) stored: &'a mut Stored,
}

/// Arrays and files in storage, which may have to be removed again.
pub(crate) struct Stored {
    protocols: Protocols,
    backend: Option<Arc<dyn Backend>>,
    arrays: Vec<String>,
    /// The files of other objects.
    files: Vec<String>,
}

impl Stored {
    pub(crate) fn backend(&self) -> Option<Arc<dyn Backend>> {
        self.backend.clone()
    }

    pub(crate) fn add_arrays(&mut self, arrays: impl IntoIterator<Item = String>) {
        self.arrays.extend(arrays);
    }

    pub(crate) fn add_files(&mut self, files: impl IntoIterator<Item = String>) {
        self.files.extend(files);
    }

    /// Everything, to be held elsewhere.
    fn take(&mut self) -> Self {
        let (arrays, files) = (std::mem::take(&mut self.arrays), std::mem::take(&mut self.files));
        Self { protocols: self.protocols.clone(), backend: self.backend.clone(), arrays, files }
    }

    /// Removes everything; tells the locations of what stays behind.
    fn remove(&mut self) -> Vec<String> {
        let Self { protocols, backend, arrays, files } = self.take();
        unstoppable(|| {
            let arrays = backend.map(|backend| remove_arrays(&*backend, arrays));
            let files = protocols.files().map(|place| remove_files(&place, files));
            arrays.into_iter().chain(files).flatten().collect()
        })
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
    entries: Vec<Entry>,
}

impl Written {
    fn write(&mut self, plan: &SavePlan, kept: Option<&Manifest>) -> Result<()> {
        let protocols = self.stored.protocols.clone();
        let known = |planned: &Planned| kept.and_then(|manifest| manifest.entry_of(planned));
        let mut entries: Vec<Option<Entry>> = plan.objects.iter().map(known).collect();
        // What one serializer writes, it writes together.
        while let Some(first) = entries.iter().position(Option::is_none) {
            let serializer = &plan.objects[first].serializer;
            let numbered = plan.objects.iter().enumerate();
            let group: Vec<(usize, &Planned)> = numbered
                .filter(|(index, planned)| entries[*index].is_none() && Arc::ptr_eq(&planned.serializer, serializer))
                .collect();
            let objects: Vec<&Planned> = group.iter().map(|(_, planned)| *planned).collect();
            let mut to = Destination { protocols: &protocols, stored: &mut self.stored };
            let written = serializer.write(&objects, &mut to)?;
            if written.len() != group.len() {
                return Err(Error::invalid("a serializer has not written all of its objects"));
            }
            for ((index, _), entry) in group.into_iter().zip(written) {
                entries[index] = Some(entry);
            }
        }
        self.entries = entries.into_iter().flatten().collect();
        Ok(())
    }

    /// The list of what was written.
    pub(crate) fn manifest(&self) -> Manifest {
        Manifest::new(self.entries.clone())
    }

    /// From now on everything belongs to a document.
    pub(crate) fn keep(mut self) {
        drop(self.stored.take());
    }

    /// Removes everything after an error, which then names what stays behind.
    pub(crate) fn discard(mut self, error: Error) -> Error {
        error.leaving(self.stored.remove())
    }

    /// Everything as it is while a document that names it is put in its place: now nothing but a word removes it.
    pub(crate) fn hold(mut self) -> Held {
        Held(self.stored.take())
    }
}

/// Arrays and objects of which it is being decided whether a document names them. Dropped, they stay.
pub(crate) struct Held(Stored);

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

/// Writes the objects of a plan, each by its serializer. What `kept` has stays where it is.
pub(crate) fn write_plan(plan: &SavePlan, protocols: &Protocols, kept: Option<&Manifest>) -> Result<Written> {
    let (protocols, backend) = (protocols.clone(), for_protocols(protocols));
    let stored = Stored { protocols, backend, arrays: Vec::new(), files: Vec::new() };
    let mut written = Written { stored, entries: Vec::new() };
    match written.write(plan, kept) {
        Ok(()) => Ok(written),
        Err(error) => Err(written.discard(error)),
    }
}
