//! Runs work of the library while Python goes on: the interpreter is released, and Ctrl-C cancels the work.

use crate::errors::raised;
use arraystow::{Task, TaskProgress};
use pyo3::prelude::*;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// How often Python is asked for signals.
const INTERVAL: Duration = Duration::from_millis(50);

/// Runs the work in a thread of its own. A signal handler that raises, as that of Ctrl-C does, cancels it.
pub(crate) fn run<R: Send, E: Raise + Send>(
    py: Python<'_>,
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
            scope.spawn(move || drop(send.send(working.run(work))));
            let mut interrupted = None;
            loop {
                match receive.recv_timeout(INTERVAL) {
                    Ok(done) => break (Some(done), interrupted),
                    Err(RecvTimeoutError::Disconnected) => break (None, interrupted),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(raised) = Python::attach(|py| py.check_signals()) {
                            task.cancel();
                            interrupted = Some(raised);
                        }
                    }
                }
            }
        })
    });
    match done {
        (Some(Ok(done)), None) => Ok(done),
        // The work was complete when the signal came, or could not stop.
        (_, Some(interrupted)) => Err(interrupted),
        (Some(Err(error)), None) => Err(error.raise(py)),
        (None, None) => Err(pyo3::exceptions::PyRuntimeError::new_err("the library panicked, which is a fault in it")),
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

/// Calls a function with the bytes that are done and all bytes. What it raises is printed, as Python does with errors in callbacks.
fn report(function: &Py<PyAny>, at: &TaskProgress) {
    Python::attach(|py| {
        if let Err(raised) = function.call1(py, (at.bytes_done, at.bytes)) {
            raised.write_unraisable(py, None);
        }
    });
}
