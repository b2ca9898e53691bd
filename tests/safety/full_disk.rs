//! A disk that is really full, and a file that may grow no further: the old object stays, the space comes back, and the
//! program lives on.

use super::sample::{files, files_named, run_of, step_of, swept};
use arraystow::{ChunkedArray, Codec, Error, ErrorKind, Receipt, Region, Session, Slot, Storage, Ticket};
use ndarray::{Array1, ArrayD};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const FOLDER: &str = "ARRAYSTOW_TEST_FULL";
const TICKET: &str = "ARRAYSTOW_TEST_TICKET";

/// As splitmix64 has it.
fn scattered(x: u64) -> u64 {
    let x = (x + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// 8 MB that no codec makes small.
fn large() -> ChunkedArray<u64> {
    ChunkedArray::from_fn(&[1 << 20], &[1 << 15], move |region| {
        let first = region.start()[0] as u64;
        Array1::from_iter((first..first + region.len() as u64).map(scattered))
    })
    .unwrap()
}

fn fill_up(root: &Path) {
    for codec in [Codec::NONE, Codec::gzip(1).unwrap(), Codec::zstd(1).unwrap()] {
        let storage = Storage::builder(root.join(format!("{codec:?}"))).codec(codec).open().unwrap();
        storage.save("sim/run", &run_of(1)).unwrap();
        let before = files(Path::new(storage.location()));
        for round in 0..3 {
            let error = storage.save("sim/run", &(round, large())).unwrap_err();
            assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some("[1]")), "{codec:?}: {error}");
            assert!(error.left_behind().is_empty(), "{error}");
            assert_eq!(files(Path::new(storage.location())), before, "{codec:?}: the space comes back");
            assert_eq!(step_of(&storage, "sim/run"), Some(1));
        }
        storage.save("sim/run", &run_of(2)).unwrap();
        assert_eq!(step_of(&storage, "sim/run"), Some(2));
        swept(&storage);
        assert_eq!(files(Path::new(storage.location())), files_named(&storage));
    }
}

/// Not a test by itself: what the programs below do.
#[test]
fn child_fills_its_disk() {
    if let Some(folder) = std::env::var_os(FOLDER) {
        fill_up(&PathBuf::from(folder));
    }
}

/// Runs a child, which is a test of this name, behind a line of shell.
fn child(shell: &str, test: &str, folder: &Path) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{shell}; exec \"$0\" \"$@\"")]);
    run_test(&mut command, test, folder);
    command
}

fn run_test(command: &mut Command, test: &str, folder: &Path) {
    let test = format!("full_disk::{test}");
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", &test, "--nocapture", "--test-threads", "1"]).env(FOLDER, folder);
}

/// What a child has said, which went well.
fn said(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn files_that_may_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    // In blocks of 1024 bytes; a signal would come first and end the program.
    said(&child("trap '' XFSZ; ulimit -f 2000", "child_fills_its_disk", folder.path()).output().unwrap());
}

/// Runs a child on a file system of 4 MiB in memory, in a namespace of its own. Where the system does not let a user
/// have one, the limit on files (above) is all that can be tried, and the test says so.
fn on_a_small_file_system(test: &str) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=4m arraystow {}", folder.path().display());
    let works = |unshare: &[&str]| {
        let tried = Command::new("unshare").args(unshare).args(["bash", "-c", &mount]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let Some(way) = ways.into_iter().find(|way| works(way)) else {
        println!("NOT TRIED: no file system can be mounted here");
        return None;
    };
    let mut command = Command::new("unshare");
    command.args(way).args(["bash", "-c", &format!("{mount} && exec \"$0\" \"$@\"")]);
    run_test(&mut command, test, folder.path());
    Some(said(&command.output().unwrap()))
}

#[test]
fn a_file_system_that_is_full() {
    on_a_small_file_system("child_fills_its_disk");
}

/// Half of it compresses well, the other half not at all.
const HALF: usize = 1 << 19;

fn half_large(region: &Region) -> ArrayD<u64> {
    let first = region.start()[0];
    ArrayD::from_shape_fn(region.shape(), |at| if first + at[0] < HALF { 0 } else { scattered((first + at[0]) as u64) })
}

fn compressed(root: &Path) -> Storage {
    Storage::builder(root).codec(Codec::zstd(1).unwrap()).open().unwrap()
}

/// The error of a worker whose disk is full says where, and nothing of what it could not write stays.
fn check_full(error: &Error, ticket: &Ticket) {
    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some("[1]")), "{error}");
    assert_eq!(error.document(), Some(ticket.document()));
    assert!(error.array().is_some() && error.location().is_some(), "{error}");
}

fn unfinished(root: &Path) -> Vec<String> {
    arraystow_tests::files(root).into_iter().filter(|file| file.ends_with(".unfinished")).collect()
}

