//! The write phase of a save, which writes the chunks of all arrays in one run.

use super::carry::{Carrier, was_saved};
use super::remove::remove_arrays;
use super::workers::{Job, evaluation, run};
use crate::array::{ArrayMeta, ChunkGrid, ErasedArray, Evaluation, largest_chunk_for};
use crate::backend::{ArraySpec, ArrayWriter, Backend, Carried, FirstPlace, StoredSummary};
use crate::error::{Error, Result};
use crate::lock::Mutex;
use crate::task::{Counter, counted, unstoppable};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// The most arrays that are open for writing at the same time. Each holds a file descriptor.
const MOST_OPEN: usize = 64;

/// The most arrays that share work and are written together, although each holds a file descriptor.
const MOST_RELATED: usize = 256;

/// An array to write.
pub(crate) struct WriteJob {
    /// The new name in the backend.
    pub(crate) name: String,
    /// The place in the value, for errors.
    pub(crate) path: String,
    pub(crate) array: Arc<dyn ErasedArray>,
    pub(crate) meta: ArrayMeta,
    /// The shape of the stored chunks of the array of which this is a later version.
    pub(crate) kept_chunk: Option<Vec<usize>>,
    /// The name of the document that it is written for, if it has one.
    pub(crate) document: Option<String>,
}

impl WriteJob {
    fn spec(&self) -> ArraySpec {
        ArraySpec {
            data_type: self.array.data_type(),
            grid: self.array.grid().clone(),
            meta: self.meta.clone(),
            // Where the path is not known, it is a question mark.
            first: FirstPlace { document: self.document.clone(), path: (self.path != "?").then(|| self.path.clone()) },
            kept_chunk: self.kept_chunk.clone(),
        }
    }

    fn locate(&self, error: Error) -> Error {
        error.at_path(&self.path).in_array(&self.name)
    }
}

/// What was written.
#[derive(Debug, Default)]
pub(crate) struct WrittenArrays {
    /// In the order of the jobs.
    pub(crate) summaries: Vec<StoredSummary>,
    /// The chunks that were taken over as they are stored elsewhere.
    pub(crate) carried_chunks: usize,
    /// The bytes of those that this process did not write.
    pub(crate) linked_bytes: u64,
}

/// What the jobs under way share.
struct Progress<'a> {
    carrier: Carrier<'a>,
    summaries: Mutex<Vec<Option<StoredSummary>>>,
    carried_chunks: AtomicUsize,
    linked_bytes: AtomicU64,
}

impl Progress<'_> {
    fn into_written(self) -> WrittenArrays {
        WrittenArrays {
            summaries: self.summaries.into_inner().into_iter().flatten().collect(),
            carried_chunks: self.carried_chunks.into_inner(),
            linked_bytes: self.linked_bytes.into_inner(),
        }
    }
}

/// Writes all arrays. They are durable after [`Backend::sync`]. On an error everything that was written is removed
/// again, and the error names the arrays that could not be removed.
pub(crate) fn write_arrays(backend: &dyn Backend, jobs: &[WriteJob]) -> Result<WrittenArrays> {
    let progress = Progress {
        carrier: Carrier::new(backend),
        summaries: Mutex::new(vec![None; jobs.len()]),
        carried_chunks: AtomicUsize::new(0),
        linked_bytes: AtomicU64::new(0),
    };
    let bytes = jobs.iter().map(|job| job.array.byte_len()).fold(0, usize::saturating_add);
    let mut started = Vec::new();
    let write = |done: &Counter| {
        batches(jobs).iter().try_for_each(|batch| write_batch(backend, jobs, batch, &mut started, &progress, done))
    };
    match counted(bytes, write) {
        Ok(()) => Ok(progress.into_written()),
        Err(error) => Err(error.leaving(remove_arrays(backend, started))),
    }
}

