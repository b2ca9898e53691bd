//! Strings of any length, which are in global heaps.
//!
//! They are not read through libhdf5, because it would allocate whatever length the file claims, and read as many bytes
//! as another part of the file claims.

use super::fault::io_error;
use super::raw::{BYTES, HeapPlace};
use super::watch::Objects;
use crate::array::packed;
use crate::backend::layout::too_long;
use crate::error::{Error, Result};
use crate::protocol::FileBytes;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Bytes of heaps that are kept for the strings of one chunk.
const MOST_KEPT: usize = 64 << 20;

/// The string that represents those that were never written, packed.
pub(super) fn fill_text(bytes: &FileBytes, base: Option<u64>, place: &[u8; BYTES], most: usize) -> Result<Vec<u8>> {
    let mut fill = Vec::new();
    let mut heaps = Heaps::new(bytes, base, most)?;
    let text =
        heaps.text(&HeapPlace::of(place)).map_err(|error| error.context("the fill value cannot be read".to_owned()))?;
    if text.len() > most {
        return Err(too_long(text.len(), most));
    }
    packed::push(text, &mut fill)?;
    Ok(fill)
}

/// The heaps of a file that were read for a chunk.
pub(super) struct Heaps<'a> {
    bytes: &'a FileBytes,
    base: u64,
    /// How many bytes may still be read.
    left: usize,
    /// Bytes of those that are kept.
    kept: usize,
    read: HashMap<u64, Objects>,
}

impl<'a> Heaps<'a> {
    /// The heaps of a file, of which a chunk with this many bytes of strings may need some.
    pub(super) fn new(bytes: &'a FileBytes, base: Option<u64>, most: usize) -> Result<Self> {
        let base = base.ok_or_else(|| {
            Error::unsupported(
                "the file has addresses of another length than 8 bytes, and strings of variable length \
                are not read from such files",
            )
        })?;
        // What is read at most, whatever the places say. Others than these strings may be in the same heaps.
        let left = most.saturating_mul(4).saturating_add(MOST_KEPT);
        Ok(Self { bytes, base, left, kept: 0, read: HashMap::new() })
    }

    /// The string at a place, up to a NUL.
    pub(super) fn text(&mut self, place: &HeapPlace) -> Result<&[u8]> {
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
                "there is no string {} of {} bytes in the heap at {}",
                place.object, place.count, place.address
            ))
        })?;
        Ok(text.split(|byte| *byte == 0).next().unwrap_or_default())
    }
}

/// The bytes of the collection at an address.
fn collection(bytes: &FileBytes, base: u64, address: u64, left: &mut usize) -> Result<Vec<u8>> {
    let no_heap = || Error::corrupt(format!("there is no heap of strings at {address}"));
    let start = base.checked_add(address).ok_or_else(no_heap)?;
    let file_len = bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
    let is_inside = |len: u64| start.checked_add(len).is_some_and(|end| end <= file_len);
    let read = |buffer: &mut [u8]| {
        let read = bytes.read_exact_at(buffer, start);
        read.map_err(|error| io_error("a heap of strings cannot be read", error))
    };
    let mut head = [0; Objects::HEAD];
    if !is_inside(head.len() as u64) {
        return Err(no_heap());
    }
    read(&mut head)?;
    let len = Objects::len(&head).filter(|len| is_inside(*len)).ok_or_else(no_heap)?;
    let len = usize::try_from(len).map_err(|_| no_heap())?;
    *left = left.checked_sub(len).ok_or_else(|| {
        Error::limit("the heaps that hold the strings of a chunk exceed the limit: raise it with Limits::chunk_bytes")
    })?;
    let mut collection = Vec::new();
    collection.try_reserve_exact(len).map_err(|_| Error::limit("there is no memory for a heap of strings"))?;
    collection.resize(len, 0);
    read(&mut collection)?;
    Ok(collection)
}
