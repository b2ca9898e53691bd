//! The object beside an array of ours that tells, for each chunk, how long it is and what its checksum is: 8 bytes and 4
//! bytes, little-endian, in the order of the chunks; CRC-32C over the object's bytes as they are stored.
//!
//! Zarr's readers do not look at it. Without it a lost chunk would read as fill values.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The object's name, below the array's key.
pub(super) const NAME: &str = "arraystow_checksums";

const ENTRY_BYTES: usize = 12;
/// Chunks that a table may have.
const MOST_CHUNKS: usize = 1 << 26;

/// What is known of the chunks written so far.
pub(super) struct Building(Vec<(AtomicU64, AtomicU32)>);

impl Building {
    pub(super) fn new(count: usize) -> Result<Self> {
        if count > MOST_CHUNKS {
            return Err(Error::limit(format!(
                "the array has {count} chunks and arraystow stores up to {MOST_CHUNKS}; choose larger chunks"
            )));
        }
        let mut entries = Vec::new();
        entries.try_reserve_exact(count).map_err(|_| Error::limit("there is no memory for the checksums"))?;
        entries.resize_with(count, Default::default);
        Ok(Self(entries))
    }

    pub(super) fn note(&self, number: usize, stored: &[u8]) -> Result<()> {
        let (len, checksum) =
            self.0.get(number).ok_or_else(|| Error::invalid(format!("there is no chunk {number}")))?;
        len.store(stored.len() as u64, Ordering::Release);
        checksum.store(crc32c::crc32c(stored), Ordering::Release);
        Ok(())
    }

    /// The table, and how many bytes all chunks have together.
    pub(super) fn finish(&self) -> (Vec<u8>, u64) {
        let mut table = Vec::with_capacity(self.0.len() * ENTRY_BYTES);
        let mut total = 0_u64;
        for (len, checksum) in &self.0 {
            let len = len.load(Ordering::Acquire);
            total = total.saturating_add(len);
            table.extend_from_slice(&len.to_le_bytes());
            table.extend_from_slice(&checksum.load(Ordering::Acquire).to_le_bytes());
        }
        (table, total)
    }
}

/// A table that was read.
pub(super) struct Table(Vec<(u64, u32)>);

impl Table {
    pub(super) fn read(bytes: &[u8], count: usize) -> Result<Self> {
        let (entries, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if !rest.is_empty() || entries.len() != count {
            return Err(Error::corrupt("the array's checksums are those of another array; restore it from a copy"));
        }
        let entry = |[a, b, c, d, e, f, g, h, i, j, k, l]: &[u8; ENTRY_BYTES]| {
            (u64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), u32::from_le_bytes([*i, *j, *k, *l]))
        };
        Ok(Self(entries.iter().map(entry).collect()))
    }

    /// Bytes of all chunks.
    pub(super) fn total(&self) -> u64 {
        self.0.iter().map(|(len, _)| *len).fold(0, u64::saturating_add)
    }

    /// Refuses what is not the chunk that was written.
    pub(super) fn check(&self, number: usize, stored: &[u8]) -> Result<()> {
        match self.0.get(number) {
            Some((len, _)) if *len != stored.len() as u64 => {
                Err(Error::corrupt(format!("it has {} bytes and should have {len}", stored.len())))
            }
            Some((_, checksum)) if *checksum == crc32c::crc32c(stored) => Ok(()),
            _ => Err(Error::corrupt("its checksum is another")),
        }
    }
}

/// The hash of an array's metadata, as it lies in the store, and of its table.
pub(super) fn digest(metadata: &[u8], table: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("arraystow 2026 Zarr array: metadata and checksums");
    hasher.update(&(metadata.len() as u64).to_le_bytes());
    hasher.update(metadata);
    hasher.update(table);
    hasher.finalize().to_hex().to_string()
}
