//! Sessions: what one process loses that writes through a session instead of saving, what two processes lose against the
//! threads of one, and what a driver can take.
//!
//! `cargo bench -p arraystow-benches --bench sessions [-- FOLDER]`
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use arraystow::{ArrayFormat, ChunkedArray, Codec, Receipt, Region, Slot, Storage, Ticket};
use arraystow_s3_server::Server;
use ndarray::ArrayD;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// The sides of the arrays: 256 MiB and 1 GiB.
const SIDES: [usize; 2] = [8192, 16384];
const CHUNK: usize = 512;
/// Where a process of the benchmark writes, if it is a worker.
const PLACE: &str = "ARRAYSTOW_BENCH_PLACE";
/// The side of the array, for such a process.
const SIDE: &str = "ARRAYSTOW_BENCH_SIDE";

fn main() {
    if let Ok(place) = std::env::var(PLACE) {
        return write_a_half(&place);
    }
    let folder = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = folder.map_or_else(std::env::temp_dir, PathBuf::from).join("arraystow-bench-sessions");
    let _ = std::fs::remove_dir_all(&folder);
    let zarr = |name: &str| Storage::builder(folder.join(name)).array_format(ArrayFormat::Zarr).open().unwrap();
    println!("a driver, with one receipt for each chunk:");
    for count in [10_000, 100_000, 1_000_000] {
        driver(&zarr("driver"), count);
    }
    let server = Server::start();
    for side in SIDES {
        let mebibytes = (side * side * 4) >> 20;
        println!(
            "{mebibytes} MiB of f32 in chunks of {CHUNK} x {CHUNK}, through a session, against a save by one process:"
        );
        against_a_save("Zarr in a folder", &zarr("one"), &folder.join("one").display().to_string(), side);
        against_a_save("S3 server", &server.storage("one"), &server.endpoint, side);
    }
    let _ = std::fs::remove_dir_all(&folder);
}

/// The shortest of five times, each without what is prepared before it.
fn shortest<T>(mut prepare: impl FnMut() -> T, mut run: impl FnMut(T)) -> Duration {
    let times = (0..5).map(|_| {
        let prepared = prepare();
        let begun = Instant::now();
        run(prepared);
        begun.elapsed()
    });
    times.min().unwrap_or_default()
}

/// Elements of so many rows.
fn elements(rows: usize, side: usize) -> ArrayD<f32> {
    let block = ArrayD::from_shape_fn(vec![CHUNK, CHUNK], |at| (at[0] * 7 + at[1]) as f32);
    ArrayD::from_shape_fn(vec![rows, side], |at| block[[at[0] % CHUNK, at[1] % CHUNK]])
}

fn pending(side: usize) -> ChunkedArray<f32> {
    ChunkedArray::pending(&[side, side], &[CHUNK, CHUNK]).unwrap().with_codec(Codec::NONE)
}

/// A process that makes half of the elements, and then writes what it is given tickets for.
fn write_a_half(place: &str) {
    let storage = match place.starts_with("http") {
        true => Server::elsewhere(place).storage("one"),
        false => Storage::builder(place).array_format(ArrayFormat::Zarr).open().unwrap(),
    };
    let side: usize = std::env::var(SIDE).unwrap().parse().unwrap();
    let half = elements(side / 2, side);
    println!("ready");
    for line in std::io::stdin().lines() {
        let (ticket, region): (Ticket, Region) = serde_json::from_str(&line.unwrap()).unwrap();
        let receipt = storage.slot::<f32>(&ticket).unwrap().write(&region, half.view()).unwrap();
        println!("{}", serde_json::to_string(&receipt).unwrap());
    }
}

/// The other end of [`write_a_half`].
struct Half {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Half {
    fn start(place: &str, side: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let command =
            command.env(PLACE, place).env(SIDE, side.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "ready");
        Self { child, lines }
    }

    fn begin(&mut self, ticket: &Ticket, region: &Region) {
        let text = serde_json::to_string(&(ticket, region)).unwrap();
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    fn receipt(&mut self) -> Receipt {
        serde_json::from_str(&self.lines.next().unwrap().unwrap()).unwrap()
    }
}

impl Drop for Half {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn against_a_save(what: &str, storage: &Storage, place: &str, side: usize) {
    let whole = elements(side, side);
    let array = || ChunkedArray::from_ndarray(whole.clone(), &[CHUNK, CHUNK]).unwrap().with_codec(Codec::NONE);
    // Each time an array of its own, which was not saved before.
    let saved = shortest(array, |array| {
        storage.save("saved", &array).unwrap();
        storage.remove("saved").unwrap();
    });
    let written = shortest(
        || whole.clone(),
        |copy| {
            let session = storage.begin("written", &pending(side)).unwrap();
            let slot: Slot<f32> = storage.slot(&session.ticket("").unwrap()).unwrap();
            let receipt = slot.write(&slot.regions(1)[0], copy.view()).unwrap();
            session.commit([receipt]).unwrap();
            storage.remove("written").unwrap();
        },
    );
    let mut halves = [Half::start(place, side), Half::start(place, side)];
    let by_two = shortest(
        || (),
        |()| {
            let session = storage.begin("written", &pending(side)).unwrap();
            let ticket = session.ticket("").unwrap();
            let regions = [0, 1].map(|half| Region::new([half * side / 2, 0], [side / 2, side]).unwrap());
            halves.iter_mut().zip(&regions).for_each(|(half, region)| half.begin(&ticket, region));
            session.commit(halves.iter_mut().map(Half::receipt)).unwrap();
            storage.remove("written").unwrap();
        },
    );
    let ratio = |time: Duration| time.as_secs_f64() / saved.as_secs_f64();
    println!("  {what}: {:.2} by one process ({saved:.2?} and {written:.2?})", ratio(written));
    println!("  {what}: {:.2} by two ({by_two:.2?})", ratio(by_two));
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
