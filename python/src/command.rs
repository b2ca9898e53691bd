//! The command `arraystow`.

use pyo3::prelude::*;
use std::ffi::OsString;

/// Runs the command with these arguments, of which the first is its name. Returns the exit code. Ctrl-C is the command's
/// own from here on, so this is for a process that does nothing else.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| arraystow_cli::run(arguments))
}
