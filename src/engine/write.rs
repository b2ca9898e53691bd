//! The write phase of a save: the chunks of all arrays in one run.

use super::remove::{remove_arrays, take_back};
use super::workers::{Job, run};
use crate::array::{ArrayMeta, ChunkGrid, ErasedArray, Evaluation};
use crate::backend::{ArraySpec, ArrayWriter, Backend, FirstPlace, StoredSummary};
use crate::error::{Error, Result};
use crate::lock::{Mutex, RwLock};
use crate::task::{Counter, counted};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Arrays that are open for writing at the same time; each holds a file descriptor.
const MOST_OPEN: usize = 64;

/// Arrays that share work and are written together, at the price of descriptors.
const MOST_RELATED: usize = 256;

/// An array to be written.
pub(crate) struct WriteJob {
    /// The name that it gets in the backend.
    pub(crate) name: String,
    /// Where it is in the object, for errors.
    pub(crate) path: String,
    pub(crate) array: Arc<dyn ErasedArray>,
    pub(crate) meta: ArrayMeta,
    /// The name of the document that it is written for, if it has one.
    pub(crate) document: Option<String>,
}

/// Writes all arrays and makes them durable. On an error everything that was written is removed again; the error names
/// what could not be.
pub(crate) fn write_arrays(backend: &dyn Backend, jobs: &[WriteJob]) -> Result<Vec<StoredSummary>> {
    let mut summaries: Vec<Option<StoredSummary>> = vec![None; jobs.len()];
    let bytes = jobs.iter().map(|job| job.array.byte_len()).fold(0, usize::saturating_add);
    let result =
        counted(bytes, |done| write_batches(backend, jobs, &mut summaries, done)).and_then(|()| backend.sync());
    if let Err(error) = result {
        let finished = jobs.iter().zip(&summaries).filter(|(_, summary)| summary.is_some());
        return Err(error.leaving(remove_arrays(backend, finished.map(|(job, _)| job.name.clone()).collect())));
    }
    Ok(summaries.into_iter().flatten().collect())
}

fn write_batches(
    backend: &dyn Backend,
    jobs: &[WriteJob],
    summaries: &mut [Option<StoredSummary>],
    done: &Counter,
) -> Result<()> {
    for batch in batches(jobs) {
        let mut writing = Vec::new();
        for index in batch.iter().flatten() {
            match Writing::start(backend, &jobs[*index], *index) {
                Ok(started) => writing.push(started),
                Err(error) => return Err(error.leaving(abandon(backend, &mut writing))),
            }
        }
        let mut groups = Vec::with_capacity(batch.len());
        let mut first = 0;
        for family in &batch {
            groups.push(first..first + family.len());
            first += family.len();
        }
        let written = {
            let evaluation = Evaluation::of(writing.iter().map(|w| &*w.array));
            let tasks = groups.into_iter().flat_map(|group| Merged::of(&writing, group));
            run(
                evaluation.concurrency(),
                tasks.map(|(index, number)| writing[index].job(index, number)),
                |(index, number)| writing[index].step(&evaluation, number, done),
            )
        };
        let written = written.map_err(|error| error.leaving(abandon(backend, &mut writing)));
        for w in writing {
            summaries[w.index] = w.summary.into_inner();
        }
        written?;
    }
    Ok(())
}

/// Takes back the arrays that were not finished; returns the locations of those that stay behind.
fn abandon(backend: &dyn Backend, writing: &mut [Writing<'_>]) -> Vec<String> {
    let unfinished = writing.iter_mut().filter_map(|w| {
        let writer = w.writer.write().take()?;
        Some((backend.describe(&w.job.name), writer))
    });
    take_back(backend.concurrency(), unfinished.collect(), |writer: Box<dyn ArrayWriter>| writer.abandon())
}

/// One array being written.
struct Writing<'a> {
    job: &'a WriteJob,
    index: usize,
    /// The job's array, cut as it will be stored.
    array: Arc<dyn ErasedArray>,
    grid: ChunkGrid,
    chunk_bytes: usize,
    left: AtomicUsize,
    writer: RwLock<Option<Box<dyn ArrayWriter>>>,
    summary: Mutex<Option<StoredSummary>>,
}