/// Not a test by itself: a worker that may not write large files.
#[test]
fn child_writes_what_it_can() {
    let (Some(folder), Ok(ticket)) = (std::env::var_os(FOLDER), std::env::var(TICKET)) else { return };
    let ticket: Ticket = serde_json::from_str(&ticket).unwrap();
    let slot: Slot<u64> = compressed(Path::new(&folder)).slot(&ticket).unwrap();
    for region in slot.regions(2) {
        match slot.write(&region, half_large(&region).view()) {
            Ok(receipt) => println!("\nreceipt {}", serde_json::to_string(&receipt).unwrap()),
            Err(error) => {
                check_full(&error, &ticket);
                println!("\nfull {error}");
            }
        }
    }
}

/// Two workers, of which one cannot write what the other can.
#[test]
fn a_worker_whose_files_may_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    let storage = compressed(folder.path());
    storage.save("sim/run", &1).unwrap();
    let value = (7, ChunkedArray::<u64>::pending(&[2 * HALF], &[HALF]).unwrap());
    let session = storage.begin("sim/run", &value).unwrap();
    let ticket = session.ticket("[1]").unwrap();
    let text = serde_json::to_string(&ticket).unwrap();
    let mut worker = child("trap '' XFSZ; ulimit -f 2000", "child_writes_what_it_can", folder.path());
    let said = said(&worker.env(TICKET, text).output().unwrap());
    assert_eq!(said.lines().filter(|line| line.starts_with("full ")).count(), 1, "{said}");
    let receipts = said.lines().filter_map(|line| line.strip_prefix("receipt "));
    let mut receipts: Vec<Receipt> = receipts.map(|receipt| serde_json::from_str(receipt).unwrap()).collect();
    assert!(unfinished(folder.path()).is_empty());

    let missing = session.missing(&receipts).unwrap();
    assert_eq!((missing.len(), &missing[0].region), (1, &Region::new([HALF], [HALF]).unwrap()));
    let error = session.commit(receipts.clone()).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    finish(&storage, &session, &mut receipts);
}

/// Another worker writes what is missing, and the value is whole.
fn finish(storage: &Storage, session: &Session, receipts: &mut Vec<Receipt>) {
    assert_eq!(storage.load::<i32>("sim/run").unwrap(), 1, "the old value stays");
    let slot: Slot<u64> = storage.slot(&session.ticket("[1]").unwrap()).unwrap();
    for missing in session.missing(&*receipts).unwrap() {
        receipts.push(slot.write(&missing.region, half_large(&missing.region).view()).unwrap());
    }
    session.commit(receipts.clone()).unwrap();
    let (seven, array): (i32, ChunkedArray<u64>) = storage.load("sim/run").unwrap();
    let whole = Region::new([0], array.shape().to_vec()).unwrap();
    assert_eq!((seven, array.compute().unwrap()), (7, half_large(&whole)));
    assert_eq!(swept(storage), 0);
    assert_eq!(files(Path::new(storage.location())), files_named(storage));
}

/// Not a test by itself: workers on a disk on which another program's file takes all the room, until it goes.
#[test]
fn child_works_on_a_full_disk() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let storage = compressed(&folder.join("root"));
    storage.save("sim/run", &1).unwrap();
    let value = (7, ChunkedArray::<u64>::pending(&[HALF + (1 << 17)], &[1 << 15]).unwrap());
    let session = storage.begin("sim/run", &value).unwrap();
    let ticket = session.ticket("[1]").unwrap();
    let slot: Slot<u64> = storage.slot(&ticket).unwrap();
    let last = slot.grid().chunk_region(slot.grid().chunk_count() - 1).unwrap();
    let mut receipts = vec![slot.write(&last, half_large(&last).view()).unwrap()];
    let mut ballast = std::fs::File::create(folder.join("ballast")).unwrap();
    while ballast.write_all(&[0; 4096]).is_ok() {}
    drop(ballast);
    for _ in 0..2 {
        let whole = Region::new([0], slot.shape().to_vec()).unwrap();
        let error = slot.write(&whole, half_large(&whole).view()).unwrap_err();
        check_full(&error, &ticket);
        assert!(error.to_string().contains("no space is left on the disk"), "{error}");
        assert!(unfinished(&folder).is_empty());
    }
    let error = session.commit(receipts.clone()).unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    std::fs::remove_file(folder.join("ballast")).unwrap();
    finish(&storage, &session, &mut receipts);
    println!("\nfinished");
}

#[test]
fn a_worker_on_a_file_system_that_is_full() {
    let said = on_a_small_file_system("child_works_on_a_full_disk");
    assert!(said.is_none_or(|said| said.contains("finished")));
}
