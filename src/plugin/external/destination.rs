//! The place for the data outside the document, and what has been written there so far.

use crate::array::ArrayMeta;
use crate::backend::{Backend, Linked};
use crate::engine::remove_arrays;
use crate::error::Result;
use crate::plugin::external::protocols::Protocols;
use crate::protocol::files::Files;
use crate::task::unstoppable;
use std::sync::Arc;

/// What a serializer needs to write objects.
pub(crate) struct Destination<'a> {
    pub(crate) protocols: &'a Protocols,
    pub(crate) stored: &'a mut Stored,
    /// The name of the document, if it has one.
    pub(crate) document: Option<&'a str>,
}

/// Arrays and files in storage, which may have to be removed again.
pub(crate) struct Stored {
    protocols: Protocols,
    backend: Option<Arc<dyn Backend>>,
    arrays: Vec<String>,
    /// The files of external objects.
    files: Vec<String>,
    /// How many of the arrays were taken over as they were stored elsewhere.
    pub(in crate::plugin) linked: usize,
    /// Bytes of those that were linked, and so not written.
    pub(in crate::plugin) linked_bytes: u64,
    /// Chunks of arrays that were written, taken over as they were stored elsewhere.
    pub(in crate::plugin) carried_chunks: usize,
}

impl Stored {
    /// Nothing yet.
    pub(in crate::plugin) fn new(protocols: &Protocols) -> Self {
        let (protocols, backend) = (protocols.clone(), protocols.backend());
        let (arrays, files) = (Vec::new(), Vec::new());
        Self { protocols, backend, arrays, files, linked: 0, linked_bytes: 0, carried_chunks: 0 }
    }

    pub(in crate::plugin) fn protocols(&self) -> &Protocols {
        &self.protocols
    }

    pub(crate) fn backend(&self) -> Option<Arc<dyn Backend>> {
        self.backend.clone()
    }

    pub(crate) fn add_arrays(&mut self, arrays: impl IntoIterator<Item = String>) {
        self.arrays.extend(arrays);
    }

    /// Adds an array that was taken over as it was stored elsewhere.
    pub(crate) fn add_linked(&mut self, array: String, linked: &Linked) {
        self.arrays.push(array);
        self.linked += 1;
        if !linked.copied {
            self.linked_bytes = self.linked_bytes.saturating_add(linked.summary.bytes);
        }
    }

    /// Adds chunks that were taken over, of which this process did not write this many bytes.
    pub(crate) fn add_carried(&mut self, chunks: usize, linked_bytes: u64) {
        self.carried_chunks += chunks;
        self.linked_bytes = self.linked_bytes.saturating_add(linked_bytes);
    }

    pub(crate) fn add_files(&mut self, files: impl IntoIterator<Item = String>) {
        self.files.extend(files);
    }

    /// Makes the arrays durable.
    pub(in crate::plugin) fn sync(&self) -> Result<()> {
        self.backend.as_ref().map_or(Ok(()), |backend| backend.sync())
    }

    /// Everything, to be held elsewhere.
    pub(in crate::plugin) fn take(&mut self) -> Self {
        let (arrays, files) = (std::mem::take(&mut self.arrays), std::mem::take(&mut self.files));
        Self { protocols: self.protocols.clone(), backend: self.backend.clone(), arrays, files, ..*self }
    }

    /// Removes everything; returns the locations of what stays behind.
    pub(in crate::plugin) fn remove(&mut self) -> Vec<String> {
        let Self { protocols, backend, arrays, files, .. } = self.take();
        unstoppable(|| {
            let arrays = backend.map(|backend| remove_arrays(&*backend, arrays));
            let files = protocols.files().map(|place| remove_files(&place, files));
            arrays.into_iter().chain(files).flatten().collect()
        })
    }

    pub(in crate::plugin) fn locations(&self) -> Vec<String> {
        let arrays = self.backend.iter().flat_map(|backend| self.arrays.iter().map(|array| backend.describe(array)));
        let place = self.protocols.files();
        let files = place.iter().flat_map(|place| self.files.iter().map(|file| place.describe(file)));
        arrays.chain(files).collect()
    }
}

/// What arrays are stored with where nothing was chosen for them.
pub(in crate::plugin) fn defaults(protocols: &Protocols, backend: &dyn Backend) -> ArrayMeta {
    ArrayMeta::of_codec(protocols.codec().unwrap_or(backend.default_codec()))
}

/// Removes files; returns the locations of those that stay behind. What is not there any more counts as removed.
pub(crate) fn remove_files(files: &Files, names: impl IntoIterator<Item = String>) -> Vec<String> {
    files.remove_all(names.into_iter().collect()).iter().map(|name| files.describe(name)).collect()
}
