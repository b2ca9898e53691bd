//! The chunks of one axis.

use std::sync::Arc;

/// The chunks of one axis.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum AxisChunks {
    /// Equal chunks of this length.
    Regular(usize),
    /// Runs of equal chunks: one for each change of the length, whatever the number of chunks.
    Irregular(Arc<[Run]>),
}

/// Consecutive chunks of equal length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Run {
    /// The number of the first chunk.
    first: usize,
    /// The position of the first chunk.
    start: usize,
    size: usize,
    times: usize,
}

impl Run {
    fn end(&self) -> usize {
        self.start + self.size * self.times
    }
}

impl AxisChunks {
    /// Returns the number of chunks of an axis of this length.
    pub(super) fn count(&self, len: usize) -> usize {
        match self {
            Self::Regular(chunk) => len.div_ceil(*chunk),
            Self::Irregular(runs) => runs.last().map_or(0, |run| run.first + run.times),
        }
    }

    /// Returns start and length of one chunk.
    pub(super) fn chunk(&self, len: usize, index: usize) -> (usize, usize) {
        match self {
            Self::Regular(chunk) => {
                let start = index * chunk;
                (start, (*chunk).min(len - start))
            }
            Self::Irregular(runs) => {
                let run = runs[runs.partition_point(|run| run.first <= index) - 1];
                (run.start + (index - run.first) * run.size, run.size)
            }
        }
    }

    /// Returns the first and one past the last chunk that overlap `start..end`, which must not be empty.
    pub(super) fn overlapping(&self, start: usize, end: usize) -> (usize, usize) {
        match self {
            Self::Regular(chunk) => (start / chunk, end.div_ceil(*chunk)),
            Self::Irregular(runs) => {
                // Neither run has chunks of length 0.
                let first = runs[runs.partition_point(|run| run.end() <= start)];
                let last = runs[runs.partition_point(|run| run.end() < end)];
                let (from, to) = ((start - first.start) / first.size, (end - last.start).div_ceil(last.size));
                (first.first + from, last.first + to)
            }
        }
    }

    /// Returns the chunks of these runs, `(length, count)`, and the length of the axis. Returns nothing if this machine
    /// cannot count its elements or its chunks.
    pub(super) fn of_runs(runs: &[(usize, usize)]) -> Option<(Self, usize)> {
        let (mut first, mut start) = (0usize, 0usize);
        // Merged, so that grids with the same chunks are equal, whatever their runs in a file.
        let mut merged: Vec<Run> = Vec::new();
        for (size, times) in runs.iter().filter(|(_, times)| *times > 0) {
            let (at, number) = (start, first);
            start = size.checked_mul(*times)?.checked_add(start)?;
            first = first.checked_add(*times)?;
            match merged.last_mut() {
                // Cannot overflow: it is at most `first`.
                Some(last) if last.size == *size => last.times += times,
                _ => merged.push(Run { first: number, start: at, size: *size, times: *times }),
            }
        }
        let chunks = match merged.as_slice() {
            [] => Self::Regular(1),
            [run] if run.size > 0 => Self::Regular(run.size),
            [run, last] if last.times == 1 && last.size < run.size && last.size > 0 => Self::Regular(run.size),
            runs => Self::Irregular(runs.into()),
        };
        Some((chunks, start))
    }

    /// Returns the lengths of the chunks as runs of equal lengths: `(length, count)`.
    pub(super) fn runs(&self, len: usize) -> Vec<(usize, usize)> {
        match self {
            Self::Regular(chunk) => {
                let (full, rest) = (len / chunk, len % chunk);
                let mut runs = Vec::with_capacity(2);
                if full > 0 {
                    runs.push((*chunk, full));
                }
                if rest > 0 {
                    runs.push((rest, 1));
                }
                runs
            }
            Self::Irregular(runs) => runs.iter().map(|run| (run.size, run.times)).collect(),
        }
    }

    /// Returns the length of the longest chunk.
    pub(super) fn longest(&self, len: usize) -> usize {
        match self {
            Self::Regular(chunk) => (*chunk).min(len),
            Self::Irregular(runs) => runs.iter().map(|run| run.size).max().unwrap_or(0),
        }
    }
}
