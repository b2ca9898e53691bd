//! Four processes write one array. One of them is killed in the middle, and the value is still complete.
//!
//! `cargo run -p arraystow-example-many-processes`
//!
//! The workers read their work from files and write their receipts to files, as the tasks of a job array do. They could
//! run on other machines: only the storage and these files are shared.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Receipt, Region, Slot, Storage, Ticket, VerifyDepth};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

const WORKERS: usize = 4;

/// What is saved.
#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: ChunkedArray<f32>,
}

/// What a worker gets.
#[derive(Serialize, Deserialize)]
struct Work {
    storage: PathBuf,
    ticket: Ticket,
    regions: Vec<Region>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    match arguments.as_slice() {
        [folder, number] => work(folder, &number.to_string_lossy()),
        _ => drive(),
    }
}

/// The driver: begins the session, divides the work, and commits.
fn drive() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let storage = Storage::open(folder.join("surveys"))?;
    let height = ChunkedArray::pending(&[1024, 2048], &[128, 256])?;
    let session = storage.begin("global/ramp", &Survey { name: "a ramp".into(), height })?;
    let ticket = session.ticket("height")?;

    let slot: Slot<f32> = storage.slot(&ticket)?;
    let regions = slot.regions(32);
    let mut workers = Vec::new();
    for (number, regions) in regions.chunks(regions.len().div_ceil(WORKERS)).enumerate() {
        workers.push(start(folder, number, &storage, &ticket, regions)?);
    }
    // One of them is killed after it has written something.
    while receipts(folder, 0)?.is_empty() {
        std::thread::sleep(Duration::from_millis(10));
    }
    workers[0].kill()?;
    for worker in &mut workers {
        worker.wait()?;
    }

    // Another worker writes the rest.
    let mut all = Vec::new();
    (0..WORKERS).try_for_each(|number| receipts(folder, number).map(|some| all.extend(some)))?;
    let missing: Vec<Region> = session.missing(&all)?.into_iter().map(|missing| missing.region).collect();
    println!("{} regions are missing, since a process was killed", missing.len());
    start(folder, WORKERS, &storage, &ticket, &missing)?.wait()?;
    all.extend(receipts(folder, WORKERS)?);
    let report = session.commit(all)?;
    println!("committed: {report}");

    let survey: Survey = storage.load("global/ramp")?;
    assert_eq!(survey.height.max()?, 1023.0);
    assert_eq!(survey.height.mean()?, 511.5);
    assert!(storage.verify("global/ramp", VerifyDepth::Deep)?.is_sound());
    assert_eq!(storage.sweep()?.leftovers().count(), 0);
    println!("{} is whole", survey.name);
    Ok(())
}

/// Starts a process that writes these regions.
fn start(
    folder: &Path,
    number: usize,
    storage: &Storage,
    ticket: &Ticket,
    regions: &[Region],
) -> Result<Child, Box<dyn Error>> {
    let work = Work { storage: storage.location().into(), ticket: ticket.clone(), regions: regions.to_vec() };
    fs::create_dir_all(folder.join(number.to_string()))?;
    fs::write(folder.join(number.to_string()).join("work.json"), serde_json::to_vec(&work)?)?;
    Ok(Command::new(std::env::current_exe()?).arg(folder).arg(number.to_string()).spawn()?)
}

/// The receipts that a worker has left.
fn receipts(folder: &Path, number: usize) -> Result<Vec<Receipt>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder.join(number.to_string()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "receipt") {
            found.push(serde_json::from_slice(&fs::read(path)?)?);
        }
    }
    Ok(found)
}

/// A worker: computes its regions, writes them, and leaves a receipt for each.
fn work(folder: &Path, number: &str) -> Result<(), Box<dyn Error>> {
    let folder = folder.join(number);
    let work: Work = serde_json::from_slice(&fs::read(folder.join("work.json"))?)?;
    let slot: Slot<f32> = Storage::open(&work.storage)?.slot(&work.ticket)?;
    for (count, region) in work.regions.iter().enumerate() {
        // It takes its time.
        std::thread::sleep(Duration::from_millis(40));
        let first = region.start()[0];
        let block = ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32);
        let receipt = slot.write(region, block.view())?;
        // In one step: a file that is there is whole.
        let unfinished = folder.join("unfinished");
        fs::write(&unfinished, serde_json::to_vec(&receipt)?)?;
        fs::rename(&unfinished, folder.join(format!("{count}.receipt")))?;
    }
    Ok(())
}
