//! Work that is cancelled: nothing is lost by it, and nothing is left behind.

use super::place::Place;
use super::sample::{Run, assert_sound, files, large_run_of, noted_run_of, step_of};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ChunkedArray, ErrorKind, Result, Storage, Task, VerifyDepth};
use arraystow_s3_server::Server;
use futures::executor::block_on;
use ndarray::{Array1, Array2};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// A run that cancels the task when this chunk of it is made.
fn run_that_cancels(step: u64, task: &Task, at: usize) -> Run {
    let (task, made) = (task.clone(), AtomicUsize::new(0));
    let field = ChunkedArray::from_fn(&[30, 20], &[4, 5], move |region| {
        if made.fetch_add(1, SeqCst) == at {
            task.cancel();
        }
        Array2::<f64>::zeros((region.shape()[0], region.shape()[1]))
    });
    Run { field: field.unwrap(), ..noted_run_of(step) }
}

fn add_step(run: &mut Run) -> Result<()> {
    run.step += 1;
    Ok(())
}

#[test]
fn a_cancelled_save_takes_back_what_it_wrote() {
    for place in Place::all() {
        let storage = place.storage();
        storage.save("w/run", &noted_run_of(1)).unwrap();
        let before = place.contents();
        // 32 chunks; after the last one the document is still to come.
        for at in [0, 1, 5, 17, 30, 31] {
            let task = Task::new();
            let run = run_that_cancels(2, &task, at);
            let error = task.run(|| storage.save("w/run", &run)).unwrap_err();
            assert!(error.is_cancelled(), "{at}: {error}");
            assert!(error.left_behind().is_empty(), "{error}");
            assert_eq!(place.contents(), before, "cancelled at chunk {at}");
            assert_eq!(step_of(&storage, "w/run"), Some(1));
            // One that replaces nothing, and the async forms.
            let task = Task::new();
            let run = run_that_cancels(2, &task, at);
            assert!(task.run(|| storage.create("w/new", &run)).unwrap_err().is_cancelled());
            let task = Task::new();
            let run = run_that_cancels(2, &task, at);
            assert!(block_on(task.run(|| storage.save_async("w/run", &run))).unwrap_err().is_cancelled());
            assert_eq!(place.contents(), before, "cancelled at chunk {at}");
        }
        // Nothing that was cancelled stands in the way.
        storage.save("w/run", &noted_run_of(3)).unwrap();
        assert_eq!(step_of(&storage, "w/run"), Some(3));
    }
}

#[test]
fn a_save_whose_future_is_dropped_takes_back_what_it_wrote() {
    for place in Place::all() {
        let storage = place.storage();
        storage.save("run", &noted_run_of(1)).unwrap();
        let before = place.contents();
        let made = Arc::new(AtomicUsize::new(0));
        let count = made.clone();
        let slow = ChunkedArray::from_fn(&[2000], &[10], move |region| {
            count.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(2));
            Array1::<f64>::zeros(region.shape()[0])
        });
        let slow = slow.unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let save = storage.save_async("run", &slow);
            assert!(tokio::time::timeout(Duration::from_millis(60), save).await.is_err(), "the save was too fast");
        });
        let start = Instant::now();
        while place.contents() != before {
            assert!(start.elapsed() < Duration::from_secs(30), "{:?}", place.contents());
            thread::sleep(Duration::from_millis(5));
        }
        assert!(made.load(SeqCst) < 200, "all chunks were made");
        assert_eq!(step_of(&storage, "run"), Some(1));
    }
}

