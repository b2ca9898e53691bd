//! Stored arrays, which are read chunk by chunk on demand.

use super::scratch::with_scratch;
use super::source::{Elements, Source, copy_into};
use super::{ChunkGrid, Element, Evaluation, Labels, Region, decode_labelled, zeroed};
use crate::error::{Error, Result};
use crate::task::check_cancelled;
use ndarray::{ArrayViewD, ArrayViewMutD};
use std::any::Any;
use std::sync::Arc;

/// How the elements of an array are stored: in equal chunks, of which those at the far edges are padded to full size.
/// Some arrays of other programs have chunks of different shapes; a reader pads them to the largest of each axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredLayout {
    /// The grid that the array is stored in; regular, unless another program has written it.
    pub(crate) grid: ChunkGrid,
    /// The shape of every stored chunk, those at the edges included.
    pub(crate) chunk_shape: Vec<usize>,
    /// The shape of the parts in which a chunk can be read, if it can. It divides the chunk's shape without remainder.
    pub(crate) parts: Option<Vec<usize>>,
}

impl StoredLayout {
    /// The parts of a chunk, if only a few of them are needed for the wanted elements.
    fn parts_of_few(&self, wanted: &Region) -> Result<Option<ChunkGrid>> {
        let Some(parts) = &self.parts else { return Ok(None) };
        let parts = ChunkGrid::regular(&self.chunk_shape, parts)?;
        let few = parts.overlapping(wanted).len() * 2 <= parts.chunk_count();
        Ok(few.then_some(parts))
    }

    /// Bytes of one decoded chunk.
    pub(crate) fn chunk_bytes(&self, element_size: usize) -> Option<usize> {
        self.chunk_shape.iter().try_fold(element_size, |bytes, len| bytes.checked_mul(*len))
    }
}

/// The decoded bytes of a stored array. Implementations open the array on first use.
pub(crate) trait StoredBytes: Any + Send + Sync {
    /// The layout of the elements. Opens the array if it is not open yet.
    fn layout(&self) -> Result<&StoredLayout>;
    /// Fills `out` with one whole decoded chunk, little-endian, in C order, and checks it.
    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()>;
    /// Returns one whole decoded chunk, as `read_chunk`, if the backend decodes it into memory of its own anyway.
    /// Strings of any length always come so, packed.
    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>>;
    /// Fills `out` with one part of a chunk, by its number in C order. Only for layouts with parts.
    fn read_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()>;
    /// The labels that the array is stored with.
    fn labels(&self) -> &Labels;
    /// How many chunks are best read at the same time; see `Backend::concurrency`.
    fn concurrency(&self) -> usize;
    /// Adds the array's place in the value and its document to an error.
    fn locate(&self, error: Error) -> Error;
    /// Where the array is stored, for people: its document and its place in the value, as far as they are known.
    fn source(&self) -> String;
    /// The id of the array in a storage.
    fn file(&self) -> Option<&str> {
        None
    }
    /// For downcasting to the concrete type.
    fn into_any(self: Arc<Self>) -> Arc<dyn Any + Send + Sync>;
}

pub(super) struct Stored {
    pub(super) bytes: Arc<dyn StoredBytes>,
}

impl Stored {
    /// Reads stored elements of this shape and copies the wanted ones to their place in `out`.
    fn read<T: Element>(
        &self,
        shape: &[usize],
        wanted: &Region,
        target: &Region,
        out: &mut ArrayViewMutD<'_, T>,
        read: impl FnOnce(&mut [u8]) -> Result<()>,
    ) -> Result<()> {
        let bytes = shape.iter().try_fold(T::DATA_TYPE.size(), |bytes, len| bytes.checked_mul(*len));
        let bytes = bytes.ok_or_else(|| self.bytes.locate(Error::limit("a chunk is larger than any memory")))?;
        if wanted.shape() == shape
            && let Some(elements) = out.slice_mut(target.to_slice_info().as_slice()).as_slice_mut()
            && let Some(memory) = T::bytes_to_fill(elements)
        {
            return read(memory);
        }
        with_scratch(bytes, |scratch| {
            read(scratch)?;
            self.copy(shape, wanted, target, out, scratch)
        })
    }

    /// Copies the wanted ones of stored elements of this shape to their place in `out`.
    fn copy<T: Element>(
        &self,
        shape: &[usize],
        wanted: &Region,
        target: &Region,
        out: &mut ArrayViewMutD<'_, T>,
        stored: &[u8],
    ) -> Result<()> {
        let target = target.to_slice_info();
        if let Some(placed) = T::place(stored, shape, wanted, out.slice_mut(target.as_slice()).into_dyn()) {
            return placed.map_err(|error| self.not_valid::<T>(&error));
        }
        let elements = decode_labelled::<T>(&T::DATA_TYPE, self.bytes.labels(), stored)
            .map_err(|error| self.not_valid::<T>(&error))?;
        let elements = ArrayViewD::from_shape(shape, &elements)
            .map_err(|error| self.bytes.locate(Error::corrupt(error.to_string())))?;
        copy_into(elements.slice(wanted.to_slice_info().as_slice()), &mut out.slice_mut(target.as_slice()))
    }

    fn not_valid<T: Element>(&self, error: &str) -> Error {
        self.bytes.locate(Error::corrupt(format!("a chunk is not valid {} ({error})", T::DATA_TYPE)))
    }
}

impl<T: Element> Source<T> for Stored {
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut out = zeroed::<T>(region.shape())?;
        Source::<T>::read_into(self, evaluation, region, &mut out.view_mut())?;
        Ok(out.into_shared())
    }

    fn read_into(&self, _: &Evaluation, region: &Region, out: &mut ArrayViewMutD<'_, T>) -> Result<()> {
        let layout = self.bytes.layout()?;
        for number in layout.grid.overlapping(region) {
            check_cancelled()?;
            let chunk = layout.grid.chunk_region(number)?;
            let wanted = chunk.intersection(region).relative_to(&chunk);
            // The wanted elements' place in the region.
            let first = chunk.intersection(region).relative_to(region);
            // Strings of any length come with a whole chunk only.
            let parts = if T::DATA_TYPE.is_text() { None } else { layout.parts_of_few(&wanted)? };
            let Some(parts) = parts else {
                let shape = &layout.chunk_shape;
                match self.bytes.whole_chunk(number)? {
                    // Elements that are in memory as they are stored must be aligned.
                    Some(stored) if T::DATA_TYPE.is_text() || (*stored).as_ref().as_ptr().cast::<T>().is_aligned() => {
                        self.copy(shape, &wanted, &first, out, (*stored).as_ref())?;
                    }
                    Some(stored) => self.read(shape, &wanted, &first, out, |bytes| {
                        bytes.copy_from_slice((*stored).as_ref());
                        Ok(())
                    })?,
                    None => self.read(shape, &wanted, &first, out, |bytes| self.bytes.read_chunk(number, bytes))?,
                }
                continue;
            };
            for part in parts.overlapping(&wanted) {
                let of_part = parts.chunk_region(part)?;
                let both = of_part.intersection(&wanted);
                // Both are relative to the chunk's first element.
                let target = both.relative_to(&wanted).moved_by(first.start());
                let read = |bytes: &mut [u8]| self.bytes.read_part(number, part, bytes);
                self.read::<T>(of_part.shape(), &both.relative_to(&of_part), &target, out, read)?;
            }
        }
        Ok(())
    }

    fn stored(&self) -> Option<Arc<dyn StoredBytes>> {
        Some(self.bytes.clone())
    }
}
