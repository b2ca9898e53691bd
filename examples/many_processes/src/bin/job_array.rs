//! The tasks of a job array write one array. Tickets and receipts are files.
//!
//! `examples/many_processes/job_array.sh` runs the three steps on this machine, and describes how a scheduler runs
//! them.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Receipt, Slot, Storage, Ticket};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fs;
use std::path::Path;

const NAME: &str = "global/ramp";

/// What is saved.
#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: ChunkedArray<f32>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["begin", folder] => begin(folder.as_ref()),
        ["work", folder, task, tasks] => work(folder.as_ref(), task.parse()?, tasks.parse()?),
        ["commit", folder] => commit(folder.as_ref()),
        _ => Err("begin FOLDER, work FOLDER TASK TASKS, or commit FOLDER".into()),
    }
}

/// Begins a session, and leaves its id and the ticket in files.
fn begin(folder: &Path) -> Result<(), Box<dyn Error>> {
    let storage = Storage::open(folder.join("surveys"))?;
    let height = ChunkedArray::pending(&[1024, 2048], &[128, 256])?;
    let session = storage.begin(NAME, &Survey { name: "a ramp".into(), height })?;
    fs::create_dir_all(folder.join("receipts"))?;
    fs::write(folder.join("ticket.json"), serde_json::to_vec(&session.ticket("height")?)?)?;
    fs::write(folder.join("session"), session.id())?;
    Ok(())
}

/// Writes the part of one task. A scheduler may run it twice: both runs write the same bytes.
fn work(folder: &Path, task: usize, tasks: usize) -> Result<(), Box<dyn Error>> {
    let ticket: Ticket = serde_json::from_slice(&fs::read(folder.join("ticket.json"))?)?;
    let slot: Slot<f32> = Storage::open(folder.join("surveys"))?.slot(&ticket)?;
    for (number, region) in slot.regions(4 * tasks).iter().enumerate().filter(|(number, _)| number % tasks == task) {
        let first = region.start()[0];
        let block = ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32);
        let receipt = slot.write(region, block.view())?;
        // In one step: a file that is there is whole.
        let unfinished = folder.join(format!("unfinished-{}", std::process::id()));
        fs::write(&unfinished, serde_json::to_vec(&receipt)?)?;
        fs::rename(&unfinished, folder.join(format!("receipts/{number}.json")))?;
    }
    Ok(())
}

/// Commits, or prints which regions no task has written.
fn commit(folder: &Path) -> Result<(), Box<dyn Error>> {
    let storage = Storage::open(folder.join("surveys"))?;
    let session = storage.resume(NAME, &fs::read_to_string(folder.join("session"))?)?;
    let mut receipts: Vec<Receipt> = Vec::new();
    for entry in fs::read_dir(folder.join("receipts"))? {
        receipts.push(serde_json::from_slice(&fs::read(entry?.path())?)?);
    }
    for missing in session.missing(&receipts)? {
        println!("not written: {missing:?}");
    }
    let report = session.commit(receipts)?;
    let survey: Survey = storage.load(NAME)?;
    assert_eq!(survey.height.mean()?, 511.5);
    println!("{} is whole: {report}", survey.name);
    Ok(())
}
