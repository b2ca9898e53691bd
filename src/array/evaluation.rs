//! One run over one or several arrays: what their expressions share is produced once.

use super::kept::KeptChunks;
use super::source::Reading;
use super::{ErasedArray, Region};
use crate::error::{Error, Result};
use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};
use std::thread;

/// What shared chunks may take in memory before the oldest are dropped, to be produced again when needed.
const SHARED_BYTES: usize = 64 << 20;

/// The same where many threads work on large chunks: each thread's few must stay, or they are produced over and over.
const MOST_SHARED_BYTES: usize = 256 << 20;

/// How many chunks of one thread stay, however large: with fewer, an expression like `y = x + x` that is repeated takes
/// twice as long each time.
const CHUNKS_PER_THREAD: usize = 3;

static PROCESSORS: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// One run over one or several arrays. Chunks that more than one reader needs are kept for a while, in bounded memory.
pub(crate) struct Evaluation {
    shared: HashMap<usize, Shared>,
    chunks: KeptChunks,
    concurrency: usize,
}

/// An array whose chunks are kept.
struct Shared {
    /// Its address is not used again meanwhile.
    _alive: Arc<dyn Any + Send + Sync>,
    /// How often each chunk is needed, at most; unknown if chunks do not line up.
    uses: Option<usize>,
}

impl Evaluation {
    /// Prepares a run that reads every chunk of each of these arrays once.
    pub(crate) fn of<'a>(arrays: impl IntoIterator<Item = &'a dyn ErasedArray>) -> Self {
        let mut survey = Survey::default();
        for array in arrays {
            survey.visit(array, Reading::OncePerChunk);
        }
        let few = survey.largest_chunk.saturating_mul(CHUNKS_PER_THREAD);
        let most = few.saturating_mul(*PROCESSORS).min(MOST_SHARED_BYTES);
        Self {
            shared: survey.shared,
            chunks: KeptChunks::new(most.max(few).max(SHARED_BYTES)),
            concurrency: survey.concurrency,
        }
    }

    /// How many chunks are best in the making at the same time.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Whether chunks of the array at this address are kept.
    pub(crate) fn keeps(&self, address: usize) -> bool {
        self.shared.contains_key(&address)
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
        let uses = self.shared.get(&address).and_then(|shared| shared.uses);
        let bytes = region.len().saturating_mul(element_size);
        let kept = self.chunks.get((address, number), bytes, uses, || Ok(Arc::new(produce()?)))?;
        kept.downcast_ref::<C>().cloned().ok_or_else(|| Error::invalid("a shared chunk has another data type"))
    }
}

/// Finds the arrays that are read more than once.
#[derive(Default)]
struct Survey {
    /// How often each chunk of an array is read; unknown if chunks do not line up.
    reads: HashMap<usize, Option<usize>>,
    shared: HashMap<usize, Shared>,
    /// In bytes.
    largest_chunk: usize,
    /// The most that any of the stored arrays wants.
    concurrency: usize,
}

impl Survey {
    fn visit(&mut self, array: &dyn ErasedArray, reading: Reading) {
        if array.is_view() {
            // Whoever reads a view reads what it shows.
            array.inputs(&mut |input, own| {
                self.visit(input, if reading == Reading::Across { reading } else { own });
            });
            return;
        }
        let address = array.address();
        let before = self.reads.get(&address).copied();
        let reads = match reading {
            Reading::OncePerChunk => before.unwrap_or(Some(0)).map(|reads| reads + 1),
            Reading::Across => None,
        };
        self.reads.insert(address, reads);
        if reads != Some(1) && !array.is_cheap() {
            let largest = array.grid().largest_chunk().into_iter().product::<usize>();
            self.largest_chunk = self.largest_chunk.max(largest.saturating_mul(array.data_type().size()));
            self.shared.entry(address).or_insert_with(|| Shared { _alive: array.keep_alive(), uses: None }).uses =
                reads;
        }
        if before.is_none() {
            let stored = array.stored().map_or(1, |stored| stored.concurrency());
            self.concurrency = self.concurrency.max(stored);
            array.inputs(&mut |input, reading| self.visit(input, reading));
        }
    }
}
