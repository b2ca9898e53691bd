//! A program whose clock is wrong by hours: the age of a session is judged by the clock of the place where it lies, so
//! such a program works for a session, drives one, resumes one and sweeps as any other does. S3 refuses a request whose
//! time is wrong by more than a quarter of an hour, and the error says that it is the clock.
//!
//! The clock is set for one process: a library that is loaded before all others answers for the system.
#![cfg(target_os = "linux")]

use super::crash::{LEASE, PLACE, builder};
use super::sample::swept;
use super::session_kills::Place;
use arraystow::{ChunkedArray, ErrorKind, Receipt, Region, Slot, Storage, Ticket, VerifyDepth};
use ndarray::ArrayD;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const TICKET: &str = "ARRAYSTOW_TEST_TICKET";
const REFUSED: &str = "ARRAYSTOW_TEST_REFUSED_TICKET";
const OLD: &str = "ARRAYSTOW_TEST_OLD_SESSION";
const SECONDS: &str = "ARRAYSTOW_TEST_CLOCK_SECONDS";
const FROM: &str = "ARRAYSTOW_TEST_CLOCK_FROM";
const HOURS: i64 = 7;

/// Shifts what `CLOCK_REALTIME` says; with a file, only once that is there.
const LIBRARY: &str = r#"
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = (int)syscall(SYS_clock_gettime, clock, now);
    const char *seconds = getenv("ARRAYSTOW_TEST_CLOCK_SECONDS"), *from = getenv("ARRAYSTOW_TEST_CLOCK_FROM");
    if (result == 0 && clock == CLOCK_REALTIME && seconds && !(from && access(from, F_OK)))
        now->tv_sec += atol(seconds);
    return result;
}
"#;

fn library(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("clock.c"), folder.join("clock.so"));
    std::fs::write(&source, LIBRARY).unwrap();
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let built = Command::new(compiler).args(["-shared", "-fPIC", "-o"]).args([&library, &source]).status().unwrap();
    assert!(built.success());
    library
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64
}

fn storage_at(place: &str, lasts: Duration) -> Storage {
    builder(place, LEASE).session_lease(lasts).open().unwrap()
}

fn pending() -> ChunkedArray<i32> {
    ChunkedArray::pending(&[40], &[10]).unwrap()
}

fn block(region: &Region) -> ArrayD<i32> {
    ArrayD::from_shape_fn(region.shape(), |at| (region.start()[0] + at[0]) as i32)
}

fn write(slot: &Slot<i32>, regions: impl IntoIterator<Item = Region>) -> Vec<Receipt> {
    regions.into_iter().map(|region| slot.write(&region, block(&region).view()).unwrap()).collect()
}

/// Not a test by itself: what a program does whose clock is wrong from its beginning on.
#[test]
fn child_has_a_wrong_clock() {
    let (Ok(place), Ok(ticket), Ok(old)) = (std::env::var(PLACE), std::env::var(TICKET), std::env::var(OLD)) else {
        return;
    };
    println!("\nclock {}", now());
    let storage = storage_at(&place, Duration::from_secs(60));
    // A session whose lease expired an hour ago, and one whose lease did not expire.
    let error = storage.resume("sim/old", &old).unwrap_err();
    assert!(error.is_gone() && error.to_string().contains("its lease"), "{error}");
    let left: Vec<_> = storage.sweep().unwrap().leftovers().map(|left| left.location.clone()).collect();
    assert!(left.len() == 2 && left.iter().any(|location| location.contains(&old)), "{left:?}");
    let ticket: Ticket = serde_json::from_str(&ticket).unwrap();
    let slot: Slot<i32> = storage.slot(&ticket).unwrap();
    let receipts = write(&slot, slot.regions(2).into_iter().skip(1));
    println!("receipts {}", serde_json::to_string(&receipts).unwrap());
    println!("begun {}", storage.begin("sim/begun", &pending()).unwrap().id());
    let session = storage.resume("sim/resumed", &std::env::var("ARRAYSTOW_TEST_RESUMED").unwrap()).unwrap();
    let slot: Slot<i32> = storage.slot(&session.ticket("").unwrap()).unwrap();
    session.commit(write(&slot, slot.regions(3))).unwrap();
    println!("done");
}

fn run(child: &str, place: &str, seconds: i64, set: impl FnOnce(&mut Command)) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("session_clocks::{child}"), "--nocapture", "--test-threads", "1"])
        .env("LD_PRELOAD", library(folder.path()))
        .env(SECONDS, seconds.to_string())
        .env(PLACE, place);
    set(&mut command);
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// What a child said after this word.
fn said<'a>(text: &'a str, word: &str) -> &'a str {
    let said = text.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    said.unwrap_or_else(|| panic!("{word}: {text}"))
}

fn sums(storage: &Storage, name: &str) {
    let whole = Region::new([0], [40]).unwrap();
    assert_eq!(storage.load::<ChunkedArray<i32>>(name).unwrap().compute().unwrap(), block(&whole));
    assert!(storage.verify(name, VerifyDepth::Deep).unwrap().is_sound());
}

