//! Reductions along axes of 512 MiB of `f32` in an HDF5 file, in chunks of 4 MiB, beside numpy and dask on the same
//! file in the same run. Each is measured in a process of its own, with its peak of memory. numpy reads the whole array
//! first.
//!
//! `cargo bench -p arraystow-benches --bench axes [-- FOLDER]`; by default the folder is one in `target`. Python's
//! packages come from PyPI into `target`.
#![allow(missing_docs, clippy::print_stdout, clippy::expect_used, clippy::panic)]

#[allow(dead_code, unreachable_pub, reason = "it serves the tests too")]
#[path = "../tests/src/python_env.rs"]
mod python_env;

use arraystow::{ChunkedArray, Storage};
use ndarray::ArrayD;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const SHAPE: [usize; 3] = [512, 512, 512];
const CHUNK: [usize; 3] = [64, 128, 128];
const ROUNDS: usize = 3;
/// In a process that measures, what it measures.
const MEASURED: &str = "ARRAYSTOW_BENCH_AXES";
const PACKAGES: &[&str] = &["numpy==2.2.6", "h5py==3.13.0", "dask[array]==2025.12.0"];

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;
type Operation = (&'static str, fn(&ChunkedArray<f32>) -> arraystow::Result<f64>, &'static str);

/// The operations: ours, and the same in numpy and dask, of an array `x` and a module `xp`.
const OPERATIONS: [Operation; 8] = [
    ("sum", |x| x.sum(), "x.sum(dtype='f8')"),
    ("mean along 0", |x| last(&x.along(&[0])?.mean()), "x.mean(axis=0, dtype='f8')"),
    ("mean along 2", |x| last(&x.along(&[2])?.mean()), "x.mean(axis=2, dtype='f8')"),
    ("std along 0, 1", |x| last(&x.along(&[0, 1])?.std(0)), "x.std(axis=(0, 1), dtype='f8')"),
    ("argmax along 1", |x| last(&x.along(&[1])?.argmax().astype()?), "x.argmax(axis=1)"),
    ("maximum of blocks", |x| last(&x.coarsen(&[4, 4, 4])?.max().astype()?), "blocks(x, 4)"),
    ("maximum of running sums", |x| x.cumsum(0)?.max(), "xp.cumsum(x, axis=0, dtype='f8').max()"),
    ("histogram", |x| Ok(x.histogram(&edges())?[99] as f64), "xp.histogram(x, edges)[0]"),
];

const PYTHON: &str = r#"
import sys, time, numpy as np, h5py
which, path, expression = sys.argv[1:]
edges = np.arange(101) * 200_000.0
def blocks(x, n):
    if which == "dask":
        return xp.coarsen(np.max, x, {0: n, 1: n, 2: n})
    a, b, c = x.shape
    return x.reshape(a // n, n, b // n, n, c // n, n).max(axis=(1, 3, 5))
if which == "dask":
    import dask, dask.array as xp
else:
    xp = np
start = time.perf_counter()
with h5py.File(path) as file:
    data = file["dask_arrays"]
    if which == "dask":
        x = xp.from_array(data, chunks=data.chunks)
        with dask.config.set(scheduler="threads"):
            result = np.asarray(eval(expression).compute())
    else:
        x = data[...]
        result = np.asarray(eval(expression))
seconds = time.perf_counter() - start
# The peak of this process: getrusage has that of its parent too.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:"))
print(seconds, int(peak.split()[1]) // 1024, float(result.ravel()[-1]))
"#;

fn edges() -> Vec<f64> {
    (0..=100).map(|at| f64::from(at) * 200_000.0).collect()
}

fn last(array: &ChunkedArray<f64>) -> arraystow::Result<f64> {
    Ok(array.compute()?.iter().last().copied().unwrap_or_default())
}

/// Seconds, the peak of memory in MiB, and the last number of the result.
#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    mib: f64,
    last: f64,
}

impl Measured {
    fn read(text: &str) -> Outcome<Self> {
        let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [seconds, mib, last] = numbers.as_slice() else { return Err(format!("not three numbers: {text}").into()) };
        Ok(Self { seconds: *seconds, mib: *mib, last: *last })
    }
}

/// Measures one operation in this process.
fn measure(folder: &Path, name: &str) -> Outcome<()> {
    let (_, operation, _) = OPERATIONS.iter().find(|(other, ..)| *other == name).ok_or("no such operation")?;
    let start = Instant::now();
    let array: ChunkedArray<f32> = Storage::open(folder)?.load("array")?;
    let last = operation(&array)?;
    let seconds = start.elapsed().as_secs_f64();
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak of memory")?;
    let kib: usize = peak.trim().trim_end_matches(" kB").parse()?;
    println!("{seconds} {} {last}", kib / 1024);
    Ok(())
}

fn main() -> Outcome<()> {
    let chosen = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let folder = chosen.map_or_else(|| PathBuf::from(env!("CARGO_TARGET_TMPDIR")), PathBuf::from).join("bench-axes");
    if let Ok(name) = std::env::var(MEASURED) {
        return measure(&folder, &name);
    }
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder)?;
    let storage = Storage::open(&folder)?;
    let array = ChunkedArray::from_fn(&SHAPE, &CHUNK, |region| {
        let mut state = region.start().iter().fold(1_u64, |state, at| state * 1000 + *at as u64);
        ArrayD::from_shape_simple_fn(region.shape(), || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 40) as f32
        })
    })?;
    storage.save("array", &array)?;
    let file = storage.info("array")?.arrays[0].file.clone();
    let path = folder.join("bigdata").join(file);
    // All read it from the page cache.
    std::fs::read(&path)?;

    println!("512 MiB of f32, the median of {ROUNDS} rounds, in {}", folder.display());
    println!("{:24} {:>10} {:>16} {:>16} {:>25}", "", "seconds", "times numpy", "times dask", "MiB, numpy, dask");
    for (name, _, expression) in OPERATIONS {
        let mut found: [Vec<Measured>; 3] = Default::default();
        for _ in 0..ROUNDS {
            let mut command = Command::new(std::env::current_exe()?);
            if let Some(folder) = folder.parent() {
                command.arg(folder);
            }
            let output = command.env(MEASURED, name).output()?;
            let text = String::from_utf8(output.stdout)?;
            found[0].push(Measured::read(&text).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?);
            for (at, which) in [(1, "numpy"), (2, "dask")] {
                let arguments = [which, &path.display().to_string(), expression];
                found[at].push(Measured::read(&python_env::run(PACKAGES, PYTHON, &arguments))?);
            }
        }
        let [own, numpy, dask] = found.map(median);
        for other in [numpy, dask] {
            assert!((own.last - other.last).abs() <= 1e-6 * own.last.abs(), "{name}: {} and {}", own.last, other.last);
        }
        let ratios = (own.seconds / numpy.seconds, own.seconds / dask.seconds);
        println!(
            "{name:24} {:10.2} {:16.2} {:16.2} {:9.0}, {:6.0}, {:6.0}",
            own.seconds, ratios.0, ratios.1, own.mib, numpy.mib, dask.mib
        );
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}

fn median(mut rounds: Vec<Measured>) -> Measured {
    rounds.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    rounds[rounds.len() / 2]
}
