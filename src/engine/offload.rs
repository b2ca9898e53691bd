//! The mechanism of all async forms: blocking work on a thread of the pool, which is cancelled when its future is
//! dropped.

use super::pool;
use crate::error::{Error, ErrorKind, Result, panic_text};
use crate::task::{Scope, Task, check_cancelled};
use crate::trace::CarriedSpan;
use futures_channel::oneshot;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Runs blocking work of this crate on a thread of a bounded pool, so that it does not block an executor. All async
/// forms, such as [`Storage::save_async`](crate::Storage::save_async) and
/// [`ChunkedArray::sum_async`](crate::ChunkedArray::sum_async), use it. Call it for functions without an async form.
/// The future works with any executor.
///
/// The work begins when the future is first polled. Dropping the future cancels it, as [`Task::cancel`] does: no new
/// chunk is started, and a save removes what it wrote. The work also belongs to the task in which `unblock` is called.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{ChunkedArray, Result, unblock};
///
/// # futures::executor::block_on(async {
/// let array = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..10), &[4])?;
/// let chunks = unblock(move || array.chunks()?.map(|chunk| Ok(chunk?.1.sum())).collect::<Result<Vec<i32>>>()).await?;
/// assert_eq!(chunks, [6, 22, 17]);
/// # Ok::<(), arraystow::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The errors of the work; `Cancelled` if a task was cancelled before it began; `Io` if no thread can be started;
/// `UserCode` if it panics.
pub fn unblock<T, E, F>(work: F) -> impl Future<Output = Result<T, E>> + Send + use<T, E, F>
where
    T: Send + 'static,
    E: From<Error> + Send + 'static,
    F: FnOnce() -> Result<T, E> + Send + 'static,
{
    Scope::current().offload(work)
}

impl Scope {
    /// Like [`unblock`], for work that belongs to this scope.
    pub(crate) fn offload<T, E, F>(&self, work: F) -> Offloaded<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce() -> Result<T, E> + Send + 'static,
    {
        let task = Task::new();
        let mut scope = self.clone().within(&task);
        scope.in_pool = true;
        let (send, receive) = oneshot::channel();
        let span = CarriedSpan::current();
        let work = move || {
            let work = || span.enter(|| scope.enter(|| check_cancelled().map_err(E::from).and_then(|()| work())));
            let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
                let text = format!("the work on another thread panicked: {}", panic_text(&*panic));
                Err(Error::new(ErrorKind::UserCode, text).into())
            });
            // The receiver may be gone.
            let _ = send.send(result);
        };
        Offloaded { work: Some(Box::new(work)), receive, task }
    }
}

/// The future of work on another thread.
pub(crate) struct Offloaded<T, E> {
    /// The work, until it begins.
    work: Option<pool::Work>,
    receive: oneshot::Receiver<Result<T, E>>,
    task: Task,
}

impl<T, E: From<Error>> Future for Offloaded<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, E>> {
        if let Some(work) = self.work.take() {
            // Work that runs in the pool gets a thread of its own: if all threads of the pool waited for other work in
            // it, none would ever finish.
            let begun = if Scope::current().in_pool { pool::spawn_apart(work) } else { pool::in_background(work) };
            if let Err(error) = begun {
                return Poll::Ready(Err(error.into()));
            }
        }
        Pin::new(&mut self.receive).poll(context).map(|received| {
            let panicked = |_| Err(Error::new(ErrorKind::UserCode, "the work on another thread panicked").into());
            received.unwrap_or_else(panicked)
        })
    }
}

impl<T, E> Drop for Offloaded<T, E> {
    fn drop(&mut self) {
        self.task.cancel();
    }
}
