//! The loop that runs jobs on all processors.
//!
//! The caller works too, with as many helper threads as there are processors without work of this crate. If every
//! thread of the user's pool saves something, the saves run without helpers and do not overload the processors. No
//! thread waits for a thread that may be waiting for it, and no thread starts other work while it waits. So a chunk
//! function that computes another array, or a save inside a save, cannot deadlock.

use crate::array::{ErasedArray, Evaluation};
use crate::error::{Error, ErrorKind, Result, panic_text};
use crate::lock::{Condvar, Mutex};
use crate::task::{Scope, check_cancelled};
use crate::trace::CarriedSpan;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

/// The memory that the jobs of one run may use together. A larger job runs alone.
const BYTES_IN_FLIGHT: usize = 192 << 20;

/// The stack of a helper. Nested expressions recurse, and must not depend on how small the stacks of the caller's
/// threads are.
pub(super) const HELPER_STACK_BYTES: usize = 8 << 20;

static PROCESSORS: LazyLock<usize> = LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));
static HELPERS: AtomicUsize = AtomicUsize::new(0);
/// Helpers that mostly wait for answers. There may be many for each processor.
static WAITERS: AtomicUsize = AtomicUsize::new(0);

/// A unit of work, and the memory that it uses.
pub(crate) struct Job<W> {
    pub(crate) work: W,
    pub(crate) bytes: usize,
}

/// Prepares a run over arrays that runs parts of a chunk's work by [`run`] too.
pub(super) fn evaluation<'a>(arrays: impl IntoIterator<Item = &'a dyn ErasedArray>) -> Evaluation {
    Evaluation::of(arrays, |concurrency, bytes, count, work| {
        run(concurrency, (0..count).map(|work| Job { work, bytes }), work)
    })
}

/// Runs `work` on every job, in parallel, in the order of the iterator. After the first error no new job is begun; that
/// error is returned. So it is when the work is cancelled. A panic in a job is an error of kind `UserCode`.
/// `concurrency` is how many jobs are best under way: no more than there are processors, unless jobs wait for answers
/// from far away.
pub(crate) fn run<W, I, F>(concurrency: usize, jobs: I, work: F) -> Result<()>
where
    I: Iterator<Item = Job<W>> + Send,
    W: Send,
    F: Fn(W) -> Result<()> + Sync,
{
    let mut jobs = jobs;
    let Some(first) = jobs.next() else {
        return Ok(());
    };
    let Some(second) = jobs.next() else {
        return unless_cancelled(&work, first.work);
    };
    // More helpers than jobs would have nothing to do.
    let most_helpers = jobs.size_hint().1.map_or(usize::MAX, |left| left.saturating_add(1));
    let most_helpers = most_helpers.min(concurrency.max(*PROCESSORS) - 1);
    let queue = Queue {
        jobs: Mutex::new([first, second].into_iter().chain(jobs)),
        in_flight: Mutex::new(0),
        freed: Condvar::new(),
        failed: AtomicBool::new(false),
        error: Mutex::new(None),
    };
    let (tasks, span) = (Scope::current(), CarriedSpan::current());
    thread::scope(|scope| {
        // Each helper needs a permit; the caller does not.
        let mut helpers = Vec::new();
        while helpers.len() < most_helpers
            && let Some(permit) = Permit::take(concurrency)
        {
            let queue = &queue;
            let (work, tasks, span) = (&work, tasks.clone(), span.clone());
            let helper = move || {
                let _permit = permit;
                span.enter(|| tasks.enter(|| queue.drain(work)));
            };
            let builder = thread::Builder::new().name("arraystow".into()).stack_size(HELPER_STACK_BYTES);
            match builder.spawn_scoped(scope, helper) {
                Ok(handle) => helpers.push(handle),
                Err(_) => break,
            }
        }
        queue.drain(&work);
    });
    match queue.error.lock().take() {
        Some(error) => Err(error),
        None => Ok(()),
    }
}

/// Runs a job of work that goes on. What fails because the work was cancelled meanwhile, in whatever way, is cancelled.
fn unless_cancelled<W>(work: &impl Fn(W) -> Result<()>, job: W) -> Result<()> {
    check_cancelled()?;
    guarded(work, job).or_else(|error| check_cancelled().and(Err(error)))
}

fn guarded<W>(work: &impl Fn(W) -> Result<()>, job: W) -> Result<()> {
    match catch_unwind(AssertUnwindSafe(|| work(job))) {
        Ok(result) => result,
        Err(panic) => {
            let text = panic_text(&*panic);
            Err(Error::new(ErrorKind::UserCode, format!("the code that makes or takes a chunk panicked: {text}")))
        }
    }
}

struct Queue<I> {
    jobs: Mutex<I>,
    in_flight: Mutex<usize>,
    freed: Condvar,
    failed: AtomicBool,
    error: Mutex<Option<Error>>,
}

impl<I> Queue<I> {
    fn drain<W>(&self, work: &impl Fn(W) -> Result<()>)
    where
        I: Iterator<Item = Job<W>>,
    {
        while !self.failed.load(Ordering::Relaxed) {
            // The iterator is the caller's own code of this crate; it neither blocks nor panics.
            let Some(job) = self.jobs.lock().next() else {
                return;
            };
            self.reserve(job.bytes);
            if self.failed.load(Ordering::Relaxed) {
                self.release(job.bytes);
                return;
            }
            let result = unless_cancelled(work, job.work);
            self.release(job.bytes);
            if let Err(error) = result {
                self.error.lock().get_or_insert(error);
                self.failed.store(true, Ordering::Relaxed);
            }
        }
    }

    fn reserve(&self, bytes: usize) {
        let mut in_flight = self.in_flight.lock();
        while *in_flight > 0 && in_flight.saturating_add(bytes) > BYTES_IN_FLIGHT {
            in_flight = self.freed.wait(in_flight);
        }
        *in_flight = in_flight.saturating_add(bytes);
    }

    fn release(&self, bytes: usize) {
        let mut in_flight = self.in_flight.lock();
        *in_flight = in_flight.saturating_sub(bytes);
        self.freed.notify_all();
    }
}

/// The permit for one helper thread.
pub(super) struct Permit(&'static AtomicUsize);

impl Permit {
    pub(super) fn take(concurrency: usize) -> Option<Self> {
        let (taken, most) =
            if concurrency > *PROCESSORS { (&WAITERS, concurrency - 1) } else { (&HELPERS, *PROCESSORS - 1) };
        taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |busy| (busy < most).then_some(busy + 1))
            .ok()
            .map(|_| Self(taken))
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
