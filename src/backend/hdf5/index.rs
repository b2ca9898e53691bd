//! Where the stored bytes of every chunk lie in the file. Collected once, when the array is opened.

use super::filters::Pipeline;
use super::inspect::{self, Entry};
use super::library::Handle;
use crate::array::StoredLayout;
use crate::error::{Error, Result};

/// Where the elements of an array are.
pub(super) enum Index {
    /// Nothing was ever written: every element is the fill value.
    Empty,
    /// Whole chunks, unfiltered, one after another from this address on.
    Consecutive(u64),
    /// All elements in one piece, from this address on; the chunks are parts of it, without filling.
    Contiguous(u64),
    /// All elements, here in memory.
    Inline(Vec<u8>),
    /// Chunks here and there, by number, ascending. Those that are missing are the fill value.
    Listed(Vec<(usize, Place)>),
}

/// Where one chunk lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: u64,
    pub(super) size: usize,
    /// A bit for each filter that was left out.
    pub(super) mask: u32,
}

/// What is known of a file before its index is read.
pub(super) struct Extent<'a> {
    pub(super) layout: &'a StoredLayout,
    /// Bytes of a decoded chunk.
    pub(super) chunk_bytes: usize,
    pub(super) pipeline: &'a Pipeline,
    pub(super) edges_are_unfiltered: bool,
    pub(super) file_len: u64,
}

impl Index {
    /// Reads the index of a chunked dataset; no place is outside the file or of an impossible size.
    pub(super) fn of_chunks(dataset: &Handle, extent: &Extent<'_>) -> Result<Self> {
        let count = extent.layout.grid.chunk_count();
        let axes = extent.layout.chunk_shape.len();
        if count == 0 {
            return Ok(Self::Empty);
        }
        if !inspect::is_consecutive(dataset)? {
            return Self::listed(dataset, extent);
        }
        let Some(first) = inspect::first_chunk(dataset, axes)? else { return Ok(Self::Empty) };
        if !extent.pipeline.is_empty() {
            return Err(Error::corrupt("the dataset has filters but an index for chunks without"));
        }
        inside(first, extent.chunk_bytes as u128 * count as u128, extent.file_len)?;
        Ok(Self::Consecutive(first))
    }

    fn listed(dataset: &Handle, extent: &Extent<'_>) -> Result<Self> {
        let per_axis = extent.layout.grid.chunks_per_axis();
        let mut places: Vec<(usize, Place)> = Vec::new();
        inspect::each_chunk(dataset, per_axis.len(), |entry| {
            let (number, is_edge) = extent.number(&per_axis, entry.start)?;
            let place = extent.place(&entry, is_edge).map_err(|error| in_chunk(number, &error))?;
            places.try_reserve(1).map_err(|_| Error::limit("there is no memory for the chunk index"))?;
            places.push((number, place));
            Ok(())
        })?;
        if !places.is_sorted_by_key(|(number, _)| *number) {
            places.sort_unstable_by_key(|(number, _)| *number);
        }
        match places.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            Some(pair) => Err(Error::corrupt(format!("chunk {} is in the index twice", pair[0].0))),
            None => Ok(Self::Listed(places)),
        }
    }

    /// Where the chunk lies, if it is listed.
    pub(super) fn listed_place(places: &[(usize, Place)], number: usize) -> Option<Place> {
        // Where no chunk is missing, its number is its index.
        let direct = places.get(number).filter(|(at, _)| *at == number);
        let found = direct.or_else(|| places.get(places.binary_search_by_key(&number, |(at, _)| *at).ok()?));
        found.map(|(_, place)| *place)
    }

    /// The first chunk that was never written.
    pub(super) fn first_missing(&self, count: usize) -> Option<usize> {
        match self {
            Self::Empty => (count > 0).then_some(0),
            Self::Listed(places) if places.len() < count => Some(
                places.iter().zip(0..).position(|((number, _), expected)| *number != expected).unwrap_or(places.len()),
            ),
            _ => None,
        }
    }
}

impl Extent<'_> {
    /// The number of the chunk that begins there, and whether it reaches beyond the edge.
    fn number(&self, per_axis: &[usize], start: &[u64]) -> Result<(usize, bool)> {
        let mut number = 0;
        let mut is_edge = false;
        for (axis, (start, count)) in start.iter().zip(per_axis).enumerate() {
            let chunk = self.layout.chunk_shape[axis] as u64;
            let at = usize::try_from(start / chunk).unwrap_or(usize::MAX);
            if start % chunk != 0 || at >= *count {
                return Err(Error::corrupt(format!("the chunk index has a chunk at {start}, where there is none")));
            }
            is_edge |= start + chunk > self.layout.grid.shape()[axis] as u64;
            number = number * count + at;
        }
        Ok((number, is_edge))
    }

    fn place(&self, entry: &Entry<'_>, is_edge: bool) -> Result<Place> {
        inside(entry.address, u128::from(entry.size), self.file_len)?;
        let mask = if is_edge && self.edges_are_unfiltered { u32::MAX } else { entry.mask };
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        if !self.pipeline.could_hold(self.chunk_bytes, size, mask) {
            return Err(Error::corrupt(format!("{size} bytes cannot hold a chunk of {} bytes", self.chunk_bytes)));
        }
        Ok(Place { address: entry.address, size, mask })
    }
}

/// Refuses what lies beyond the end of the file.
pub(super) fn inside(address: u64, len: u128, file_len: u64) -> Result<()> {
    if u128::from(address) + len > u128::from(file_len) {
        return Err(Error::corrupt(format!(
            "the file should have {len} bytes at {address}, but it ends at {file_len}; restore it from a copy"
        )));
    }
    Ok(())
}

pub(super) fn in_chunk(number: usize, error: &Error) -> Error {
    Error::new(error.kind(), format!("chunk {number} is damaged: {error}; restore the file from a copy"))
}
