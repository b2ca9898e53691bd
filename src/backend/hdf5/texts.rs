//! Chunks of texts of any length. The dataset has the places of the texts; these lie in global heaps, beside it.
//!
//! libhdf5 is not asked for them: it makes room for whatever length the file claims, and reads as many bytes as another
//! part of the file claims.

use super::fault::io_error;
use super::raw::{BYTES, HeapPlace};
use super::reader::{Reader, STORED};
use super::watch::Objects;
use crate::array::packed;
use crate::backend::layout::{fill_up_texts, too_long};
use crate::backend::scratch;
use crate::error::{Error, Result};
use crate::protocol::FileBytes;
use ndarray::ArrayViewD;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Bytes of heaps that are kept for the texts of one chunk.
const MOST_KEPT: usize = 64 << 20;

impl Reader {
    /// The packed texts of a chunk, filled up and checked.
    pub(super) fn texts(&self, number: usize) -> Result<Vec<u8>> {
        let header = &self.header;
        let (shape, region) = (&header.layout.chunk_shape, header.layout.grid.chunk_region(number)?);
        let texts = if header.index.lacks(number) {
            vec![0; region.len().saturating_mul(4)]
        } else {
            let _stored = STORED.enter(header.stored_chunk_bytes);
            scratch::with(header.stored_chunk_bytes, |stored| {
                self.read_stored(number, stored)?;
                self.resolve(stored, region.shape())
            })?
        };
        let texts = if region.shape() == shape { texts } else { fill_up_texts(&texts, region.shape(), shape)? };
        self.compare(number, &texts)?;
        Ok(texts)
    }

    /// The texts at the places of a chunk, of which so many on each axis are in the array.
    fn resolve(&self, stored: &[u8], shape: &[usize]) -> Result<Vec<u8>> {
        let places = ArrayViewD::from_shape(self.header.layout.chunk_shape.as_slice(), stored.as_chunks::<BYTES>().0);
        let places = places.map_err(|error| Error::invalid(error.to_string()))?;
        let places = places.slice_each_axis(|axis| (0..shape[axis.axis.index()]).into());
        let most = self.header.most_text_bytes;
        let bytes = self.location.open()?;
        let base = self.header.heap_base.ok_or_else(|| {
            Error::unsupported("the file has addresses of another length than 8 bytes, with which no texts are read")
        })?;
        // What is read at most, whatever the places say. Others than these texts may lie in the same heaps.
        let mut heaps = Heaps {
            bytes: &bytes,
            base,
            left: most.saturating_mul(4).saturating_add(MOST_KEPT),
            kept: 0,
            read: HashMap::new(),
        };
        let mut texts = Vec::new();
        for place in places {
            packed::push(heaps.text(&HeapPlace::of(place))?, &mut texts)?;
            if texts.len() > most {
                return Err(too_long(texts.len(), most));
            }
        }
        Ok(texts)
    }
}

/// The heaps of a file that were read for a chunk.
struct Heaps<'a> {
    bytes: &'a FileBytes,
    base: u64,
    /// How many bytes may still be read.
    left: usize,
    /// Bytes of those that are kept.
    kept: usize,
    read: HashMap<u64, Objects>,
}

impl Heaps<'_> {
    /// The text at a place, up to a NUL.
    fn text(&mut self, place: &HeapPlace) -> Result<&[u8]> {
        if place.count == 0 {
            return Ok(&[]);
        }
        if self.kept > MOST_KEPT {
            (self.kept, self.read) = (0, HashMap::new());
        }
        let objects = match self.read.entry(place.address) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let objects = Objects::of(collection(self.bytes, self.base, place.address, &mut self.left)?);
                self.kept = self.kept.saturating_add(objects.size());
                new.insert(objects)
            }
        };
        let text = objects.object(place.object).and_then(|object| object.get(..place.count as usize));
        let text = text.ok_or_else(|| {
            Error::corrupt(format!(
                "there is no text {} of {} bytes in the heap at {}",
                place.object, place.count, place.address
            ))
        })?;
        Ok(text.split(|byte| *byte == 0).next().unwrap_or_default())
    }
}

/// The bytes of the collection at an address.
fn collection(bytes: &FileBytes, base: u64, address: u64, left: &mut usize) -> Result<Vec<u8>> {
    let no_heap = || Error::corrupt(format!("there is no heap of texts at {address}"));
    let start = base.checked_add(address).ok_or_else(no_heap)?;
    let file_len = bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
    let is_inside = |len: u64| start.checked_add(len).is_some_and(|end| end <= file_len);
    let read = |buffer: &mut [u8]| {
        let read = bytes.read_exact_at(buffer, start);
        read.map_err(|error| io_error("a heap of texts cannot be read", error))
    };
    let mut head = [0; Objects::HEAD];
    if !is_inside(head.len() as u64) {
        return Err(no_heap());
    }
    read(&mut head)?;
    let len = Objects::len(&head).filter(|len| is_inside(*len)).ok_or_else(no_heap)?;
    let len = usize::try_from(len).map_err(|_| no_heap())?;
    *left = left.checked_sub(len).ok_or_else(|| {
        Error::limit("the texts of a chunk lie in more and longer heaps than the limit allows: raise it with Limits::chunk_bytes")
    })?;
    let mut collection = Vec::new();
    collection.try_reserve_exact(len).map_err(|_| Error::limit("there is no memory for a heap of texts"))?;
    collection.resize(len, 0);
    read(&mut collection)?;
    Ok(collection)
}
