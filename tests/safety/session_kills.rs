//! The driver of a session is killed at each of its steps, from the first call of `begin` to the last of the commit.
//! Another process resumes the session and commits it or gives it up. The value is the whole new one or the old one, and
//! a sweep leaves nothing behind.

use super::crash::{LEASE, PLACE, builder};
use super::sample::{files, files_named, swept, times};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ChunkedArray, Receipt, Region, Slot, Storage};
use arraystow_s3_server::{BUCKET, Server};
use ndarray::ArrayD;
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::time::{Duration, SystemTime};

const KILL_AT: &str = "ARRAYSTOW_TEST_KILL_AT";
const STEP: &str = "ARRAYSTOW_TEST_STEP";
const SHAPE: [usize; 2] = [8, 6];
/// Longer than a test, and shorter than what [`Place::age`] adds.
const SESSION: Duration = Duration::from_secs(60);

type Value = (u64, ChunkedArray<i32>, ChunkedArray<f64>);

fn storage_at(place: &str) -> Storage {
    builder(place, LEASE).session_lease(SESSION).open().unwrap()
}

fn block(step: u64, region: &Region) -> ArrayD<i32> {
    let (row, column) = (region.start()[0], region.start()[1]);
    ArrayD::from_shape_fn(region.shape(), |at| (step as usize * 10_000 + (row + at[0]) * 100 + column + at[1]) as i32)
}

fn plain(step: u64) -> ChunkedArray<f64> {
    super::sample::field_of(step, &[30, 20])
}

/// Ends the process at a call, without any of its cleaning up.
struct Killing(AtomicI64);

impl Watcher for Killing {
    fn before(&self, call: &Call<'_>) -> io::Result<()> {
        if call.changes() && self.0.fetch_sub(1, SeqCst) == 0 {
            std::process::abort();
        }
        Ok(())
    }
}

/// Not a test by itself: a driver that does everything, as long as it lives.
#[test]
fn child_drives() {
    let (Ok(place), Ok(step), Ok(at)) = (std::env::var(PLACE), std::env::var(STEP), std::env::var(KILL_AT)) else {
        return;
    };
    let (storage, step) = (storage_at(&place), step.parse().unwrap());
    let root = Path::new(place.lines().next().unwrap());
    let _watching = at.parse().ok().map(|at| watch(root, Arc::new(Killing(AtomicI64::new(at)))));
    let pending = ChunkedArray::<i32>::pending(&SHAPE, &[4, 6]).unwrap();
    let session = storage.begin("sim/many", &(step, pending, plain(step))).unwrap();
    println!("\nsession {}", session.id());
    let slot: Slot<i32> = storage.slot(&session.ticket("[1]").unwrap()).unwrap();
    let mut receipts = Vec::new();
    for region in slot.regions(2) {
        let receipt = slot.write(&region, block(step, &region).view()).unwrap();
        println!("receipt {}", serde_json::to_string(&receipt).unwrap());
        receipts.push(receipt);
    }
    session.commit(receipts).unwrap();
    println!("committed");
}

/// A folder, or a folder on a server.
pub struct Place {
    pub text: String,
    folder: tempfile::TempDir,
    server: Option<Server>,
}

impl Place {
    pub fn folder(format: &str) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        // What is killed loses nothing, synced or not.
        let options = format!("array_format={format}\ndurability=not-synced");
        Self { text: format!("{}\n{options}", folder.path().join("root").display()), folder, server: None }
    }

    pub fn objects() -> Self {
        let server = Server::start();
        let options: Vec<String> = server.options().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        let text = format!("s3://{BUCKET}/kills\n{}", options.join("\n"));
        Self { text, folder: tempfile::tempdir().unwrap(), server: Some(server) }
    }

    pub fn storage(&self) -> Storage {
        storage_at(&self.text)
    }

    /// Every file or key, below the root.
    fn contents(&self) -> BTreeSet<String> {
        match &self.server {
            None => arraystow_tests::files(&self.root()),
            Some(server) => {
                server.keys().into_iter().map(|key| key.strip_prefix("kills/").unwrap().to_owned()).collect()
            }
        }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The ids of the sessions of which anything is there.
    fn sessions(&self) -> BTreeSet<String> {
        let below = |file: String| Some(file.split_once(".saving/")?.1.split_once('/')?.0.to_owned());
        self.contents().into_iter().filter_map(below).collect()
    }

    /// Lets an hour pass, by the place's own clock.
    pub fn age(&self) {
        let hour = Duration::from_secs(3600);
        match &self.server {
            Some(server) => server.age(hour),
            None => {
                for file in self.contents() {
                    let file = std::fs::File::options().write(true).open(self.root().join(file)).unwrap();
                    file.set_modified(SystemTime::now() - hour).unwrap();
                }
            }
        }
    }

    pub fn assert_nothing_left(&self, storage: &Storage, what: &str) {
        let there = match &self.server {
            None => files(&self.root()),
            Some(_) => {
                let keys = self.contents().into_iter().filter(|key| !key.ends_with("dask_arrays/zarr.json"));
                let shortened = keys.map(|key| match key.split_once("dask_arrays/") {
                    Some((before, below)) => format!("{before}{}", below.split('/').next().unwrap()),
                    None => key,
                });
                shortened.collect()
            }
        };
        assert_eq!(there, files_named(storage), "{what}");
    }
}

/// What a driver said before it was killed.
#[derive(Default)]
struct Said {
    session: Option<String>,
    receipts: Vec<Receipt>,
    is_committed: bool,
}

