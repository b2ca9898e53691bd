//! Arrays of numbers, whose elements several processes can write.

use crate::errors::raised;
use arraystow::{AnyArray, ChunkGrid, ChunkedArray, DataType};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

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
            arraystow::DataType::Bool => arm!(bool),
            arraystow::DataType::Int8 => arm!(i8),
            arraystow::DataType::Int16 => arm!(i16),
            arraystow::DataType::Int32 => arm!(i32),
            arraystow::DataType::Int64 => arm!(i64),
            arraystow::DataType::UInt8 => arm!(u8),
            arraystow::DataType::UInt16 => arm!(u16),
            arraystow::DataType::UInt32 => arm!(u32),
            arraystow::DataType::UInt64 => arm!(u64),
            arraystow::DataType::Float16 => arm!(half::f16),
            arraystow::DataType::BFloat16 => arm!(half::bf16),
            arraystow::DataType::Float32 => arm!(f32),
            arraystow::DataType::Float64 => arm!(f64),
            arraystow::DataType::Complex64 => arm!(num_complex::Complex<f32>),
            arraystow::DataType::Complex128 => arm!(num_complex::Complex<f64>),
            other => Err($crate::number::only_numbers(other)),
        }
    }};
}

pub(crate) use with_number;

/// The exception about an array of other elements.
pub(crate) fn only_numbers(data_type: &DataType) -> PyErr {
    PyTypeError::new_err(format!("several processes can write arrays of numbers, and this one is of {data_type}"))
}

/// An array that others will write.
pub(crate) fn pending(py: Python<'_>, data_type: &DataType, grid: &ChunkGrid) -> PyResult<AnyArray> {
    with_number!(data_type, T => {
        let pending = ChunkedArray::<T>::pending(grid.shape(), grid.clone());
        pending.map(AnyArray::from).map_err(|error| raised(py, &error))
    })
}