impl<'a> Writing<'a> {
    fn start(backend: &dyn Backend, job: &'a WriteJob, index: usize) -> Result<Self> {
        let locate = |error: Error| error.at_path(&job.path).in_array(&job.name);
        let spec = ArraySpec {
            data_type: job.array.data_type(),
            grid: job.array.grid().clone(),
            meta: job.meta.clone(),
            // Where the path is not known, it is a question mark.
            first: FirstPlace { document: job.document.clone(), path: (job.path != "?").then(|| job.path.clone()) },
        };
        let writer = backend.create(&job.name, &spec).map_err(locate)?;
        let layout = writer.layout().clone();
        let array = if layout.grid == *job.array.grid() {
            job.array.clone()
        } else {
            job.array.rechunked(&layout.grid).map_err(locate)?
        };
        Ok(Self {
            job,
            index,
            array,
            chunk_bytes: layout.chunk_bytes(spec.data_type.size()).unwrap_or(usize::MAX),
            left: AtomicUsize::new(layout.grid.chunk_count()),
            grid: layout.grid,
            writer: RwLock::new(Some(writer)),
            summary: Mutex::new(None),
        })
    }

    /// A chunk is in memory as it is made, as it is laid out and as it is encoded.
    fn job(&self, index: usize, number: Option<usize>) -> Job<(usize, Option<usize>)> {
        Job { work: (index, number), bytes: self.chunk_bytes.saturating_mul(3) }
    }

    fn step(&self, evaluation: &Evaluation, number: Option<usize>, done: &Counter) -> Result<()> {
        let result = self.write(evaluation, number, done);
        result.map_err(|error| error.at_path(&self.job.path).in_array(&self.job.name))
    }

    /// Writes one chunk. The last one, or none if there are none, finishes the array.
    fn write(&self, evaluation: &Evaluation, number: Option<usize>, done: &Counter) -> Result<()> {
        if let Some(number) = number {
            let region = self.grid.chunk_region(number)?;
            let bytes = region.len().saturating_mul(self.array.data_type().size());
            self.array.region_bytes(evaluation, &region, &mut |elements| {
                if elements.len() != bytes {
                    return Err(Error::invalid(format!("{} bytes for a chunk of {bytes}", elements.len())));
                }
                let writer = self.writer.read();
                writer.as_ref().ok_or_else(finished)?.write_chunk(number, elements)
            })?;
            done.add(bytes);
            if self.left.fetch_sub(1, Ordering::AcqRel) != 1 {
                return Ok(());
            }
        }
        let mut writer = self.writer.write();
        let summary = writer.as_mut().ok_or_else(finished)?.finish()?;
        *writer = None;
        *self.summary.lock() = Some(summary);
        Ok(())
    }
}

fn finished() -> Error {
    Error::invalid("a chunk was written after its array was finished")
}

/// The chunks of related arrays, merged so that all of them get on at the same pace: what they share is then needed at
/// about the same time.
struct Merged {
    /// Index of the array, the next chunk, the number of chunks.
    arrays: Vec<(usize, usize, usize)>,
    /// Arrays without chunks, which are only to be finished.
    empty: Vec<usize>,
}

impl Merged {
    fn of(writing: &[Writing<'_>], group: std::ops::Range<usize>) -> Self {
        let counted = group.map(|index| (index, 0, writing[index].grid.chunk_count()));
        let (arrays, empty): (Vec<_>, Vec<_>) = counted.partition(|(_, _, count)| *count > 0);
        Self { arrays, empty: empty.into_iter().map(|(index, _, _)| index).collect() }
    }
}

impl Iterator for Merged {
    type Item = (usize, Option<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(index) = self.empty.pop() {
            return Some((index, None));
        }
        // The one that is least far: next / count, compared without dividing.
        let (position, _) = self.arrays.iter().enumerate().min_by(|(_, a), (_, b)| {
            let (x, y) = (a.1 as u128 * b.2 as u128, b.1 as u128 * a.2 as u128);
            x.cmp(&y)
        })?;
        let (index, next, count) = self.arrays[position];
        if next + 1 == count {
            self.arrays.remove(position);
        } else {
            self.arrays[position].1 += 1;
        }
        Some((index, Some(next)))
    }
}

/// Cuts the jobs into batches, each a list of families of arrays that share work. Unrelated arrays are families of one.
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

/// Arrays that have an input in common which is worth computing once, together.
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
        if !array.is_cheap() && seen.insert(array.address()) {
            found(array.address());
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
