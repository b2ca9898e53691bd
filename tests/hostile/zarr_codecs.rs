//! Codecs one after another: what lies between them is bounded, however many they are.

use crate::zarr::{Place, array, bytes, chunk, v3};
use arraystow::{ErrorKind, Limits};
use arraystow_tests::memory;
use libdeflater::{CompressionLvl, Compressor};
use serde_json::{Value, json};
use std::process::Command;

const PEAK: &str = "ARRAYSTOW_TEST_ZARR_PEAK";
/// The most codecs.
const MOST: usize = 16;

fn gzip(level: i32, bytes: &[u8]) -> Vec<u8> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).unwrap());
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let len = compressor.gzip_compress(bytes, &mut out).unwrap();
    out.truncate(len);
    out
}

fn stages(count: usize) -> Vec<Value> {
    vec![json!({"name": "gzip", "configuration": {"level": 1}}); count]
}

#[test]
fn codecs_are_counted() {
    let of = |count| json!([vec![bytes()], stages(count - 1)].concat());
    let sharded = |parts: usize, index: usize| {
        json!([{"name": "sharding_indexed", "configuration":
            {"chunk_shape": [4], "codecs": of(parts), "index_codecs": of(index)}}])
    };
    // As many as there may be are undone, the last first.
    let mut stored = chunk();
    (1..MOST).for_each(|_| stored = gzip(1, &stored));
    assert_eq!(array(&v3(4, 4, &of(MOST))).with("c/0", stored.clone()).sum().unwrap(), 10);
    array(&v3(4, 4, &of(MOST))).with("c/0", stored[1..].to_vec()).refuses("cut", &[ErrorKind::Corrupt]);
    let index = [0_u64, stored.len() as u64].map(u64::to_le_bytes).concat();
    let shard = [stored, index].concat();
    array(&v3(4, 4, &sharded(MOST, 1))).with("c/0", shard).refuses("a shard's", &[ErrorKind::Limit]);
    for codecs in [of(MOST + 1), of(55), of(4000), sharded(MOST - 3, 4), sharded(1, MOST), sharded(55, 1)] {
        array(&v3(4, 4, &codecs)).with("c/0", vec![0; 100]).refuses("many codecs", &[ErrorKind::Limit]);
    }
    let error = array(&v3(4, 4, &of(55))).refuses("many codecs", &[ErrorKind::Limit]);
    assert!(error.to_string().contains("16 codecs"), "{error}");
    array(&v3(4, 4, &of(1 << 17))).refuses("more than are looked at", &[ErrorKind::Limit]);
    let v2 = |filters: usize| {
        json!({"zarr_format": 2, "shape": [4], "chunks": [4], "dtype": "<u4", "compressor": {"id": "zlib", "level": 1},
            "fill_value": 7, "filters": vec![json!({"id": "gzip"}); filters], "order": "C"})
    };
    let place = |filters| Place::new().with(".zarray", v2(filters).to_string());
    assert_eq!(place(MOST - 1).sum().unwrap(), 28);
    place(MOST).refuses("many filters", &[ErrorKind::Limit]);
    let deep = (0..100).fold(json!([bytes()]), |codecs, _| {
        json!([{"name": "sharding_indexed", "configuration":
            {"chunk_shape": [4], "codecs": codecs, "index_codecs": [bytes()]}}])
    });
    array(&v3(4, 4, &deep)).refuses("shards in shards in shards", &[ErrorKind::Unsupported, ErrorKind::Corrupt]);
}

/// In a process of its own, of which the kernel knows the peak of memory.
#[test]
fn many_stages_take_no_more_memory_than_two() {
    if let Some(file) = std::env::var_os(PEAK) {
        // Each bomb is whatever the stage before it has room for and more.
        let bomb = gzip(9, &vec![0; 16 << 20]);
        let elements = 1 << 18;
        for count in [2, 5, MOST - 1] {
            let metadata = v3(64 * elements, elements, &json!([vec![bytes()], stages(count)].concat()));
            let mut place = array(&metadata);
            place.limits = Limits::default().chunk_bytes(1 << 20);
            for number in 0..64 {
                place = place.with(&format!("c/{number}"), bomb.clone());
            }
            place.refuses("a bomb", &[ErrorKind::Corrupt]);
        }
        return std::fs::write(file, memory::peak().to_string()).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("peak");
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "--test-threads=1", "zarr_codecs::many_stages_take_no_more_memory_than_two"])
        .env(PEAK, &file)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let peak: usize = std::fs::read_to_string(file).unwrap().parse().unwrap();
    assert!(peak < 130 << 20, "the peak was {} MiB", peak >> 20);
}
