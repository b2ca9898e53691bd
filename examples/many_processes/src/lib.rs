//! What every rank of an MPI-like run does to write one array together with the others. `src/bin/ranks.rs` runs it with
//! threads as ranks, and `examples/mpi` with MPI.
//!
//! Each rank opens the storage for itself, and only the ticket and the receipts are sent.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Receipt, Slot, Storage, Ticket};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The result of an example.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// The functions of MPI that are needed.
pub trait Communicator {
    /// Returns the number of this rank.
    fn rank(&self) -> usize;
    /// Returns the number of ranks.
    fn size(&self) -> usize;
    /// Sends the bytes of rank 0 to all.
    ///
    /// # Errors
    /// If a rank cannot be reached.
    fn broadcast(&self, bytes: Option<Vec<u8>>) -> Outcome<Vec<u8>>;
    /// Gathers the bytes of all ranks at rank 0.
    ///
    /// # Errors
    /// If a rank cannot be reached.
    fn gather(&self, bytes: Vec<u8>) -> Outcome<Option<Vec<Vec<u8>>>>;
}

/// What is saved.
#[derive(Serialize, Deserialize)]
pub struct Survey {
    /// What it shows.
    pub name: String,
    /// In rows and columns.
    pub height: ChunkedArray<f32>,
}

/// Writes the survey, as one of the ranks.
///
/// # Errors
/// If the storage or a rank cannot be reached.
pub fn run(ranks: &impl Communicator, folder: &Path) -> Outcome<()> {
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

/// Loads the survey and compares it with what the ranks wrote.
///
/// # Errors
/// If it is not there, or not whole.
pub fn check(folder: &Path) -> Outcome<()> {
    let survey: Survey = Storage::open(folder)?.load("global/ramp")?;
    let expected = ArrayD::from_shape_fn(vec![1024, 2048], |at| at[0] as f32);
    if survey.height.compute()? != expected {
        return Err("the heights are not those that were written".into());
    }
    println!("{} is whole", survey.name);
    Ok(())
}
