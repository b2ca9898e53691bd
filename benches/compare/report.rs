//! The results as tables.

use crate::cases::{CASES, Case, Place};
use crate::process::{Measured, Side};
use crate::timing::Outcome;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md");
const BEGIN: &str = "<!-- benches/compare writes this part -->\n";
const HEADING: &str = "\n### ";
const END: &str = "<!-- end of that part -->\n";

/// Prints the cases that this library has a part in without Python, as JSON.
pub(crate) fn list() -> Outcome<()> {
    let cases: Vec<_> = CASES
        .iter()
        .filter(|case| case.sides.contains(&Side::Ours))
        .map(|case| {
            let latency = match case.place {
                Place::Folder => None,
                Place::Store { latency } => Some(latency),
            };
            serde_json::json!({ "name": case.name, "work": case.work, "before": case.before, "latency": latency })
        })
        .collect();
    println!("{}", serde_json::to_string(&cases)?);
    Ok(())
}

pub(crate) fn print(case: &Case, results: &[(Side, Measured)]) {
    println!("\n{}: {}", case.name, case.what);
    for (side, measured) in results {
        let Measured { seconds, mib } = measured;
        println!("  {:26}{seconds:9.4} s {:>8} {mib:7.0} MiB", side.name(), ratio(results, *measured));
    }
}

/// How many times as long arraystow takes, which is the first side.
pub(crate) fn times(results: &[(Side, Measured)], other: Measured) -> Option<f64> {
    let (_, ours) = results.first()?;
    Some(ours.seconds / other.seconds)
}

fn ratio(results: &[(Side, Measured)], other: Measured) -> String {
    times(results, other).map_or_else(String::new, |times| format!("{times:.2}"))
}

/// Puts the tables into the page. Those of cases that did not run stay.
pub(crate) fn write_docs(results: &[(&Case, Vec<(Side, Measured)>)]) -> Outcome<()> {
    let page = std::fs::read_to_string(PAGE)?;
    let (before, rest) = page.split_once(BEGIN).ok_or("the page has no place for the tables")?;
    let (old, after) = rest.split_once(END).ok_or("the page has no end of the tables")?;
    let mut text = String::new();
    for case in CASES {
        match results.iter().find(|(ran, _)| ran.name == case.name) {
            Some((_, results)) => text.push_str(&table(case, results)?),
            None => {
                let own = |part: &&str| part.split(':').next() == Some(case.name);
                if let Some(part) = old.split(HEADING).find(own) {
                    writeln!(text, "{HEADING}{}", part.trim_end())?;
                }
            }
        }
    }
    std::fs::write(PAGE, format!("{before}{BEGIN}{text}\n{END}{after}"))?;
    Ok(())
}

/// The part of the page about a case.
fn table(case: &Case, results: &[(Side, Measured)]) -> Outcome<String> {
    let mut text = String::new();
    writeln!(text, "{HEADING}{}: {}\n", case.name, case.what)?;
    writeln!(text, "| | seconds | arraystow takes | peak of memory |\n| --- | --- | --- | --- |")?;
    for (at, (side, measured)) in results.iter().enumerate() {
        let Measured { seconds, mib } = measured;
        let ratio = if at == 0 { String::new() } else { format!("{} x", ratio(results, *measured)) };
        writeln!(text, "| {} | {seconds:.4} | {ratio} | {mib:.0} MiB |", side.name())?;
    }
    Ok(text)
}