/// Writes the arrays of one batch, and notes their names as soon as there may be something of them.
fn write_batch(
    backend: &dyn Backend,
    jobs: &[WriteJob],
    batch: &[Vec<usize>],
    started: &mut Vec<String>,
    progress: &Progress<'_>,
    done: &Counter,
) -> Result<()> {
    let mut families = Vec::with_capacity(batch.len());
    for family in batch {
        let mut writing = Vec::with_capacity(family.len());
        for index in family {
            let (job, spec) = (&jobs[*index], jobs[*index].spec());
            let writer = backend.create(&job.name, &spec).map_err(|error| job.locate(error))?;
            started.push(job.name.clone());
            writing.push(Writing::new(job, *index, writer).map_err(|error| job.locate(error))?);
        }
        families.push(Merged::of(writing));
    }
    let arrays: Vec<_> = families.iter().flat_map(Merged::arrays).collect();
    let evaluation = evaluation(arrays.iter().map(|array| &**array));
    // Chunks that a server copies take a journey each.
    let mut seen = HashSet::new();
    let far = if arrays.iter().any(|array| was_saved(&**array, &mut seen)) { backend.concurrency() } else { 1 };
    let written = run(evaluation.concurrency().max(far), families.iter_mut().flatten(), |(writing, number)| {
        writing.step(number, &evaluation, progress, done)
    });
    if written.is_err() {
        // Side by side, because each may wait for its requests.
        let left = families.into_iter().flat_map(Merged::into_left).map(|work| Job { work, bytes: 0 });
        let let_go = |writing| {
            drop(writing);
            Ok(())
        };
        let _ = unstoppable(|| run(backend.concurrency(), left, let_go));
    }
    written
}

/// One array being written. It is shared by the chunks that are left, and finished by the last of them.
struct Writing<'a> {
    job: &'a WriteJob,
    index: usize,
    /// The job's array, in the chunks in which it is stored.
    array: Arc<dyn ErasedArray>,
    grid: ChunkGrid,
    /// The memory for a chunk while it is written.
    chunk_memory: usize,
    left: AtomicUsize,
    writer: Box<dyn ArrayWriter>,
}

impl<'a> Writing<'a> {
    fn new(job: &'a WriteJob, index: usize, writer: Box<dyn ArrayWriter>) -> Result<Self> {
        let layout = writer.layout().clone();
        let array =
            if layout.grid == *job.array.grid() { job.array.clone() } else { job.array.rechunked(&layout.grid)? };
        // A chunk is in memory as it is made, as it is laid out and as it is encoded.
        let own = layout.chunk_bytes(job.array.data_type().size()).unwrap_or(usize::MAX).saturating_mul(3);
        Ok(Self {
            job,
            index,
            chunk_memory: own.max(largest_chunk_for(&*array)),
            array,
            left: AtomicUsize::new(layout.grid.chunk_count()),
            grid: layout.grid,
            writer,
        })
    }

    /// Writes one chunk, if there is one. The last holder finishes the array.
    fn step(
        self: Arc<Self>,
        number: Option<usize>,
        evaluation: &Evaluation,
        progress: &Progress<'_>,
        done: &Counter,
    ) -> Result<()> {
        let job = self.job;
        let step = || {
            if let Some(number) = number {
                self.write(number, evaluation, progress)?;
                done.add(self.grid.chunk_region(number)?.len().saturating_mul(self.array.data_type().size()));
                self.left.fetch_sub(1, Ordering::AcqRel);
            }
            // A chunk that failed is still left.
            if let Some(last) = Arc::into_inner(self).filter(|last| last.left.load(Ordering::Acquire) == 0) {
                let summary = last.writer.finish()?;
                #[cfg(feature = "tracing")]
                tracing::debug!(target: "arraystow", array = job.name, path = job.path, bytes = summary.bytes, "array written");
                progress.summaries.lock()[last.index] = Some(summary);
            }
            Ok(())
        };
        step().map_err(|error| job.locate(error))
    }

    fn write(&self, number: usize, evaluation: &Evaluation, progress: &Progress<'_>) -> Result<()> {
        let region = self.grid.chunk_region(number)?;
        match progress.carrier.carry(&*self.writer, number, &self.array, &region)? {
            Carried::No => {}
            carried => {
                progress.carried_chunks.fetch_add(1, Ordering::Relaxed);
                if let Carried::Linked(bytes) = carried {
                    progress.linked_bytes.fetch_add(bytes, Ordering::Relaxed);
                }
                return Ok(());
            }
        }
        let data_type = self.array.data_type();
        let bytes = region.len().saturating_mul(data_type.size());
        self.array.region_bytes(evaluation, &region, &mut |elements| {
            if elements.len() != bytes && !data_type.is_text() {
                return Err(Error::invalid(format!("{} bytes for a chunk of {bytes}", elements.len())));
            }
            self.writer.write_chunk(number, elements)
        })
    }
}

