//! A Python with the readers of array files, installed once with pip into `target/`; tests that need it fail where it
//! cannot be had.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What is installed for HDF5. Another list is installed into another folder.
pub const HDF5: &[&str] = &["numpy==2.2.6", "h5py==3.13.0", "hdf5plugin==5.1.0"];

/// What is installed for the types that only HDF5 2 has.
pub const HDF5_2: &[&str] = &["numpy==2.2.6", "h5py==3.16.0"];

/// What is installed to read what lies on disk, down to its checksums.
pub const LAYOUT: &[&str] = &["numpy==2.2.6", "h5py==3.13.0", "blake3==1.0.11", "cbor2==6.3.0", "google-crc32c==1.9.0"];

/// What is installed for Zarr.
pub const ZARR: &[&str] = &[
    "numpy==2.2.6",
    "zarr==3.1.6",
    "numcodecs[pcodec]==0.16.5",
    "s3fs==2026.9.0",
    "xarray==2026.9.0",
    "dask[array]==2025.12.0",
];

/// What is installed to try many readers.
pub const READERS: &[&str] = &[
    "numpy==2.2.6",
    "h5py==3.13.0",
    "hdf5plugin==5.1.0",
    "h5netcdf==1.8.2",
    "netCDF4==1.7.5.1.post1",
    "zarr==3.1.6",
    "numcodecs[pcodec]==0.16.5",
    "xarray==2026.9.0",
    "dask[array]==2025.12.0",
    "tensorstore==0.1.86",
];

/// What is installed for Zarr as it was before version 3.
pub const ZARR_2: &[&str] = &["numpy==2.2.6", "zarr==2.18.7", "numcodecs==0.15.1"];

/// Runs a script with its arguments and gives what it printed.
///
/// # Panics
/// With what the script wrote to its error output, if it fails.
pub fn run(packages: &[&str], script: &str, arguments: &[&str]) -> String {
    run_beside(packages, &[], script, arguments)
}

/// As `run`, with more folders from which the script can import.
///
/// # Panics
/// As `run`.
pub fn run_beside(packages: &[&str], folders: &[PathBuf], script: &str, arguments: &[&str]) -> String {
    let path = [&[installed(packages)], folders].concat();
    let output = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(arguments)
        .env("PYTHONPATH", std::env::join_paths(path).expect("a folder has a colon in its name"))
        .output()
        .expect("python3 cannot be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the Python script failed:\n{errors}\nscript:\n{script}");
    String::from_utf8(output.stdout).expect("the script printed no UTF-8")
}

fn installed(packages: &[&str]) -> PathBuf {
    // Threads of this process one after another, and processes too: the first one installs, the others wait.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The test program lies in target/debug/deps.
    let program = std::env::current_exe().expect("the test program has a path");
    let target = program.ancestors().nth(3).expect("it lies in the target folder").to_owned();
    let name: String = packages.join("-").chars().filter(|c| c.is_ascii_alphanumeric() || "-.".contains(*c)).collect();
    let folder = target.join(format!("python-{name}"));
    fs::create_dir_all(&target).expect("target cannot be made");
    let lock = File::create(target.join("python.lock")).expect("the lock cannot be made");
    lock.lock().expect("the lock cannot be taken");
    if !folder.exists() {
        let fresh = target.join(format!("python-{}", std::process::id()));
        let output = Command::new("python3")
            // What is imported is compiled then.
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile", "--target"])
            .arg(&fresh)
            .args(packages)
            .output()
            .expect("python3 cannot be started: these tests need Python 3 with pip");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "pip cannot install {packages:?}, which these tests need:\n{errors}");
        fs::rename(&fresh, &folder).expect("the packages cannot be moved");
    }
    folder
}
