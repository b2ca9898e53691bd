//! Writing chunks of a pending array, from any process.

use super::opened::OpenSlot;
use super::receipt::Receipt;
use super::ticket::Ticket;
use crate::array::{ChunkGrid, Element, Region};
use crate::error::Result;
use crate::storage::Storage;
use ndarray::{ArrayView, Dimension};
use std::fmt;
use std::marker::PhantomData;

impl Storage {
    /// Opens a pending array, to write chunks of it in this process. See [`Slot`].
    ///
    /// This takes one request, or the opening of one file. Any number of processes may do so.
    ///
    /// # Errors
    /// `TypeMismatch` if the array has another element type; `Gone` if the session is over; `InvalidInput` or `Limit`
    /// for a ticket that was altered; `Unsupported` for a ticket of a newer version of arraystow.
    pub fn slot<T: Element>(&self, ticket: &Ticket) -> Result<Slot<T>> {
        let open = OpenSlot::open(self, ticket, Some(T::DATA_TYPE_REF))?;
        Ok(Slot { open, elements: PhantomData })
    }
}

/// A pending array that is open in this process for writing chunks. [`Storage::slot`] opens one from a [`Ticket`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{ChunkedArray, Slot};
/// use ndarray::ArrayD;
///
/// let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100, 80], &[50, 50])?)?;
///
/// // In any process, with a ticket:
/// let slot: Slot<f32> = storage.slot(&session.ticket("")?)?;
/// assert_eq!((slot.shape(), slot.grid().chunk_count()), (&[100, 80][..], 4));
/// let mut receipts = Vec::new();
/// for region in slot.regions(3) {
///     let first = region.start()[0];
///     let block = ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32);
///     receipts.push(slot.write(&region, block.view())?);
/// }
///
/// session.commit(receipts)?;
/// let ramp: ChunkedArray<f32> = storage.load("ramp")?;
/// assert_eq!(ramp.compute()?[[99, 79]], 99.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Slot<T> {
    open: OpenSlot,
    elements: PhantomData<fn() -> T>,
}

impl<T: Element> Slot<T> {
    /// Returns the number of elements along each axis of the whole array. See [`Slot`] for an example.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.open.grid.shape()
    }

    /// Returns the chunks in which the array is stored. They may be larger than the chunks of the array, for example if
    /// they are shards. See [`Slot`] for an example.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.open.grid
    }

    /// Returns the id by which receipts and errors identify what this slot writes. Every opening of a slot has a
    /// different id.
    ///
    /// See [`Slot::write`].
    #[must_use]
    pub fn attempt(&self) -> &str {
        &self.open.attempt
    }

    /// Divides the array into at most `most` regions of whole stored chunks, of about equal size. Different processes
    /// can write different regions. See [`Slot`] for an example.
    #[must_use]
    pub fn regions(&self, most: usize) -> Vec<Region> {
        self.open.regions(most)
    }

    /// Writes the elements of a region, which must consist of whole stored chunks, and returns the receipt for them.
    /// When it returns, they are durable. The chunks are encoded on all processors.
    ///
    /// A chunk that already exists stays. If its bytes are the same, it counts as written, so a region can be written
    /// again after a failure, and by two programs at the same time.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// # use arraystow::{ChunkedArray, Region, Slot};
    /// # let session = storage.begin("ramp", &ChunkedArray::<f32>::pending(&[100], &[50])?)?;
    /// let slot: Slot<f32> = storage.slot(&session.ticket("")?)?;
    /// let half = Region::new([0], [50])?;
    /// let receipt = slot.write(&half, ndarray::Array1::zeros(50).view())?;
    /// assert_eq!(slot.write(&half, ndarray::Array1::zeros(50).view())?, receipt);
    ///
    /// let error = slot.write(&half, ndarray::Array1::ones(50).view()).unwrap_err();
    /// assert!(error.is_conflict() && error.to_string().contains(slot.attempt()));
    /// let error = slot.write(&Region::new([10], [50])?, ndarray::Array1::zeros(50).view()).unwrap_err();
    /// assert!(error.to_string().contains("start [0], shape [50]"), "{error}");
    /// # session.abandon()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if the region divides a chunk (the error names the nearest valid region), or if the elements have
    /// another shape; `Conflict` if a chunk exists with other bytes (the error names both attempts, if the file system
    /// has extended attributes or the store has metadata); `Gone` if the session is over; any error of encoding or
    /// writing a chunk.
    pub fn write<D: Dimension>(&self, region: &Region, elements: ArrayView<'_, T, D>) -> Result<Receipt> {
        let written = self.open.write(&[(region, elements.into_dyn())]);
        written.map_err(|error| self.open.locate(error))
    }
}

impl<T> Clone for Slot<T> {
    /// The same attempt, for another thread.
    fn clone(&self) -> Self {
        Self { open: self.open.clone(), elements: PhantomData }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.open.fmt(f)
    }
}