/// Cancels a task at a call.
struct Cancels {
    task: Task,
    at: fn(&Call<'_>) -> bool,
}

impl Watcher for Cancels {
    fn before(&self, call: &Call<'_>) -> std::io::Result<()> {
        if (self.at)(call) {
            self.task.cancel();
        }
        Ok(())
    }
}

#[test]
fn a_commit_once_begun_completes() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("root")).unwrap();
    storage.save("w/run", &large_run_of(1)).unwrap();
    let before = files(folder.path()).len();
    let task = Task::new();
    let at = |call: &Call<'_>| matches!(call, Call::Rename { to, .. } if to.ends_with("w/run"));
    let watching = watch(Path::new(storage.location()), Arc::new(Cancels { task: task.clone(), at }));
    task.run(|| storage.save("w/run", &large_run_of(2))).unwrap();
    drop(watching);
    assert!(task.is_cancelled());
    // With all that belongs to it: the arrays of the old object are gone.
    assert_eq!(step_of(&storage, "w/run"), Some(2));
    assert_eq!(files(folder.path()).len(), before);

    let server = Server::start();
    let storage = server.storage("");
    storage.save("w/run", &large_run_of(1)).unwrap();
    let before = server.keys().len();
    server.hold("w/run");
    let task = Task::new();
    thread::scope(|scope| {
        let saving = scope.spawn(|| task.run(|| storage.save("w/run", &large_run_of(2))));
        server.wait_for_held();
        task.cancel();
        server.release();
        saving.join().unwrap().unwrap();
    });
    assert_eq!(step_of(&storage, "w/run"), Some(2));
    assert_eq!(server.keys().len(), before);
}

#[test]
fn removals_stop_between_documents_and_never_within() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path().join("root")).unwrap();
    let array = ChunkedArray::from_ndarray(Array1::<f64>::zeros(10), &[5]).unwrap();
    // More than are removed together.
    for number in 0..300 {
        storage.save(&format!("w/{number:03}"), &array).unwrap();
    }
    let task = Task::new();
    let at = |call: &Call<'_>| matches!(call, Call::RemoveFile(path) if path.ends_with("w/100"));
    let watching = watch(Path::new(storage.location()), Arc::new(Cancels { task: task.clone(), at }));
    assert!(task.run(|| storage.remove_matching("w/*")).unwrap_err().is_cancelled());
    drop(watching);
    // Of what is gone, all is gone; of what is there, all is there.
    let left = storage.list("**").unwrap().len();
    assert_eq!(left, 300 - 256);
    assert_eq!(files(folder.path()).len(), 2 * left);
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
    assert!(storage.verify_all(VerifyDepth::Deep).unwrap().iter().all(arraystow::Verification::is_sound));
    // A cancelled task removes nothing.
    assert!(task.run(|| storage.remove("w/299")).unwrap_err().is_cancelled());
    assert!(task.run(|| storage.remove_workflow("w")).unwrap_err().is_cancelled());
    assert_eq!(storage.list("**").unwrap().len(), left);
}

/// A task that is cancelled at its first report.
fn cancelled_at_first_report() -> Task {
    let handle = Arc::new(OnceLock::<Task>::new());
    let own = handle.clone();
    let task = Task::with_progress(move |_| own.get().unwrap().cancel());
    handle.set(task.clone()).unwrap();
    task
}

#[test]
fn a_cancelled_copy_leaves_nothing() {
    for from in Place::all() {
        for to in Place::all() {
            let (here, there) = (from.storage(), to.storage());
            // Large enough for a report before the last chunk: arrays of one storage are linked.
            let arrays: Vec<_> = (1..20).map(large_run_of).collect();
            here.save("w/runs", &arrays).unwrap();
            there.save("w/runs", &noted_run_of(1)).unwrap();
            let before = to.contents();
            let task = cancelled_at_first_report();
            let error = task.run(|| here.copy("w/runs", &there)).unwrap_err();
            assert!(error.is_cancelled(), "{error}");
            assert_eq!(to.contents(), before);
            assert_eq!(step_of(&there, "w/runs"), Some(1));
            here.copy("w/runs", &there).unwrap();
            assert_sound(&there, "w/runs");
        }
    }
}

