//! Many processes write one value: some are killed, some are stopped and go on when all is over, receipts are lost, come
//! twice and in any order, drivers give up or are replaced. The value is the one that one process would save, and
//! nothing is left over.
//!
//! `ARRAYSTOW_SESSION_SECONDS=3600 ARRAYSTOW_SESSION_WORKERS=64 cargo test --test safety sessions::many`
//! tries for an hour.

use super::crash::{PLACE, builder};
use super::sample::{Random, swept};
use arraystow::{ChunkedArray, Receipt, Region, Session, Slot, Storage, Ticket, VerifyDepth};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::{ArrayD, Dimension};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

const TICKETS: &str = "ARRAYSTOW_TEST_TICKETS";
const SEED: &str = "ARRAYSTOW_TEST_SEED";
/// Of a commit, which many processes may starve.
const LEASE: Duration = Duration::from_secs(60);

fn number_of(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap())
}

fn block(region: &Region) -> ArrayD<f64> {
    ArrayD::from_shape_fn(region.shape(), |at| {
        let place = region.start().iter().zip(at.slice()).map(|(start, at)| (start + at) as f64);
        place.fold(1.0, |number, at| (number * 31.0 + at).sin())
    })
}

fn shapes(random: &mut Random) -> Vec<([usize; 2], [usize; 2])> {
    let mut side = |least: u64| (least + random.below(60)) as usize;
    (0..3).map(|_| ([side(20), side(20)], [5 + side(0) / 5, 5 + side(0) / 5])).collect()
}

/// Not a test by itself: what the workers do. They write regions in an order of their own, until they have written all.
#[test]
fn child_writes_regions() {
    let (Ok(place), Ok(tickets)) = (std::env::var(PLACE), std::env::var(TICKETS)) else { return };
    let storage = builder(&place, LEASE).open().unwrap();
    let tickets: Vec<Ticket> = serde_json::from_str(&tickets).unwrap();
    let mut random = Random(number_of(SEED, 1));
    let mut work = Vec::new();
    for ticket in &tickets {
        let Ok(slot) = storage.slot::<f64>(ticket) else { return };
        let parts = 1 + random.below(12) as usize;
        work.extend(slot.regions(parts).into_iter().map(|region| (slot.clone(), region)));
    }
    while !work.is_empty() {
        let (slot, region): (Slot<f64>, Region) = work.swap_remove(random.below(work.len() as u64) as usize);
        match slot.write(&region, block(&region).view()) {
            Ok(receipt) => println!("receipt {}", serde_json::to_string(&receipt).unwrap()),
            Err(error) => {
                assert!(error.is_gone() || error.is_not_found(), "{error}");
                return;
            }
        }
    }
    println!("done");
}

/// A worker in a process of its own, and a thread that reads what it says.
struct Worker {
    child: Child,
    is_stopped: bool,
}

fn start(place: &str, tickets: &str, seed: u64, receipts: &Sender<Receipt>) -> Worker {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sessions::child_writes_regions", "--nocapture", "--test-threads", "1"])
        .env(PLACE, place)
        .env(TICKETS, tickets)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (receipts, random) = (receipts.clone(), Random(seed));
    std::thread::spawn(move || listen(lines, &receipts, random));
    Worker { child, is_stopped: false }
}

/// Hands receipts on: some are lost, some come twice.
fn listen(lines: std::io::Lines<BufReader<ChildStdout>>, receipts: &Sender<Receipt>, mut random: Random) {
    for line in lines.map_while(Result::ok) {
        // The harness writes to the same line.
        let Some((_, receipt)) = line.split_once("receipt ") else { continue };
        let Ok(receipt) = serde_json::from_str::<Receipt>(receipt) else { continue };
        for _ in 0..[0, 1, 1, 1, 2][random.below(5) as usize] {
            let _ = receipts.send(receipt.clone());
        }
    }
}

impl Worker {
    fn signal(&mut self, signal: &str) {
        self.is_stopped = signal == "-STOP";
        let _ = Command::new("kill").args([signal, &self.child.id().to_string()]).stderr(Stdio::null()).status();
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }
}

/// How a round ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Committed,
    /// By another driver, since the first one was dropped.
    Resumed,
    Abandoned,
}

/// Everything a round does until the session can be committed; or half of it.
fn write(place: &str, session: &Session, random: &mut Random, is_half: bool) -> (Vec<Receipt>, Vec<Worker>) {
    let tickets = serde_json::to_string(&session.tickets()).unwrap();
    let (send, arrived): (Sender<Receipt>, Receiver<Receipt>) = channel();
    let count = number_of("ARRAYSTOW_SESSION_WORKERS", 8) as usize;
    let mut workers: Vec<Worker> = (0..count).map(|_| start(place, &tickets, random.below(1 << 30), &send)).collect();
    let mut zombies = Vec::new();
    let mut receipts: Vec<Receipt> = Vec::new();
    let begun = Instant::now();
    loop {
        receipts.extend(arrived.try_iter());
        let missing = session.missing(&receipts).unwrap();
        if missing.is_empty() || (is_half && receipts.len() > 4) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "no progress: {missing:?}");
        let victim = random.below(workers.len() as u64) as usize;
        match random.below(12) {
            0 => drop(workers[victim].child.kill()),
            1 if zombies.len() < count => {
                workers[victim].signal("-STOP");
                zombies.push(workers.swap_remove(victim));
                workers.push(start(place, &tickets, random.below(1 << 30), &send));
            }
            2 => {
                workers[victim].signal("-STOP");
                std::thread::sleep(Duration::from_millis(random.below(20)));
                workers[victim].signal("-CONT");
            }
            _ => std::thread::sleep(Duration::from_millis(random.below(20))),
        }
        for worker in &mut workers {
            if worker.has_ended() {
                *worker = start(place, &tickets, random.below(1 << 30), &send);
            }
        }
    }
    workers.extend(zombies);
    for last in (1..receipts.len()).rev() {
        receipts.swap(last, random.below(last as u64 + 1) as usize);
    }
    (receipts, workers)
}

