//! Computations that are cancelled, watched, and waited for without blocking.

use arraystow::{ChunkedArray, Error, ErrorKind, Task, TaskProgress, unblock};
use futures::executor::block_on;
use futures::future::join_all;
use ndarray::{Array1, s};
use std::collections::BTreeSet;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

const CHUNKS: usize = 2000;

/// A slow array, and how many of its chunks have been begun.
fn slow() -> (ChunkedArray<f64>, Arc<AtomicUsize>) {
    let begun = Arc::new(AtomicUsize::new(0));
    let count = begun.clone();
    let array = ChunkedArray::from_fn(&[CHUNKS * 10], &[10], move |region| {
        count.fetch_add(1, SeqCst);
        thread::sleep(Duration::from_millis(2));
        Array1::<f64>::ones(region.shape()[0])
    });
    (array.unwrap(), begun)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn wait_for(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(30), "waited in vain for {what}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Chunks that can be in the making at the same time, whatever the machine.
fn under_way() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn stops_when_dropped<T>(what: &str, begun: &AtomicUsize, future: impl Future<Output = arraystow::Result<T>>) {
    let mut future = Box::pin(future);
    thread::sleep(Duration::from_millis(5));
    assert_eq!(begun.load(SeqCst), 0, "{what}: begun before it was polled");
    assert!(poll(future.as_mut()).is_pending());
    wait_for(what, || begun.load(SeqCst) >= 3);
    drop(future);
    let at_drop = begun.load(SeqCst);
    thread::sleep(Duration::from_millis(100));
    let after = begun.load(SeqCst);
    assert!(after - at_drop <= under_way(), "{what}: {} chunks were begun after the drop", after - at_drop);
}

#[test]
fn work_whose_future_is_dropped_begins_no_chunk_that_was_not_under_way() {
    let (array, begun) = slow();
    stops_when_dropped("compute", &begun, array.compute_async());
    let (array, begun) = slow();
    stops_when_dropped("sum", &begun, array.sum_async());
    let (array, begun) = slow();
    stops_when_dropped("mean", &begun, array.mean_async());
    let (array, begun) = slow();
    stops_when_dropped("min", &begun, array.min_async());
    let (array, begun) = slow();
    stops_when_dropped("max", &begun, array.max_async());
    // One chunk of an array that is computed from many.
    let (array, begun) = slow();
    let whole = array.clone();
    let outer = ChunkedArray::from_fn(&[4], &[4], move |_| whole.compute().map(|all| all.slice_move(s![..4])));
    stops_when_dropped("chunk", &begun, outer.unwrap().chunk_async(&[0]));
    let (array, begun) = slow();
    let later = array.clone();
    stops_when_dropped("unblock", &begun, unblock(move || later.chunks()?.try_for_each(|chunk| chunk.map(drop))));
}

#[test]
fn a_future_that_is_never_polled_does_nothing() {
    let (array, begun) = slow();
    drop(array.compute_async());
    thread::sleep(Duration::from_millis(20));
    assert_eq!(begun.load(SeqCst), 0);
}

#[test]
fn a_task_is_cancelled_from_another_thread() {
    type Blocking = fn(&ChunkedArray<f64>) -> arraystow::Result<()>;
    let all: [(&str, Blocking); 5] = [
        ("compute", |array| array.compute().map(drop)),
        ("sum", |array| array.sum().map(drop)),
        ("mean", |array| array.mean().map(drop)),
        ("max", |array| array.max().map(drop)),
        ("chunks", |array| array.chunks()?.try_for_each(|chunk| chunk.map(drop))),
    ];
    for (what, work) in all {
        let (array, begun) = slow();
        let task = Task::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                wait_for(what, || begun.load(SeqCst) >= 3);
                task.cancel();
            });
            let error = task.run(|| work(&array)).unwrap_err();
            assert!(error.is_cancelled(), "{what}: {error}");
            assert_eq!(error.kind(), ErrorKind::Cancelled);
        });
        assert!(begun.load(SeqCst) < CHUNKS / 2, "{what}");
        // What begins later is cancelled too, and nothing else is.
        let before = begun.load(SeqCst);
        assert!(task.run(|| work(&array)).unwrap_err().is_cancelled());
        assert_eq!(begun.load(SeqCst), before, "{what}");
        assert_eq!(array.chunk(&[0]).unwrap().sum(), 10.0);
    }
}

