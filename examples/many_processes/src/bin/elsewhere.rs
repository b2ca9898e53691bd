//! Workers and drivers that run as if on different machines: each is a process in a folder of its own, without the
//! environment of the others, and they share only the storage.
//!
//! `cargo run -p arraystow-example-many-processes --bin elsewhere`
//!
//! They communicate through values in the storage: the job with its ticket, and the receipts. The machine of the first
//! driver goes down, and so does one worker. Another machine resumes the session and commits.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Receipt, Region, Slot, Storage, Ticket, VerifyDepth};
use ndarray::ArrayD;
use serde::{Deserialize, Serialize};
use std::error::Error;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

const NAME: &str = "global/ramp";
const WORKERS: usize = 3;

/// What is saved.
#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    height: ChunkedArray<f32>,
}

/// What a worker, or another driver, needs to know.
#[derive(Serialize, Deserialize)]
struct Job {
    session: String,
    ticket: Ticket,
    regions: Vec<Region>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["begin", storage] => begin(&Storage::open(storage)?),
        ["work", storage, worker] => work(&Storage::open(storage)?, worker.parse()?),
        ["commit", storage] => commit(&Storage::open(storage)?),
        [] => machines(),
        _ => Err("no argument, or begin STORAGE, work STORAGE WORKER or commit STORAGE".into()),
    }
}

/// Starts the machines, and lets two of them go down.
fn machines() -> Result<(), Box<dyn Error>> {
    let (shared, machines) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let storage = Storage::open(shared.path())?;
    let start = |machine: &str, work: &[&str]| start(&machines.path().join(machine), storage.location(), work);

    let mut driver = start("driver", &["begin"])?;
    let workers = (0..WORKERS).map(|worker| start(&format!("worker {worker}"), &["work", &worker.to_string()]));
    let mut workers: Vec<Child> = workers.collect::<Result<_, _>>()?;
    while storage.list("receipts/*")?.len() < 2 {
        std::thread::sleep(Duration::from_millis(10));
    }
    driver.kill()?;
    workers[0].kill()?;
    for machine in workers.iter_mut().chain([&mut driver]) {
        machine.wait()?;
    }
    println!("a driver and a worker are down, {} receipts are there", storage.list("receipts/*")?.len());

    // A scheduler starts the worker again, elsewhere.
    assert!(start("spare", &["work", "0"])?.wait()?.success());
    assert!(start("other driver", &["commit"])?.wait()?.success());
    let survey: Survey = storage.load(NAME)?;
    assert_eq!(survey.height.mean()?, 511.5);
    assert!(storage.verify(NAME, VerifyDepth::Deep)?.is_sound());
    assert_eq!(storage.list("**")?.len(), 1);
    // A worker that is killed in the middle of a write may leave something behind.
    println!("{} leftovers are removed", storage.sweep()?.remove()?.len());
    assert_eq!(storage.sweep()?.leftovers().count(), 0);
    for machine in std::fs::read_dir(machines.path())? {
        assert_eq!(std::fs::read_dir(machine?.path())?.count(), 0, "all that was written lies in the storage");
    }
    println!("{} is whole", survey.name);
    Ok(())
}

/// A process with a folder of its own, and without the environment of this one.
fn start(folder: &Path, storage: &str, work: &[&str]) -> Result<Child, Box<dyn Error>> {
    std::fs::create_dir(folder)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(work[0]).arg(storage).args(&work[1..]);
    Ok(command.env_clear().env("HOME", folder).env("TMPDIR", folder).current_dir(folder).spawn()?)
}

/// The first driver: begins the session, and leaves the job for all others.
fn begin(storage: &Storage) -> Result<(), Box<dyn Error>> {
    let height = ChunkedArray::pending(&[1024, 2048], &[128, 256])?;
    let session = storage.begin(NAME, &Survey { name: "a ramp".into(), height })?;
    let ticket = session.ticket("height")?;
    let regions = storage.slot::<f32>(&ticket)?.regions(4 * WORKERS);
    storage.save("jobs/ramp", &Job { session: session.id().to_owned(), ticket, regions })?;
    loop {
        // It would wait for the receipts.
        std::thread::park();
    }
}

/// A worker: writes its part, and leaves a receipt for each region. A region with a receipt is not written again.
fn work(storage: &Storage, worker: usize) -> Result<(), Box<dyn Error>> {
    while !storage.contains("jobs/ramp")? {
        std::thread::sleep(Duration::from_millis(10));
    }
    let job: Job = storage.load("jobs/ramp")?;
    let slot: Slot<f32> = storage.slot(&job.ticket)?;
    let own = job.regions.iter().enumerate().filter(|(number, _)| number % WORKERS == worker);
    for (number, region) in own {
        let name = format!("receipts/{number}");
        if storage.contains(&name)? {
            continue;
        }
        // It takes its time.
        std::thread::sleep(Duration::from_millis(50));
        let first = region.start()[0];
        let block = ArrayD::from_shape_fn(region.shape(), |at| (first + at[0]) as f32);
        storage.save(&name, &slot.write(region, block.view())?)?;
    }
    Ok(())
}

/// Another driver: resumes the session, commits, and removes the job and the receipts.
fn commit(storage: &Storage) -> Result<(), Box<dyn Error>> {
    let job: Job = storage.load("jobs/ramp")?;
    let session = storage.resume(NAME, &job.session)?;
    let names: Vec<String> = storage.list("receipts/*")?.into_iter().map(|entry| entry.name).collect();
    let receipts: Vec<Receipt> = names.iter().map(|name| storage.load(name)).collect::<Result<_, _>>()?;
    for missing in session.missing(&receipts)? {
        println!("not written: {missing:?}");
    }
    let report = session.commit(receipts)?;
    println!("committed: {report}");
    for name in names.iter().map(String::as_str).chain(["jobs/ramp"]) {
        storage.remove(name)?;
    }
    Ok(())
}
