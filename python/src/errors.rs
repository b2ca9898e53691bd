//! Errors of the library as exceptions of the package.

use arraystow::Error;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use std::error::Error as _;

/// The exception for an error: of the class that `arraystow.errors` has for its kind.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let cause = cause(error).map(|cause| cause.clone_ref(py));
    match exception(py, error) {
        Ok(raised) => {
            raised.set_cause(py, cause);
            raised
        }
        Err(failed) => failed,
    }
}

/// The exception for work that was cancelled before it began.
pub(crate) fn cancelled(py: Python<'_>) -> PyErr {
    let none = || None::<String>;
    let parts = ("cancelled", "the work was cancelled", none(), none(), none(), none(), Vec::<String>::new());
    let made = || py.import("arraystow.errors")?.getattr("_of_kind")?.call1(parts);
    made().map_or_else(|failed| failed, PyErr::from_value)
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let kind = serde_json::to_value(error.kind()).map_err(|error| PyException::new_err(error.to_string()))?;
    let parts = (
        kind.as_str().unwrap_or_default().to_owned(),
        error.to_string(),
        error.path().map(str::to_owned),
        error.document().map(str::to_owned),
        error.array().map(str::to_owned),
        error.location().map(str::to_owned),
        error.left_behind().to_vec(),
    );
    let made = py.import("arraystow.errors")?.getattr("_of_kind")?.call1(parts)?;
    Ok(PyErr::from_value(made))
}

/// The exception of a Python function that the library has called.
fn cause(error: &Error) -> Option<&PyErr> {
    let mut next = error.get_ref().map(|error| error as &(dyn std::error::Error + 'static)).or_else(|| error.source());
    while let Some(error) = next {
        if let Some(raised) = error.downcast_ref::<PyErr>() {
            return Some(raised);
        }
        next = error.source();
    }
    None
}