/// Runs a driver that is killed at its n-th step. Returns also whether it was.
fn killed_at(place: &Place, step: u64, at: u64) -> (Said, bool) {
    let kill_at = if place.server.is_some() { "by the parent".to_owned() } else { at.to_string() };
    if let Some(server) = &place.server {
        server.go_down_after(at);
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "session_kills::child_drives", "--nocapture", "--test-threads", "1"])
        .env(PLACE, &place.text)
        .env(STEP, step.to_string())
        .env(KILL_AT, kill_at)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    if let Some(server) = &place.server {
        // The request is refused, and its program killed before it can do anything else.
        while child.try_wait().unwrap().is_none() && !server.is_down() {
            std::thread::sleep(Duration::from_micros(300));
        }
        let _ = child.kill();
        server.go_down_after(u64::MAX);
    }
    let (mut text, mut said) = (String::new(), Said::default());
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    let status = child.wait().unwrap();
    for line in text.lines() {
        match line.split_once(' ').unwrap_or((line, "")) {
            ("session", id) => said.session = Some(id.to_owned()),
            ("receipt", receipt) => said.receipts.push(serde_json::from_str(receipt).unwrap()),
            ("committed", _) => said.is_committed = true,
            _ => {}
        }
    }
    assert!(status.code().is_none_or(|code| code == 0 && said.is_committed), "the driver failed: {text}");
    (said, status.code().is_none())
}

/// What is there afterwards: the step of the whole value.
fn step_of(storage: &Storage) -> u64 {
    let (step, many, other): Value = storage.load("sim/many").unwrap();
    assert_eq!(many.compute().unwrap(), block(step, &Region::new([0, 0], SHAPE).unwrap()));
    assert_eq!(other.compute().unwrap(), plain(step).compute().unwrap());
    step
}

/// How a session goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Commit,
    Abandon,
    Sweep,
}

/// Goes on where a driver was killed. Returns whether the session was resumed.
fn go_on(place: &Place, said: &Said, (old, new): (u64, u64), end: End, what: &str) -> bool {
    let storage = place.storage();
    let sessions = place.sessions();
    assert!(sessions.len() <= 1, "{what}: {sessions:?}");
    if old % 2 == 1 {
        // A sweep takes nothing of a session that may be resumed. The lease of the commit may run out after it.
        storage.sweep().unwrap().remove().unwrap();
    }
    let id = sessions.iter().next().or(said.session.as_ref());
    let mut is_resumed = false;
    let resumed = id.map(|id| storage.resume("sim/many", id));
    let expected = match resumed {
        None => old,
        Some(Err(error)) => {
            assert!(error.is_gone(), "{what}: {error}");
            // Either it had not begun, or it had ended.
            if said.session.is_some() { new } else { old }
        }
        Some(Ok(session)) => {
            is_resumed = true;
            let was_committed = step_of(&storage) == new;
            match end {
                End::Commit => {
                    let slot: Slot<i32> = storage.slot(&session.ticket("[1]").unwrap()).unwrap();
                    let write = |region: &Region| slot.write(region, block(new, region).view()).unwrap();
                    let missing = session.missing(&said.receipts).unwrap();
                    let written: Vec<Receipt> = missing.iter().map(|missing| write(&missing.region)).collect();
                    session.commit(said.receipts.iter().cloned().chain(written)).unwrap();
                }
                End::Abandon => session.abandon().unwrap(),
                End::Sweep => drop(session),
            }
            if was_committed || end == End::Commit { new } else { old }
        }
    };
    assert_eq!(step_of(&storage), expected, "{what}");
    assert!(!said.is_committed || expected == new, "{what}");
    place.age();
    swept(&storage);
    assert_eq!(step_of(&storage), expected, "{what}");
    place.assert_nothing_left(&storage, what);
    is_resumed
}

/// The driver is killed at every n-th step, and at each in the deep suite.
fn kill_at_steps(place: &Place, every: usize) {
    let many = ChunkedArray::from_fn(&SHAPE, &[4, 6], |region| block(1, region)).unwrap();
    place.storage().save("sim/many", &(1_u64, many, plain(1))).unwrap();
    let (mut tried, mut resumed) = (0, 0);
    for (turn, at) in (0..).step_by(times(every, 1)).enumerate() {
        // The other ends now and then.
        let ends: &[End] = match turn % 6 {
            _ if times(0, 1) == 1 => &[End::Commit, End::Abandon, End::Sweep],
            2 => &[End::Commit, End::Abandon],
            5 => &[End::Commit, End::Sweep],
            _ => &[End::Commit],
        };
        for end in ends {
            tried += 1;
            let old = step_of(&place.storage());
            let (said, was_killed) = killed_at(place, tried + 1, at);
            let what = format!("killed at step {at}, then {end:?}, {} receipts", said.receipts.len());
            resumed += usize::from(go_on(place, &said, (old, tried + 1), *end, &what));
            if !was_killed {
                println!("{at} steps, {tried} drivers, {resumed} sessions resumed");
                assert!(at > 20 && resumed > 5 && tried as usize - resumed > 3, "{at} steps, {resumed} resumed");
                return;
            }
        }
    }
}

#[test]
fn in_a_folder_of_zarr() {
    kill_at_steps(&Place::folder("zarr"), 1);
}

#[test]
fn in_a_folder_of_hdf5() {
    kill_at_steps(&Place::folder("hdf5"), 3);
}

#[test]
fn on_a_server() {
    kill_at_steps(&Place::objects(), 1);
}
