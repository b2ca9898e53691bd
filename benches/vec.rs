//! Saving and loading a `Vec<f64>` of 256 MiB with `#[serde(with = "arraystow::vec")]`, beside the same field as serde
//! passes it, to CBOR and to a format of fixed lengths, and beside numpy's `save` and `load`.
//!
//! Each step runs in a process of its own, whose peak of memory the kernel knows. All write the same bytes to the same
//! disk; numpy's file is synced as the others are. `cargo bench -p arraystow-benches --bench vec [-- FOLDER]`; numpy
//! comes from PyPI.
#![allow(missing_docs, clippy::print_stdout, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unreachable_pub, reason = "it serves the tests too")]
#[path = "../tests/src/python_env.rs"]
mod python_env;

use arraystow::Storage;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const LEN: usize = 32 << 20;
const ROUNDS: usize = 5;
const STEP: &str = "ARRAYSTOW_BENCH_STEP";

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Serialize, Deserialize)]
struct Recording {
    station: String,
    #[serde(with = "arraystow::vec")]
    samples: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
struct Ordinary {
    station: String,
    samples: Vec<f64>,
}

const NUMPY: &str = "
import numpy, os, sys, time
step, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
if step == 'save':
    samples = numpy.arange(count, dtype='f8') * 0.25
    start = time.perf_counter()
    with open(path, 'wb') as file:
        numpy.save(file, samples)
        file.flush()
        os.fsync(file.fileno())
else:
    start = time.perf_counter()
    samples = numpy.load(path)
took = time.perf_counter() - start
assert samples[-1] == (count - 1) * 0.25
print('took', took)
print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0])
";

fn main() -> Outcome<()> {
    if let Ok(step) = std::env::var(STEP) {
        let (step, folder) = step.split_once(' ').ok_or("a step and a folder")?;
        return run(step, Path::new(folder));
    }
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = chosen.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from).join("bench-vec");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    println!("256 MiB of f64, {ROUNDS} rounds, medians, in {}", folder.display());
    let mut results: Vec<(&str, Vec<f64>, f64)> = Vec::new();
    for _ in 0..ROUNDS {
        for what in ["arraystow", "cbor", "postcard", "numpy"] {
            for step in ["save", "load"] {
                let (took, peak) = child(&format!("{step} {what}"), &folder)?;
                let name: &'static str = Box::leak(format!("{step} {what}").into_boxed_str());
                match results.iter_mut().find(|(known, ..)| *known == name) {
                    Some((_, times, most)) => {
                        times.push(took);
                        *most = most.max(peak);
                    }
                    None => results.push((name, vec![took], peak)),
                }
            }
        }
    }
    let median = |name: &str| -> Option<f64> {
        let mut times = results.iter().find(|(known, ..)| *known == name)?.1.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    };
    println!("{:16} {:>9} {:>15} {:>14}", "", "seconds", "of arraystow's", "peak of memory");
    for (name, _, peak) in &results {
        let own = median(&format!("{} arraystow", &name[..4])).unwrap_or(f64::NAN);
        let took = median(name).unwrap_or(f64::NAN);
        println!("{name:16} {took:9.3} {:15.2} {:13.2}x", took / own, peak / (LEN * 8) as f64);
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

/// Runs a step in a process of its own; returns the seconds and the bytes of its peak.
fn child(step: &str, folder: &Path) -> Outcome<(f64, f64)> {
    let text = match step.split_once(' ') {
        Some((step, "numpy")) => {
            let path = folder.join("samples.npy").display().to_string();
            python_env::run(&["numpy==2.2.6"], NUMPY, &[step, &path, &LEN.to_string()])
        }
        _ => {
            let step = format!("{} {}", step.replace(' ', "-"), folder.display());
            let output = Command::new(std::env::current_exe()?).env(STEP, step).output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
            String::from_utf8_lossy(&output.stdout).into_owned()
        }
    };
    let after = |start: &str| text.lines().find_map(|line| line.strip_prefix(start)).unwrap_or("");
    let peak: f64 = after("VmHWM:").trim().trim_end_matches(" kB").parse()?;
    Ok((after("took ").parse()?, peak * 1024.0))
}

fn run(step: &str, folder: &Path) -> Outcome<()> {
    let (step, what) = step.split_once('-').ok_or("what is measured")?;
    let storage = Storage::open(folder.join("storage"))?;
    let path = folder.join(what);
    let saving = step == "save";
    let samples: Vec<f64> = if saving { (0..LEN).map(|x| x as f64 * 0.25).collect() } else { Vec::new() };
    let station = "Brocken".to_owned();
    let synced = |mut writer: BufWriter<File>| -> Outcome<()> {
        writer.flush()?;
        Ok(writer.get_ref().sync_all()?)
    };
    let start = Instant::now();
    let loaded = match (saving, what) {
        (true, "arraystow") => {
            let recording = Recording { station, samples };
            storage.save("recording", &recording)?;
            recording.samples
        }
        (false, "arraystow") => storage.load::<Recording>("recording")?.samples,
        (true, "cbor") => {
            let recording = Ordinary { station, samples };
            let mut writer = BufWriter::new(File::create(path)?);
            cbor4ii::serde::to_writer(&mut writer, &recording)?;
            synced(writer)?;
            recording.samples
        }
        (false, "cbor") => cbor4ii::serde::from_reader::<Ordinary, _>(BufReader::new(File::open(path)?))?.samples,
        (true, _) => {
            let recording = Ordinary { station, samples };
            let mut writer = BufWriter::new(File::create(path)?);
            postcard::to_io(&recording, &mut writer)?;
            synced(writer)?;
            recording.samples
        }
        (false, _) => {
            let mut buffer = [0; 64];
            postcard::from_io::<Ordinary, _>((BufReader::new(File::open(path)?), &mut buffer))?.0.samples
        }
    };
    let took = start.elapsed().as_secs_f64();
    if loaded.last() != Some(&((LEN - 1) as f64 * 0.25)) {
        return Err("other elements".into());
    }
    println!("took {took}");
    let status = std::fs::read_to_string("/proc/self/status")?;
    println!("{}", status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or(""));
    Ok(())
}
