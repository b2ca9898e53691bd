//! A pending array that is open for writing chunks: what typed slots and slots of bytes have in common.

use super::receipt::Receipt;
use super::record::Record;
use super::regions;
use super::ticket::Ticket;
use crate::array::{ChunkGrid, DataType, Element, Labels, Region, encode_region};
use crate::backend::{ChunkSlot, PutChunk, is_id};
use crate::engine::{Job, run};
use crate::error::{Error, ErrorKind, Result};
use crate::lock::Mutex;
use crate::storage::Storage;
use crate::storage::name::Name;
use ndarray::ArrayViewD;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a writer goes on without another look whether the session is open.
const LOOKED_FOR: Duration = Duration::from_secs(1);

/// A clone is the same attempt, for another thread.
#[derive(Clone)]
pub(super) struct OpenSlot {
    chunks: Arc<dyn ChunkSlot>,
    record: Record,
    pub(super) grid: ChunkGrid,
    chunk_bytes: usize,
    labels: Labels,
    pub(super) ticket: Ticket,
    pub(super) attempt: Arc<str>,
    /// When the session was last seen to be open.
    looked: Arc<Mutex<Option<Instant>>>,
}

/// Takes the bytes of a chunk.
type Put<'a> = dyn Fn(&[u8]) -> Result<()> + 'a;

impl OpenSlot {
    /// Opens the array of a ticket. Its elements must be of the type `wanted`, if one is wanted.
    pub(super) fn open(storage: &Storage, ticket: &Ticket, wanted: Option<&DataType>) -> Result<Self> {
        let opened = || {
            let name = Name::parse(ticket.document())?;
            let form = ticket.form();
            if let Some(wanted) = wanted.filter(|wanted| form.data_type != **wanted) {
                let found = &form.data_type;
                let text = format!("the array has elements of the type {found}, but a slot of {wanted} was asked for");
                return Err(Error::new(ErrorKind::TypeMismatch, text));
            }
            if !is_id(ticket.array()) {
                return Err(Error::new(ErrorKind::InvalidName, "the ticket names an array that cannot exist"));
            }
            let layout = form.layout(storage.place.limits())?;
            let record = Record::new(storage.place.bytes(name.workflow())?, ticket.session())?;
            let lease = record.lease()?;
            if lease.document != name.as_str() {
                return Err(Error::invalid("the ticket names a document that the session does not have"));
            }
            lease.check_form(ticket.array(), form)?;
            if ticket.is_synced() && !storage.place.is_synced() {
                let text = "the session's storage makes its values durable, and this one does not: open it with \
                    Durability::Synced to write for the session";
                return Err(Error::invalid(text));
            }
            let backend = storage.place.backend(name.workflow());
            let shared = backend.shared().ok_or_else(super::not_here)?;
            let attempt = uuid::Uuid::new_v4().to_string();
            let chunks = shared.slot(ticket.array(), form, record.scratch(), &attempt)?;
            Ok(Self {
                chunks: Arc::from(chunks),
                record,
                chunk_bytes: layout.chunk_bytes(form.data_type.size()).unwrap_or(usize::MAX),
                grid: layout.grid,
                labels: Labels::NONE.with_fill(form.fill.clone()),
                ticket: ticket.clone(),
                attempt: attempt.into(),
                looked: Arc::new(Mutex::new(None)),
            })
        };
        opened().map_err(|error: Error| located(error, ticket))
    }

    pub(super) fn data_type(&self) -> &DataType {
        self.ticket.data_type()
    }

    pub(super) fn regions(&self, most: usize) -> Vec<Region> {
        regions::cut(&self.grid, most)
    }

    /// Adds the place to an error.
    pub(super) fn locate(&self, error: Error) -> Error {
        located(error, &self.ticket)
    }

    /// Writes the elements of regions of whole chunks.
    pub(super) fn write<T: Element>(&self, parts: &[(&Region, ArrayViewD<'_, T>)]) -> Result<Receipt> {
        for (region, elements) in parts {
            if elements.shape() != region.shape() {
                let (found, shape) = (elements.shape(), region.shape());
                return Err(Error::invalid(format!("elements of shape {found:?} for a region of shape {shape:?}")));
            }
        }
        let regions: Vec<&Region> = parts.iter().map(|(region, _)| *region).collect();
        self.write_chunks(&regions, |at, chunk, put| {
            let (region, elements) = &parts[at];
            with_part(elements, &chunk.clone().relative_to(region), |part| {
                put(&encode_region(part, &self.labels, chunk)?)
            })
        })
    }

    /// Writes the bytes of regions of whole chunks. The bytes of each element are the last axis.
    pub(super) fn write_encoded(&self, parts: &[(&Region, ArrayViewD<'_, u8>)]) -> Result<Receipt> {
        let (regions, size): (Vec<&Region>, _) = (parts.iter().map(|part| part.0).collect(), self.data_type().size());
        self.write_chunks(&regions, |at, chunk, put| {
            let (region, bytes) = &parts[at];
            with_part(bytes, &chunk.clone().relative_to(region).with_last_axis(size), put)
        })
    }

    /// Writes all chunks of these regions, at the same time. `encode` gets the index of a region and a chunk in it, and
    /// passes on the chunk's bytes.
    fn write_chunks(
        &self,
        regions: &[&Region],
        encode: impl Fn(usize, &Region, &Put<'_>) -> Result<()> + Sync,
    ) -> Result<Receipt> {
        regions.iter().try_for_each(|region| regions::check_aligned(&self.grid, region))?;
        self.look()?;
        // What goes wrong because the session has ended meanwhile is that it has ended.
        self.write_looked(regions, encode).map_err(|error| match self.record.check_open() {
            Err(over) if over.is_gone() => over,
            _ => error,
        })
    }

    fn write_looked(
        &self,
        regions: &[&Region],
        encode: impl Fn(usize, &Region, &Put<'_>) -> Result<()> + Sync,
    ) -> Result<Receipt> {
        let failures = self.chunks.failures();
        let written = Mutex::new(Vec::new());
        let numbers = regions.iter().enumerate();
        let jobs = numbers.flat_map(|(at, region)| self.grid.overlapping(region).map(move |number| (at, number)));
        let jobs = jobs.map(|work| Job { work, bytes: self.chunk_bytes.saturating_mul(3) });
        run(self.chunks.concurrency(), jobs, |(at, number)| {
            self.look_again()?;
            let chunk = self.grid.chunk_region(number)?;
            encode(at, &chunk, &|bytes| match self.chunks.put(number, bytes)? {
                PutChunk::There(sums) => {
                    written.lock().push((number as u64, sums));
                    Ok(())
                }
                PutChunk::Differs(other) => Err(self.differs(number, &chunk, other)),
            })
        })?;
        self.chunks.settle()?;
        if self.chunks.failures() != failures {
            let text = "chunks that were written at the same time by another thread could not be synced, and these may be \
                among them: write them again";
            return Err(Error::new(ErrorKind::Io, text));
        }
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

impl fmt::Debug for OpenSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("ticket", &self.ticket).field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// Passes on a part of elements as they are in memory.
fn with_part<T: Clone>(
    elements: &ArrayViewD<'_, T>,
    part: &Region,
    use_it: impl FnOnce(&[T]) -> Result<()>,
) -> Result<()> {
    let part = elements.slice(part.to_slice_info().as_slice());
    let part = part.as_standard_layout();
    use_it(part.as_slice().ok_or_else(|| Error::invalid("elements are not contiguous"))?)
}

fn located(error: Error, ticket: &Ticket) -> Error {
    error.at_path(ticket.path()).in_array(ticket.array()).in_document(ticket.document())
}
