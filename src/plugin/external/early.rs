//! Large arrays that are written while the walk of a save borrows them, so that they are not in memory twice.
//!
//! A walk does no other I/O. What it writes belongs to the save, like everything that is written after the walk: it is
//! announced before, and removed if the walk or the save fails.

use crate::array::{ArrayMeta, BorrowedElements, ChunkGrid, ErasedArray};
use crate::backend::{ArraySpec, Backend, FirstPlace};
use crate::engine::{Origin, StoredArray, write_borrowed};
use crate::error::{Error, Result};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::manifest::ArrayEntry;
use crate::plugin::external::arrays::typed;
use crate::plugin::external::destination::{Stored, defaults};
use crate::plugin::external::protocols::{Protocols, no_protocol};
use crate::task::check_cancelled;
use std::cell::RefCell;
use std::sync::Arc;

/// Announces arrays of these names, which are about to be written, for as long as the save goes on.
pub(crate) type Announce<'a> = Box<dyn Fn(&[&str]) -> Result<()> + 'a>;

/// The most names that are announced together. Names without arrays do no harm.
const MOST_NAMES: usize = 256;

/// The bytes of an array that make as many requests as are sent at the same time.
const ENOUGH: usize = 16 << 20;

/// Writes arrays during a walk.
pub(crate) struct EarlyArrays {
    protocols: Protocols,
    announce: Option<Announce<'static>>,
    document: Option<String>,
    state: RefCell<EarlyState>,
}

#[derive(Default)]
struct EarlyState {
    /// Announced and not yet used.
    ids: Vec<PersistentId>,
    /// How many were announced together the last time.
    announced: usize,
    stored: EarlyStored,
}

/// An array that a walk has written.
pub(in crate::plugin) struct EarlyArray {
    pub(in crate::plugin) entry: ArrayEntry,
    /// The array, to be compared with what is met in its place once more.
    pub(in crate::plugin) array: Arc<dyn ErasedArray>,
}

impl EarlyArrays {
    /// For a save through these protocols.
    pub(crate) fn new(protocols: &Protocols, document: Option<String>, announce: Option<Announce<'static>>) -> Self {
        Self { protocols: protocols.clone(), announce, document, state: RefCell::default() }
    }

    /// Writes an array that was met at a path, with what its field chooses.
    pub(in crate::plugin) fn write(
        &self,
        elements: &dyn BorrowedElements,
        grid: &ChunkGrid,
        field: &ArrayMeta,
        path: &str,
    ) -> Result<EarlyArray> {
        check_cancelled()?;
        let backend = self.backend().ok_or_else(|| no_protocol().at_path(path))?;
        let meta = field.or(&defaults(&self.protocols, &*backend));
        let data_type = elements.data_type();
        let checked = meta.codec.map_or(Ok(()), |codec| backend.check_codec(codec));
        let checked = checked.and_then(|()| backend.check_data_type(&data_type));
        let checked = checked.and_then(|()| meta.labels.check(grid.ndim(), &data_type));
        checked.map_err(|error| error.at_path(path))?;
        let id = self.next_id()?;
        let located = |error: Error| error.at_path(path).in_array(id.file());
        let is_known = path != "?";
        let first = FirstPlace { document: self.document.clone(), path: is_known.then(|| path.to_owned()) };
        let spec = ArraySpec { data_type: data_type.clone(), grid: grid.clone(), meta, first, kept_chunk: None };
        let summary = write_borrowed(&*backend, id.file(), &spec, elements).map_err(located)?;
        self.state.borrow_mut().stored.of(&self.protocols).add_arrays([id.file().to_owned()]);
        let entry = ArrayEntry {
            paths: vec![path.to_owned()],
            data_type: data_type.name().into_owned(),
            chunks: grid.runs(),
            labels: field.labels.clone(),
            bytes: summary.bytes,
            codec: summary.codec.map(|codec| codec.to_string()),
            digest: summary.digest,
            rest: summary.rest,
            opening: summary.opening.map(Box::new),
            format: backend.noted_format(backend.format()).map(|format| format.to_string()),
            plain: true,
            named: None,
            id,
        };
        let stored = StoredArray::lazy(backend, entry.id.file().to_owned(), entry.expected()?, Origin::default());
        let array = typed(data_type, grid.clone(), Arc::new(stored))?;
        Ok(EarlyArray { entry, array })
    }

    /// The backend of all that is written, whose sync makes all of it durable.
    fn backend(&self) -> Option<Arc<dyn Backend>> {
        self.state.borrow_mut().stored.of(&self.protocols).backend()
    }

    /// Whether an array of this many bytes is written alone about as fast as with others. Where each request waits,
    /// small ones are not.
    pub(in crate::plugin) fn writes_well(&self, bytes: usize) -> bool {
        bytes >= ENOUGH || self.backend().is_none_or(|backend| backend.concurrency() == 1)
    }

    /// An id that is announced.
    fn next_id(&self) -> Result<PersistentId> {
        let Some(announce) = &self.announce else { return Ok(PersistentId::fresh()) };
        if let Some(id) = self.state.borrow_mut().ids.pop() {
            return Ok(id);
        }
        let count = self.state.borrow().announced.saturating_mul(2).clamp(1, MOST_NAMES);
        let mut ids: Vec<_> = (0..count).map(|_| PersistentId::fresh()).collect();
        announce(&ids.iter().map(PersistentId::file).collect::<Vec<_>>())?;
        let id = ids.pop().unwrap_or_else(PersistentId::fresh);
        let mut state = self.state.borrow_mut();
        (state.ids, state.announced) = (ids, count);
        Ok(id)
    }

    /// What was written, when the walk has ended.
    pub(crate) fn finish(&self) -> EarlyStored {
        std::mem::take(&mut self.state.borrow_mut().stored)
    }
}

/// What a walk has written. Dropped, it is removed again.
#[derive(Default)]
pub(crate) struct EarlyStored(Option<Stored>);

impl EarlyStored {
    fn of(&mut self, protocols: &Protocols) -> &mut Stored {
        self.0.get_or_insert_with(|| Stored::new(protocols))
    }

    /// Hands it over to what is written after the walk.
    pub(in crate::plugin) fn take(&mut self) -> Option<Stored> {
        self.0.take()
    }

    /// Removes everything after an error, which then names what stays behind.
    pub(crate) fn discard(&mut self, error: Error) -> Error {
        match self.0.take() {
            Some(mut stored) => error.leaving(stored.remove()),
            None => error,
        }
    }
}

impl Drop for EarlyStored {
    fn drop(&mut self) {
        if let Some(mut stored) = self.0.take() {
            drop(stored.remove());
        }
    }
}
