//! Writes chunks of pending arrays.

use crate::errors::raised;
use crate::json;
use crate::storage::RawStorage;
use crate::work::run;
use arraystow::{Error, Receipt, Region, Ticket};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// Writes whole chunks of a pending array: regions by their start, shape and bytes. Returns one receipt for all.
#[pyfunction]
pub(crate) fn write_slot(
    py: Python<'_>,
    storage: &Bound<'_, RawStorage>,
    ticket: &str,
    blocks: Vec<(Vec<usize>, Vec<usize>, PyReadonlyArray1<'_, u8>)>,
) -> PyResult<String> {
    let ticket: Ticket = json::read(ticket)?;
    let storage = &storage.get().storage;
    let mut parts = Vec::with_capacity(blocks.len());
    for (start, shape, bytes) in &blocks {
        parts.push((start.as_slice(), shape.as_slice(), bytes.as_slice()?));
    }
    let receipt = run(py, None, || {
        let region = |(start, shape, bytes): (&[usize], &[usize], _)| Ok((Region::new(start, shape)?, bytes));
        let parts = parts.into_iter().map(region).collect::<Result<Vec<_>, Error>>()?;
        storage.any_slot(&ticket)?.write(&parts)
    })?;
    json::write(&receipt)
}

/// One receipt for all.
#[pyfunction]
pub(crate) fn merge_receipts(py: Python<'_>, receipts: Vec<String>) -> PyResult<String> {
    let mut all: Option<Receipt> = None;
    for receipt in &receipts {
        let receipt: Receipt = json::read(receipt)?;
        match &mut all {
            Some(all) => all.merge(receipt).map_err(|error| raised(py, &error))?,
            None => all = Some(receipt),
        }
    }
    match all {
        Some(receipt) => json::write(&receipt),
        None => Err(PyValueError::new_err("there are no receipts to merge")),
    }
}
