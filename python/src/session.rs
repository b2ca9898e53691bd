//! Sessions: values whose arrays several processes write.

use crate::errors::raised;
use crate::storage::RawStorage;
use crate::work::run;
use arraystow::{AnyArray, ChunkGrid, ChunkedArray, DataType, Error, Receipt, Region, Session, Slot, Ticket};
use half::{bf16, f16};
use ndarray::ArrayD;
use num_complex::Complex;
use numpy::PyReadonlyArray1;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use serde::de::DeserializeOwned;
use std::sync::Mutex;

/// Uses the type of numbers of this data type.
macro_rules! with_number {
    ($data_type:expr, $T:ident => $use_it:expr) => {{
        macro_rules! arm {
            ($rust:ty) => {{
                type $T = $rust;
                $use_it
            }};
        }
        match $data_type {
            DataType::Bool => arm!(bool),
            DataType::Int8 => arm!(i8),
            DataType::Int16 => arm!(i16),
            DataType::Int32 => arm!(i32),
            DataType::Int64 => arm!(i64),
            DataType::UInt8 => arm!(u8),
            DataType::UInt16 => arm!(u16),
            DataType::UInt32 => arm!(u32),
            DataType::UInt64 => arm!(u64),
            DataType::Float16 => arm!(f16),
            DataType::BFloat16 => arm!(bf16),
            DataType::Float32 => arm!(f32),
            DataType::Float64 => arm!(f64),
            DataType::Complex64 => arm!(Complex<f32>),
            DataType::Complex128 => arm!(Complex<f64>),
            other => Err(only_numbers(other)),
        }
    }};
}

fn only_numbers(data_type: &DataType) -> PyErr {
    PyTypeError::new_err(format!("several processes can write arrays of numbers, and this one is of {data_type}"))
}

/// An array that others will write.
pub(crate) fn pending(py: Python<'_>, data_type: &DataType, grid: &ChunkGrid) -> PyResult<AnyArray> {
    with_number!(data_type, T => {
        let pending = ChunkedArray::<T>::pending(grid.shape(), grid.clone());
        pending.map(AnyArray::from).map_err(|error| raised(py, &error))
    })
}

fn from_json<T: DeserializeOwned>(text: &str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|error| PyValueError::new_err(format!("this is no ticket or receipt: {error}")))
}

fn to_json<T: serde::Serialize>(value: &T) -> PyResult<String> {
    serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn receipts(texts: &[String]) -> PyResult<Vec<Receipt>> {
    texts.iter().map(|text| from_json(text)).collect()
}

/// Path of an array, start and shape of a region.
type MissingParts = (String, Vec<usize>, Vec<usize>);

/// A session that is open.
#[pyclass(frozen, module = "arraystow._native")]
pub(crate) struct RawSession {
    /// Taken when it is abandoned.
    session: Mutex<Option<Session>>,
}

impl From<Session> for RawSession {
    fn from(session: Session) -> Self {
        Self { session: Mutex::new(Some(session)) }
    }
}

impl RawSession {
    fn with<R>(&self, use_it: impl FnOnce(&Session) -> R) -> PyResult<R> {
        let session = self.session.lock().map_err(|_| PyRuntimeError::new_err("the session is in an unknown state"))?;
        session.as_ref().map(use_it).ok_or_else(|| PyRuntimeError::new_err("the session was abandoned"))
    }
}

#[pymethods]
impl RawSession {
    #[getter]
    fn id(&self) -> PyResult<String> {
        self.with(|session| session.id().to_owned())
    }

    /// For each pending array its path and its ticket.
    fn tickets(&self) -> PyResult<Vec<(String, String)>> {
        let tickets = self.with(Session::tickets)?;
        tickets.iter().map(|ticket| Ok((ticket.path().to_owned(), to_json(ticket)?))).collect()
    }

    /// Commits; the report comes as JSON.
    fn commit(&self, py: Python<'_>, receipts: Vec<String>) -> PyResult<String> {
        let receipts = self::receipts(&receipts)?;
        let report = self.with(|session| run(py, None, || session.commit(receipts)))??;
        to_json(&report)
    }

    /// For each region that is missing, the array's path, its start and its shape.
    fn missing(&self, py: Python<'_>, receipts: Vec<String>) -> PyResult<Vec<MissingParts>> {
        let receipts = self::receipts(&receipts)?;
        let missing = self.with(|session| session.missing(&receipts))?.map_err(|error| raised(py, &error))?;
        let parts = |region: &Region| (region.start().to_vec(), region.shape().to_vec());
        Ok(missing
            .into_iter()
            .map(|one| (one.path.clone(), parts(&one.region)))
            .map(|(path, (start, shape))| (path, start, shape))
            .collect())
    }

    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        let session =
            self.session.lock().map_err(|_| PyRuntimeError::new_err("the session is in an unknown state"))?.take();
        match session {
            Some(session) => run(py, None, || session.abandon()),
            None => Ok(()),
        }
    }
}

/// Writes whole chunks of a pending array: regions by their start, shape and bytes. Returns one receipt for all.
#[pyfunction]
pub(crate) fn write_slot(
    py: Python<'_>,
    storage: &Bound<'_, RawStorage>,
    ticket: &str,
    blocks: Vec<(Vec<usize>, Vec<usize>, PyReadonlyArray1<'_, u8>)>,
) -> PyResult<String> {
    let ticket: Ticket = from_json(ticket)?;
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
        Some(receipt) => to_json(&receipt),
        None => Err(PyValueError::new_err("there are no regions to write")),
    }
}