#[test]
fn what_only_reads_ends_with_an_error_and_no_fault() {
    for place in Place::all() {
        let storage = place.storage();
        for step in 1..4 {
            storage.save(&format!("w/{step}"), &large_run_of(step)).unwrap();
        }
        // More than are read at a time.
        storage.save("w/plain", &vec![Array2::<i32>::zeros((50, 60)); 200]).unwrap();
        let before = place.contents();
        let task = cancelled_at_first_report();
        let loaded = task.run(|| storage.load::<Vec<Array2<i32>>>("w/plain"));
        assert!(loaded.unwrap_err().is_cancelled());
        let task = cancelled_at_first_report();
        assert!(task.run(|| storage.verify("w/1", VerifyDepth::Deep)).unwrap_err().is_cancelled());
        let task = cancelled_at_first_report();
        let found = task.run(|| storage.verify_all(VerifyDepth::Deep));
        assert!(found.unwrap_err().is_cancelled());
        // All begin with a look.
        type Work = fn(&Storage) -> Result<()>;
        let all: [(&str, Work); 10] = [
            ("save", |storage| storage.save("w/new", &42).map(drop)),
            ("load", |storage| storage.load::<Run>("w/1").map(drop)),
            ("load_versioned", |storage| storage.load_versioned::<Run>("w/1").map(drop)),
            ("update", |storage| storage.update("w/1", add_step)),
            ("list", |storage| storage.list("**").map(drop)),
            ("verify", |storage| storage.verify("w/1", VerifyDepth::Quick).map(drop)),
            ("verify_all", |storage| storage.verify_all(VerifyDepth::Quick).map(drop)),
            ("sweep", |storage| storage.sweep().map(drop)),
            ("repair", |storage| storage.repair("**").map(drop)),
            ("remove", |storage| storage.remove("w/1")),
        ];
        for (what, work) in all {
            let error = task.run(|| work(&storage)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Cancelled, "{what}: {error}");
        }
        assert_eq!(place.contents(), before);
    }
}

#[test]
fn an_update_that_is_cancelled_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("run", &noted_run_of(1)).map_err(drop).unwrap_err();
    storage.save("run", &large_run_of(1)).unwrap();
    let (task, tries) = (Task::new(), AtomicUsize::new(0));
    let changed = task.run(|| {
        storage.update("run", |run: &mut Run| -> Result<()> {
            tries.fetch_add(1, SeqCst);
            *run = run_that_cancels(2, &task, 3);
            run.note = None;
            Ok(())
        })
    });
    assert!(changed.unwrap_err().is_cancelled());
    assert_eq!(tries.load(SeqCst), 1);
    assert_eq!(step_of(&storage, "run"), Some(1));
}

#[test]
fn a_request_that_is_not_answered_is_given_up() {
    let server = Server::start();
    let storage = server.storage("");
    storage.save("run", &large_run_of(1)).unwrap();
    let run: Run = storage.load("run").unwrap();
    server.set_latency(Duration::from_secs(20));
    let start = Instant::now();
    let task = Task::new();
    thread::scope(|scope| {
        let results = [
            scope.spawn(|| task.run(|| storage.load::<Run>("run").map(drop))),
            scope.spawn(|| task.run(|| run.field.compute().map(drop))),
            scope.spawn(|| task.run(|| storage.list("**").map(drop))),
            scope.spawn(|| task.run(|| storage.verify_all(VerifyDepth::Deep).map(drop))),
        ];
        thread::sleep(Duration::from_millis(100));
        task.cancel();
        for result in results {
            assert!(result.join().unwrap().unwrap_err().is_cancelled());
        }
    });
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_wait_for_the_lock_of_a_workflow_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let array = || Array1::<f64>::zeros(5000);
    storage.save("w/first", &array()).unwrap();
    // As a process that was stopped in the middle of a removal.
    let lock = std::fs::File::options().append(true).open(folder.path().join("w/bigdata/.lock")).unwrap();
    lock.lock().unwrap();
    let task = Task::new();
    let saving = thread::spawn({
        let (storage, task) = (storage.clone(), task.clone());
        move || task.run(|| storage.save("w/second", &array()))
    });
    thread::sleep(Duration::from_millis(100));
    assert!(!saving.is_finished());
    task.cancel();
    assert_eq!(saving.join().unwrap().unwrap_err().kind(), ErrorKind::Cancelled);
    drop(lock);
    storage.save("w/second", &array()).unwrap();
}
