//! Storages in a process that was forked: a process of its own, since this one has many threads.
#![cfg(target_os = "linux")]

use super::support::{Run, run_of};
use arraystow::{ErrorKind, Storage};
use arraystow_s3_server::Server;
use futures::executor::block_on;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const ENDPOINT: &str = "ARRAYSTOW_TEST_FORK_ENDPOINT";
const FOLDER: &str = "ARRAYSTOW_TEST_FORK_FOLDER";
const NAME: &str = "s3::forks::a_forked_child_is_refused_or_served_and_never_waits";

#[test]
fn a_forked_child_is_refused_or_served_and_never_waits() {
    if let (Ok(endpoint), Some(folder)) = (std::env::var(ENDPOINT), std::env::var_os(FOLDER)) {
        return in_a_process_of_its_own(&Server::elsewhere(&endpoint), Path::new(&folder));
    }
    let server = Server::start();
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", NAME, "--nocapture"])
        .env(ENDPOINT, &server.endpoint)
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let reported = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && reported.contains("1 passed"), "{reported}");
    let files = Storage::open(folder.path().join("files")).unwrap();
    for storage in [server.storage("there"), files] {
        for (name, step) in [("before", 1), ("child", 2), ("after", 3)] {
            let run: Run = storage.load(name).unwrap();
            assert_eq!(run.field.compute().unwrap(), run_of(step).field.compute().unwrap(), "{name}");
        }
    }
}

fn in_a_process_of_its_own(server: &Server, folder: &Path) {
    let files = Storage::open(folder.join("files")).unwrap();
    let used = server.storage("there");
    let unused = server.storage("there");
    block_on(files.save_async("before", &run_of(1))).unwrap();
    used.save("before", &run_of(1)).unwrap();
    // The arrays that a handle keeps: its document has others now.
    files.save("kept", &run_of(4)).unwrap();
    let mut kept: Option<Run> = Some(files.load("kept").unwrap());
    files.save("kept", &files.load::<Run>("before").unwrap()).unwrap();
    let reported = folder.join("reported");
    // SAFETY: the child uses no other thread's locks: none of the threads of this process, which wait for requests or
    // for this one, holds any; and it ends with `_exit`.
    #[allow(unsafe_code)]
    let child = unsafe { libc::fork() };
    if child == 0 {
        let done = catch_unwind(AssertUnwindSafe(|| {
            drop(kept.take());
            in_the_child(&files, &used, &unused, server);
        }));
        let text = done.map_or_else(
            |panic| panic.downcast_ref::<String>().cloned().unwrap_or_else(|| "a panic".to_owned()),
            |()| "done".to_owned(),
        );
        std::fs::write(&reported, text).unwrap();
        // SAFETY: ends the process at once.
        #[allow(unsafe_code)]
        unsafe {
            libc::_exit(0)
        }
    }
    assert!(child > 0);
    let start = Instant::now();
    loop {
        let mut status = 0;
        // SAFETY: `status` outlives the call.
        #[allow(unsafe_code)]
        let ended = unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) };
        if ended == child {
            break;
        }
        if start.elapsed() > Duration::from_secs(60) {
            // SAFETY: a signal for the child, which was not waited for yet.
            #[allow(unsafe_code)]
            unsafe {
                libc::kill(child, libc::SIGKILL)
            };
            panic!("the child does not end: {}", std::fs::read_to_string(&reported).unwrap_or_default());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(std::fs::read_to_string(&reported).unwrap(), "done");
    assert_eq!(files.sweep().unwrap().leftovers().count(), 0);
    files.save("saved", &kept).unwrap();
    let saved: Option<Run> = files.load("saved").unwrap();
    assert_eq!(saved.unwrap().field.compute().unwrap(), run_of(4).field.compute().unwrap());
    // The parent goes on as before.
    files.save("after", &run_of(3)).unwrap();
    used.save("after", &run_of(3)).unwrap();
}

fn in_the_child(files: &Storage, used: &Storage, unused: &Storage, server: &Server) {
    let start = Instant::now();
    for error in [
        used.load::<Run>("before").unwrap_err(),
        used.save("child", &run_of(9)).unwrap_err(),
        used.list("**").map(drop).unwrap_err(),
        used.remove("before").unwrap_err(),
        used.sweep().map(drop).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
        assert!(error.to_string().contains("forked"), "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(5));
    // What was not used before, and what is opened now, works; and so do folders.
    assert_eq!(unused.load::<Run>("before").unwrap().field.compute().unwrap(), run_of(1).field.compute().unwrap());
    server.storage("there").save("child", &run_of(2)).unwrap();
    block_on(files.save_async("child", &run_of(2))).unwrap();
    assert_eq!(files.load::<Run>("before").unwrap().field.compute().unwrap(), run_of(1).field.compute().unwrap());
}