#[test]
fn what_a_chunk_computes_belongs_to_the_same_task() {
    let (array, begun) = slow();
    let inner = array.clone();
    let outer = ChunkedArray::from_fn(&[100], &[1], move |_| inner.sum().map(|sum| Array1::from_elem(1, sum)));
    let outer = outer.unwrap();
    let task = Task::new();
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for("a chunk of a chunk", || begun.load(SeqCst) >= 3);
            task.cancel();
        });
        assert!(task.run(|| outer.compute()).unwrap_err().is_cancelled());
    });
    assert!(begun.load(SeqCst) < CHUNKS / 2);
}

#[test]
fn of_tasks_within_each_other_each_cancels() {
    let (array, _) = slow();
    let (outer, inner) = (Task::new(), Task::new());
    outer.cancel();
    assert!(outer.run(|| inner.run(|| array.sum())).unwrap_err().is_cancelled());
    assert!(inner.run(|| outer.run(|| array.sum())).unwrap_err().is_cancelled());
    assert!(!inner.is_cancelled() && outer.is_cancelled());
    // The scope ends with `run`, by a panic too.
    let panicked = std::panic::catch_unwind(AssertUnwindSafe(|| outer.run(|| panic!("as wanted"))));
    assert!(panicked.is_err());
    assert_eq!(inner.run(|| array.chunk(&[1])).unwrap().sum(), 10.0);
}

#[test]
fn an_async_form_belongs_to_the_task_in_which_it_is_called() {
    let (array, begun) = slow();
    let task = Task::new();
    let mut future = Box::pin(task.run(|| array.sum_async()));
    assert!(poll(future.as_mut()).is_pending());
    wait_for("a chunk", || begun.load(SeqCst) >= 3);
    task.cancel();
    assert!(block_on(future).unwrap_err().is_cancelled());
    assert!(begun.load(SeqCst) < CHUNKS / 2);
    // Not to that in which it is polled.
    let small = ChunkedArray::from_ndarray(Array1::from_iter(0..10), &[2]).unwrap();
    let future = small.sum_async();
    assert_eq!(task.run(|| block_on(future)).unwrap(), 45_i64);
    // A dropped future cancels its own work only.
    let task = Task::new();
    drop(task.run(|| small.sum_async()));
    assert!(!task.is_cancelled());
}

#[test]
fn progress_grows_to_the_whole_and_is_not_reported_too_often() {
    let (array, _) = slow();
    let seen: Arc<Mutex<Vec<TaskProgress>>> = Arc::default();
    let reports = seen.clone();
    let task = Task::with_progress(move |at| reports.lock().unwrap().push(at.clone()));
    let start = Instant::now();
    // Nothing that chunks compute is counted twice.
    let doubled = {
        let array = array.clone();
        ChunkedArray::from_fn(&[CHUNKS * 10], &[CHUNKS], move |region| {
            let start = region.start()[0];
            array.slice(s![start..start + region.shape()[0]])?.compute()
        })
    };
    task.run(|| doubled.unwrap().compute()).unwrap();
    let bytes = (CHUNKS * 10 * 8) as u64;
    assert_eq!((task.progress().bytes_done, task.progress().bytes), (bytes, bytes));
    task.run(|| array.slice(s![..1000]).unwrap().sum()).unwrap();
    assert_eq!((task.progress().bytes_done, task.progress().bytes), (bytes + 8000, bytes + 8000));
    let most = start.elapsed().as_millis() / 200 + 4;
    let seen = seen.lock().unwrap();
    assert!((2..=most).contains(&(seen.len() as u128)), "{} reports, not {most}", seen.len());
    assert!(seen.is_sorted_by_key(|at| at.bytes_done) && seen.iter().all(|at| at.bytes_done <= at.bytes));
    assert_eq!(*seen.last().unwrap(), task.progress());
}

#[test]
fn a_function_that_watches_may_cancel_and_compute() {
    let (array, begun) = slow();
    let (handle, other) = (Arc::new(OnceLock::<Task>::new()), array.clone());
    let to_cancel = handle.clone();
    let task = Task::with_progress(move |at| {
        if at.bytes_done > 0 {
            to_cancel.get().unwrap().cancel();
        }
        // What the function calls is not its own work.
        assert_eq!(other.chunk(&[0]).unwrap().sum(), 10.0);
    });
    handle.set(task.clone()).unwrap();
    assert!(task.run(|| array.sum()).unwrap_err().is_cancelled());
    assert!(begun.load(SeqCst) < CHUNKS / 2);
}

