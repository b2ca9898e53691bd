//! A program that is killed in the middle of a save: the object is the old one or the new one, whole, and a sweep
//! removes what is left behind and nothing else.

use super::sample::{EarlyRun, Notes, Random, files, files_named, large_run_of, noted_run_of, step_of, swept, times};
use arraystow::faults::write_early_from;
use arraystow::{Storage, StorageBuilder};
use arraystow_s3_server::{BUCKET, Server};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

pub const PLACE: &str = "ARRAYSTOW_TEST_PLACE";
pub const LEASE: Duration = Duration::from_millis(600);

/// The storage of a place as the parent gives it: a folder and the format of its arrays, or a URL and options.
pub fn builder(place: &str, lease: Duration) -> StorageBuilder {
    let mut lines = place.lines();
    let root = lines.next().unwrap();
    let mut builder = Storage::builder(root).serializer(Notes);
    if root.contains("://") {
        builder = builder.lease(lease);
    }
    for option in lines {
        let (key, value) = option.split_once('=').unwrap();
        builder = match key {
            "array_format" => builder.array_format(value.parse().unwrap()),
            "durability" => builder.durability(value.parse().unwrap()),
            _ => builder.option(key, value),
        };
    }
    builder
}

/// Not a test by itself: what the killed programs do.
#[test]
fn child_saves_until_it_is_killed() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let storage = builder(&place, LEASE).open().unwrap();
    println!("ready");
    for step in first_step().. {
        let mut run = large_run_of(step);
        if step % 2 == 0 {
            run.note = noted_run_of(step).note;
        }
        if step % 3 == 0 {
            // Now and then with an array that lies there already.
            let other: super::sample::Run = storage.load("sim/other").unwrap();
            run.mask = ndarray::Array2::from_elem((30, 20), step as i64);
            until_saved(|| storage.save("sim/linked", &(step, other.field.clone())).map(drop));
        }
        // Now and then with an array that is written while the save walks.
        let early = (step % 5 < 2).then(|| write_early_from(1));
        match &early {
            Some(_) => until_saved(|| storage.save("sim/run", &EarlyRun(run.clone())).map(drop)),
            None => until_saved(|| storage.save("sim/run", &run).map(drop)),
        }
        println!("saved {step}");
    }
}

/// The first step of a child.
pub fn first_step() -> u64 {
    std::env::var("ARRAYSTOW_TEST_STEP").unwrap().parse().unwrap()
}

/// A save that was starved for so long that its lease ran out is tried again.
pub fn until_saved(save: impl Fn() -> arraystow::Result<()>) {
    while let Err(error) = save() {
        assert!(error.is_conflict(), "{error}");
    }
}

/// Runs a child, which is a test of this name, and kills it at some moment. Returns the last step that it said was
/// saved.
pub fn killed_after(child: &str, place: &str, first: u64, moment: Duration) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", child, "--nocapture", "--test-threads", "1"])
        .env(PLACE, place)
        .env("ARRAYSTOW_TEST_STEP", first.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.by_ref().any(|line| line.contains("ready")), "the child did not begin");
    std::thread::sleep(moment);
    child.kill().unwrap();
    let status = child.wait().unwrap();
    assert!(status.code().is_none(), "the child ended by itself: {status}");
    lines.filter_map(|line| line.strip_prefix("saved ")?.parse().ok()).last()
}

/// Kills many children one after another; `check` looks for what each has left.
fn kill_many(place: &str, longest_us: u64, seed: u64, check: impl Fn(&Storage) -> usize) {
    let storage = builder(place, Duration::from_secs(60)).open().unwrap();
    storage.save("sim/other", &large_run_of(7)).unwrap();
    storage.save("sim/run", &large_run_of(0)).unwrap();
    let mut random = Random(seed);
    let (mut step, mut leftovers, mut interrupted) = (0, 0, 0);
    for kill in 0..times(30, 200) {
        let moment = Duration::from_micros(random.below(longest_us));
        let reported = killed_after("crash::child_saves_until_it_is_killed", place, step + 1, moment).unwrap_or(step);
        let found = step_of(&storage, "sim/run").expect("the object is lost");
        assert!(
            found == reported || found == reported + 1,
            "kill {kill}: step {found} is there, but {reported} was saved last"
        );
        let left = check(&storage);
        leftovers += left;
        interrupted += usize::from(left > 0);
        assert_eq!(step_of(&storage, "sim/run"), Some(found));
        assert_eq!(step_of(&storage, "sim/other"), Some(7));
        step = found;
    }
    println!("{step} saves, {interrupted} kills in the middle of one, {leftovers} leftovers");
    assert!(interrupted > 0, "no kill came in the middle of a save: the test tests nothing");
}

fn killed_in_a_folder(format: &str) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("storage");
    kill_many(&format!("{}\narray_format={format}", root.display()), 40_000, 1, |storage| {
        let count = swept(storage);
        assert_eq!(files(Path::new(storage.location())), files_named(storage));
        count
    });
}

#[test]
fn killed_in_a_folder_of_hdf5() {
    killed_in_a_folder("hdf5");
}

#[test]
fn killed_in_a_folder_of_zarr() {
    killed_in_a_folder("zarr");
}

#[test]
fn killed_on_a_server() {
    let server = Server::start();
    let options: Vec<String> = server.options().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    let place = format!("s3://{BUCKET}/crash\n{}", options.join("\n"));
    kill_many(&place, 120_000, 2, |storage| {
        // Before the lease is over a sweep removes nothing: the save might be alive.
        std::thread::sleep(LEASE + Duration::from_millis(200));
        let count = swept(storage);
        let named: Vec<String> = files_named(storage).into_iter().collect();
        for key in server.keys() {
            let key = key.strip_prefix("crash/").unwrap();
            let array = key.strip_prefix("sim/bigdata/dask_arrays/").and_then(|rest| rest.split_once('/'));
            let name = match array {
                Some((array, _)) => format!("sim/bigdata/{array}"),
                None if key == "sim/bigdata/dask_arrays/zarr.json" => continue,
                None => key.to_owned(),
            };
            assert!(named.contains(&name), "{key} belongs to nothing");
        }
        count
    });
}
