//! A query over many objects of one workflow, in a folder: with its index, without it, and after some have changed.
//!
//! `cargo bench -p arraystow-benches --bench query [-- FOLDER]`; the folder decides which disk is measured (by default
//! one in `target`).
#![allow(missing_docs, clippy::print_stdout)]

use arraystow::{Comparison, Durability, Storage};
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const COUNT: u32 = 100_000;
const ROUNDS: usize = 5;

/// A run as parameter studies have it.
#[derive(Serialize)]
struct Run {
    name: String,
    params: Params,
    scheme: &'static str,
    steps: Vec<u32>,
    done: bool,
}

#[derive(Serialize)]
struct Params {
    alpha: f64,
    beta: f64,
    seed: u32,
    note: Option<String>,
}

fn run(n: u32) -> Run {
    Run {
        name: format!("run {n}"),
        params: Params {
            alpha: f64::from(n) / f64::from(COUNT),
            beta: 0.5,
            seed: n.wrapping_mul(2_654_435_769),
            note: None,
        },
        scheme: if n.is_multiple_of(2) { "heun" } else { "euler" },
        steps: (0..8).collect(),
        done: true,
    }
}

fn main() -> Outcome<()> {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = chosen.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from).join("bench-query");
    let _ = std::fs::remove_dir_all(&folder);
    let storage = Storage::builder(&folder).durability(Durability::NotSynced).open()?;
    println!("in {}: {COUNT} objects of one workflow, seconds", folder.display());
    (0..COUNT).try_for_each(|n| storage.save(&format!("runs/{n:06}"), &run(n)).map(drop))?;
    // So that all of them may be in the index.
    std::thread::sleep(Duration::from_secs(3));
    let query = storage.query("runs/**").filter("params.alpha", Comparison::Greater, 0.99).select("params.seed");
    let found = |query: &arraystow::Query| -> Outcome<usize> { Ok(query.run()?.len()) };
    println!("  first query, which reads all   {:.3}", seconds(1, || found(&query))?);
    println!("  list                           {:.3}", seconds(ROUNDS, || Ok(storage.list("runs/**")?.len()))?);
    println!("  query                          {:.3}", seconds(ROUNDS, || found(&query))?);
    let none = storage.query("runs/**").filter("missing", Comparison::Equal, 1);
    println!("  query for a missing field      {:.3}", seconds(ROUNDS, || found(&none))?);
    (0..COUNT).step_by(100).try_for_each(|n| storage.save(&format!("runs/{n:06}"), &run(n)).map(drop))?;
    println!("  query, one in 100 changed      {:.3}", seconds(ROUNDS, || found(&query))?);
    println!("  query without the index        {:.3}", seconds(1, || found(&query.clone().without_index()))?);
    println!("  bytes of the index             {}", std::fs::metadata(folder.join("runs/bigdata/.index"))?.len());
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// The shortest time of several rounds.
fn seconds(rounds: usize, work: impl Fn() -> Outcome<usize>) -> Outcome<f64> {
    let mut shortest = f64::INFINITY;
    for _ in 0..rounds {
        let start = Instant::now();
        work()?;
        shortest = shortest.min(start.elapsed().as_secs_f64());
    }
    Ok(shortest)
}
