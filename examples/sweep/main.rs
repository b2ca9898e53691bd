//! A sweep of 2,000 runs, filtered by parameter: `cargo run -p arraystow-examples --example sweep`.
//!
//! Each run is a value of its own: parameters, results, and the path of a pendulum. All processors save at the same
//! time. A filter loads the parameters of all runs, and no array.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Durability, Storage};
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::thread;
use std::time::Instant;

const RUNS: usize = 2000;
const STEPS: usize = 1000;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Clone, Serialize, Deserialize)]
struct Parameters {
    damping: f64,
    drive: f64,
}

#[derive(Serialize, Deserialize)]
struct Run {
    parameters: Parameters,
    turns: f64,
    /// Angle and speed after each step.
    path: ChunkedArray<f64>,
}

/// The part of a run that a filter needs.
#[derive(Deserialize)]
struct Summary {
    parameters: Parameters,
    turns: f64,
}

/// A driven pendulum with friction.
fn simulate(parameters: &Parameters) -> Outcome<Run> {
    let (mut angle, mut speed, step) = (0.2_f64, 0.0_f64, 0.05);
    let mut path = Array2::zeros((STEPS, 2));
    for (n, mut row) in path.rows_mut().into_iter().enumerate() {
        let force = parameters.drive * (n as f64 * step * 2.0 / 3.0).cos();
        speed += step * (force - angle.sin() - parameters.damping * speed);
        angle += step * speed;
        (row[0], row[1]) = (angle, speed);
    }
    let turns = angle / std::f64::consts::TAU;
    Ok(Run { parameters: parameters.clone(), turns, path: ChunkedArray::from_ndarray(path, &[STEPS, 2])? })
}

fn save_part(storage: &Storage, part: usize, parts: usize) -> Outcome<()> {
    for number in (part..RUNS).step_by(parts) {
        let parameters = Parameters { damping: 0.1 + (number % 40) as f64 / 50.0, drive: (number / 40) as f64 / 25.0 };
        storage.save(&format!("sweep/{number:04}"), &simulate(&parameters)?)?;
    }
    Ok(())
}

fn main() -> Outcome<()> {
    let folder = tempfile::tempdir()?;
    // A sweep can be run again after a power cut, so its saves need not wait for the disk.
    let storage = Storage::builder(folder.path()).durability(Durability::NotSynced).open()?;
    let start = Instant::now();
    let parts = thread::available_parallelism()?.get();
    thread::scope(|scope| {
        let threads: Vec<_> = (0..parts)
            .map(|part| {
                scope.spawn({
                    let storage = &storage;
                    move || save_part(storage, part, parts)
                })
            })
            .collect();
        threads.into_iter().try_for_each(|thread| thread.join().map_err(|_| "a thread panicked")?)
    })?;
    println!("{RUNS} runs simulated and saved in {:.1?}", start.elapsed());

    let start = Instant::now();
    let mut chosen = Vec::new();
    for entry in storage.list("sweep/*")? {
        let summary: Summary = storage.load(&entry.name)?; // reads the document, and no array
        if summary.parameters.damping < 0.3 && summary.turns.abs() > 1.0 {
            chosen.push((summary.turns, entry.name));
        }
    }
    println!("{} of them turn over although the damping is low, found in {:.1?}", chosen.len(), start.elapsed());

    chosen.sort_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
    let (turns, name) = chosen.last().ok_or("no run turns over")?;
    let run: Run = storage.load(name)?;
    let fastest = run.path.slice(ndarray::s![.., 1])?.map(f64::abs).max()?;
    println!("{name} turns most, {turns:.1} times: drive {:.2}, fastest {fastest:.2}", run.parameters.drive);
    Ok(())
}
