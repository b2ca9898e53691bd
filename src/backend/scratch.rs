//! Memory for chunks in transit, which is kept per thread: new pages cost more than the work done in them.

use crate::error::{Error, Result};
use std::cell::RefCell;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The number of buffers that a thread keeps, and the size of the largest.
const MOST_KEPT: usize = 3;
const LARGEST_KEPT: usize = 32 << 20;

/// The most bytes that all threads keep together. Threads of the caller may live long, and be many.
const MOST_IN_ALL: usize = 256 << 20;

/// The bytes that are kept.
static IN_ALL: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static KEPT: RefCell<Vec<Kept>> = const { RefCell::new(Vec::new()) };
}

/// A buffer that waits for its next use.
struct Kept(Vec<u8>);

impl Kept {
    fn new(buffer: Vec<u8>) -> Option<Self> {
        let (bytes, fits) =
            (buffer.len(), |kept: usize| kept.checked_add(buffer.len()).filter(|all| *all <= MOST_IN_ALL));
        let is_kept = bytes <= LARGEST_KEPT && IN_ALL.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        is_kept.then(|| Self(buffer))
    }

    fn take(mut self) -> Vec<u8> {
        IN_ALL.fetch_sub(self.0.len(), Ordering::Relaxed);
        std::mem::take(&mut self.0)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        IN_ALL.fetch_sub(self.0.len(), Ordering::Relaxed);
    }
}

/// Lends `len` bytes of no particular content.
pub(crate) fn with<R>(len: usize, use_it: impl FnOnce(&mut [u8]) -> Result<R>) -> Result<R> {
    let mut buffer = KEPT.with_borrow_mut(Vec::pop).map(Kept::take).unwrap_or_default();
    if buffer.len() < len {
        buffer
            .try_reserve_exact(len - buffer.len())
            .map_err(|_| Error::limit(format!("there is no memory for a chunk of {len} bytes")))?;
        buffer.resize(len, 0);
    }
    let result = use_it(&mut buffer[..len]);
    KEPT.with_borrow_mut(|kept| {
        if kept.len() < MOST_KEPT {
            kept.extend(Kept::new(buffer));
        }
    });
    result
}
