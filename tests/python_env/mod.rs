//! A Python with h5py, installed once with pip into `target/`; tests that need it fail where it cannot be had.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What is installed. Another list is installed into another folder.
const PACKAGES: [&str; 3] = ["numpy==2.2.6", "h5py==3.13.0", "hdf5plugin==5.1.0"];

/// Runs a script with its arguments and gives what it printed.
///
/// # Panics
/// With what the script told on its error output, if it fails.
pub(crate) fn run(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .arg("-c")
        .arg(script)
        .args(arguments)
        .env("PYTHONPATH", packages())
        .output()
        .expect("python3 cannot be started");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the Python script failed:\n{errors}\nscript:\n{script}");
    String::from_utf8(output.stdout).expect("the script printed no UTF-8")
}

fn packages() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target has a parent").to_owned();
        let name = PACKAGES.join("-").replace("==", "-");
        let folder = target.join(format!("python-{name}"));
        fs::create_dir_all(&target).expect("target cannot be made");
        // Test processes run side by side: the first one installs, the others wait.
        let lock = File::create(target.join("python.lock")).expect("the lock cannot be made");
        lock.lock().expect("the lock cannot be taken");
        if !folder.exists() {
            let fresh = target.join(format!("python-{}", std::process::id()));
            let output = Command::new("python3")
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
                .arg(&fresh)
                .args(PACKAGES)
                .output()
                .expect("python3 cannot be started: these tests need Python 3 with pip");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "pip cannot install {PACKAGES:?}, which these tests need:\n{errors}");
            fs::rename(&fresh, &folder).expect("the packages cannot be moved");
        }
        folder
    })
}
