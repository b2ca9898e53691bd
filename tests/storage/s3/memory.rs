//! A save and a load need memory for what is in flight, not for an array.
#![cfg(target_os = "linux")]

use arraystow::{ChunkedArray, Codec};
use arraystow_s3_server::Server;
use arraystow_tests::memory;
use ndarray::ArrayD;
use std::process::Command;
use std::time::Duration;

const ENDPOINT: &str = "ARRAYSTOW_TEST_ENDPOINT";
const NAME: &str = "s3::memory::a_lazy_array_of_1_gib_is_saved_and_read_in_bounded_memory";
/// What the engine may hold, what may be under way, and a little.
const MOST_MIB: usize = 192 + 128 + 64;

#[test]
fn a_lazy_array_of_1_gib_is_saved_and_read_in_bounded_memory() {
    if let Ok(endpoint) = std::env::var(ENDPOINT) {
        return save_and_read(&endpoint);
    }
    // The server and what it holds are in this process, the other one's peak is known to the kernel.
    let server = Server::start();
    server.set_latency(Duration::from_millis(5));
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(ENDPOINT, &server.endpoint)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}{err}");
    for when in ["when saved: ", "when read: "] {
        let peak = err.lines().find_map(|line| line.strip_prefix(when)).unwrap_or_else(|| panic!("{out}{err}"));
        let mib = peak.parse::<usize>().unwrap() >> 20;
        assert!(mib < MOST_MIB, "{when}the peak was {mib} MiB\n{err}");
    }
}

fn save_and_read(endpoint: &str) {
    let server = Server::elsewhere(endpoint);
    // Signing and checking a payload is slow where it is not compiled for speed.
    let builder = server.builder("large").option("aws_unsigned_payload", "true");
    let storage = builder.codec(Codec::NONE).open().unwrap();
    let array = ChunkedArray::<f32>::from_fn(&[1 << 14, 1 << 14], &[1024, 1024], |region| {
        ArrayD::from_elem(region.shape(), (region.start()[0] + region.start()[1]) as f32)
    });
    storage.save("array", &array.unwrap()).unwrap();
    assert!(storage.info("array").unwrap().array_bytes() > 1 << 30);
    peak("saved");
    let loaded: ChunkedArray<f32> = storage.load("array").unwrap();
    assert_eq!(loaded.max().unwrap(), (2 * ((1 << 14) - 1024)) as f32);
    peak("read");
}

fn peak(when: &str) {
    eprintln!("\nwhen {when}: {}", memory::peak());
}
