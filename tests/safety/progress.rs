//! What a task counts while work is done.

use super::place::Place;
use arraystow::{ChunkedArray, Storage, Task, TaskProgress, VerifyDepth};
use futures::executor::block_on;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Returns what a task counts while it does something.
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
fn a_panic_of_the_function_is_an_error_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let task = Task::with_progress(|_| panic!("the bar is broken"));
    let array = ChunkedArray::from_ndarray(ndarray::Array1::<f64>::zeros(10_000), &[100]).unwrap();
    let error = task.run(|| storage.save("w/it", &array)).unwrap_err();
    assert_eq!(error.kind(), arraystow::ErrorKind::UserCode);
    assert!(error.to_string().contains("progress panicked: the bar is broken"), "{error}");
    assert!(!storage.contains("w/it").unwrap());
    assert_eq!(storage.sweep().unwrap().leftovers().count(), 0);
}
