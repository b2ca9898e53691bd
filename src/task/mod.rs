//! Tasks: work that can be cancelled and watched from outside.
//!
//! A thread works in a scope: the tasks whose `run` it is in. The engine's loop takes the scope along to its helpers and looks
//! at it before each job, and to the pool of the async forms. No function needs a parameter for it.

mod reports;
mod scope;

pub(crate) use scope::{Counter, Scope, check_cancelled, counted, expecting, over_values, unstoppable};

use crate::lock::Mutex;
use reports::Reports;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// A handle on work in progress, to cancel it and to watch how far it has come.
///
/// Everything that is called within [`run`](Self::run) belongs to the task: saves, loads, computations, reductions, copies,
/// verifications, removals, sweeps and repairs, of any storage and array. A clone is another handle on the same task.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{ChunkedArray, Task};
///
/// let array = ChunkedArray::from_fn(&[1000, 1000], &[100, 100], |region| {
///     ndarray::ArrayD::<f64>::zeros(region.shape())
/// })?;
/// let task = Task::with_progress(|at| println!("{} of {} bytes", at.bytes_done, at.bytes));
///
/// // In a handler of Ctrl-C, or in another thread: `handle.cancel()`.
/// let handle = task.clone();
///
/// task.run(|| storage.save("zeros", &array))?;
/// assert_eq!(task.progress().bytes_done, 8_000_000);
///
/// handle.cancel();
/// let error = task.run(|| array.sum()).unwrap_err();
/// assert!(error.is_cancelled());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Cancellation
///
/// Work that is cancelled begins no new chunk, array or object; chunks that are being made are finished. It then fails with
/// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled). A save or copy takes back what it wrote, and the old object stays as it is. What must not stop
/// half-way goes on to its end: the commit of a document, and the removal of arrays that no document names any more. Work
/// that was done when it was cancelled returns its result.
///
/// # Async
///
/// An async form belongs to the task in which it is called, wherever its future is polled. Dropping the future cancels its
/// work as well, and nothing else of the task.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::Task;
///
/// let task = Task::new();
/// let saving = task.run(|| storage.save_async("answer", &42));
/// task.cancel();
/// assert!(futures::executor::block_on(saving).unwrap_err().is_cancelled());
/// assert!(!storage.contains("answer")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Task {
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    cancelled: AtomicBool,
    bytes_done: AtomicU64,
    bytes: AtomicU64,
    values_done: AtomicUsize,
    values: AtomicUsize,
    /// Of the value that a call over several works on.
    name: Mutex<Option<String>>,
    reports: Reports,
    watcher: Option<Box<Watcher>>,
}

type Watcher = dyn Fn(&TaskProgress) + Send + Sync;

/// How far the work of a [`Task`] has come.
///
/// [`Storage::verify_all`](crate::Storage::verify_all) and [`Storage::repair`](crate::Storage::repair) work on one value
/// after the other. They count the values as well.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{Task, VerifyDepth};
///
/// storage.save("zeros", &ndarray::Array1::<f64>::zeros(10_000))?;
/// let task = Task::with_progress(|at| {
///     println!("{} of {} values, {} of {} bytes: {:?}", at.values_done, at.values, at.bytes_done, at.bytes, at.name);
/// });
/// task.run(|| storage.verify_all(VerifyDepth::Deep))?;
/// assert_eq!((task.progress().values_done, task.progress().bytes_done), (1, 80_000));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// With serde it is a map of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TaskProgress {
    /// Bytes of the elements that have been written, read or computed, before compression; in a verification, of the files
    /// of external objects too.
    pub bytes_done: u64,
    /// Bytes of all elements as far as they are known. It grows when another array, value or call begins.
    pub bytes: u64,
    /// Values that calls over several values are done with.
    pub values_done: usize,
    /// All values of these calls.
    pub values: usize,
    /// The name of the value that such a call has begun last.
    pub name: Option<String>,
}

impl Task {
    /// A task that nothing belongs to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with a function that is called with its progress: five times a second at most, and when a call is
    /// done with its arrays or values. The function runs on the threads that do the work, which wait for it.
    ///
    /// Of tasks that run within each other, the innermost that has such a function counts.
    #[must_use]
    pub fn with_progress(watcher: impl Fn(&TaskProgress) + Send + Sync + 'static) -> Self {
        Self { inner: Arc::new(Inner { watcher: Some(Box::new(watcher)), ..Inner::default() }) }
    }

    /// Runs a function whose work belongs to the task, on this thread. Tasks may run within each other: the work ends when
    /// one of them is cancelled.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        Scope::current().within(self).enter(work)
    }

    /// Cancels all work of the task, what begins later included. A handler of a signal may call it.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::Relaxed)
    }

    /// How far the work has come. Counted for tasks [with a function](Self::with_progress) only.
    #[must_use]
    pub fn progress(&self) -> TaskProgress {
        let Inner { bytes_done, bytes, values_done, values, name, .. } = &*self.inner;
        TaskProgress {
            bytes_done: bytes_done.load(Ordering::Relaxed),
            bytes: bytes.load(Ordering::Relaxed),
            values_done: values_done.load(Ordering::Relaxed),
            values: values.load(Ordering::Relaxed),
            name: name.lock().clone(),
        }
    }

    fn watch(&self) {
        if let Some(watcher) = &self.inner.watcher {
            // What the function itself calls does not belong to the task.
            unstoppable(|| watcher(&self.progress()));
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}