#[test]
fn all_chunks_come_in_the_future_too() {
    let gate = Arc::new(Mutex::new(()));
    let closed = gate.lock().unwrap();
    let inside = gate.clone();
    let array = ChunkedArray::from_fn(&[10], &[4], move |region| {
        drop(inside.lock().unwrap());
        Array1::from_iter(region.start()[0] as i32..(region.start()[0] + region.shape()[0]) as i32)
    });
    let mut chunks = array.unwrap().chunks().unwrap();
    // A chunk whose future is dropped comes again.
    assert!(poll(Box::pin(chunks.next_async()).as_mut()).is_pending());
    drop(closed);
    let mut found = Vec::new();
    while let Some(chunk) = block_on(chunks.next_async()) {
        found.push(chunk.unwrap().1.sum());
    }
    assert_eq!(found, [6, 22, 17]);
    assert_eq!(chunks.len(), 0);
    // An error is of one chunk, and the others come.
    let broken = ChunkedArray::<f64>::from_fn(&[3], &[1], |region| match region.start()[0] {
        1 => Err(std::io::Error::other("as wanted")),
        at => Ok(Array1::from_elem(1, at as f64)),
    });
    let mut chunks = broken.unwrap().chunks().unwrap();
    let found: Vec<bool> = (0..3).map(|_| block_on(chunks.next_async()).unwrap().is_ok()).collect();
    assert_eq!(found, [true, false, true]);
    assert!(block_on(chunks.next_async()).is_none());
}

#[test]
fn what_goes_wrong_elsewhere_comes_back() {
    let error = block_on(unblock(|| -> Result<(), Error> { panic!("as wanted") })).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UserCode);
    #[derive(Debug)]
    enum Own {
        Mine,
        Theirs,
    }
    impl From<Error> for Own {
        fn from(_: Error) -> Self {
            Self::Theirs
        }
    }
    assert!(matches!(block_on(unblock(|| Err::<(), _>(Own::Mine))), Err(Own::Mine)));
    let task = Task::new();
    task.cancel();
    let ran = Arc::new(AtomicBool::new(false));
    let runs = ran.clone();
    let work = task.run(|| {
        unblock(move || {
            runs.store(true, SeqCst);
            Ok::<_, Own>(())
        })
    });
    assert!(matches!(block_on(work), Err(Own::Theirs)));
    assert!(!ran.load(SeqCst));
}

#[test]
fn hundreds_of_calls_share_a_bounded_number_of_threads() {
    let threads: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let (most, now) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let work = |number: i32| {
        let (threads, most, now) = (threads.clone(), most.clone(), now.clone());
        unblock(move || {
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            threads.lock().unwrap().insert(format!("{:?}", thread::current().id()));
            thread::sleep(Duration::from_millis(5));
            now.fetch_sub(1, SeqCst);
            Ok::<_, Error>(number)
        })
    };
    let results = block_on(join_all((0..500).map(work)));
    assert!(results.into_iter().map(Result::unwrap).eq(0..500));
    let used = threads.lock().unwrap().len();
    assert!((2..=64).contains(&used) && most.load(SeqCst) <= 64, "{used} threads, {most:?} at a time");
}

#[test]
fn work_that_waits_for_other_work_of_the_pool_gets_it() {
    let inner = ChunkedArray::from_ndarray(Array1::from_iter(0..10), &[5]).unwrap();
    let work = |_| {
        let inner = inner.clone();
        let outer = ChunkedArray::from_fn(&[2], &[1], move |_| {
            block_on(inner.sum_async()).map(|sum| Array1::from_elem(1, sum))
        });
        outer.unwrap().sum_async()
    };
    // More at a time than the pool has threads.
    let sums = block_on(join_all((0..200).map(work)));
    assert!(sums.into_iter().all(|sum| sum.unwrap() == 90_i64));
}

#[test]
fn within_a_chunk_of_many_parts_work_is_cancelled_too() {
    let slow = ChunkedArray::from_fn(&[10_000], &[1], |region| {
        thread::sleep(Duration::from_millis(10));
        ndarray::ArrayD::<f64>::ones(region.shape())
    })
    .unwrap();
    let parts: Vec<_> = (0..200).map(|at| slow.slice(s![at * 50..(at + 1) * 50]).unwrap()).collect();
    for whole in [
        slow.rechunk(arraystow::Chunking::Whole).unwrap(),
        ChunkedArray::concatenate(0, parts).unwrap().rechunk(arraystow::Chunking::Whole).unwrap(),
        slow.rechunk(&[5000]).unwrap().take(0, &(0..10_000).rev().collect::<Vec<_>>()).unwrap(),
    ] {
        let task = Task::new();
        let start = Instant::now();
        let error = thread::scope(|scope| {
            let working = scope.spawn(|| task.run(|| whole.compute()));
            thread::sleep(Duration::from_millis(100));
            task.cancel();
            working.join().unwrap().unwrap_err()
        });
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
