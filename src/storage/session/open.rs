//! A session that this program holds.

use super::receipt::Receipt;
use super::record::{Record, Renewing};
use super::regions;
use super::state::{Pending, State};
use super::ticket::Ticket;
use crate::array::Region;
use crate::backend::Sums;
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::near;
use crate::storage::Storage;
use crate::storage::name::Name;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A save of a value that several programs write: [`Storage::begin`] begins it, and [`commit`](Self::commit) makes the
/// value visible. See [`Storage::begin`] for an example.
///
/// The program that holds the session is its driver. A session outlives its driver: after it was dropped, or its
/// program was killed, [`Storage::resume`] can continue it, until its lease expires
/// ([`StorageBuilder::session_lease`](crate::StorageBuilder::session_lease)). A sweep then removes it.
/// [`abandon`](Self::abandon) removes it immediately. A clone is another handle on the same session.
#[derive(Clone)]
pub struct Session(Arc<Held>);

pub(super) struct Held {
    pub(super) storage: Storage,
    pub(super) name: Name,
    pub(super) id: String,
    pub(super) state: State,
    pub(super) record: Record,
    pub(super) renewing: Mutex<Renewing>,
    /// Whether a commit may have been carried out, or may still be.
    pub(super) is_unknown: AtomicBool,
}

/// A part of a pending array that no receipt covers. [`Session::missing`] returns them, with an example.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct MissingRegion {
    /// The place of the array in the value.
    pub path: String,
    /// Whole stored chunks of the array.
    pub region: Region,
}

impl Session {
    pub(super) fn new(
        storage: Storage,
        name: Name,
        id: String,
        state: State,
        record: Record,
        renewing: Renewing,
    ) -> Self {
        let (renewing, is_unknown) = (Mutex::new(renewing), AtomicBool::new(false));
        Self(Arc::new(Held { storage, name, id, state, record, renewing, is_unknown }))
    }

    pub(super) fn held(&self) -> &Held {
        &self.0
    }

    /// Returns the id, with which any program can [resume](Storage::resume) the session.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Returns the name of the value. See [`Storage::resume`] for an example.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name.as_str()
    }

    /// Returns the places of the pending arrays in the value. See [`tickets`](Self::tickets) for all tickets.
    #[must_use]
    pub fn paths(&self) -> Vec<String> {
        self.0.pending().map(|(_, path)| path.to_owned()).collect()
    }

    /// Returns the ticket for the pending array at a path, such as `runs[3].field`; `""` is the value itself. See
    /// [`Ticket`] for an example.
    ///
    /// # Errors
    /// `NotFound` if there is no pending array.
    pub fn ticket(&self, path: &str) -> Result<Ticket> {
        let name = &self.0.name;
        let pending = self.0.pending_at(path).map_err(|error| error.in_document(name.as_str()))?;
        Ok(self.0.ticket_of(pending, path))
    }

    /// Returns the tickets for all pending arrays.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::ChunkedArray;
    /// let pending = || ChunkedArray::<f32>::pending(&[10], &[5]);
    /// let session = storage.begin("pair", &(pending()?, pending()?))?;
    /// assert_eq!(session.paths(), ["[0]", "[1]"]);
    /// assert_eq!(session.tickets()[1], session.ticket("[1]")?);
    /// # session.abandon()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn tickets(&self) -> Vec<Ticket> {
        self.0.pending().map(|(pending, path)| self.0.ticket_of(pending, path)).collect()
    }

    /// Returns what is not yet written according to these receipts. Nothing is read.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// use arraystow::{ChunkedArray, Region, Slot};
    ///
    /// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100, 80], &[50, 50])?)?;
    /// let slot: Slot<f32> = storage.slot(&session.ticket("")?)?;
    /// let top = Region::new([0, 0], [50, 80])?;
    /// let receipts = vec![slot.write(&top, ndarray::Array2::zeros((50, 80)).view())?];
    ///
    /// let missing = session.missing(&receipts)?;
    /// assert_eq!((missing.len(), missing[0].path.as_str()), (1, ""));
    /// assert_eq!(missing[0].region, Region::new([50, 0], [50, 80])?);
    /// let error = session.commit(receipts).unwrap_err();
    /// assert!(error.to_string().contains("missing"), "{error}");
    /// # session.abandon()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for a receipt of another session, or of a chunk that the array does not have.
    pub fn missing<'a>(&self, receipts: impl IntoIterator<Item = &'a Receipt>) -> Result<Vec<MissingRegion>> {
        let held = &*self.0;
        let mut merged = Receipt::new(&held.id);
        let missing = || {
            receipts.into_iter().try_for_each(|receipt| merged.merge_ref(receipt))?;
            held.check_arrays(&merged)?;
            let mut missing = Vec::new();
            for (pending, path) in held.pending() {
                let grid = pending.form.layout(held.storage.place.limits())?.grid;
                let none = (0..grid.chunk_count()).filter(|number| merged.rows(&pending.array, *number).is_none());
                let regions = regions::together(&grid, none)?;
                missing.extend(regions.into_iter().map(|region| MissingRegion { path: path.to_owned(), region }));
            }
            Ok(missing)
        };
        missing().map_err(|error: Error| error.in_document(held.name.as_str()))
    }
}

impl Held {
    fn ticket_of(&self, pending: &Pending, path: &str) -> Ticket {
        let is_synced = self.storage.place.is_synced();
        Ticket::new(&self.id, self.name.as_str(), &pending.array, path, pending.form.clone(), is_synced)
    }

    /// The pending arrays and their places.
    pub(super) fn pending(&self) -> impl Iterator<Item = (&Pending, &str)> {
        let pending = self.state.header.pending.iter();
        pending.map(|pending| (pending, self.state.manifest.entry(&pending.array).map_or("", |entry| entry.path())))
    }

    /// The pending array at a path.
    pub(super) fn pending_at(&self, path: &str) -> Result<&Pending> {
        let is_there = |pending: &&Pending| {
            let entry = self.state.manifest.entry(&pending.array);
            entry.is_some_and(|entry| entry.paths.iter().any(|found| found == path))
        };
        self.state.header.pending.iter().find(is_there).ok_or_else(|| {
            let hint = near::did_you_mean(path, self.pending().map(|(_, path)| path)).unwrap_or_default();
            Error::new(ErrorKind::NotFound, format!("the value has no pending array at {path:?}{hint}"))
        })
    }

    /// Fails for receipts of arrays and chunks that there are not.
    pub(super) fn check_arrays(&self, receipt: &Receipt) -> Result<()> {
        for (array, last) in receipt.arrays() {
            let pending = self.state.header.pending.iter().find(|pending| pending.array == array);
            let pending = pending
                .ok_or_else(|| Error::invalid("a receipt is for an array that is not pending").in_array(array))?;
            let count = pending.form.layout(self.storage.place.limits())?.grid.chunk_count();
            if let Some(last) = last.filter(|last| *last >= count as u64) {
                let text = format!("a receipt lists the chunk {last} of an array of {count} chunks");
                return Err(Error::invalid(text).in_array(array));
            }
        }
        Ok(())
    }

    /// The checksums of a chunk that is known to be there.
    pub(super) fn sums(&self, receipt: &Receipt, array: &str, number: usize) -> Option<Sums> {
        receipt.rows(array, number)?.sums().ok()?.cloned()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("name", &self.name()).field("id", &self.id()).finish_non_exhaustive()
    }
}
