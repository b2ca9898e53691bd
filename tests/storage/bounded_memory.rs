//! A save needs memory for a few chunks, not for an array.

use arraystow::{ChunkedArray, Storage};
use ndarray::{ArrayD, s};
use std::process::Command;

const FOLDER: &str = "ARRAYSTOW_TEST_FOLDER";
const SIDE: usize = 1 << 15;

/// 4 GiB that are in memory at no time: in a process of its own, whose peak the kernel knows.
#[test]
fn a_lazy_array_of_4_gib_is_saved_and_read_in_less_than_300_mib() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return save_and_read(&Storage::open(folder).unwrap());
    }
    // On a disk; a folder for temporary files may be memory.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "bounded_memory::a_lazy_array_of_4_gib_is_saved_and_read_in_less_than_300_mib",
        ])
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    let peak = out.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_else(|| panic!("{out}"));
    let kib: usize = peak.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kib < 300 * 1024, "the peak was {} MiB", kib / 1024);
}

fn save_and_read(storage: &Storage) {
    let array = ChunkedArray::<f32>::from_fn(&[SIDE, SIDE], &[512, 512], |region| {
        ArrayD::from_elem(region.shape(), (region.start()[0] + region.start()[1]) as f32)
    });
    storage.save("large", &array.unwrap()).unwrap();
    assert!(storage.info("large").unwrap().array_bytes() > 4 << 30);
    let loaded: ChunkedArray<f32> = storage.load("large").unwrap();
    assert_eq!(loaded.slice(s![-1, -1]).unwrap().compute().unwrap()[[]], (2 * (SIDE - 512)) as f32);
    assert_eq!(loaded.max().unwrap(), (2 * (SIDE - 512)) as f32);
    storage.remove("large").unwrap();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    println!("\n{peak}");
}
