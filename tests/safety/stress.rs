//! Many threads and processes on a few names: every load gives a whole object or says that there is none, and nothing
//! leaks.

use super::sample::{
    Random, Run, assert_field, files, files_named, is_about_others, large_run_of, run_of, swept, times,
};
use arraystow::{ErrorKind, Storage, StorageBuilder};
use arraystow_s3_server::{BUCKET, Server};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PLACE: &str = "ARRAYSTOW_TEST_STRESS";
const NAMES: [&str; 4] = ["a/run", "a/other", "b/c/run", "run"];

fn builder(place: &str) -> StorageBuilder {
    let mut lines = place.lines();
    let root = lines.next().unwrap();
    let mut builder = Storage::builder(root);
    // A folder has none.
    if root.contains("://") {
        builder = builder.lease(Duration::from_secs(20));
    }
    lines.fold(builder, |builder, option| {
        let (key, value) = option.split_once('=').unwrap();
        builder.option(key, value)
    })
}

/// So many steps at random on a few names.
fn work(storage: &Storage, seed: u64, rounds: usize) {
    let mut random = Random(seed);
    for round in 0..rounds {
        let name = NAMES[random.below(NAMES.len() as u64) as usize];
        let step = seed * 1000 + round as u64;
        let result = match random.below(10) {
            0..=2 => storage.save(name, &run_of(step)).map(drop),
            3 => storage.save(name, &large_run_of(step)).map(drop),
            4 => storage.remove(name),
            5 => storage.list("**").map(drop),
            6 => storage.sweep().and_then(|found| found.remove()).map(drop),
            7 => storage.load::<Run>(name).and_then(|run| storage.save(NAMES[0], &run).map(drop)),
            _ => storage.load::<Run>(name).map(|run| {
                assert_eq!(run.name, format!("run {}", run.step));
                assert!(run.mask.iter().all(|x| *x == run.step as i64));
                match run.field.compute() {
                    Ok(field) => assert_field(&field, run.step),
                    Err(error) => assert!(error.is_gone(), "{error}"),
                }
            }),
        };
        if let Err(error) = result {
            assert!(is_about_others(&error) || error.kind() == ErrorKind::InvalidName, "{error:?}");
        }
    }
}

/// Not a test by itself: what the other processes do.
#[test]
fn child_works_on_a_few_names() {
    let Ok(place) = std::env::var(PLACE) else { return };
    let seed: u64 = std::env::var("ARRAYSTOW_TEST_SEED").unwrap().parse().unwrap();
    work(&builder(&place).open().unwrap(), seed, times(40, 400));
}

fn child(place: &str, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "stress::child_works_on_a_few_names", "--nocapture", "--test-threads", "1"])
        .env(PLACE, place)
        .env("ARRAYSTOW_TEST_SEED", seed.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn all_at_once(place: &str) -> Storage {
    let children: Vec<_> = (1..=3).map(|seed| child(place, seed)).collect();
    let storage = builder(place).open().unwrap();
    std::thread::scope(|scope| {
        for seed in 4..8 {
            let storage = &storage;
            scope.spawn(move || work(storage, seed, times(40, 400)));
        }
    });
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    for name in NAMES {
        super::sample::step_of(&storage, name);
    }
    storage
}

#[test]
fn on_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let storage = all_at_once(folder.path().join("root").to_str().unwrap());
    assert_eq!(files(Path::new(storage.location())), files_named(&storage), "something leaked");
}

#[test]
fn on_a_server() {
    let server = Server::start();
    let options: Vec<String> = server.options().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    let storage = all_at_once(&format!("s3://{BUCKET}/stress\n{}", options.join("\n")));
    swept(&storage);
}