fn a_program_with_a_wrong_clock(place: &Place, wrong_by: i64) {
    for seconds in [wrong_by, -wrong_by] {
        let storage = storage_at(&place.text, Duration::from_secs(60));
        let old = storage.begin("sim/old", &pending()).unwrap();
        let old_slot: Slot<i32> = storage.slot(&old.ticket("").unwrap()).unwrap();
        write(&old_slot, old_slot.regions(2));
        let old = old.id().to_owned();
        place.age();
        let session = storage.begin("sim/many", &pending()).unwrap();
        let resumed = storage.begin("sim/resumed", &pending()).unwrap().id().to_owned();
        let ticket = session.ticket("").unwrap();
        let text = run("child_has_a_wrong_clock", &place.text, seconds, |command| {
            command.env(TICKET, serde_json::to_string(&ticket).unwrap()).env(OLD, &old);
            command.env("ARRAYSTOW_TEST_RESUMED", &resumed);
        });
        let shift = said(&text, "clock").parse::<i64>().unwrap() - now();
        assert!((shift - seconds).abs() < 60, "the clock was not wrong: the test tests nothing ({shift})");

        // The sessions that it has begun and written for are as any other.
        let begun = said(&text, "begun").to_owned();
        assert_eq!(swept(&storage), 2, "the old session and its array");
        let mut receipts: Vec<Receipt> = serde_json::from_str(said(&text, "receipts")).unwrap();
        let slot: Slot<i32> = storage.slot(&ticket).unwrap();
        let missing = session.missing(&receipts).unwrap();
        assert_eq!(missing.len(), 1);
        receipts.extend(write(&slot, missing.into_iter().map(|missing| missing.region)));
        session.commit(receipts).unwrap();
        sums(&storage, "sim/many");
        sums(&storage, "sim/resumed");
        let begun = storage.resume("sim/begun", &begun).unwrap();
        let id = begun.id().to_owned();
        drop(begun);
        assert_eq!(swept(&storage), 0);
        place.age();
        assert_eq!(swept(&storage), 1);
        assert!(storage.resume("sim/begun", &id).unwrap_err().is_gone());
        place.assert_nothing_left(&storage, &format!("wrong by {seconds} s"));
    }
}

#[test]
fn in_a_folder() {
    a_program_with_a_wrong_clock(&Place::folder("zarr"), HOURS * 3600);
}

#[test]
fn on_a_server() {
    // Ten leases.
    a_program_with_a_wrong_clock(&Place::objects(), 600);
}

/// Not a test by itself: a worker that the server refuses.
#[test]
fn child_is_refused() {
    let (Ok(place), Ok(ticket)) = (std::env::var(PLACE), std::env::var(REFUSED)) else { return };
    let ticket: Ticket = serde_json::from_str(&ticket).unwrap();
    let error = storage_at(&place, Duration::from_secs(60)).slot::<i32>(&ticket).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
    assert!(error.to_string().contains("the clock of this machine"), "{error}");
    println!("\nrefused by {}", error.location().unwrap());
}

#[test]
fn on_a_server_that_refuses_wrong_clocks() {
    let place = Place::objects();
    let storage = place.storage();
    let session = storage.begin("sim/many", &pending()).unwrap();
    let ticket = session.ticket("").unwrap();
    for seconds in [HOURS * 3600, -HOURS * 3600] {
        let text = run("child_is_refused", &place.text, seconds, |command| {
            command.env(REFUSED, serde_json::to_string(&ticket).unwrap());
        });
        assert!(said(&text, "refused by").ends_with("/lease"), "{text}");
    }
    let slot: Slot<i32> = storage.slot(&ticket).unwrap();
    session.commit(write(&slot, slot.regions(3))).unwrap();
    sums(&storage, "sim/many");
    place.assert_nothing_left(&storage, "");
}

/// Long enough for the calls of a test, short enough to wait for.
const SHORT: Duration = Duration::from_millis(1500);

/// Not a test by itself: the clock of a driver is set while it holds a session.
#[test]
fn child_has_its_clock_set() {
    let (Ok(place), Ok(from)) = (std::env::var(PLACE), std::env::var(FROM)) else { return };
    let storage = storage_at(&place, SHORT);
    let (before, begun) = (now(), Instant::now());
    let session = storage.begin("sim/many", &pending()).unwrap();
    std::fs::write(from, "").unwrap();
    println!("\nclock {}", now() - before);
    while begun.elapsed() < 2 * SHORT {
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(storage.sweep().unwrap().leftovers().count(), 0, "{:?}", begun.elapsed());
    }
    let slot: Slot<i32> = storage.slot(&session.ticket("").unwrap()).unwrap();
    session.commit(write(&slot, slot.regions(3))).unwrap();
}

#[test]
fn of_a_driver_that_holds_a_session() {
    std::thread::scope(|scope| {
        for seconds in [HOURS * 3600, -HOURS * 3600] {
            scope.spawn(move || {
                let (place, folder) = (Place::folder("zarr"), tempfile::tempdir().unwrap());
                let text = run("child_has_its_clock_set", &place.text, seconds, |command| {
                    command.env(FROM, folder.path().join("from"));
                });
                let shift = said(&text, "clock").parse::<i64>().unwrap();
                assert!((shift - seconds).abs() < 60, "the clock was not set: the test tests nothing ({shift})");
                sums(&place.storage(), "sim/many");
                place.assert_nothing_left(&place.storage(), "");
            });
        }
    });
}
