//! One run over one or several arrays: what their expressions share is produced once.

use super::source::Reading;
use super::{ErasedArray, Region};
use crate::error::Result;
use quick_cache::sync::Cache;
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use std::any::Any;
use std::collections::HashMap;
use std::sync::Arc;

/// What shared chunks may take in memory before the oldest are dropped, to be produced again when needed.
const SHARED_CHUNK_BYTES: u64 = 64 << 20;

/// A chunk of one array: the array's address (which the evaluation keeps alive) and the chunk's number.
type Key = (usize, usize);

#[derive(Clone)]
struct Kept {
    elements: Arc<dyn Any + Send + Sync>,
    bytes: usize,
}

#[derive(Clone)]
struct Bytes;

impl Weighter<Key, Kept> for Bytes {
    fn weight(&self, _: &Key, kept: &Kept) -> u64 {
        kept.bytes.max(1) as u64
    }
}

/// One run over one or several arrays. Chunks that more than one reader needs are kept for a while, in bounded memory.
pub(crate) struct Evaluation {
    shared: HashMap<usize, Arc<dyn Any + Send + Sync>>,
    chunks: Option<Cache<Key, Kept, Bytes>>,
}

impl Evaluation {
    /// Prepares a run that reads every chunk of each of these arrays once.
    pub(crate) fn of<'a>(arrays: impl IntoIterator<Item = &'a dyn ErasedArray>) -> Self {
        let mut survey = Survey::default();
        for array in arrays {
            survey.visit(array, Reading::OncePerChunk);
        }
        let shared = survey.shared;
        let chunks = (!shared.is_empty()).then(|| {
            // One shard: a shard that is smaller than a chunk would never keep it.
            let options = OptionsBuilder::new()
                .estimated_items_capacity(256)
                .weight_capacity(SHARED_CHUNK_BYTES)
                .shards(1)
                .build();
            options
                .ok()
                .map(|options| Cache::with_options(options, Bytes, DefaultHashBuilder::default(), Default::default()))
        });
        Self { shared, chunks: chunks.flatten() }
    }

    /// Whether chunks of the array at this address are kept.
    pub(crate) fn keeps(&self, address: usize) -> bool {
        self.chunks.is_some() && self.shared.contains_key(&address)
    }

    /// The kept chunk, or the one that `produce` gives, which is then kept. While one thread produces a chunk, others
    /// that need it wait; they cannot wait in a circle, since expressions have no cycles.
    pub(crate) fn chunk<C: Clone + Send + Sync + 'static>(
        &self,
        address: usize,
        number: usize,
        region: &Region,
        element_size: usize,
        produce: impl FnOnce() -> Result<C>,
    ) -> Result<C> {
        let Some(chunks) = &self.chunks else {
            return produce();
        };
        let mut fresh = None;
        let kept = chunks.get_or_insert_with(&(address, number), || {
            let elements = produce()?;
            fresh = Some(elements.clone());
            let kept = Kept { elements: Arc::new(elements), bytes: region.len().saturating_mul(element_size) };
            Ok::<_, crate::Error>(kept)
        })?;
        match fresh {
            Some(elements) => Ok(elements),
            None => match kept.elements.downcast_ref::<C>() {
                Some(elements) => Ok(elements.clone()),
                None => Err(crate::Error::invalid("a shared chunk has another data type")),
            },
        }
    }
}

/// Finds the arrays that are read more than once.
#[derive(Default)]
struct Survey {
    seen: HashMap<usize, ()>,
    shared: HashMap<usize, Arc<dyn Any + Send + Sync>>,
}

impl Survey {
    fn visit(&mut self, array: &dyn ErasedArray, reading: Reading) {
        let again = self.seen.insert(array.address(), ()).is_some();
        if (again || reading == Reading::Across) && !array.is_cheap() {
            self.shared.entry(array.address()).or_insert_with(|| array.keep_alive());
        }
        if !again {
            array.inputs(&mut |input, reading| self.visit(input, reading));
        }
    }
}
