//! The data that only arrays of arraystow have: a checksum for each chunk, or for each part of a shard, and the digest.

use super::shards::{index_bytes, index_of};
use super::table::Table;
use crate::error::{Error, Result};

pub(super) struct Seal {
    pub(super) table: Table,
    pub(super) digest: String,
}

/// The error for an object that should be there.
pub(super) fn lost() -> Error {
    Error::corrupt("its object is missing")
}

impl Seal {
    /// Fails for a shard of another length: what is missing may be its index only, which other readers need.
    pub(super) fn check_shard(&self, number: usize, parts: usize, found: u64) -> Result<()> {
        let mut len = 0;
        for part in 0..parts {
            let entry = self.table.entry(number * parts + part)?;
            len = len.max(entry.offset.saturating_add(entry.len));
        }
        let len = len.saturating_add(index_bytes(parts) as u64);
        if found == len { Ok(()) } else { Err(Error::corrupt(format!("it has {found} bytes and should have {len}"))) }
    }

    /// Checks every byte of a shard: its parts, and its index, which only other readers need.
    pub(super) fn check_whole_shard(&self, number: usize, parts: usize, stored: &[u8]) -> Result<()> {
        self.check_shard(number, parts, stored.len() as u64)?;
        let mut entries = Vec::with_capacity(parts);
        for part in 0..parts {
            let entry = self.table.entry(number * parts + part)?;
            if entry.len > 0 {
                let bytes = entry.range().and_then(|range| stored.get(range));
                entry.check(bytes.ok_or_else(|| Error::corrupt("it is cut off"))?)?;
            }
            entries.push(entry);
        }
        let index = stored.len().checked_sub(index_bytes(parts)).and_then(|start| stored.get(start..));
        if index == Some(&index_of(&entries)) { Ok(()) } else { Err(Error::corrupt("its index does not match")) }
    }
}
