//! A disk that is really full, and a file that may grow no further: the old object stays, the space comes back, and the
//! program lives on.

use super::sample::{files, files_named, run_of, step_of, swept};
use arraystow::{ChunkedArray, Codec, ErrorKind, Storage};
use ndarray::Array1;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "ARRAYSTOW_TEST_FULL";

/// 8 MB that no codec makes small.
fn large() -> ChunkedArray<u64> {
    // As splitmix64 has it.
    let scattered = |x: u64| {
        let x = (x + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    };
    ChunkedArray::from_fn(&[1 << 20], &[1 << 15], move |region| {
        let first = region.start()[0] as u64;
        Array1::from_iter((first..first + region.len() as u64).map(scattered))
    })
    .unwrap()
}

fn fill_up(root: &Path) {
    for codec in [Codec::NONE, Codec::gzip(1).unwrap(), Codec::zstd(1).unwrap()] {
        let storage = Storage::builder(root.join(format!("{codec:?}"))).codec(codec).open().unwrap();
        storage.save("sim/run", &run_of(1)).unwrap();
        let before = files(Path::new(storage.location()));
        for round in 0..3 {
            let error = storage.save("sim/run", &(round, large())).unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some("[1]")), "{codec:?}: {error}");
            assert!(error.left_behind().is_empty(), "{error}");
            assert_eq!(files(Path::new(storage.location())), before, "{codec:?}: the space comes back");
            assert_eq!(step_of(&storage, "sim/run"), Some(1));
        }
        storage.save("sim/run", &run_of(2)).unwrap();
        assert_eq!(step_of(&storage, "sim/run"), Some(2));
        swept(&storage);
        assert_eq!(files(Path::new(storage.location())), files_named(&storage));
    }
}

/// Not a test by itself: what the programs below do.
#[test]
fn child_fills_its_disk() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        fill_up(&PathBuf::from(folder));
    }
}

/// Runs the child behind a line of shell.
fn child(shell: &str, folder: &Path) -> std::process::Output {
    Command::new("bash")
        .args(["-c", &format!("{shell}; exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full_disk::child_fills_its_disk", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder)
        .output()
        .unwrap()
}

#[test]
fn files_that_may_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    // In blocks of 1024 bytes; a signal would come first and end the program.
    let output = child("trap '' XFSZ; ulimit -f 2000", folder.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A file system of 4 MiB in memory, in a namespace of its own. Where the system does not let a user have one, the
/// limit on files (above) is all that can be tried, and this test says so.
#[test]
fn a_file_system_that_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=4m arraystow {}", folder.path().display());
    let works = |unshare: &[&str]| {
        let tried = Command::new("unshare").args(unshare).args(["bash", "-c", &mount]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let Some(way) = ways.into_iter().find(|way| works(way)) else {
        println!("NOT TRIED: no file system can be mounted here");
        return;
    };
    let output = Command::new("unshare")
        .args(way)
        .args(["bash", "-c", &format!("{mount} && exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "full_disk::child_fills_its_disk", "--nocapture", "--test-threads", "1"])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
