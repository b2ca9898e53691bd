//! Work beside the caller, on a processor that has nothing to do.

use super::workers::{HELPER_STACK_BYTES, Permit};
use crate::error::{Error, ErrorKind, Result, panic_text};
use crate::task::{Scope, Task};
use crate::trace::CarriedSpan;
use std::thread::{self, JoinHandle};

/// A processor that has no work of this crate, until this is dropped.
pub(crate) struct Free(Permit);

impl Free {
    /// One of the processors, or with more `concurrency` than there are processors a thread that waits for answers.
    pub(crate) fn processor(concurrency: usize) -> Option<Self> {
        Permit::take(concurrency).map(Self)
    }

    /// Begins work that belongs to the caller's tasks. `None` if no thread can be started.
    pub(crate) fn begin<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Option<Beside<T>> {
        let task = Task::new();
        let (tasks, span) = (Scope::current().within(&task), CarriedSpan::current());
        let work = move || {
            let _permit = self.0;
            span.enter(|| tasks.enter(work))
        };
        let builder = thread::Builder::new().name("arraystow".into()).stack_size(HELPER_STACK_BYTES);
        builder.spawn(work).ok().map(|thread| Beside { thread: Some(thread), task })
    }
}

/// Work that goes on in another thread. Dropped, it is cancelled.
pub(crate) struct Beside<T> {
    thread: Option<JoinHandle<Result<T>>>,
    task: Task,
}

impl<T> Beside<T> {
    /// Waits for the result.
    pub(crate) fn end(mut self) -> Result<T> {
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => Err(Error::new(
                ErrorKind::UserCode,
                format!("the code that reads arrays panicked: {}", panic_text(&*panic)),
            )),
            None => Err(Error::invalid("the work has ended before")),
        }
    }
}

impl<T> Drop for Beside<T> {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.task.cancel();
            drop(thread.join());
        }
    }
}
