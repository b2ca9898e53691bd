//! The ranks of an MPI-like run write one array: `cargo run -p arraystow-example-many-processes --bin ranks`.
//!
//! Here the ranks are threads. With MPI, `Communicator` is implemented with the MPI calls of the same names, and
//! nothing else changes. Each rank opens the storage for itself, and only the ticket and the receipts are sent.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Receipt, Slot, Storage, Ticket};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The functions of MPI that are needed.
trait Communicator {
    fn rank(&self) -> usize;
    fn size(&self) -> usize;
    /// Sends the bytes of rank 0 to all.
    fn broadcast(&self, bytes: Option<Vec<u8>>) -> Outcome<Vec<u8>>;
    /// Gathers the bytes of all ranks at rank 0.
    fn gather(&self, bytes: Vec<u8>) -> Outcome<Option<Vec<Vec<u8>>>>;
}

/// What is saved.
#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: ChunkedArray<f32>,
}

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
    let survey: Survey = Storage::open(folder.path())?.load("global/ramp")?;
    assert_eq!(survey.height.mean()?, 511.5);
    println!("{} is whole", survey.name);
    Ok(())
}

/// What every rank does.
fn run(ranks: &impl Communicator, folder: &Path) -> Outcome<()> {
    let storage = Storage::open(folder)?;
    let session = if ranks.rank() == 0 {
        let height = ChunkedArray::pending(&[1024, 2048], &[128, 256])?;
        Some(storage.begin("global/ramp", &Survey { name: "a ramp".into(), height })?)
    } else {
        None
    };
    let ticket = session.as_ref().map(|session| session.ticket("height")).transpose()?;
    let ticket = ticket.map(|ticket| serde_json::to_vec(&ticket)).transpose()?;
    let ticket: Ticket = serde_json::from_slice(&ranks.broadcast(ticket)?)?;

    let slot: Slot<f32> = storage.slot(&ticket)?;
    let regions = slot.regions(8 * ranks.size());
    let mut own: Option<Receipt> = None;
    for region in regions.iter().skip(ranks.rank()).step_by(ranks.size()) {
        let first = region.start()[0];
        let receipt = slot.write(region, ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32).view())?;
        match &mut own {
            Some(own) => own.merge(receipt)?,
            None => own = Some(receipt),
        }
    }

    let all = ranks.gather(serde_json::to_vec(&own)?)?;
    if let (Some(session), Some(all)) = (session, all) {
        let mut receipts = Vec::new();
        for bytes in all {
            receipts.extend(serde_json::from_slice::<Option<Receipt>>(&bytes)?);
        }
        println!("committed: {}", session.commit(receipts)?);
    }
    Ok(())
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
