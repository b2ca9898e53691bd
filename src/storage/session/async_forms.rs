//! The async forms of sessions: each is its blocking function, as [`unblock`] runs it.

use super::any_slot::AnySlot;
use super::open::Session;
use super::receipt::Receipt;
use super::slot::Slot;
use super::ticket::Ticket;
use crate::array::{Element, Region};
use crate::engine::unblock;
use crate::error::Result;
use crate::storage::Storage;
use crate::storage::report::SaveReport;
use ndarray::{Array, Dimension};
use serde::Serialize;

/// # Async forms of sessions
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// # futures::executor::block_on(async {
/// use arraystow::{ChunkedArray, Slot};
///
/// let session = storage.begin_async("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?).await?;
/// let session = storage.resume_async("ramp", session.id()).await?;
/// let slot: Slot<f32> = storage.slot_async(&session.ticket("")?).await?;
/// let mut receipts = Vec::new();
/// for region in slot.regions(2) {
///     receipts.push(slot.write_async(&region, ndarray::Array1::zeros(50)).await?);
/// }
/// session.commit_async(receipts).await?;
///
/// let session = storage.begin_async("other", &ChunkedArray::<f32>::pending(&[100], &[50])?).await?;
/// session.abandon_async().await?;
/// # Ok::<(), arraystow::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
impl Storage {
    /// The async form of [`begin`](Self::begin). The value is serialized when the function is called. The future does
    /// not own it.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin).
    pub fn begin_async<T: ?Sized + Serialize>(
        &self,
        name: &str,
        value: &T,
    ) -> impl Future<Output = Result<Session>> + Send + use<T> {
        let planned = self.plan_session(name, value);
        unblock(move || planned?.begin())
    }

    /// The async form of [`resume`](Self::resume); see [`begin_async`](Self::begin_async).
    ///
    /// # Errors
    /// As for [`resume`](Self::resume).
    pub fn resume_async(&self, name: &str, id: &str) -> impl Future<Output = Result<Session>> + Send + use<> {
        let (storage, name, id) = (self.clone(), name.to_owned(), id.to_owned());
        unblock(move || storage.resume(&name, &id))
    }

    /// The async form of [`slot`](Self::slot); see [`begin_async`](Self::begin_async).
    ///
    /// # Errors
    /// As for [`slot`](Self::slot).
    pub fn slot_async<T: Element>(&self, ticket: &Ticket) -> impl Future<Output = Result<Slot<T>>> + Send + use<T> {
        let (storage, ticket) = (self.clone(), ticket.clone());
        unblock(move || storage.slot(&ticket))
    }

    /// The async form of [`any_slot`](Self::any_slot); see [`begin_async`](Self::begin_async).
    ///
    /// # Errors
    /// As for [`any_slot`](Self::any_slot).
    pub fn any_slot_async(&self, ticket: &Ticket) -> impl Future<Output = Result<AnySlot>> + Send + use<> {
        let (storage, ticket) = (self.clone(), ticket.clone());
        unblock(move || storage.any_slot(&ticket))
    }
}

impl<T: Element> Slot<T> {
    /// The async form of [`write`](Self::write), which takes the elements. Dropping the future starts no further chunk.
    /// See [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn write_async<D: Dimension + 'static>(
        &self,
        region: &Region,
        elements: Array<T, D>,
    ) -> impl Future<Output = Result<Receipt>> + Send + use<T, D> {
        let (slot, region) = (self.clone(), region.clone());
        unblock(move || slot.write(&region, elements.view()))
    }
}

impl AnySlot {
    /// The async form of [`write`](Self::write), which takes the bytes. See [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`write`](Self::write).
    pub fn write_async<B: AsRef<[u8]> + Send + 'static>(
        &self,
        parts: Vec<(Region, B)>,
    ) -> impl Future<Output = Result<Receipt>> + Send + use<B> {
        let slot = self.clone();
        unblock(move || slot.write(&parts))
    }
}

impl Session {
    /// The async form of [`commit`](Self::commit). A commit that has begun completes. See [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`commit`](Self::commit).
    pub fn commit_async<R: IntoIterator<Item = Receipt>>(
        &self,
        receipts: R,
    ) -> impl Future<Output = Result<SaveReport>> + Send + use<R> {
        let (session, receipts) = (self.clone(), receipts.into_iter().collect::<Vec<_>>());
        unblock(move || session.commit(receipts))
    }

    /// The async form of [`check`](Self::check); see [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`check`](Self::check).
    pub fn check_async(&self, receipts: Vec<Receipt>) -> impl Future<Output = Result<()>> + Send + use<> {
        let session = self.clone();
        unblock(move || session.check(&receipts))
    }

    /// The async form of [`expose`](Self::expose); see [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`expose`](Self::expose).
    pub fn expose_async(&self, path: &str) -> impl Future<Output = Result<String>> + Send + use<> {
        let (session, path) = (self.clone(), path.to_owned());
        unblock(move || session.expose(&path))
    }

    /// The async form of [`adopt`](Self::adopt); see [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`adopt`](Self::adopt).
    pub fn adopt_async(&self, path: &str) -> impl Future<Output = Result<Receipt>> + Send + use<> {
        let (session, path) = (self.clone(), path.to_owned());
        unblock(move || session.adopt(&path))
    }

    /// The async form of [`abandon`](Self::abandon); see [`Storage::begin_async`].
    ///
    /// # Errors
    /// As for [`abandon`](Self::abandon).
    pub fn abandon_async(self) -> impl Future<Output = Result<()>> + Send + use<> {
        unblock(move || self.abandon())
    }
}
