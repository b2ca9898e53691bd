//! Work that is cancelled: nothing is lost by it, and nothing is left behind.

use super::sample::{Notes, Run, assert_sound, files, large_run_of, noted_run_of, step_of};
use arraystow::faults::{Call, Watcher, watch};
use arraystow::{ArrayFormat, ChunkedArray, ErrorKind, Result, Storage, Task, TaskProgress, VerifyDepth};
use arraystow_s3_server::Server;
use futures::executor::block_on;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// A folder with arrays of either format, or a folder on a server.
enum Place {
    Files(tempfile::TempDir, ArrayFormat),
    Objects(Server),
}

impl Place {
    fn all() -> [Self; 3] {
        let files = |format| Self::Files(tempfile::tempdir().unwrap(), format);
        [files(ArrayFormat::Hdf5), files(ArrayFormat::Zarr), Self::Objects(Server::start())]
    }

    fn storage(&self) -> Storage {
        let builder = match self {
            Self::Files(folder, format) => Storage::builder(folder.path().join("root")).array_format(*format),
            Self::Objects(server) => server.builder("root"),
        };
        builder.serializer(Notes).open().unwrap()
    }

    /// Every file or key.
    fn contents(&self) -> BTreeSet<String> {
        match self {
            Self::Files(folder, _) => files(folder.path()),
            Self::Objects(server) => server.keys().into_iter().collect(),
        }
    }
}

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

/// What a task counts while it does something.
fn counted(work: impl FnOnce()) -> TaskProgress {
    let task = Task::with_progress(|at| assert!(at.bytes_done <= at.bytes));
    task.run(work);
    task.progress()
}

#[test]
fn saves_loads_copies_and_verifications_count_the_bytes_of_their_elements() {
    #[derive(Serialize, Deserialize)]
    struct Two {
        lazy: ChunkedArray<f64>,
        plain: Array2<i32>,
    }
    const LAZY: u64 = 37 * 41 * 8;
    const PLAIN: u64 = 50 * 60 * 4;
    for (place, other) in Place::all().into_iter().zip(Place::all().into_iter().rev()) {
        let storage = place.storage();
        let lazy = ChunkedArray::from_ndarray(Array2::<f64>::zeros((37, 41)), &[8, 8]).unwrap();
        let two = Two { lazy, plain: Array2::zeros((50, 60)) };
        let all = |bytes: u64, what: &str, progress: TaskProgress| {
            assert_eq!((progress.bytes_done, progress.bytes), (bytes, bytes), "{what}");
        };
        all(LAZY + PLAIN, "save", counted(|| drop(storage.save("two", &two).unwrap())));
        all(PLAIN, "load", counted(|| drop(storage.load::<Two>("two").unwrap())));
        all(PLAIN, "load_async", counted(|| drop(block_on(storage.load_async::<Two>("two")).unwrap())));
        all(
            LAZY,
            "compute",
            counted(|| assert_eq!(storage.load::<Two>("two").unwrap().lazy.sum().unwrap(), 0.0)).less(PLAIN),
        );
        all(LAZY + PLAIN, "verify", counted(|| drop(storage.verify("two", VerifyDepth::Deep).unwrap())));
        all(LAZY + PLAIN, "verify_all", counted(|| drop(storage.verify_all(VerifyDepth::Deep).unwrap())));
        all(0, "a quick look", counted(|| drop(storage.verify("two", VerifyDepth::Quick).unwrap())));
        // Decoded and encoded, and as it is.
        all(LAZY + PLAIN, "copy", counted(|| drop(storage.copy("two", &other.storage()).unwrap())));
        let near = match &place {
            Place::Files(folder, format) => {
                Storage::builder(folder.path().join("near")).array_format(*format).open().unwrap()
            }
            Place::Objects(server) => server.storage("near"),
        };
        all(LAZY + PLAIN, "copy nearby", counted(|| drop(storage.copy("two", &near).unwrap())));
        // Linked to where it was saved.
        all(LAZY + PLAIN, "save again", counted(|| drop(storage.save("again", &two).unwrap())));
    }
}

trait Less {
    fn less(self, bytes: u64) -> Self;
}

impl Less for TaskProgress {
    fn less(mut self, bytes: u64) -> Self {
        self.bytes -= bytes;
        self.bytes_done -= bytes;
        self
    }
}

#[test]
fn every_function_has_an_async_form() {
    for (place, other) in Place::all().into_iter().zip(Place::all()) {
        let storage = place.storage();
        block_on(async {
            assert!(!storage.exists_async().await.unwrap());
            storage.create_async("w/run", &noted_run_of(1)).await.unwrap();
            assert_eq!(
                storage.create_async("w/run", &noted_run_of(1)).await.unwrap_err().kind(),
                ErrorKind::AlreadyExists
            );
            storage.save_async("w/run", &noted_run_of(2)).await.unwrap();
            assert!(storage.exists_async().await.unwrap() && storage.contains_async("w/run").await.unwrap());
            assert_eq!(storage.info_async("w/run").await.unwrap().arrays.len(), 2);
            let field = storage.array_async("w/run", "field").await.unwrap();
            assert_eq!(field.to_bytes_async().await.unwrap().len(), 30 * 20 * 8);
            assert_eq!(field.compute_async().await.unwrap().shape(), [30, 20]);
            assert_eq!(field.chunk_async(&[0, 0]).await.unwrap().shape(), [30, 20]);
            let value = storage.value_async("w/run").await.unwrap();
            assert!(format!("{value:?}").contains("run 2"));
            let (run, version) = storage.load_versioned_async::<Run>("w/run").await.unwrap();
            assert_eq!((run.step, &version), (2, &storage.version_async("w/run").await.unwrap()));
            storage.save_if_async("w/run", &noted_run_of(3), &version).await.unwrap();
            let error = storage.save_if_async("w/run", &noted_run_of(4), &version).await.unwrap_err();
            assert!(error.is_conflict());
            let change = |run: &mut Run| -> Result<u64> { Ok(std::mem::replace(run, noted_run_of(4)).step) };
            assert_eq!(storage.update_async("w/run", change).await.unwrap(), 3);
            storage.copy_async("w/run", &other.storage()).await.unwrap();
            assert_eq!(other.storage().load_async::<Run>("w/run").await.unwrap().step, 4);
            assert!(storage.verify_async("w/run", VerifyDepth::Deep).await.unwrap().is_sound());
            assert_eq!(storage.verify_all_async(VerifyDepth::Quick).await.unwrap().len(), 1);
            let swept = storage.sweep_async().await.unwrap();
            assert!(swept.remove_async().await.unwrap().is_empty());
            assert!(storage.repair_async("**").await.unwrap().faults.is_empty());
            assert_eq!(storage.list_async("w/*").await.unwrap().len(), 1);
            storage.save_async("w/a", &1).await.unwrap();
            storage.save_async("w/b", &2).await.unwrap();
            storage.remove_async("w/a").await.unwrap();
            assert_eq!(storage.remove_matching_async("*/b").await.unwrap(), ["w/b"]);
            assert_eq!(storage.remove_workflow_async("w").await.unwrap(), ["w/run"]);
        });
        assert_eq!(step_of(&storage, "w/run"), None);
    }
}
