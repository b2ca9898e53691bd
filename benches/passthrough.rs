//! A step that is appended to a stored array of 256 MiB of `f32`, of which each step is a chunk of 1 MiB, against the
//! array written anew, in the same run; and beside it h5py's `resize` and zarr-python's `append`, which change the
//! array in its place.
//!
//! `cargo bench -p arraystow-benches --bench passthrough [-- FOLDER]`; the folder decides which disk is measured (by
//! default one in `target`). The Python programs run if `python3` finds h5py and zarr, as with
//! `PYTHONPATH=target/python-...` of the tests.
#![allow(missing_docs, clippy::print_stdout)]

use arraystow::{ArrayFormat, ChunkedArray, Codec, Storage};
use arraystow_s3_server::Server;
use ndarray::Array3;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const STEPS: usize = 256;
const SIDE: usize = 512;
const ROUNDS: usize = 5;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = chosen.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from);
    let folder = folder.join("bench-passthrough");
    let _ = std::fs::remove_dir_all(&folder);
    println!("256 MiB of f32, a step of 1 MiB, {ROUNDS} rounds, in {}", folder.display());
    for (name, format, codec) in [
        ("hdf5", ArrayFormat::Hdf5, Codec::NONE),
        ("hdf5-zstd", ArrayFormat::Hdf5, Codec::zstd(3)?),
        ("zarr", ArrayFormat::Zarr, Codec::BLOSC),
    ] {
        let storage = Storage::builder(folder.join(name)).array_format(format).codec(codec).open()?;
        measure(&format!("folder, {format}, {codec}"), &storage)?;
        std::fs::remove_dir_all(folder.join(name))?;
    }
    let server = Server::start();
    measure("object store in this process, zarr, blosc", &server.storage("passthrough"))?;
    in_python(&folder)?;
    let _ = std::fs::remove_dir_all(&folder);
    Ok(())
}

/// Elements that compress to about a half.
fn steps(count: usize, seed: u64) -> Outcome<ChunkedArray<f32>> {
    let mut state = seed;
    let elements = Array3::from_shape_simple_fn((count, SIDE, SIDE), || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 52) as f32
    });
    Ok(ChunkedArray::from_ndarray(elements, &[1, SIDE, SIDE])?)
}

fn measure(place: &str, storage: &Storage) -> Outcome<()> {
    let (mut append, mut rewrite) = (Vec::new(), Vec::new());
    let (mut appended, mut rewritten) = (0, 0);
    storage.save("series", &steps(STEPS, 1)?)?;
    for round in 0..ROUNDS as u64 {
        let step = steps(1, round + 2)?;
        let series: ChunkedArray<f32> = storage.load("series")?;
        let start = Instant::now();
        let report = storage.save("series", &series.appended(0, &step)?)?;
        append.push(start.elapsed().as_secs_f64());
        appended = report.bytes_written;

        let series: ChunkedArray<f32> = storage.load("series")?;
        let start = Instant::now();
        // The same elements, but computed.
        let report = storage.save("series", &series.map(|x| x))?;
        rewrite.push(start.elapsed().as_secs_f64());
        rewritten = report.bytes_written;
    }
    let (append, rewrite) = (median(append), median(rewrite));
    println!("{place}");
    println!("  written anew  {rewrite:.3} s  {:>5} MB", rewritten / 1_000_000);
    println!("  append        {append:.3} s  {:>5} MB  {:.3} x", appended / 1_000_000, append / rewrite);
    Ok(())
}

const PYTHON: &str = r#"
import sys, os, time, statistics
import numpy as np, h5py, zarr
folder, rounds = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
steps = np.random.default_rng(1).integers(0, 4096, (256, 512, 512)).astype("f4")
def sync(path):
    for root, _, files in os.walk(path):
        for name in files:
            with open(os.path.join(root, name)) as file:
                os.fsync(file.fileno())
path = folder + "/series.h5"
with h5py.File(path, "w") as file:
    file.create_dataset("x", data=steps, maxshape=(None, 512, 512), chunks=(1, 512, 512))
times = []
for _ in range(rounds):
    start = time.perf_counter()
    with h5py.File(path, "a") as file:
        data = file["x"]
        data.resize(data.shape[0] + 1, axis=0)
        data[-1] = steps[0]
    with open(path) as file:
        os.fsync(file.fileno())
    times.append(time.perf_counter() - start)
print(f"h5py's resize, in place, synced      {statistics.median(times):.3f} s")
path = folder + "/series.zarr"
array = zarr.create_array(store=path, shape=steps.shape, dtype="f4", chunks=(1, 512, 512))
array[...] = steps
times = []
for _ in range(rounds):
    start = time.perf_counter()
    array = zarr.open_array(path, mode="a")
    last = array.shape[0]
    array.append(steps[:1], axis=0)
    sync(f"{path}/c/{last}")
    times.append(time.perf_counter() - start)
print(f"zarr-python's append, in place, synced  {statistics.median(times):.3f} s")
"#;

fn in_python(folder: &Path) -> Outcome<()> {
    let rounds = ROUNDS.to_string();
    let output = Command::new("python3").arg("-c").arg(PYTHON).arg(folder.join("python")).arg(rounds).output();
    match output {
        Ok(output) if output.status.success() => print!("{}", String::from_utf8_lossy(&output.stdout)),
        _ => println!("python3 has no h5py or zarr, which are not measured"),
    }
    Ok(())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() / 2]
}
