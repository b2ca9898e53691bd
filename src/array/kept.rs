//! A cache of chunks that are needed again soon, in bounded memory.
//!
//! The least recently used chunk is dropped first. A chunk is dropped as soon as its last known reader has it. A cache
//! that also considers how often a chunk was used performs worse, because a run over an array does not return to its
//! chunks.

use crate::error::Result;
use crate::lock::Mutex;
use once_cell::sync::OnceCell;
use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A chunk of one array: the array's address and the chunk's number.
type Key = (usize, usize);

type Elements = Arc<dyn Any + Send + Sync>;

pub(super) struct KeptChunks {
    capacity: usize,
    state: Mutex<KeptState>,
}

#[derive(Default)]
struct KeptState {
    chunks: HashMap<Key, Kept>,
    /// The chunks in the cache, by the time of their last use.
    order: BTreeMap<u64, Key>,
    now: u64,
    bytes: usize,
}

struct Kept {
    /// With its bytes. Empty while the chunk is being produced.
    elements: Arc<OnceCell<(Elements, usize)>>,
    /// What is counted of it.
    bytes: usize,
    last_use: Option<u64>,
    uses_left: Option<usize>,
}

impl KeptChunks {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, state: Mutex::default() }
    }

    /// The chunk, if it is kept. This is no use of it.
    pub(super) fn peek(&self, key: Key) -> Option<Elements> {
        self.state.lock().chunks.get(&key)?.elements.get().map(|(elements, _)| elements.clone())
    }

    /// Returns the kept chunk, or calls `produce`, which also returns the chunk's bytes, and keeps its result. One
    /// thread produces a chunk, the others wait. The chunk is dropped after `uses` uses, if their number is known.
    pub(super) fn get(
        &self,
        key: Key,
        uses: Option<usize>,
        produce: impl FnOnce() -> Result<(Elements, usize)>,
    ) -> Result<Elements> {
        let new = || Kept { elements: Arc::default(), bytes: 0, last_use: None, uses_left: uses };
        let cell = self.state.lock().chunks.entry(key).or_insert_with(new).elements.clone();
        let (elements, bytes) = cell.get_or_try_init(produce)?.clone();
        let dropped = self.state.lock().used(key, &cell, bytes, self.capacity);
        // Freeing memory takes a while, and others want the lock.
        drop(dropped);
        Ok(elements)
    }
}

impl KeptState {
    /// Notes that a chunk was used. Returns the chunks that are no longer kept.
    fn used(&mut self, key: Key, cell: &Arc<OnceCell<(Elements, usize)>>, bytes: usize, capacity: usize) -> Vec<Kept> {
        let mut dropped = Vec::new();
        // Since it was looked up, the chunk may have been dropped, and may even be in production again.
        let Some(kept) = self.chunks.get_mut(&key).filter(|kept| Arc::ptr_eq(&kept.elements, cell)) else {
            return dropped;
        };
        match kept.last_use {
            Some(time) => drop(self.order.remove(&time)),
            None => {
                kept.bytes = bytes;
                self.bytes = self.bytes.saturating_add(bytes);
            }
        }
        self.now += 1;
        kept.last_use = Some(self.now);
        kept.uses_left = kept.uses_left.map(|left| left.saturating_sub(1));
        if kept.uses_left == Some(0) {
            dropped.extend(self.remove(key));
            return dropped;
        }
        self.order.insert(self.now, key);
        while self.bytes > capacity
            && let Some((_, oldest)) = self.order.pop_first()
        {
            dropped.extend(self.remove(oldest));
        }
        dropped
    }

    fn remove(&mut self, key: Key) -> Option<Kept> {
        let kept = self.chunks.remove(&key)?;
        self.bytes = self.bytes.saturating_sub(kept.bytes);
        Some(kept)
    }
}
