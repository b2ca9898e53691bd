//! Shards: objects of several chunks each, here called parts, with an index at the end.
//!
//! zarrs writes them. For an array of arraystow, the table has the place of each part, so one request reads and checks
//! it. For other arrays, the shard's index is read first, once.

use super::table::Entry;
use crate::array::{ChunkGrid, StoredLayout};
use crate::error::{Error, Result};

/// Puts chunks together until a shard has that many bytes.
pub(super) fn layout(layout: StoredLayout, element_size: usize, shard_bytes: usize) -> Result<StoredLayout> {
    let parts = layout.chunk_shape;
    let shape = layout.grid.shape().to_vec();
    let mut shard = parts.clone();
    // Along the last axes first: so parts that lie side by side in the array lie side by side in the shard.
    for axis in (0..shard.len()).rev() {
        let others: usize = shard.iter().enumerate().filter(|(other, _)| *other != axis).map(|(_, len)| *len).product();
        let part = others.saturating_mul(element_size).saturating_mul(parts[axis]).max(1);
        let count = (shard_bytes / part).clamp(1, shape[axis].div_ceil(parts[axis]).max(1));
        shard[axis] = parts[axis] * count;
    }
    let parts = (shard != parts).then_some(parts);
    Ok(StoredLayout { grid: ChunkGrid::regular(&shape, &shard)?, chunk_shape: shard, parts })
}

/// How many parts each chunk has; 1 if it has none.
pub(super) fn parts_per_chunk(layout: &StoredLayout) -> Result<usize> {
    match &layout.parts {
        Some(parts) => Ok(ChunkGrid::regular(&layout.chunk_shape, parts)?.chunk_count()),
        None => Ok(1),
    }
}

/// An offset and a length for each part, and a checksum.
pub(super) fn index_bytes(parts: usize) -> usize {
    parts * 16 + 4
}

/// The index of a shard whose parts are there.
pub(super) fn index_of(parts: &[Entry]) -> Vec<u8> {
    let mut index = Vec::with_capacity(index_bytes(parts.len()));
    for part in parts {
        let (offset, len) = if part.len == 0 { (u64::MAX, u64::MAX) } else { (part.offset, part.len) };
        index.extend_from_slice(&offset.to_le_bytes());
        index.extend_from_slice(&len.to_le_bytes());
    }
    let checksum = crc32c::crc32c(&index);
    index.extend_from_slice(&checksum.to_le_bytes());
    index
}

/// Where the parts of a shard are, out of the index at its end.
pub(super) fn entries(shard: &[u8], parts: usize) -> Result<Vec<Entry>> {
    let unexpected = || Error::unsupported("the crate zarrs has written a shard with an unexpected layout");
    let start = shard.len().checked_sub(index_bytes(parts)).ok_or_else(unexpected)?;
    let (numbers, _) = shard[start..].as_chunks::<8>();
    let entry = |pair: &[[u8; 8]; 2]| match pair.map(u64::from_le_bytes) {
        // All fill: it is not stored.
        [u64::MAX, u64::MAX] => Ok(Entry::default()),
        [offset, len] => {
            let (from, to) =
                (usize::try_from(offset).ok(), offset.checked_add(len).and_then(|to| usize::try_from(to).ok()));
            let stored = from.zip(to).and_then(|(from, to)| shard.get(from..to)).ok_or_else(unexpected)?;
            Ok(Entry::of(offset, stored))
        }
    };
    numbers.as_chunks::<2>().0.iter().map(entry).collect()
}

/// How the index of a shard is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Indexing {
    pub(super) at_start: bool,
    /// A CRC-32C follows the numbers.
    pub(super) checked: bool,
}

impl Indexing {
    /// Bytes of the index.
    pub(super) fn bytes(self, parts: usize) -> usize {
        parts.saturating_mul(16).saturating_add(if self.checked { 4 } else { 0 })
    }

    /// Where the index is in a whole shard.
    pub(super) fn of_shard(self, shard: &[u8], parts: usize) -> Result<&[u8]> {
        let len = self.bytes(parts);
        let index = if self.at_start { shard.get(..len) } else { shard.len().checked_sub(len).map(|at| &shard[at..]) };
        index.ok_or_else(|| Error::corrupt("it is too short for its index"))
    }

    /// The parts' places, as the index of another program has them.
    pub(super) fn read(self, index: &[u8], parts: usize) -> Result<Vec<Entry>> {
        if index.len() != self.bytes(parts) {
            return Err(Error::corrupt("it is too short for its index"));
        }
        let (numbers, checksum) = index.split_at(parts * 16);
        if self.checked && crc32c::crc32c(numbers).to_le_bytes() != checksum {
            return Err(Error::corrupt("the checksum of its index does not match"));
        }
        let (numbers, _) = numbers.as_chunks::<8>();
        let entry = |pair: &[[u8; 8]; 2]| match pair.map(u64::from_le_bytes) {
            [u64::MAX, u64::MAX] => Entry::default(),
            [offset, len] => Entry::unchecked(offset, len),
        };
        Ok(numbers.as_chunks::<2>().0.iter().map(entry).collect())
    }
}
