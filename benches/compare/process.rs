//! Processes that measure, and the server in a process of its own.

use crate::timing::Outcome;
use crate::{bare, ours, python_env};
use arraystow_s3_server::Server;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

const PACKAGES: &[&str] = &[
    "numpy==2.2.6",
    "h5py==3.13.0",
    "zarr==3.1.6",
    "zarrs==0.2.3",
    "tensorstore==0.1.86",
    "obstore==0.12.1",
    "joblib==1.6.0",
    "safetensors==0.8.0",
    "dask[array]==2025.12.0",
];
/// What the Python package is compared with, beside the package itself.
const PACKAGES_OF_OURS: &[&str] = &[
    "numpy==2.2.6",
    "dask[array]==2025.12.0",
    "distributed==2025.12.0",
    "h5py==3.13.0",
    "zarr==3.1.6",
    "s3fs==2026.9.0",
];
/// In a process that measures: the side, the work and the place.
const JOB: &str = "ARRAYSTOW_COMPARE_JOB";
/// In the process of the server: its latency in milliseconds.
const LATENCY: &str = "ARRAYSTOW_COMPARE_LATENCY";

/// Who does the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Ours,
    /// With fields that have `with = "arraystow::ndarray"`.
    OursWith,
    /// The Python package.
    Package,
    /// The Python package, on a cluster of dask with two workers.
    Cluster,
    /// The same tasks on the same cluster, which save nothing.
    Tasks,
    /// FunctionFuse's own serializer.
    FunctionFuse,
    /// The bytes alone, with `std::fs` or `object_store`.
    Bare,
    Numpy,
    H5py,
    Zarrs,
    ZarrObstore,
    Tensorstore,
    Dask,
    Joblib,
    Pickle,
    Safetensors,
}

impl Side {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "arraystow",
            Self::OursWith => "arraystow, fields with `arraystow::ndarray`",
            Self::Package => "arraystow in Python",
            Self::Cluster => "arraystow on a cluster of 2 workers",
            Self::Tasks => "the cluster's tasks without the save",
            Self::FunctionFuse => "FunctionFuse's own serializer",
            Self::Bare => "bytes alone",
            Self::Numpy => "numpy",
            Self::H5py => "h5py",
            Self::Zarrs => "zarr-python with zarrs",
            Self::ZarrObstore => "zarr-python with obstore",
            Self::Tensorstore => "tensorstore",
            Self::Dask => "dask",
            Self::Joblib => "joblib",
            Self::Pickle => "pickle",
            Self::Safetensors => "safetensors",
        }
    }

    /// Does the work once, in a new process.
    pub(crate) fn measure(self, work: &str, place: &str) -> Outcome<Measured> {
        let text = match self {
            Self::Ours | Self::OursWith | Self::Bare => {
                let job = format!("{}\n{work}\n{place}", self.name());
                let output = Command::new(std::env::current_exe()?).env(JOB, job).output()?;
                if !output.status.success() {
                    return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
                }
                String::from_utf8(output.stdout)?
            }
            Self::Package | Self::Cluster | Self::Tasks | Self::FunctionFuse => {
                let folders = [package()?, concat!(env!("CARGO_MANIFEST_DIR"), "/../python/tests").into()];
                let arguments = [self.name(), work, place];
                python_env::run_beside(PACKAGES_OF_OURS, &folders, include_str!("package.py"), &arguments)
            }
            _ => python_env::run(PACKAGES, include_str!("peers.py"), &[self.name(), work, place]),
        };
        Measured::read(&text).map_err(|error| format!("{} {work}: {error}", self.name()).into())
    }
}

/// A folder with the Python package, built for release. It is built once in a run.
fn package() -> Outcome<PathBuf> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let build = || {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench-python");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/python-package");
        let built = Command::new(script).arg("folder").arg(&folder).status().map_err(|error| error.to_string())?;
        if built.success() { Ok(folder) } else { Err("the Python package cannot be built".to_owned()) }
    };
    Ok(FOLDER.get_or_init(build).clone()?)
}

/// Seconds, and the peak of memory in MiB.
#[derive(Clone, Copy)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    pub(crate) mib: f64,
}

impl Measured {
    fn read(text: &str) -> Outcome<Self> {
        let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        let [seconds, mib] = numbers.as_slice() else { return Err(format!("not two numbers: {text}").into()) };
        Ok(Self { seconds: *seconds, mib: *mib })
    }

    /// The median of the times, and the largest peak.
    pub(crate) fn median(mut rounds: Vec<Self>) -> Self {
        rounds.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
        let mib = rounds.iter().map(|round| round.mib).fold(0.0, f64::max);
        Self { mib, ..rounds[rounds.len() / 2] }
    }
}

/// What this process is to measure.
pub(crate) struct Job {
    side: String,
    work: String,
    place: String,
}

impl Job {
    pub(crate) fn of_this_process() -> Outcome<Option<Self>> {
        let Ok(job) = std::env::var(JOB) else { return Ok(None) };
        let mut parts = job.splitn(3, '\n').map(str::to_owned);
        let mut part = || parts.next().ok_or("a job has three parts");
        Ok(Some(Self { side: part()?, work: part()?, place: part()? }))
    }

    pub(crate) fn run(self) -> Outcome<()> {
        let seconds = if self.side == Side::Ours.name() {
            ours::run(&self.work, &self.place)?
        } else if self.side == Side::OursWith.name() {
            ours::run_with(&self.work, &self.place)?
        } else {
            bare::run(&self.work, &self.place)?
        };
        println!("{seconds} {}", peak()?);
        Ok(())
    }
}

/// The peak of this process, in MiB. Linux only; elsewhere 0.
fn peak() -> Outcome<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0 kB");
    Ok(line.trim().trim_end_matches(" kB").parse::<usize>()? / 1024)
}

/// A server in a process of its own, which ends with this value.
pub(crate) struct Elsewhere {
    process: Child,
    pub(crate) endpoint: String,
}

impl Elsewhere {
    pub(crate) fn start(latency: u64) -> Outcome<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let command = command.env(LATENCY, latency.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let mut endpoint = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut endpoint)?;
        Ok(Self { process, endpoint: endpoint.trim().to_owned() })
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

pub(crate) fn is_server() -> bool {
    std::env::var_os(LATENCY).is_some()
}

/// Serves until the input ends.
pub(crate) fn serve() -> Outcome<()> {
    let server = Server::start();
    server.set_latency(Duration::from_millis(std::env::var(LATENCY)?.parse()?));
    println!("{}", server.endpoint);
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
