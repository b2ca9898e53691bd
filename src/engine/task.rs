//! Tasks: work that can be cancelled and watched from outside.
//!
//! A thread works in a scope: the tasks whose `run` it is in. `workers::run` takes the scope along to its helpers and looks at
//! it before each job; `offload` takes it to the pool. No function needs a parameter for it.

use super::reports::Reports;
use crate::error::{Error, ErrorKind, Result};
use std::cell::RefCell;
use std::fmt;
use std::iter::successors;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

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
/// [`ErrorKind::Cancelled`]. A save or copy takes back what it wrote, and the old object stays as it is. What must not stop
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
    reports: Reports,
    watcher: Option<Box<Watcher>>,
}

type Watcher = dyn Fn(&TaskProgress) + Send + Sync;

/// How far the work of a [`Task`] has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TaskProgress {
    /// Bytes of the elements that have been written, read or computed, before compression.
    pub bytes_done: u64,
    /// Bytes of all elements as far as they are known. It grows when another array, or another call, begins.
    pub bytes: u64,
}

impl Task {
    /// A task that nothing belongs to yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, with a function that is called with its progress: five times a second at most, and when the arrays of a
    /// call are done. The function runs on the threads that do the work, which wait for it.
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

    /// Cancels all work of the task, what begins later included.
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
        let Inner { bytes_done, bytes, .. } = &*self.inner;
        TaskProgress { bytes_done: bytes_done.load(Ordering::Relaxed), bytes: bytes.load(Ordering::Relaxed) }
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

/// What the work of a thread belongs to.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    tasks: Option<Arc<Frame>>,
    /// The innermost task that is watched.
    watched: Option<Task>,
    counting: Counting,
    /// Whether this is work of the pool, which must not wait for more of its threads.
    pub(super) in_pool: bool,
}

struct Frame {
    task: Task,
    outer: Option<Arc<Frame>>,
}

/// What a loop counts.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Counting {
    /// What is to be done, and what is done.
    #[default]
    All,
    /// What is done: what is to be done was counted before.
    Done,
    /// Nothing: the loop is part of another that counts.
    Nothing,
}

thread_local! {
    static SCOPE: RefCell<Scope> = const {
        RefCell::new(Scope { tasks: None, watched: None, counting: Counting::All, in_pool: false })
    };
}

impl Scope {
    /// That of this thread. A thread that is ending has none any more.
    pub(crate) fn current() -> Self {
        SCOPE.try_with(|scope| scope.borrow().clone()).unwrap_or_default()
    }

    /// Does something in this scope.
    pub(crate) fn enter<R>(self, work: impl FnOnce() -> R) -> R {
        let _before = Restore(replace(self));
        work()
    }

    /// This scope within a task.
    pub(super) fn within(self, task: &Task) -> Self {
        let (watched, counting) = match task.inner.watcher {
            Some(_) => (Some(task.clone()), Counting::All),
            None => (self.watched, self.counting),
        };
        let tasks = Some(Arc::new(Frame { task: task.clone(), outer: self.tasks }));
        Self { tasks, watched, counting, in_pool: self.in_pool }
    }

    /// An error if one of the tasks was cancelled.
    pub(super) fn check(&self) -> Result<()> {
        let mut frames = successors(self.tasks.as_deref(), |frame| frame.outer.as_deref());
        match frames.any(|frame| frame.task.is_cancelled()) {
            true => Err(Error::new(ErrorKind::Cancelled, "the work was cancelled")),
            false => Ok(()),
        }
    }
}

fn replace(scope: Scope) -> Scope {
    SCOPE.try_with(|current| current.replace(scope)).unwrap_or_default()
}

/// Puts a scope back.
struct Restore(Scope);

impl Drop for Restore {
    fn drop(&mut self) {
        replace(std::mem::take(&mut self.0));
    }
}

/// An error if the work of this thread was cancelled.
pub(crate) fn check_cancelled() -> Result<()> {
    SCOPE.try_with(|scope| scope.borrow().check()).unwrap_or(Ok(()))
}

/// Does something that goes on to its end, whatever is cancelled: a commit, or cleaning up.
pub(crate) fn unstoppable<R>(work: impl FnOnce() -> R) -> R {
    let in_pool = Scope::current().in_pool;
    Scope { in_pool, ..Scope::default() }.enter(work)
}

/// Counts what a loop has done.
pub(crate) struct Counter(Option<Task>);

impl Counter {
    pub(crate) fn add(&self, bytes: usize) {
        if let Some(task) = &self.0 {
            task.inner.bytes_done.fetch_add(bytes as u64, Ordering::Relaxed);
            task.inner.reports.seldom(|| task.watch());
        }
    }
}

/// Runs a loop over so many bytes of elements, which counts what it has done. Loops within it do not count.
pub(crate) fn counted<R>(bytes: usize, work: impl FnOnce(&Counter) -> R) -> R {
    let scope = Scope::current();
    let task = scope.watched.clone().filter(|_| scope.counting != Counting::Nothing);
    let Some(task) = task else { return work(&Counter(None)) };
    let is_outermost = scope.counting == Counting::All;
    if is_outermost {
        task.inner.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
    let counter = Counter(Some(task.clone()));
    let result = Scope { counting: Counting::Nothing, ..scope }.enter(|| work(&counter));
    if is_outermost {
        task.inner.reports.now(|| task.watch());
    }
    result
}

/// Does something whose loops have so many bytes to do in all.
pub(crate) fn expecting<R>(bytes: u64, work: impl FnOnce() -> R) -> R {
    let scope = Scope::current();
    let task = scope.watched.clone().filter(|_| scope.counting == Counting::All);
    let Some(task) = task else { return work() };
    task.inner.bytes.fetch_add(bytes, Ordering::Relaxed);
    let result = Scope { counting: Counting::Done, ..scope }.enter(work);
    task.inner.reports.now(|| task.watch());
    result
}