/// Rounds of sessions on one place, until the time is over. `contents` are the files or keys that lie there.
fn rounds(place: &str, seed: u64, contents: impl Fn() -> BTreeSet<String>) {
    let storage = builder(place, LEASE).session_lease(Duration::from_secs(60)).open().unwrap();
    let mut random = Random(seed);
    let time = Duration::from_secs(number_of("ARRAYSTOW_SESSION_SECONDS", 12));
    let (begun, mut counts, mut late) = (Instant::now(), [0; 3], 0);
    while begun.elapsed() < time || counts.contains(&0) {
        let ends = [End::Committed, End::Resumed, End::Abandoned];
        let round = counts.iter().sum::<usize>();
        let end = ends[round % 3];
        counts[round % 3] += 1;
        let shapes = shapes(&mut random);
        let pending = |(shape, chunks): &([usize; 2], [usize; 2])| ChunkedArray::<f64>::pending(shape, chunks).unwrap();
        let value: Vec<_> = shapes.iter().map(pending).collect();
        let mut session = storage.begin("sim/many", &(round as u64, value)).unwrap();
        let (receipts, mut workers) = write(place, &session, &mut random, end == End::Abandoned);
        if end == End::Resumed {
            let id = session.id().to_owned();
            drop(session);
            assert!(!storage.sweep().unwrap().leftovers().any(|leftover| leftover.location.contains(&id)));
            session = builder(place, LEASE).open().unwrap().resume("sim/many", &id).unwrap();
        }
        match end {
            // A worker that writes meanwhile may keep a folder from being removed: the sweep below finds it.
            End::Abandoned => {
                if let Err(error) = session.abandon() {
                    assert_eq!(error.kind(), arraystow::ErrorKind::Io, "{error}");
                }
            }
            End::Committed | End::Resumed => drop(session.commit(receipts).unwrap()),
        }
        // Those that were stopped go on, and those that were not have not noticed.
        late += workers.iter().filter(|worker| worker.is_stopped).count();
        for worker in &mut workers {
            worker.signal("-CONT");
        }
        for worker in &mut workers {
            worker.child.wait().unwrap();
        }
        swept(&storage);
        check(&storage, &shapes, (end != End::Abandoned).then_some(round as u64));
        let strays: Vec<_> = contents().into_iter().filter(|file| file.contains(".saving/")).collect();
        assert!(strays.is_empty(), "{strays:?}");
        let arrays = contents().into_iter().filter_map(|file| Some(file.split_once("dask_arrays/")?.1.to_owned()));
        let arrays: BTreeSet<String> = arrays.filter_map(|file| Some(file.split_once('/')?.0.to_owned())).collect();
        let named = storage.list("**").unwrap().into_iter().flat_map(|entry| storage.info(&entry.name).unwrap().arrays);
        assert_eq!(arrays, named.map(|array| array.file).collect(), "{end:?}");
    }
    println!("{counts:?} sessions committed, resumed and abandoned, {late} workers that went on after the end");
    assert!(late > 0, "no worker was late: the test tests nothing");
}

/// The value is the one that one process would have saved, or the one that was there.
fn check(storage: &Storage, shapes: &[([usize; 2], [usize; 2])], round: Option<u64>) {
    let Some(round) = round else { return };
    let (found, arrays): (u64, Vec<ChunkedArray<f64>>) = storage.load("sim/many").unwrap();
    assert_eq!((found, arrays.len()), (round, shapes.len()));
    let bits = |array: ArrayD<f64>| array.mapv(f64::to_bits);
    for (array, (shape, _)) in arrays.iter().zip(shapes) {
        let whole = Region::new([0, 0], shape.to_vec()).unwrap();
        assert_eq!(bits(array.compute().unwrap()), bits(block(&whole)));
    }
    assert!(storage.verify("sim/many", VerifyDepth::Deep).unwrap().is_sound());
}

#[test]
fn many_processes_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("storage");
    // What is killed loses nothing, synced or not.
    rounds(&format!("{}\narray_format=zarr\ndurability=not-synced", root.display()), 1, || {
        arraystow_tests::files(&root)
    });
}

#[test]
fn many_processes_on_a_server() {
    let server = Server::start();
    let options: Vec<String> = server.options().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    let place = format!("s3://{BUCKET}/sessions\n{}", options.join("\n"));
    rounds(&place, 2, || server.keys().into_iter().collect());
}
