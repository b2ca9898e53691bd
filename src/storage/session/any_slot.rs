//! Writing chunks of a pending array whose element type is known at run time only.

use super::opened::OpenSlot;
use super::receipt::Receipt;
use super::ticket::Ticket;
use crate::array::{ChunkGrid, DataType, Element, Region, decode, element_count, with_typed};
use crate::error::{Error, Result};
use crate::storage::Storage;
use ndarray::ArrayViewD;
use std::fmt;

impl Storage {
    /// Opens a pending array of any data type, to write chunks of it as bytes. See [`AnySlot`].
    ///
    /// # Errors
    /// As for [`slot`](Self::slot), but every data type is accepted.
    pub fn any_slot(&self, ticket: &Ticket) -> Result<AnySlot> {
        OpenSlot::open(self, ticket, None).map(AnySlot)
    }
}

/// A pending array that is open in this process for writing chunks, and whose element type is known at run time only.
/// [`Storage::any_slot`] opens one from a [`Ticket`]. A clone is the same attempt, for another thread.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{AnyArray, AnySlot, DataType, Storage};
///
/// let pending = AnyArray::pending(DataType::Text(3), &[4], &[2])?;
/// let session = storage.begin("rivers", &pending)?;
///
/// let slot: AnySlot = storage.any_slot(&session.ticket("")?)?;
/// assert_eq!((slot.data_type(), slot.shape(), slot.grid().chunk_count()), (&DataType::Text(3), &[4][..], 2));
/// assert!(!slot.attempt().is_empty()); // receipts and errors have it
/// let regions = slot.regions(2);
/// let receipt = slot.write(&[(regions[0].clone(), b"InnOb\0"), (regions[1].clone(), b"IllAar")])?;
///
/// session.commit([receipt])?;
/// assert_eq!(storage.array("rivers", "")?.to_bytes()?, b"InnOb\0IllAar");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AnySlot(OpenSlot);

impl AnySlot {
    /// Returns the data type of the elements. See [`AnySlot`] for an example.
    #[must_use]
    pub fn data_type(&self) -> &DataType {
        self.0.data_type()
    }

    /// Returns the number of elements along each axis of the whole array. See [`AnySlot`] for an example.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.0.grid.shape()
    }

    /// Returns the chunks in which the array is stored, as [`Slot::grid`](super::Slot::grid) does. See [`AnySlot`] for
    /// an example.
    #[must_use]
    pub fn grid(&self) -> &ChunkGrid {
        &self.0.grid
    }

    /// Returns the id of this opening of the slot, as [`Slot::attempt`](super::Slot::attempt) does. See [`AnySlot`] for
    /// an example.
    #[must_use]
    pub fn attempt(&self) -> &str {
        &self.0.attempt
    }

    /// Divides the array into at most `most` regions of whole stored chunks, as [`Slot::regions`](super::Slot::regions)
    /// does. See [`AnySlot`] for an example.
    #[must_use]
    pub fn regions(&self, most: usize) -> Vec<Region> {
        self.0.regions(most)
    }

    /// Writes regions of whole stored chunks, and returns one receipt for all. Each region comes with the bytes of its
    /// elements, as [`AnyArray::to_bytes`](crate::AnyArray::to_bytes) returns them. When the function returns, the
    /// chunks are durable. All chunks of all regions are encoded and written at the same time. See [`AnySlot`] for an
    /// example.
    ///
    /// Chunks that already exist stay, as for [`Slot::write`](super::Slot::write).
    ///
    /// # Errors
    /// As for [`Slot::write`](super::Slot::write); `InvalidInput` if the bytes are not those of so many elements.
    pub fn write<B: AsRef<[u8]>>(&self, parts: &[(Region, B)]) -> Result<Receipt> {
        let written =
            with_typed!(*self.data_type(), T => self.write_typed::<T, B>(parts), else => self.write_bytes(parts));
        written.map_err(|error| self.0.locate(error))
    }

    fn write_typed<T: Element, B: AsRef<[u8]>>(&self, parts: &[(Region, B)]) -> Result<Receipt> {
        let data_type = self.data_type();
        let mut decoded = Vec::with_capacity(parts.len());
        for (region, bytes) in parts {
            let elements = decode::<T>(data_type, bytes.as_ref());
            decoded.push(elements.map_err(|error| wrong(data_type, region, &error))?);
        }
        let mut views = Vec::with_capacity(parts.len());
        for ((region, _), elements) in parts.iter().zip(&decoded) {
            views.push(view(data_type, region, region.shape(), elements)?);
        }
        self.0.write(&views)
    }

    fn write_bytes<B: AsRef<[u8]>>(&self, parts: &[(Region, B)]) -> Result<Receipt> {
        let data_type = self.data_type();
        let mut views = Vec::with_capacity(parts.len());
        for (region, bytes) in parts {
            let shape: Vec<usize> = region.shape().iter().copied().chain([data_type.size()]).collect();
            views.push(view(data_type, region, &shape, bytes.as_ref())?);
        }
        self.0.write_encoded(&views)
    }
}

fn view<'a, T>(
    data_type: &DataType,
    region: &'a Region,
    shape: &[usize],
    elements: &'a [T],
) -> Result<(&'a Region, ArrayViewD<'a, T>)> {
    if element_count(shape) != Some(elements.len()) {
        return Err(wrong(data_type, region, "their number is another"));
    }
    let view = ArrayViewD::from_shape(shape, elements).map_err(|error| wrong(data_type, region, &error.to_string()))?;
    Ok((region, view))
}

fn wrong(data_type: &DataType, region: &Region, why: &str) -> Error {
    let (start, shape) = (region.start(), region.shape());
    Error::invalid(format!(
        "the bytes for the region with start {start:?} and shape {shape:?} are not its elements of the type {data_type} \
         ({why})"
    ))
}

impl fmt::Debug for AnySlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
