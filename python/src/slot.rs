//! Writes chunks of pending arrays.

use crate::json;
use crate::number::with_number;
use crate::storage::RawStorage;
use crate::work::run;
use arraystow::{AnyArray, Error, Receipt, Region, Slot, Ticket};
use ndarray::ArrayD;
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
    let receipt = with_number!(ticket.data_type(), T => run(py, None, || {
        let slot: Slot<T> = storage.slot(&ticket)?;
        let mut receipt: Option<Receipt> = None;
        for (start, shape, bytes) in &parts {
            let elements = AnyArray::from_bytes(ticket.data_type().clone(), shape, *shape, bytes)?;
            let elements: ArrayD<T> = elements.downcast::<T>()?.compute()?;
            let written = slot.write(&Region::new(*start, *shape)?, elements.view())?;
            match &mut receipt {
                Some(all) => all.merge(written)?,
                None => receipt = Some(written),
            }
        }
        Ok::<_, Error>(receipt)
    }))?;
    match receipt {
        Some(receipt) => json::write(&receipt),
        None => Err(PyValueError::new_err("there are no regions to write")),
    }
}
