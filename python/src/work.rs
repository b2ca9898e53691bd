//! Runs work of the library while Python goes on: the interpreter is released, and Ctrl-C cancels the work.

use crate::errors::{cancelled, raised};
use arraystow::{Task, TaskProgress};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::cell::RefCell;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often Python is asked for signals.
const INTERVAL: Duration = Duration::from_millis(50);

thread_local! {
    /// The task that the work of this thread belongs to.
    static CURRENT: RefCell<Option<Task>> = const { RefCell::new(None) };
}

/// A handle by which another thread cancels what a function does.
#[pyclass(frozen, module = "arraystow._native")]
pub(crate) struct RawTask {
    task: Task,
}

#[pymethods]
impl RawTask {
    #[new]
    fn new() -> Self {
        Self { task: Task::new() }
    }

    /// Calls a function, whose work belongs to the task. It is not called if the task was cancelled before.
    fn run(&self, py: Python<'_>, function: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        if self.task.is_cancelled() {
            return Err(cancelled(py));
        }
        let before = set_current(Some(self.task.clone()));
        let returned = function.call0();
        set_current(before);
        returned.map(Bound::unbind)
    }

    fn cancel(&self) {
        self.task.cancel();
    }
}

fn set_current(task: Option<Task>) -> Option<Task> {
    CURRENT.with(|current| current.replace(task))
}

/// Runs the work in a thread of its own. A signal handler that raises, as that of Ctrl-C does, cancels it, and so does
/// the task of this thread.
pub(crate) fn run<R: Send, E: Raise + Send>(
    py: Python<'_>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce() -> Result<R, E> + Send,
) -> PyResult<R> {
    let outer = CURRENT.with(|current| current.borrow().clone());
    if outer.as_ref().is_some_and(Task::is_cancelled) {
        return Err(cancelled(py));
    }
    run_within(py, outer, progress, work)
}

/// As [`run`], for work that is done even if the task of this thread was cancelled.
pub(crate) fn run_always<R: Send, E: Raise + Send>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<R, E> + Send,
) -> PyResult<R> {
    run_within(py, None, None, work)
}

fn run_within<R: Send, E: Raise + Send>(
    py: Python<'_>,
    outer: Option<Task>,
    progress: Option<Py<PyAny>>,
    work: impl FnOnce() -> Result<R, E> + Send,
) -> PyResult<R> {
    let task = match progress {
        None => Task::new(),
        Some(function) => Task::with_progress(move |at| report(&function, at)),
    };
    let done = py.detach(|| {
        std::thread::scope(|scope| {
            let (send, receive) = channel();
            let working = task.clone();
            let thread = scope.spawn(move || {
                let done = match outer {
                    Some(outer) => outer.run(|| working.run(work)),
                    None => working.run(work),
                };
                drop(send.send(done));
            });
            let mut interrupted = None;
            let done = loop {
                match receive.recv_timeout(INTERVAL) {
                    Ok(done) => break Some(done),
                    Err(RecvTimeoutError::Disconnected) => break None,
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(raised) = Python::attach(|py| py.check_signals()) {
                            task.cancel();
                            interrupted = Some(raised);
                        }
                    }
                }
            };
            // A panic of a thread that is not joined would become one of this thread.
            drop(thread.join());
            (done, interrupted)
        })
    });
    match done {
        (Some(Ok(done)), None) => Ok(done),
        // The work was complete when the signal came, or could not stop.
        (_, Some(interrupted)) => Err(interrupted),
        (Some(Err(error)), None) => Err(error.raise(py)),
        (None, None) => Err(PyRuntimeError::new_err("the library panicked, which is a fault in it")),
    }
}

/// An error that becomes an exception.
pub(crate) trait Raise {
    fn raise(self, py: Python<'_>) -> PyErr;
}

impl Raise for arraystow::Error {
    fn raise(self, py: Python<'_>) -> PyErr {
        raised(py, &self)
    }
}

impl Raise for PyErr {
    fn raise(self, _: Python<'_>) -> PyErr {
        self
    }
}

/// Calls a function with the bytes that are done and all bytes. What it raises is printed, as Python does with errors
/// in callbacks.
fn report(function: &Py<PyAny>, at: &TaskProgress) {
    Python::attach(|py| {
        if let Err(raised) = function.call1(py, (at.bytes_done, at.bytes)) {
            raised.write_unraisable(py, None);
        }
    });
}
