//! arraystow beside what people use today: times, ratios and peaks of memory in one run.
//!
//! `cargo bench -p arraystow-benches --bench compare [-- FOLDER [CASE ...]]`. The folder decides which disk is
//! measured; by default it is one in `target`. A case that is named in part is enough, as in `s3`. With
//! `ARRAYSTOW_WRITE_DOCS=1` the tables of these cases are written into `docs/benchmarks.md`, and the chart if all cases
//! ran. Python's packages come from PyPI into `target`.
//!
//! Each side of each case runs in processes of its own, in alternation with the others. A process makes the same data
//! as the others, does the work once and prints its time and its peak of memory. What a side loads is what the same
//! side has saved.
//!
//! `--list` prints the cases as JSON, for `scripts/bench-against`.
#![allow(missing_docs, clippy::print_stdout, clippy::print_stderr, clippy::expect_used, clippy::panic)]

mod bare;
mod cases;
mod chart;
mod data;
mod ours;
mod process;
#[allow(dead_code, unreachable_pub, reason = "it serves the tests too")]
#[path = "../../tests/src/python_env.rs"]
mod python_env;
mod report;
mod timing;

use cases::{CASES, Case, Place};
use process::{Elsewhere, Measured, Side};
use std::path::{Path, PathBuf};
use timing::Outcome;

const ROUNDS: usize = 5;

fn main() -> Outcome<()> {
    if process::is_server() {
        return process::serve();
    }
    if let Some(job) = process::Job::of_this_process()? {
        return job.run();
    }
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if std::env::args().any(|argument| argument == "--list") {
        return report::list();
    }
    let folder = arguments.first().map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let folder = folder.join("bench-compare");
    let wanted = arguments.get(1..).unwrap_or_default();
    let mut results = Vec::new();
    for case in CASES {
        if wanted.is_empty() || wanted.iter().any(|part| case.name.contains(part.as_str())) {
            results.push((case, run(case, &folder)?));
            report::print(case, &results[results.len() - 1].1);
        }
    }
    if std::env::var_os("ARRAYSTOW_WRITE_DOCS").is_some() {
        report::write_docs(&results)?;
        if results.len() == CASES.len() {
            chart::write(&results)?;
        }
    }
    Ok(())
}

/// Runs all sides of a case in alternation, and gives the median of each.
fn run(case: &Case, folder: &Path) -> Outcome<Vec<(Side, Measured)>> {
    let server = match case.place {
        Place::Folder => None,
        Place::Store { latency } => Some(Elsewhere::start(latency)?),
    };
    let place = |side: Side| match &server {
        Some(server) => format!("{} {}", server.endpoint, side.name()),
        None => folder.join(case.name).join(side.name()).display().to_string(),
    };
    let _ = std::fs::remove_dir_all(folder);
    for side in case.sides {
        if server.is_none() {
            std::fs::create_dir_all(place(*side))?;
        }
        if let Some(before) = case.before {
            side.measure(before, &place(*side))?;
        }
    }
    let mut found: Vec<Vec<Measured>> = vec![Vec::new(); case.sides.len()];
    for _ in 0..ROUNDS {
        for (side, found) in case.sides.iter().zip(&mut found) {
            found.push(side.measure(case.work, &place(*side))?);
        }
    }
    let _ = std::fs::remove_dir_all(folder);
    Ok(case.sides.iter().copied().zip(found.into_iter().map(Measured::median)).collect())
}
