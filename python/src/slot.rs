//! Writes chunks of pending arrays.

use crate::errors::raised;
use crate::json;
use crate::work::run;
use arraystow::{AnySlot, Error, Receipt, Region};
use numpy::PyReadonlyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// A region of whole chunks, by its start and shape.
type RegionParts = (Vec<usize>, Vec<usize>);

/// A pending array that is open.
#[pyclass(frozen, module = "arraystow._native")]
pub(crate) struct RawSlot {
    slot: AnySlot,
}

impl From<AnySlot> for RawSlot {
    fn from(slot: AnySlot) -> Self {
        Self { slot }
    }
}

#[pymethods]
impl RawSlot {
    #[getter]
    fn data_type(&self) -> String {
        self.slot.data_type().to_string()
    }

    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.slot.shape().to_vec()
    }

    /// The shape of a stored chunk.
    #[getter]
    fn chunk(&self) -> Vec<usize> {
        self.slot.grid().chunk_shape().unwrap_or_default()
    }

    /// At most so many regions, of about equal size.
    fn regions(&self, most: usize) -> Vec<RegionParts> {
        let regions = self.slot.regions(most);
        regions.iter().map(|region| (region.start().to_vec(), region.shape().to_vec())).collect()
    }

    /// Writes whole chunks: regions by their start, shape and bytes. Returns one receipt for all.
    fn write(
        &self,
        py: Python<'_>,
        blocks: Vec<(Vec<usize>, Vec<usize>, PyReadonlyArray1<'_, u8>)>,
    ) -> PyResult<String> {
        let mut parts = Vec::with_capacity(blocks.len());
        for (start, shape, bytes) in &blocks {
            parts.push((start.as_slice(), shape.as_slice(), bytes.as_slice()?));
        }
        let receipt = run(py, None, || {
            let region = |(start, shape, bytes): (&[usize], &[usize], _)| Ok((Region::new(start, shape)?, bytes));
            let parts = parts.into_iter().map(region).collect::<Result<Vec<_>, Error>>()?;
            self.slot.write(&parts)
        })?;
        json::write(&receipt)
    }
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
