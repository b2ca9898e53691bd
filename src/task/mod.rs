//! Tasks: work that can be cancelled and watched from outside.
//!
//! Each thread works in a scope: the tasks whose `run` it is in. The engine's loop passes the scope on to its helper
//! threads and checks it before each job. The async forms pass it on to their pool. No function needs a parameter for
//! it.

mod reports;
mod scope;

pub(crate) use scope::{Counter, Scope, check_cancelled, counted, expecting, is_cancellable, over_values, unstoppable};

use crate::error::panic_text;
use crate::lock::Mutex;
use once_cell::sync::OnceCell;
use reports::Reports;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

/// A handle on work in progress, to cancel it and to observe its progress.
///
/// Everything that is called within [`run`](Self::run) belongs to the task: saves, loads, computations, reductions,
/// copies, verifications, removals, sweeps and repairs, of any storage and array. A clone is another handle on the same
/// task.
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
/// Cancelled work starts no new chunk, array or external object, finishes the chunks in progress, and fails with
/// [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled). A save or copy removes what it wrote, and the old value stays
/// as it is. Work that must not be interrupted runs to its end: the commit of a document, and the removal of arrays
/// that are no longer part of a document. Work that is already complete returns its result.
///
/// # Async
///
/// An async form belongs to the task in which it is called, wherever its future is polled. Dropping the future cancels
/// only the work of that future, not the rest of the task.
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
    inner: Arc<TaskState>,
}

#[derive(Default)]
struct TaskState {
    cancelled: AtomicBool,
    bytes_done: AtomicU64,
    bytes: AtomicU64,
    values_done: AtomicUsize,
    values: AtomicUsize,
    /// The name of the value that a call over several values works on.
    name: Mutex<Option<String>>,
    reports: Reports,
    watcher: Option<Box<Watcher>>,
    /// The text of a panic in that function, which is then not called again.
    has_panicked: OnceCell<String>,
}

type Watcher = dyn Fn(&TaskProgress) + Send + Sync;

/// The progress of a [`Task`].
///
/// [`Storage::verify_all`](crate::Storage::verify_all) and [`Storage::repair`](crate::Storage::repair) process one
/// value after the other, and count the values as well.
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TaskProgress {
    /// The bytes of elements that have been written, read or computed so far, before compression. A verification also
    /// counts the files of external objects.
    pub bytes_done: u64,
    /// The bytes of all elements, as far as known. The number grows when another array, value or call begins.
    pub bytes: u64,
    /// The number of values that calls over several values have finished.
    pub values_done: usize,
    /// The number of all values of these calls.
    pub values: usize,
    /// The name of the value that such a call began last.
    pub name: Option<String>,
}

impl Task {
    /// Returns a task without any work.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a task with a function that is called with its progress: at most five times a second, and when a call
    /// has finished its arrays or values. The function runs on the threads that do the work, and blocks them.
    ///
    /// If tasks are nested, only the innermost one with such a function reports.
    #[must_use]
    pub fn with_progress(watcher: impl Fn(&TaskProgress) + Send + Sync + 'static) -> Self {
        Self { inner: Arc::new(TaskState { watcher: Some(Box::new(watcher)), ..TaskState::default() }) }
    }

    /// Runs a function on this thread as work of the task. Tasks can be nested: the work ends when one of them is
    /// cancelled.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        Scope::current().within(self).enter(work)
    }

    /// Cancels all work of the task, including work that begins later. It is safe to call in a signal handler.
    pub fn cancel(&self) {
        self.inner.cancelled.store(true, Ordering::Relaxed);
    }

    /// Returns whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.cancelled.load(Ordering::Relaxed)
    }

    /// Returns the progress of the work. It is counted only for tasks [with a function](Self::with_progress).
    #[must_use]
    pub fn progress(&self) -> TaskProgress {
        let TaskState { bytes_done, bytes, values_done, values, name, .. } = &*self.inner;
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
            let has_panicked = &self.inner.has_panicked;
            if has_panicked.get().is_some() {
                return;
            }
            // What the function itself calls does not belong to the task.
            let watched = catch_unwind(AssertUnwindSafe(|| unstoppable(|| watcher(&self.progress()))));
            if let Err(panic) = watched {
                let _ = has_panicked.set(panic_text(&*panic).to_owned());
            }
        }
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("cancelled", &self.is_cancelled()).finish_non_exhaustive()
    }
}
