//! The ranks of an MPI-like run write one array: `cargo run -p arraystow-example-many-processes --bin ranks`.
//!
//! Here the ranks are threads. In `examples/mpi`, `Communicator` is implemented with the MPI calls of the same names, and
//! nothing else changes.

use arraystow_example_many_processes::{Communicator, Outcome, check, run};
use std::sync::mpsc::{Receiver, Sender, channel};

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    std::thread::scope(|scope| {
        let ranks: Vec<_> = threads(4)
            .into_iter()
            .map(|rank| {
                scope.spawn({
                    let folder = folder.path();
                    move || run(&rank, folder)
                })
            })
            .collect();
        ranks.into_iter().try_for_each(|rank| rank.join().map_err(|_| "a rank panicked")?)
    })?;
    check(folder.path())
}

/// A rank that is a thread.
struct Thread {
    rank: usize,
    size: usize,
    from_first: Receiver<Vec<u8>>,
    /// Not of rank 0 itself, so that its channel ends with the other ranks.
    to_first: Option<Sender<(usize, Vec<u8>)>>,
    /// Of rank 0: the ways to and from the others.
    first: Option<First>,
}

struct First {
    to: Vec<Sender<Vec<u8>>>,
    from: Receiver<(usize, Vec<u8>)>,
}

fn threads(size: usize) -> Vec<Thread> {
    let (to_first, from) = channel();
    let (to, receivers): (Vec<_>, Vec<_>) = (0..size).map(|_| channel()).unzip();
    let mut first = Some(First { to, from });
    let ranks = receivers.into_iter().enumerate();
    ranks
        .map(|(rank, from_first)| {
            let to_first = (rank > 0).then(|| to_first.clone());
            Thread { rank, size, from_first, to_first, first: first.take() }
        })
        .collect()
}

impl Communicator for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.size
    }

    fn broadcast(&self, bytes: Option<Vec<u8>>) -> Outcome<Vec<u8>> {
        if let (Some(bytes), Some(first)) = (bytes, &self.first) {
            first.to.iter().try_for_each(|sender| sender.send(bytes.clone()))?;
        }
        Ok(self.from_first.recv()?)
    }

    fn gather(&self, bytes: Vec<u8>) -> Outcome<Option<Vec<Vec<u8>>>> {
        let Some(first) = &self.first else {
            self.to_first.as_ref().ok_or("a rank without a way to rank 0")?.send((self.rank, bytes))?;
            return Ok(None);
        };
        let mut all = vec![bytes; self.size];
        for _ in 1..self.size {
            let (rank, bytes) = first.from.recv()?;
            all[rank] = bytes;
        }
        Ok(Some(all))
    }
}
