//! A hash of everything in a file that belongs to no chunk: HDF5's own metadata, the description, the checksums, and
//! what is between them. With the chunks' checksums it covers every bit of the file.

use super::fault::io_error;
use crate::error::Result;
use crate::protocol::FileBytes;
use std::ops::Range;
use std::sync::LazyLock;

/// Read at a time.
const PIECE: usize = 1 << 16;

/// The hash of a file in memory whose chunks are here.
pub(super) fn digest_in_memory(file: &[u8], chunks: Range<usize>) -> String {
    let mut hasher = begin(file.len() as u64);
    hasher.update(file.get(..chunks.start).unwrap_or(file));
    hasher.update(file.get(chunks.end..).unwrap_or_default());
    hasher.finalize().to_hex().to_string()
}

fn begin(file_len: u64) -> blake3::Hasher {
    // A key takes as long to derive as the hash of a small file.
    static KEYED: LazyLock<blake3::Hasher> =
        LazyLock::new(|| blake3::Hasher::new_derive_key("arraystow 2026 HDF5 file: all but the chunks"));
    let mut hasher = KEYED.clone();
    hasher.update(&file_len.to_le_bytes());
    hasher
}

/// The hash of a file of this length whose chunks are at these addresses, with their lengths.
pub(super) fn digest(bytes: &FileBytes, file_len: u64, mut chunks: Vec<(u64, u64)>) -> Result<String> {
    let mut hasher = begin(file_len);
    chunks.sort_unstable();
    let mut piece = vec![0; PIECE];
    let mut at = 0;
    // Beyond the end there is nothing left to pass over.
    for (start, len) in chunks.into_iter().chain([(file_len, 0)]) {
        while at < start {
            let len = usize::try_from(start - at).map_or(PIECE, |left| left.min(PIECE));
            let piece = &mut piece[..len];
            bytes.read_exact_at(piece, at).map_err(|error| io_error("the file cannot be read", error))?;
            hasher.update(piece);
            at += len as u64;
        }
        at = at.max(start.saturating_add(len));
    }
    Ok(hasher.finalize().to_hex().to_string())
}
