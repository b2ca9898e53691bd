//! Sessions: what one process loses that writes through a session instead of saving, and what a driver can take.
//!
//! `cargo bench -p arraystow-benches --bench sessions [-- FOLDER]`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use arraystow::{ArrayFormat, ChunkedArray, Codec, Receipt, Slot, Storage};
use arraystow_s3_server::Server;
use ndarray::ArrayD;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const SIDE: usize = 8192;
const CHUNK: usize = 512;

fn main() {
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from).join("arraystow-bench-sessions");
    let _ = std::fs::remove_dir_all(&folder);
    let zarr = |name: &str| Storage::builder(folder.join(name)).array_format(ArrayFormat::Zarr).open().unwrap();
    println!("a driver, with one receipt for each chunk:");
    for count in [10_000, 100_000, 1_000_000] {
        driver(&zarr("driver"), count);
    }
    println!("one process, 256 MiB of f32 in chunks of {CHUNK} x {CHUNK}, through a session, against its own save:");
    against_a_save("Zarr in a folder", &zarr("one"));
    against_a_save("S3 server", &Server::start().storage("one"));
    let _ = std::fs::remove_dir_all(&folder);
}

fn shortest(mut run: impl FnMut()) -> Duration {
    let times = (0..5).map(|_| {
        let begun = Instant::now();
        run();
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}

fn against_a_save(what: &str, storage: &Storage) {
    let block = ArrayD::from_shape_fn(vec![CHUNK, CHUNK], |at| (at[0] * 7 + at[1]) as f32);
    let whole = ArrayD::from_shape_fn(vec![SIDE, SIDE], |at| block[[at[0] % CHUNK, at[1] % CHUNK]]);
    let array = || ChunkedArray::from_ndarray(whole.clone(), &[CHUNK, CHUNK]).unwrap().with_codec(Codec::NONE);
    let mut number = 0;
    let saved = shortest(|| {
        // Each time an array of its own, which was not saved before.
        number += 1;
        storage.save(&format!("saved/{number}"), &array()).unwrap();
        storage.remove(&format!("saved/{number}")).unwrap();
    });
    let written = shortest(|| {
        let copy = whole.clone();
        let pending = ChunkedArray::<f32>::pending(&[SIDE, SIDE], &[CHUNK, CHUNK]).unwrap().with_codec(Codec::NONE);
        let session = storage.begin("written", &pending).unwrap();
        let slot: Slot<f32> = storage.slot(&session.ticket("").unwrap()).unwrap();
        let receipt = slot.write(&slot.regions(1)[0], copy.view()).unwrap();
        session.commit([receipt]).unwrap();
        storage.remove("written").unwrap();
    });
    println!("  {what}: {:.2} ({saved:.2?} and {written:.2?})", written.as_secs_f64() / saved.as_secs_f64());
}

/// The receipts are made up: a commit does not look at the chunks.
fn driver(storage: &Storage, count: usize) {
    let session = storage.begin("many", &ChunkedArray::<f32>::pending(&[count], &[1]).unwrap()).unwrap();
    let slot: Slot<f32> = storage.slot(&session.ticket("").unwrap()).unwrap();
    let first = slot.write(&slot.regions(usize::MAX)[0], ndarray::arr1(&[1.0]).view()).unwrap();
    let mut form = serde_json::to_value(&first).unwrap();
    let texts: Vec<String> = (0..count)
        .map(|number| {
            form["chunks"][0]["whole"][0][0] = number.into();
            form.to_string()
        })
        .collect();
    let begun = Instant::now();
    let receipts: Vec<Receipt> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let read = begun.elapsed();
    let begun = Instant::now();
    assert!(session.missing(&receipts).unwrap().is_empty());
    let looked = begun.elapsed();
    let begun = Instant::now();
    session.commit(receipts).unwrap();
    let committed = begun.elapsed();
    println!("  {count} receipts: read in {read:.2?}, missing() {looked:.2?}, commit {committed:.2?}");
    storage.remove("many").unwrap();
}
