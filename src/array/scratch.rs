//! Memory for one chunk, which a thread uses again.

use crate::error::{Error, Result};
use std::cell::Cell;

/// The most memory that a thread keeps between two uses.
const MOST_SCRATCH_BYTES: usize = 16 << 20;

thread_local! {
    /// The memory of the last chunk, which is used again for the next: fresh pages cost more than copying. Large
    /// buffers are freed, since the thread may be the caller's own and live long.
    static SCRATCH: Cell<Vec<u128>> = const { Cell::new(Vec::new()) };
}

/// Lends `bytes` bytes of no particular content, aligned for all elements.
pub(super) fn with_scratch<R>(bytes: usize, use_it: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut scratch = SCRATCH.take();
    let words = bytes.div_ceil(size_of::<u128>());
    if scratch.len() < words {
        scratch
            .try_reserve_exact(words - scratch.len())
            .map_err(|_| Error::limit(format!("a chunk of {bytes} bytes does not fit into memory")))?;
        scratch.resize(words, 0);
    }
    let result = use_it(&mut bytemuck::cast_slice_mut(&mut scratch)[..bytes]);
    if bytes <= MOST_SCRATCH_BYTES {
        SCRATCH.set(scratch);
    }
    result
}