/// The chunks of related arrays, merged so that all of them get on at the same pace: what they share is then needed at
/// about the same time.
struct Merged<'a> {
    /// The array, the next chunk, the number of chunks.
    arrays: Vec<(Arc<Writing<'a>>, usize, usize)>,
    /// Arrays without chunks, which are only to be finished.
    empty: Vec<Arc<Writing<'a>>>,
}

impl<'a> Merged<'a> {
    fn of(writing: Vec<Writing<'a>>) -> Self {
        let (empty, arrays): (Vec<_>, Vec<_>) =
            writing.into_iter().map(Arc::new).partition(|writing| writing.grid.chunk_count() == 0);
        let counted = |writing: Arc<Writing<'a>>| {
            let count = writing.grid.chunk_count();
            (writing, 0, count)
        };
        Self { arrays: arrays.into_iter().map(counted).collect(), empty }
    }

    fn arrays(&self) -> impl Iterator<Item = Arc<dyn ErasedArray>> {
        self.arrays.iter().map(|(writing, ..)| writing).chain(&self.empty).map(|writing| writing.array.clone())
    }

    /// The arrays with chunks that were not begun.
    fn into_left(self) -> impl Iterator<Item = Arc<Writing<'a>>> {
        self.arrays.into_iter().map(|(writing, ..)| writing).chain(self.empty)
    }
}

impl<'a> Iterator for Merged<'a> {
    type Item = Job<(Arc<Writing<'a>>, Option<usize>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(writing) = self.empty.pop() {
            return Some(Job { work: (writing, None), bytes: 0 });
        }
        // The array with the least progress: next / count, compared without dividing.
        let (position, _) = self.arrays.iter().enumerate().min_by(|(_, a), (_, b)| {
            let (x, y) = (a.1 as u128 * b.2 as u128, b.1 as u128 * a.2 as u128);
            x.cmp(&y)
        })?;
        let (writing, next, count) = &mut self.arrays[position];
        let number = *next;
        *next += 1;
        let is_last = *next == *count;
        let writing = if is_last { self.arrays.remove(position).0 } else { writing.clone() };
        let bytes = writing.chunk_memory;
        Some(Job { work: (writing, Some(number)), bytes })
    }
}

/// Divides the jobs into batches, each a list of families of arrays that share work. An unrelated array is a family of
/// one.
fn batches(jobs: &[WriteJob]) -> Vec<Vec<Vec<usize>>> {
    let mut batches: Vec<Vec<Vec<usize>>> = Vec::new();
    let mut open = MOST_OPEN;
    for family in families(jobs) {
        for part in family.chunks(MOST_RELATED) {
            if open + part.len() > MOST_OPEN {
                batches.push(Vec::new());
                open = 0;
            }
            open += part.len();
            if let Some(batch) = batches.last_mut() {
                batch.push(part.to_vec());
            }
        }
    }
    batches
}

/// Groups the arrays that share an input which is expensive to compute twice.
fn families(jobs: &[WriteJob]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..jobs.len()).collect();
    fn root(parent: &mut [usize], mut index: usize) -> usize {
        while parent[index] != index {
            parent[index] = parent[parent[index]];
            index = parent[index];
        }
        index
    }
    fn visit(array: &dyn ErasedArray, seen: &mut HashSet<usize>, found: &mut dyn FnMut(usize)) {
        let address = array.source_handle().address;
        if !array.is_cheap() && seen.insert(address) {
            found(address);
            array.inputs(&mut |input, _| visit(input, seen, found));
        }
    }
    let mut owner: HashMap<usize, usize> = HashMap::new();
    for (index, job) in jobs.iter().enumerate() {
        visit(&*job.array, &mut HashSet::new(), &mut |address| {
            let first = *owner.entry(address).or_insert(index);
            let (a, b) = (root(&mut parent, first), root(&mut parent, index));
            parent[a.max(b)] = a.min(b);
        });
    }
    let mut families: Vec<Vec<usize>> = vec![Vec::new(); jobs.len()];
    for index in 0..jobs.len() {
        let root = root(&mut parent, index);
        families[root].push(index);
    }
    families.retain(|family| !family.is_empty());
    families
}
