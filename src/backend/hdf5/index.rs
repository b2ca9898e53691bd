//! The places of the stored bytes of every chunk in the file, which are collected once, when the array is opened.

use super::filters::Pipeline;
use super::inspect::{self, Entry, IndexKind};
use super::library::Handle;
use super::numbering::Numbering;
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
    Listed(Vec<(usize, ChunkPlace)>),
}

/// Where one chunk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ChunkPlace {
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
        let per_axis = extent.layout.grid.chunks_per_axis();
        if count == 0 {
            return Ok(Self::Empty);
        }
        let kind = inspect::index_kind(dataset)?;
        let largest = extent.largest_counts(dataset)?;
        // libhdf5 numbers the chunks of the largest shape; the length of the first axis has no part in a number.
        let numbered_alike = || per_axis.iter().zip(&largest).skip(1).all(|(now, most)| Some(*now as u64) == *most);
        if kind != IndexKind::Implicit || !numbered_alike() {
            let numbering = Numbering::new(kind, largest);
            return Self::listed(dataset, extent, &per_axis, &numbering);
        }
        let Some(first) = inspect::first_chunk(dataset, per_axis.len())? else { return Ok(Self::Empty) };
        if !extent.pipeline.is_empty() {
            return Err(Error::corrupt("the dataset has filters, but its chunk index is for chunks without filters"));
        }
        inside(first, extent.chunk_bytes as u128 * count as u128, extent.file_len)?;
        Ok(Self::Consecutive(first))
    }

    fn listed(dataset: &Handle, extent: &Extent<'_>, per_axis: &[usize], numbering: &Numbering) -> Result<Self> {
        let count = extent.layout.grid.chunk_count();
        let mut places: Vec<(usize, ChunkPlace)> = Vec::new();
        let mut coordinates = Vec::new();
        inspect::each_chunk(dataset, per_axis.len(), |entry| {
            if places.len() == count {
                return Err(Error::corrupt(format!("the chunk index has more than the {count} chunks of the dataset")));
            }
            numbering.find(entry.start, &extent.layout.chunk_shape, &mut coordinates)?;
            let (number, is_edge) = extent.number(per_axis, &coordinates)?;
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

    /// Where the chunk is, if it is listed.
    pub(super) fn listed_place(places: &[(usize, ChunkPlace)], number: usize) -> Option<ChunkPlace> {
        // Where no chunk is missing, its number is its index.
        let direct = places.get(number).filter(|(at, _)| *at == number);
        let found = direct.or_else(|| places.get(places.binary_search_by_key(&number, |(at, _)| *at).ok()?));
        found.map(|(_, place)| *place)
    }

    /// Whether the chunk was never written.
    pub(super) fn lacks(&self, number: usize) -> bool {
        match self {
            Self::Empty => true,
            Self::Listed(places) => Self::listed_place(places, number).is_none(),
            Self::Consecutive(_) | Self::Contiguous(_) | Self::Inline(_) => false,
        }
    }

    /// Whether nothing was ever written.
    pub(super) fn has_no_chunk(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Listed(places) => places.is_empty(),
            Self::Consecutive(_) | Self::Contiguous(_) | Self::Inline(_) => false,
        }
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
    /// How many chunks each axis may have; none for an unlimited axis.
    fn largest_counts(&self, dataset: &Handle) -> Result<Vec<Option<u64>>> {
        let largest = inspect::largest_shape(dataset)?;
        Ok(largest
            .iter()
            .zip(&self.layout.chunk_shape)
            .map(|(len, chunk)| len.map(|len| len.div_ceil(*chunk as u64)))
            .collect())
    }

    /// The number of the chunk at these coordinates, and whether it reaches beyond the edge.
    fn number(&self, per_axis: &[usize], coordinates: &[u64]) -> Result<(usize, bool)> {
        let mut number = 0;
        let mut is_edge = false;
        for (axis, (at, count)) in coordinates.iter().zip(per_axis).enumerate() {
            let at = usize::try_from(*at).unwrap_or(usize::MAX);
            if at >= *count {
                return Err(Error::corrupt(format!(
                    "the chunk index has a chunk at {at} on axis {axis}, which has {count} chunks"
                )));
            }
            let chunk = self.layout.chunk_shape[axis];
            is_edge |= (at as u128 + 1) * chunk as u128 > self.layout.grid.shape()[axis] as u128;
            number = number * count + at;
        }
        Ok((number, is_edge))
    }

    fn place(&self, entry: &Entry<'_>, is_edge: bool) -> Result<ChunkPlace> {
        inside(entry.address, u128::from(entry.size), self.file_len)?;
        let mask = if is_edge && self.edges_are_unfiltered { u32::MAX } else { entry.mask };
        let size = usize::try_from(entry.size).unwrap_or(usize::MAX);
        if !self.pipeline.could_hold(self.chunk_bytes, size, mask) {
            return Err(Error::corrupt(format!("{size} bytes cannot hold a chunk of {} bytes", self.chunk_bytes)));
        }
        Ok(ChunkPlace { address: entry.address, size, mask })
    }
}

/// Fails for what is beyond the end of the file.
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
