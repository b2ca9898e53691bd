//! The tasks that the work of a thread belongs to, and what the work counts.

use super::Task;
use crate::error::{Error, ErrorKind, Result};
use std::cell::RefCell;
use std::iter::successors;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The tasks that the work of a thread belongs to.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    tasks: Option<Arc<Frame>>,
    /// The innermost task that is watched.
    watched: Option<Task>,
    counting: Counting,
    /// Whether the work is part of a call over several values, which reports its own end.
    over_values: bool,
    /// Whether the work runs on the pool. It must not wait for other threads of the pool.
    pub(crate) in_pool: bool,
}

struct Frame {
    task: Task,
    outer: Option<Arc<Frame>>,
}

/// What a loop counts.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Counting {
    /// The total bytes and the bytes done.
    #[default]
    All,
    /// The bytes done: the total was counted before.
    Done,
    /// Nothing: the loop is part of another loop that counts.
    Nothing,
}

thread_local! {
    static SCOPE: RefCell<Scope> = const {
        RefCell::new(Scope { tasks: None, watched: None, counting: Counting::All, over_values: false, in_pool: false })
    };
}

impl Scope {
    /// Returns the scope of this thread. A thread that is ending has an empty one.
    pub(crate) fn current() -> Self {
        SCOPE.try_with(|scope| scope.borrow().clone()).unwrap_or_default()
    }

    /// The scope of work on the pool that belongs to no task.
    pub(crate) fn of_pool() -> Self {
        Self { in_pool: true, ..Self::default() }
    }

    /// Runs `work` in this scope.
    pub(crate) fn enter<R>(self, work: impl FnOnce() -> R) -> R {
        let _before = Restore(replace(self));
        work()
    }

    /// Returns this scope with a task added as the innermost.
    pub(crate) fn within(self, task: &Task) -> Self {
        let tasks = Some(Arc::new(Frame { task: task.clone(), outer: self.tasks.clone() }));
        match task.inner.watcher {
            Some(_) => Self { tasks, watched: Some(task.clone()), in_pool: self.in_pool, ..Self::default() },
            None => Self { tasks, ..self },
        }
    }

    /// Reports the end of a loop or a call.
    fn report_end(over_values: bool, task: &Task) {
        match over_values {
            true => task.inner.reports.seldom(|| task.watch()),
            false => task.inner.reports.now(|| task.watch()),
        }
    }

    /// Fails if one of the tasks was cancelled.
    pub(crate) fn check(&self) -> Result<()> {
        let mut frames = successors(self.tasks.as_deref(), |frame| frame.outer.as_deref());
        if frames.any(|frame| frame.task.is_cancelled()) {
            return Err(Error::new(ErrorKind::Cancelled, "the work was cancelled"));
        }
        match self.watched.as_ref().and_then(|task| task.inner.has_panicked.get()) {
            Some(text) => {
                Err(Error::new(ErrorKind::UserCode, format!("the function that reports progress panicked: {text}")))
            }
            None => Ok(()),
        }
    }
}

fn replace(scope: Scope) -> Scope {
    SCOPE.try_with(|current| current.replace(scope)).unwrap_or_default()
}

/// Restores a scope when dropped.
struct Restore(Scope);

impl Drop for Restore {
    fn drop(&mut self) {
        replace(std::mem::take(&mut self.0));
    }
}

/// Fails if the work of this thread was cancelled.
pub(crate) fn check_cancelled() -> Result<()> {
    SCOPE.try_with(|scope| scope.borrow().check()).unwrap_or(Ok(()))
}

/// Whether the work of this thread can be cancelled at all.
pub(crate) fn is_cancellable() -> bool {
    SCOPE.try_with(|scope| scope.borrow().tasks.is_some()).unwrap_or(false)
}

/// Runs work that no cancellation stops: a commit, or cleaning up.
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

/// Runs a loop over elements of `bytes` bytes, which counts the bytes done. Loops within it do not count.
pub(crate) fn counted<R>(bytes: usize, work: impl FnOnce(&Counter) -> R) -> R {
    let scope = Scope::current();
    let task = scope.watched.clone().filter(|_| scope.counting != Counting::Nothing);
    let Some(task) = task else { return work(&Counter(None)) };
    let is_outermost = scope.counting == Counting::All;
    if is_outermost {
        task.inner.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
    }
    let counter = Counter(Some(task.clone()));
    let over_values = scope.over_values;
    let result = Scope { counting: Counting::Nothing, ..scope }.enter(|| work(&counter));
    if is_outermost {
        Scope::report_end(over_values, &task);
    }
    result
}

/// Runs work whose loops process `bytes` bytes in total.
pub(crate) fn expecting<R>(bytes: u64, work: impl FnOnce() -> R) -> R {
    let scope = Scope::current();
    let task = scope.watched.clone().filter(|_| scope.counting == Counting::All);
    let Some(task) = task else { return work() };
    task.inner.bytes.fetch_add(bytes, Ordering::Relaxed);
    let over_values = scope.over_values;
    let result = Scope { counting: Counting::Done, ..scope }.enter(work);
    Scope::report_end(over_values, &task);
    result
}

/// Counts the values of a call over several values.
pub(crate) struct Values(Option<Task>);

impl Values {
    pub(crate) fn begin(&self, name: &str) {
        if let Some(task) = &self.0 {
            *task.inner.name.lock() = Some(name.to_owned());
            task.inner.reports.seldom(|| task.watch());
        }
    }

    pub(crate) fn done(&self) {
        if let Some(task) = &self.0 {
            task.inner.values_done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Runs work on `count` values, one after the other. The end of the last one is reported.
pub(crate) fn over_values<R>(count: usize, work: impl FnOnce(&Values) -> R) -> R {
    let scope = Scope::current();
    let task = scope.watched.clone().filter(|_| scope.counting != Counting::Nothing && !scope.over_values);
    let Some(task) = task else { return work(&Values(None)) };
    task.inner.values.fetch_add(count, Ordering::Relaxed);
    let values = Values(Some(task.clone()));
    let result = Scope { over_values: true, ..scope }.enter(|| work(&values));
    task.inner.reports.now(|| task.watch());
    result
}
