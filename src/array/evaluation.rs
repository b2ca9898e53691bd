//! One run over one or several arrays. Chunks that their expressions share are produced once.

use super::kept::KeptChunks;
use super::source::Reading;
use super::{ErasedArray, Region};
use crate::error::{Error, Result};
use std::any::Any;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};
use std::thread;

/// The memory for shared chunks, in bytes. Beyond it the oldest are dropped, and produced again when needed.
const SHARED_BYTES: usize = 64 << 20;

/// The memory for shared chunks if many threads work on large chunks. Without room for a few chunks of each thread,
/// they would be produced over and over.
const MOST_SHARED_BYTES: usize = 256 << 20;

/// The number of chunks that are kept for each thread, however large. With fewer, the time of nested expressions like
/// `y = x + x` doubles with each level.
const CHUNKS_PER_THREAD: usize = 3;

static PROCESSORS: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// Runs work for each number below a count, in parallel where threads are free. Takes the best number of jobs at the
/// same time, the bytes that each job uses, the count, and the work.
pub(crate) type Fork = fn(usize, usize, usize, &(dyn Fn(usize) -> Result<()> + Sync)) -> Result<()>;

/// One run over one or several arrays. Chunks with more than one reader are kept for a while, in bounded memory.
pub(crate) struct Evaluation {
    fork: Fork,
    shared: HashMap<usize, KeptArray>,
    chunks: KeptChunks,
    concurrency: usize,
}

/// An array whose chunks are kept.
struct KeptArray {
    /// Keeps the address of the array's source from being reused.
    _alive: Arc<dyn Any + Send + Sync>,
    /// How often each chunk is needed at most; `None` if chunks do not line up.
    uses: Option<usize>,
}

impl Evaluation {
    /// Prepares a run that reads every chunk of each of these arrays once. `fork` runs parts of a chunk's work in
    /// parallel.
    pub(crate) fn of<'a>(arrays: impl IntoIterator<Item = &'a dyn ErasedArray>, fork: Fork) -> Self {
        let mut survey = Survey::default();
        for array in arrays {
            survey.visit(array, Reading::OncePerChunk);
        }
        let few = survey.largest_shared.saturating_mul(CHUNKS_PER_THREAD);
        let most = few.saturating_mul(*PROCESSORS).min(MOST_SHARED_BYTES);
        Self {
            fork,
            shared: survey.shared,
            chunks: KeptChunks::new(most.max(few).max(SHARED_BYTES)),
            concurrency: survey.concurrency,
        }
    }

    /// The best number of chunks to produce at the same time.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency
    }

    /// Runs `work` for each number below `count`, in parallel where threads are free. Each part uses this many bytes.
    pub(crate) fn fork(&self, bytes: usize, count: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
        (self.fork)(self.concurrency, bytes, count, &work)
    }

    /// Whether chunks of the arrays with the source at this address are kept.
    pub(crate) fn keeps(&self, address: usize) -> bool {
        self.shared.contains_key(&address)
    }

    /// The chunk, if it is kept.
    pub(crate) fn kept<C: Clone + Send + Sync + 'static>(&self, address: usize, number: usize) -> Option<C> {
        self.chunks.peek((address, number))?.downcast_ref().cloned()
    }

    /// Returns the kept chunk, or calls `produce` and keeps its result. While one thread produces a chunk, others that
    /// need it wait. This cannot deadlock, since expressions have no cycles. `beside` returns the bytes of memory that
    /// the elements have besides their own places.
    pub(crate) fn chunk<C: Clone + Send + Sync + 'static>(
        &self,
        address: usize,
        number: usize,
        region: &Region,
        element_size: usize,
        beside: impl FnOnce(&C) -> usize,
        produce: impl FnOnce() -> Result<C>,
    ) -> Result<C> {
        let uses = self.shared.get(&address).and_then(|shared| shared.uses);
        let bytes = region.len().saturating_mul(element_size);
        let kept = self.chunks.get((address, number), uses, || {
            let chunk = produce()?;
            let bytes = bytes.saturating_add(beside(&chunk));
            Ok((Arc::new(chunk) as Arc<dyn Any + Send + Sync>, bytes))
        })?;
        kept.downcast_ref::<C>().cloned().ok_or_else(|| Error::invalid("a shared chunk has another data type"))
    }
}

/// Finds the arrays that are read more than once. Arrays with the same source, which differ in their labels only, are
/// one.
#[derive(Default)]
struct Survey {
    /// How often each chunk of an array is read; `None` if chunks do not line up.
    reads: HashMap<usize, Option<usize>>,
    /// How each view was visited the last time.
    views: HashMap<usize, Reading>,
    shared: HashMap<usize, KeptArray>,
    /// In bytes.
    largest_shared: usize,
    /// The largest that any of the stored arrays asks for.
    concurrency: usize,
}

impl Survey {
    fn visit(&mut self, array: &dyn ErasedArray, reading: Reading) {
        let source = array.source_handle();
        if array.is_view() {
            return self.visit_view(array, source.address, reading);
        }
        let before = self.reads.get(&source.address).copied();
        let reads = match reading {
            Reading::OncePerChunk => before.unwrap_or(Some(0)).map(|reads| reads + 1),
            Reading::Across => None,
        };
        self.reads.insert(source.address, reads);
        if reads != Some(1) && !array.is_cheap() {
            self.largest_shared = self.largest_shared.max(chunk_bytes(array));
            let kept = || KeptArray { _alive: source.alive, uses: None };
            self.shared.entry(source.address).or_insert_with(kept).uses = reads;
        }
        if before.is_none() {
            let stored = array.stored().map_or(1, |stored| stored.concurrency());
            self.concurrency = self.concurrency.max(stored);
            array.inputs(&mut |input, reading| self.visit(input, reading));
        }
    }

    /// Reading a view reads its inputs. Where a view is read again, chunks of its inputs are read again, and how often
    /// is not counted: a chain of views that each use the one before twice would be walked 2^n times.
    fn visit_view(&mut self, view: &dyn ErasedArray, address: usize, reading: Reading) {
        let before = self.views.get(&address).copied();
        if before == Some(Reading::Across) {
            return;
        }
        let reading = if before.is_some() { Reading::Across } else { reading };
        self.views.insert(address, reading);
        view.inputs(&mut |input, own| self.visit(input, if reading == Reading::Across { reading } else { own }));
    }
}

/// The bytes of the largest chunk.
fn chunk_bytes(array: &dyn ErasedArray) -> usize {
    array.grid().largest_chunk().into_iter().fold(array.data_type().size(), usize::saturating_mul)
}

/// The bytes of the largest chunk that is in memory while a chunk of the array is made: of the array, or of one that it
/// is computed from.
pub(crate) fn largest_chunk_for(array: &dyn ErasedArray) -> usize {
    fn visit(array: &dyn ErasedArray, seen: &mut HashSet<usize>, largest: &mut usize) {
        // What is in memory anyway takes no more of it, and a view shows parts.
        if !array.is_cheap() && seen.insert(array.source_handle().address) {
            *largest = if array.is_view() { *largest } else { chunk_bytes(array).max(*largest) };
            array.inputs(&mut |input, _| visit(input, seen, largest));
        }
    }
    let mut largest = 0;
    visit(array, &mut HashSet::new(), &mut largest);
    largest
}
