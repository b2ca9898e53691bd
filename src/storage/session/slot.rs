//! Writing chunks of a pending array, from any process.

use super::receipt::Receipt;
use super::record::Record;
use super::regions;
use super::ticket::Ticket;
use crate::array::{ChunkGrid, Element, Labels, Region, encode_region};
use crate::backend::{ChunkSlot, PutChunk, is_id};
use crate::engine::{Job, run};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::storage::Storage;
use crate::storage::name::Name;
use ndarray::{ArrayView, ArrayViewD, Dimension};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a writer goes on without another look whether the session is open.
const LOOKED_FOR: Duration = Duration::from_secs(1);

impl Storage {
    /// Opens a pending array, to write chunks of it in this process. See [`Slot`].
    ///
    /// This takes one request, or the opening of one file. Any number of processes may do so.
    ///
    /// # Errors
    /// `TypeMismatch` if the array has another element type; `Gone` if the session is over; `InvalidInput` or `Limit`
    /// for a ticket that was altered; `Unsupported` for a ticket of a newer version of arraystow.
    pub fn slot<T: Element>(&self, ticket: &Ticket) -> Result<Slot<T>> {
        let opened = || {
            let name = Name::parse(ticket.document())?;
            let (form, wanted) = (ticket.form(), T::DATA_TYPE);
            if form.data_type != wanted {
                let found = &form.data_type;
                let text = format!("the array has elements of the type {found}, but a slot of {wanted} was asked for");
                return Err(Error::new(ErrorKind::TypeMismatch, text));
            }
            if !is_id(ticket.array()) {
                return Err(Error::new(ErrorKind::InvalidName, "the ticket names an array that cannot exist"));
            }
            let layout = form.layout(self.place.limits())?;
            let record = Record::new(self.place.bytes(name.workflow())?, ticket.session())?;
            let lease = record.lease()?;
            if lease.document != name.as_str() || !lease.arrays.iter().any(|array| array == ticket.array()) {
                return Err(Error::invalid("the ticket names an array that the session does not have"));
            }
            let backend = self.place.backend(name.workflow());
            let shared = backend.shared().ok_or_else(super::not_here)?;
            let attempt = uuid::Uuid::new_v4().to_string();
            let chunks = shared.slot(ticket.array(), form, record.scratch(), &attempt)?;
            Ok(Slot {
                chunks: Arc::from(chunks),
                record,
                chunk_bytes: layout.chunk_bytes(wanted.size()).unwrap_or(usize::MAX),
                grid: layout.grid,
                labels: Labels::NONE.with_fill(form.fill.clone()),
                ticket: ticket.clone(),
                attempt: attempt.into(),
                looked: Arc::new(Mutex::new(None)),
                elements: PhantomData,
            })
        };
        opened().map_err(|error: Error| located(error, ticket))
    }
}

fn located(error: Error, ticket: &Ticket) -> Error {
    error.at_path(ticket.path()).in_array(ticket.array()).in_document(ticket.document())
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
    chunks: Arc<dyn ChunkSlot>,
    record: Record,
    grid: ChunkGrid,
    chunk_bytes: usize,
    labels: Labels,
    ticket: Ticket,
    attempt: Arc<str>,
    /// When the session was last seen to be open.
    looked: Arc<Mutex<Option<Instant>>>,
    elements: PhantomData<fn() -> T>,
}

impl<T: Element> Slot<T> {
    /// Returns the number of elements along each axis of the whole array. See [`Slot`] for an example.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.grid.shape()
    }

    /// Returns the chunks in which the array is stored. They may be larger than the chunks of the array, for example if
    /// they are shards. See [`Slot`] for an example.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.grid
    }

    /// Returns the id by which receipts and errors identify what this slot writes. Every opening of a slot has a
    /// different id.
    ///
    /// See [`Slot::write`].
    #[must_use]
    pub fn attempt(&self) -> &str {
        &self.attempt
    }

    /// Divides the array into at most `most` regions of whole stored chunks, of about equal size. Different processes
    /// can write different regions. See [`Slot`] for an example.
    #[must_use]
    pub fn regions(&self, most: usize) -> Vec<Region> {
        regions::cut(&self.grid, most)
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
        self.write_dyn(region, &elements.into_dyn()).map_err(|error| located(error, &self.ticket))
    }

    fn write_dyn(&self, region: &Region, elements: &ArrayViewD<'_, T>) -> Result<Receipt> {
        regions::check_aligned(&self.grid, region)?;
        if elements.shape() != region.shape() {
            let (found, shape) = (elements.shape(), region.shape());
            return Err(Error::invalid(format!("elements of shape {found:?} for a region of shape {shape:?}")));
        }
        self.look()?;
        let numbers = self.grid.overlapping(region);
        let written = Mutex::new(Vec::with_capacity(numbers.len()));
        let jobs = numbers.map(|work| Job { work, bytes: self.chunk_bytes.saturating_mul(3) });
        run(self.chunks.concurrency(), jobs, |number| {
            self.look_again()?;
            let chunk = self.grid.chunk_region(number)?;
            let part = elements.slice(chunk.clone().relative_to(region).to_slice_info().as_slice());
            let part = part.as_standard_layout();
            let part = part.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?;
            match self.chunks.put(number, &encode_region(part, &self.labels, &chunk)?)? {
                PutChunk::There(sums) => written.lock().push((number as u64, sums)),
                PutChunk::Differs(other) => return Err(self.differs(number, &chunk, other)),
            }
            Ok(())
        })?;
        self.chunks.settle()?;
        Ok(Receipt::of(self.ticket.session(), self.ticket.array(), &self.attempt, written.into_inner()))
    }

    /// Fails if the session is over.
    fn look(&self) -> Result<()> {
        let now = Instant::now();
        self.record.check_open()?;
        *self.looked.lock() = Some(now);
        Ok(())
    }

    fn look_again(&self) -> Result<()> {
        let looked = *self.looked.lock();
        if looked.is_some_and(|at| at.elapsed() < LOOKED_FOR) { Ok(()) } else { self.look() }
    }

    fn differs(&self, number: usize, chunk: &Region, other: Option<String>) -> Error {
        let (start, shape, attempt) = (chunk.start(), chunk.shape(), &self.attempt);
        let other = other.map_or("another attempt".to_owned(), |other| format!("the attempt {other}"));
        Error::new(
            ErrorKind::Conflict,
            format!(
                "{other} has written other bytes of chunk {number} (start {start:?}, shape {shape:?}) before this attempt, \
                 {attempt}; the stored bytes stay: both must write the same"
            ),
        )
    }
}

impl<T> Clone for Slot<T> {
    /// The same attempt, for another thread.
    fn clone(&self) -> Self {
        Self {
            chunks: self.chunks.clone(),
            record: self.record.clone(),
            grid: self.grid.clone(),
            chunk_bytes: self.chunk_bytes,
            labels: self.labels.clone(),
            ticket: self.ticket.clone(),
            attempt: self.attempt.clone(),
            looked: self.looked.clone(),
            elements: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("ticket", &self.ticket).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}
