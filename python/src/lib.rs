//! The extension module `arraystow._native`: the Rust library, as the Python package `arraystow` needs it.
//!
//! Everything that Python users see is in the package. Here, arrays are bytes, and values are trees of plain objects.

mod array;
mod command;
mod errors;
mod from_python;
mod json;
mod place;
mod session;
mod slot;
mod storage;
mod to_python;
mod work;

use pyo3::prelude::*;

/// The extension module.
#[pymodule]
#[pyo3(name = "_native")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<array::RawArray>()?;
    module.add_class::<place::RawPlace>()?;
    module.add_class::<storage::RawStorage>()?;
    module.add_class::<session::RawSession>()?;
    module.add_class::<slot::RawSlot>()?;
    module.add_class::<work::RawTask>()?;
    module.add_function(wrap_pyfunction!(slot::merge_receipts, module)?)?;
    module.add_function(wrap_pyfunction!(command::run_command, module)?)
}
