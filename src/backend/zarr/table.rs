//! The object beside an array of arraystow that says, for each chunk, how long it is and what its checksum is: 8 bytes
//! and 4 bytes, little-endian, in the order of the chunks; CRC-32C over the object's bytes as they are stored. Of
//! shards it says the same for each part, with 8 bytes before: where in the shard it begins; a part of length
//! 0 is all fill.
//!
//! Zarr's readers do not look at it. Without it a lost chunk would read as fill values.

use crate::backend::Stretch;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::lock::Mutex;

/// The object's name, below the array's key.
pub(super) const NAME: &str = "arraystow_checksums";

/// Where the bytes of a chunk or a part are in its object, and their checksum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) offset: u64,
    pub(super) len: u64,
    checksum: Option<u32>,
}

impl Entry {
    pub(super) fn of(offset: u64, stored: &[u8]) -> Self {
        Self { offset, len: stored.len() as u64, checksum: Some(crc32c::crc32c(stored)) }
    }

    /// A place from the index of another program.
    pub(super) fn unchecked(offset: u64, len: u64) -> Self {
        Self { offset, len, checksum: None }
    }

    /// What a receipt has of it.
    pub(super) fn stretch(&self) -> Stretch {
        Stretch { offset: self.offset, len: self.len, checksum: self.checksum.unwrap_or_default() }
    }

    /// What a receipt has.
    pub(super) fn of_stretch(stretch: Stretch) -> Self {
        let Stretch { offset, len, checksum } = stretch;
        Self { offset, len, checksum: Some(checksum) }
    }

    /// Whether both have the same bytes, by their lengths and checksums.
    pub(super) fn has_bytes_of(&self, other: &Self) -> bool {
        self.len == other.len && self.checksum.is_some() && self.checksum == other.checksum
    }

    /// Where in the object it is.
    pub(super) fn range(&self) -> Option<std::ops::Range<usize>> {
        let end = self.offset.checked_add(self.len)?;
        Some(usize::try_from(self.offset).ok()?..usize::try_from(end).ok()?)
    }

    /// Fails for what is not the chunk or part that was written.
    pub(super) fn check(&self, stored: &[u8]) -> Result<()> {
        if self.len != stored.len() as u64 {
            return Err(Error::corrupt(format!("it has {} bytes and should have {}", stored.len(), self.len)));
        }
        if self.checksum.is_some_and(|checksum| checksum != crc32c::crc32c(stored)) {
            return Err(Error::corrupt("its checksum does not match"));
        }
        Ok(())
    }
}

/// What is known of the chunks written so far.
pub(super) struct Building(Vec<Mutex<Entry>>);

impl Building {
    pub(super) fn new(count: usize, limits: &Limits) -> Result<Self> {
        limits.check_chunks(count)?;
        let mut entries = Vec::new();
        entries.try_reserve_exact(count).map_err(|_| Error::limit("there is no memory for the checksums"))?;
        entries.resize_with(count, Mutex::default);
        Ok(Self(entries))
    }

    pub(super) fn note(&self, number: usize, entry: Entry) -> Result<()> {
        let place = self.0.get(number).ok_or_else(|| Error::invalid(format!("there is no chunk {number}")))?;
        *place.lock() = entry;
        Ok(())
    }

    /// The table, and how many bytes all chunks have together.
    pub(super) fn finish(&self, with_offsets: bool) -> (Vec<u8>, u64) {
        let mut table = Vec::with_capacity(self.0.len() * 20);
        let mut total = 0_u64;
        for entry in &self.0 {
            let Entry { offset, len, checksum } = *entry.lock();
            total = total.saturating_add(len);
            if with_offsets {
                table.extend_from_slice(&offset.to_le_bytes());
            }
            table.extend_from_slice(&len.to_le_bytes());
            table.extend_from_slice(&checksum.unwrap_or_default().to_le_bytes());
        }
        (table, total)
    }
}

/// A table that was read.
pub(super) struct Table(Vec<Entry>);

impl Table {
    pub(super) fn read(bytes: &[u8], count: usize, with_offsets: bool) -> Result<Self> {
        let size = if with_offsets { 20 } else { 12 };
        if count.checked_mul(size) != Some(bytes.len()) {
            return Err(Error::corrupt("the array's checksums are those of another array; restore it from a copy"));
        }
        let entry = |bytes: &[u8]| {
            let (offset, bytes) = if with_offsets { bytes.split_at(8) } else { (&[][..], bytes) };
            let (len, checksum) = bytes.split_at(8);
            Entry {
                offset: offset.try_into().map_or(0, u64::from_le_bytes),
                len: len.try_into().map_or(0, u64::from_le_bytes),
                checksum: Some(checksum.try_into().map_or(0, u32::from_le_bytes)),
            }
        };
        Ok(Self(bytes.chunks_exact(size).map(entry).collect()))
    }

    /// Bytes of all chunks.
    pub(super) fn total(&self) -> u64 {
        self.0.iter().map(|entry| entry.len).fold(0, u64::saturating_add)
    }

    pub(super) fn entry(&self, number: usize) -> Result<Entry> {
        self.0.get(number).copied().ok_or_else(|| Error::corrupt("it has no checksum"))
    }
}

/// The hash of an array's metadata, as it is in the store, and of its table.
pub(super) fn digest(metadata: &[u8], table: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("arraystow 2026 Zarr array: metadata and checksums");
    hasher.update(&(metadata.len() as u64).to_le_bytes());
    hasher.update(metadata);
    hasher.update(table);
    hasher.finalize().to_hex().to_string()
}
