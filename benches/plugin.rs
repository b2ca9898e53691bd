//! Documents without arrays: what the plug-in costs around a format, against the format alone, in the same run.
//!
//! `cargo bench -p arraystow-benches --bench plugin`. With the name of one case and of one side, as in
//! `-- tree-cbor-to_vec ours`, the case runs a few times and nothing is timed, as a profiler wants it. `--list` prints
//! the names of the cases.
#![allow(missing_docs, clippy::print_stdout)]

use arraystow::Protocols;
use serde::{Deserialize, Serialize};
use std::hint::black_box;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const ROUNDS: usize = 15;

#[derive(Serialize, Deserialize)]
struct Node {
    name: String,
    weight: f64,
    count: u32,
    children: Vec<Node>,
}

/// 37,449 nodes.
fn tree(levels: u32, number: u32) -> Node {
    let children = if levels == 0 { Vec::new() } else { (0..8).map(|n| tree(levels - 1, 8 * number + n)).collect() };
    Node { name: format!("node {number}"), weight: f64::from(number) / 7.0, count: number, children }
}

fn pairs() -> Vec<(f64, f64)> {
    (0..100_000).map(|n| (f64::from(n) / 3.0, -f64::from(n))).collect()
}

fn main() -> Outcome<()> {
    if list() {
        return measure("tree", &tree(0, 1)).and_then(|()| measure("pairs", &Vec::<(f64, f64)>::new()));
    }
    println!("{:24}{:>10}{:>10}{:>8}", "", "alone", "ours", "ratio");
    measure("tree", &tree(5, 1))?;
    measure("pairs", &pairs())?;
    Ok(())
}

fn measure<T: Serialize + serde::de::DeserializeOwned>(name: &str, value: &T) -> Outcome<()> {
    let protocols = Protocols::new();
    let document = arraystow::to_vec(value, &protocols)?;
    let bare = cbor(value)?;
    compare(&format!("{name}-cbor-to_vec"), || done(cbor(value)?), || done(arraystow::to_vec(value, &protocols)?))?;
    compare(
        &format!("{name}-cbor-from_slice"),
        || done(cbor4ii::serde::from_slice::<T>(&bare)?),
        || done(arraystow::from_slice::<T>(&document, &protocols)?),
    )?;
    let json = serde_json::to_vec(value)?;
    compare(
        &format!("{name}-json-serialize"),
        || done(serde_json::to_vec(value)?),
        || {
            let mut bytes = Vec::new();
            arraystow::serialize(value, &mut serde_json::Serializer::new(&mut bytes), &protocols)?;
            done(bytes)
        },
    )?;
    compare(
        &format!("{name}-json-deserialize"),
        || done(serde_json::from_slice::<T>(&json)?),
        || {
            let mut input = serde_json::Deserializer::from_slice(&json);
            done(arraystow::deserialize::<T, _>(&mut input, &protocols)?)
        },
    )
}

fn list() -> bool {
    std::env::args().any(|argument| argument == "--list")
}

/// Keeps the compiler from leaving out what makes `value`.
fn done<T>(value: T) -> Outcome<()> {
    black_box(value);
    Ok(())
}

fn cbor<T: Serialize>(value: &T) -> Outcome<Vec<u8>> {
    Ok(cbor4ii::serde::to_vec(Vec::new(), value)?)
}

/// Runs both in alternation, and prints the fastest round of each: both do nothing but compute.
fn compare(name: &str, alone: impl Fn() -> Outcome<()>, ours: impl Fn() -> Outcome<()>) -> Outcome<()> {
    if list() {
        println!("{name}");
        return Ok(());
    }
    let chosen: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    if let [case, side] = &chosen[..] {
        for _ in 0..if case == name { 3 } else { 0 } {
            if side == "ours" { ours()? } else { alone()? }
        }
        return Ok(());
    }
    if chosen.first().is_some_and(|case| case != name) {
        return Ok(());
    }
    let (mut least_alone, mut least_ours) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        alone()?;
        least_alone = least_alone.min(start.elapsed().as_secs_f64());
        let start = Instant::now();
        ours()?;
        least_ours = least_ours.min(start.elapsed().as_secs_f64());
    }
    let ratio = least_ours / least_alone;
    println!("{name:24}{:>7.2} ms{:>7.2} ms{ratio:>8.2}", least_alone * 1e3, least_ours * 1e3);
    Ok(())
}
