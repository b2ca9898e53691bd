//! The data that a reader keeps about the shards of an array.

use super::decode::Decoder;
use super::shards::Indexing;
use super::table::Entry;
use crate::array::ChunkGrid;
use crate::error::Result;
use crate::limits::Limits;
use quick_cache::sync::Cache;
use std::sync::Arc;

/// What reads the parts of shards.
pub(super) struct Shards {
    /// The parts of one shard.
    pub(super) parts: ChunkGrid,
    pub(super) indexing: Indexing,
    /// Shards of other programs whose index was read.
    pub(super) indexed: Cache<usize, Arc<[Entry]>>,
}

/// Indices of shards that are kept: so many, unless they are large.
const MOST_INDEXED: usize = 1024;
const MOST_INDEXED_BYTES: usize = 64 << 20;

impl Shards {
    pub(super) fn new(chunk: &[usize], part: &[usize], indexing: Indexing, limits: &Limits) -> Result<Self> {
        let parts = ChunkGrid::regular(chunk, part)?;
        limits.check_chunks(parts.chunk_count())?;
        let kept = MOST_INDEXED_BYTES / (parts.chunk_count() * size_of::<Entry>()).max(1);
        Ok(Self { parts, indexing, indexed: Cache::new(kept.clamp(1, MOST_INDEXED)) })
    }

    /// The most bytes that a shard can have.
    pub(super) fn most_stored(&self, of_part: &Decoder) -> u64 {
        let parts = self.parts.chunk_count();
        of_part.most_stored().saturating_mul(parts as u64).saturating_add(self.indexing.bytes(parts) as u64)
    }
}
