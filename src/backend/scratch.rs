//! Memory for chunks in transit, which is kept per thread: new pages cost more than the work done in them.

use crate::error::{Error, Result};
use std::cell::RefCell;

/// The number of buffers that a thread keeps, and the size of the largest.
const MOST_KEPT: usize = 3;
const LARGEST_KEPT: usize = 32 << 20;

thread_local! {
    static KEPT: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// Lends `len` bytes of no particular content.
pub(crate) fn with<R>(len: usize, use_it: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut buffer = KEPT.with_borrow_mut(Vec::pop).unwrap_or_default();
    if buffer.len() < len {
        buffer
            .try_reserve_exact(len - buffer.len())
            .map_err(|_| Error::limit(format!("there is no memory for a chunk of {len} bytes")))?;
        buffer.resize(len, 0);
    }
    let result = use_it(&mut buffer[..len]);
    if buffer.len() <= LARGEST_KEPT {
        KEPT.with_borrow_mut(|kept| {
            if kept.len() < MOST_KEPT {
                kept.push(buffer);
            }
        });
    }
    result
}
