//! A heat simulation that is killed and resumed: `cargo run -p arraystow-examples --example heat`.
//!
//! With a folder as its argument, the program simulates there, from the newest checkpoint on. Without one, it starts
//! itself with a folder, kills that process, resumes its run, and compares the result with that of a run that was not
//! killed.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ChunkedArray, Storage};
use ndarray::{Array2, Zip, s};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Command;

const SIDE: usize = 256;
const STEPS: usize = 400;
const STEPS_BETWEEN_CHECKPOINTS: usize = 20;
const CHECKPOINTS_TO_KEEP: usize = 3;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Serialize, Deserialize)]
struct State {
    step: usize,
    /// In kelvin.
    #[serde(with = "arraystow::ndarray")]
    temperature: Array2<f64>,
    /// Never changes, so that each checkpoint has a link to it.
    conductivity: ChunkedArray<f64>,
}

fn start() -> Outcome<State> {
    let mut temperature = Array2::from_elem((SIDE, SIDE), 290.0);
    temperature.slice_mut(s![96..160, 96..160]).fill(400.0);
    let conductivity = Array2::from_shape_fn((SIDE, SIDE), |(i, _)| if i < SIDE / 2 { 0.05 } else { 0.2 });
    Ok(State { step: 0, temperature, conductivity: ChunkedArray::from_ndarray(conductivity, &[64, 64])? })
}

/// The temperature after one more step. That of the border stays.
fn next(temperature: &Array2<f64>, conductivity: &Array2<f64>) -> Array2<f64> {
    let mut new = temperature.clone();
    let t = |rows, columns| temperature.slice(s![rows, columns]);
    let (inner, before, after) = (1..SIDE - 1, 0..SIDE - 2, 2..SIDE);
    let mut vertical = &t(before.clone(), inner.clone()) + &t(after.clone(), inner.clone());
    vertical += &(&t(inner.clone(), before) + &t(inner.clone(), after));
    Zip::from(new.slice_mut(s![inner.clone(), inner.clone()]))
        .and(&vertical)
        .and(conductivity.slice(s![inner.clone(), inner]))
        .for_each(|t, around, k| *t += k * (around - 4.0 * *t));
    new
}

/// The names of the checkpoints, from the oldest to the newest.
fn checkpoints(storage: &Storage) -> Outcome<Vec<String>> {
    let mut names: Vec<String> = storage.list("heat/*")?.into_iter().map(|entry| entry.name).collect();
    names.sort();
    Ok(names)
}

/// Simulates from the newest checkpoint on.
fn simulate(folder: &Path) -> Outcome<State> {
    let storage = Storage::open(folder)?;
    storage.sweep()?.remove()?; // what a killed run has left of an unfinished checkpoint
    let mut state = match checkpoints(&storage)?.last() {
        Some(newest) => storage.load(newest)?,
        None => start()?,
    };
    println!("process {} begins at step {}", std::process::id(), state.step);
    let conductivity = state.conductivity.compute()?.into_dimensionality()?;
    while state.step < STEPS {
        state.temperature = next(&state.temperature, &conductivity);
        state.step += 1;
        if state.step % STEPS_BETWEEN_CHECKPOINTS == 0 {
            storage.save(&format!("heat/{:06}", state.step), &state)?;
            for old in checkpoints(&storage)?.iter().rev().skip(CHECKPOINTS_TO_KEEP) {
                storage.remove(old)?;
            }
        }
    }
    Ok(state)
}

fn main() -> Outcome<()> {
    if let Some(folder) = std::env::args().nth(1) {
        return simulate(Path::new(&folder)).map(drop);
    }
    let (folder, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let mut process = Command::new(std::env::current_exe()?).arg(folder.path()).spawn()?;
    let storage = Storage::open(folder.path())?;
    while checkpoints(&storage)?.len() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    process.kill()?;
    process.wait()?;
    println!("killed; there are {:?}", checkpoints(&storage)?);

    let resumed = simulate(folder.path())?;
    println!("at the end there are {:?}", checkpoints(&storage)?);
    assert_eq!(checkpoints(&storage)?.len(), CHECKPOINTS_TO_KEEP);
    assert_eq!(resumed.temperature, simulate(other.path())?.temperature);
    println!(
        "the same as without the kill, to the bit; the hottest point has {:.1} K",
        resumed.temperature.fold(0.0, |a: f64, b| a.max(*b))
    );
    Ok(())
}
