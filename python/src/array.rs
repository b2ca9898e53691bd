//! Lazy arrays as bytes.

use crate::errors::raised;
use crate::work::run;
use arraystow::{AnyArray, AnyNdArray, Attr, ChunkGrid, Chunking, Codec, DataType};
use ndarray::SliceInfoElem;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use std::collections::BTreeMap;

/// An array whose chunks are read or computed on demand.
#[pyclass(frozen, module = "arraystow._native")]
pub(crate) struct RawArray {
    pub(crate) array: AnyArray,
}

/// An attribute as Python has it.
#[derive(FromPyObject)]
enum Attribute {
    Int(i64),
    Float(f64),
    Text(String),
    Ints(Vec<i64>),
    Floats(Vec<f64>),
    Texts(Vec<String>),
}

pub(crate) fn data_type(py: Python<'_>, name: &str) -> PyResult<DataType> {
    name.parse().map_err(|error| raised(py, &error))
}

/// Chunks as Python has them: for each axis the lengths of its chunks.
pub(crate) fn grid(py: Python<'_>, chunks: &[Vec<usize>]) -> PyResult<ChunkGrid> {
    ChunkGrid::irregular(chunks).map_err(|error| raised(py, &error))
}

impl From<AnyArray> for RawArray {
    fn from(array: AnyArray) -> Self {
        Self { array }
    }
}

#[pymethods]
impl RawArray {
    /// An array in memory, of the bytes of its elements.
    #[staticmethod]
    fn from_bytes(
        py: Python<'_>,
        data_type: &str,
        shape: Vec<usize>,
        chunks: Option<Vec<usize>>,
        bytes: PyReadonlyArray1<'_, u8>,
    ) -> PyResult<Self> {
        let data_type = self::data_type(py, data_type)?;
        let chunks = chunks.map_or_else(Chunking::default, Chunking::from);
        let bytes = bytes.as_slice()?;
        let made = py.detach(|| AnyArray::from_bytes(data_type, &shape, chunks, bytes));
        made.map(Self::from).map_err(|error| raised(py, &error))
    }

    /// An array whose chunks a function returns as bytes. It is called with the start and the shape of each.
    #[staticmethod]
    fn from_function(py: Python<'_>, data_type: &str, chunks: Vec<Vec<usize>>, function: Py<PyAny>) -> PyResult<Self> {
        let grid = grid(py, &chunks)?;
        let shape = grid.shape().to_vec();
        let made = AnyArray::from_fn(self::data_type(py, data_type)?, &shape, grid, move |region| {
            Python::attach(|py| {
                let bytes = function.call1(py, (region.start().to_vec(), region.shape().to_vec()))?;
                Ok::<_, PyErr>(bytes.extract::<PyReadonlyArray1<'_, u8>>(py)?.as_slice()?.to_vec())
            })
        });
        made.map(Self::from).map_err(|error| raised(py, &error))
    }

    /// An array whose chunks others will write, in a session.
    #[staticmethod]
    fn pending(py: Python<'_>, data_type: &str, shape: Vec<usize>, chunks: Option<Vec<usize>>) -> PyResult<Self> {
        let chunks = chunks.map_or_else(Chunking::default, Chunking::from);
        let made = AnyArray::pending(self::data_type(py, data_type)?, &shape, chunks);
        made.map(Self::from).map_err(|error| raised(py, &error))
    }

    /// The same elements with these names of the axes, attributes and codec.
    fn described(
        &self,
        py: Python<'_>,
        dims: Option<Vec<String>>,
        attrs: &Bound<'_, PyDict>,
        codec: Option<&str>,
    ) -> PyResult<Self> {
        let made = || {
            let mut array = self.array.clone();
            if let Some(dims) = dims {
                array = array.with_dims(dims)?;
            }
            if let Some(codec) = codec {
                array = array.with_codec(codec.parse::<Codec>()?)?;
            }
            Ok(array)
        };
        let mut array = made().map_err(|error: arraystow::Error| raised(py, &error))?;
        for (name, value) in attrs {
            let value = match value.extract::<Attribute>()? {
                Attribute::Int(value) => Attr::Int(value),
                Attribute::Float(value) => Attr::Float(value),
                Attribute::Text(value) => Attr::Text(value),
                Attribute::Ints(values) => Attr::Ints(values),
                Attribute::Floats(values) => Attr::Floats(values),
                Attribute::Texts(values) => Attr::Texts(values),
            };
            array = array.with_attr(name.extract::<String>()?, value).map_err(|error| raised(py, &error))?;
        }
        Ok(array.into())
    }

    /// The same elements, of which those that are equal to this one are missing.
    fn with_fill(&self, py: Python<'_>, bytes: PyReadonlyArray1<'_, u8>) -> PyResult<Self> {
        let made = self.array.with_fill_bytes(bytes.as_slice()?);
        made.map(Self::from).map_err(|error| raised(py, &error))
    }

    /// The bytes of the element that marks missing ones.
    #[getter]
    fn fill<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.array.fill_bytes().map(|bytes| PyBytes::new(py, bytes))
    }

    /// The data type, as the library writes it.
    #[getter]
    fn data_type(&self) -> String {
        self.array.data_type().to_string()
    }

    #[getter]
    fn shape(&self) -> Vec<usize> {
        self.array.shape().to_vec()
    }

    /// For each axis the lengths of its chunks.
    #[getter]
    fn chunks(&self) -> Vec<Vec<usize>> {
        self.array.grid().chunks()
    }

    #[getter]
    fn dims(&self) -> Option<Vec<String>> {
        self.array.dims().map(<[String]>::to_vec)
    }

    #[getter]
    fn codec(&self) -> Option<String> {
        self.array.codec().map(|codec| codec.to_string())
    }

    #[getter]
    fn attrs(&self, py: Python<'_>) -> PyResult<BTreeMap<String, Py<PyAny>>> {
        let value = |attr: &Attr| {
            Ok::<_, PyErr>(match attr {
                Attr::Int(value) => value.into_pyobject(py)?.into_any().unbind(),
                Attr::Float(value) => value.into_pyobject(py)?.into_any().unbind(),
                Attr::Text(value) => value.into_pyobject(py)?.into_any().unbind(),
                Attr::Ints(values) => values.into_pyobject(py)?.unbind(),
                Attr::Floats(values) => values.into_pyobject(py)?.unbind(),
                Attr::Texts(values) => values.into_pyobject(py)?.unbind(),
                _ => return Err(PyTypeError::new_err("an attribute of a kind that this version does not know")),
            })
        };
        self.array.attrs().iter().map(|(name, attr)| Ok((name.clone(), value(attr)?))).collect()
    }

    /// A part: for each axis its start, its end and its step; an axis with the step 0 is taken at its start, and goes.
    fn slice(&self, py: Python<'_>, axes: Vec<(isize, isize, isize)>) -> PyResult<Self> {
        let elem = |(start, end, step)| match step {
            0 => SliceInfoElem::Index(start),
            _ => SliceInfoElem::Slice { start, end: Some(end), step },
        };
        let slice: Vec<_> = axes.into_iter().map(elem).collect();
        self.array.slice(slice).map(Self::from).map_err(|error| raised(py, &error))
    }

    /// The array with its axes in reverse order.
    fn transpose(&self, py: Python<'_>) -> PyResult<Self> {
        self.array.transpose().map(Self::from).map_err(|error| raised(py, &error))
    }

    /// The id of the stored array, if the elements are read.
    #[getter]
    fn file(&self) -> Option<String> {
        self.array.file()
    }

    /// The bytes of all elements.
    fn read<'py>(&self, py: Python<'py>, progress: Option<Py<PyAny>>) -> PyResult<Bound<'py, PyArray1<u8>>> {
        let bytes = run(py, progress, || self.array.to_bytes())?;
        Ok(PyArray1::from_vec(py, bytes))
    }

    /// The elements of an array of strings of any length.
    fn strings(&self, py: Python<'_>, progress: Option<Py<PyAny>>) -> PyResult<Vec<String>> {
        match run(py, progress, || self.array.compute())? {
            AnyNdArray::String(strings) => Ok(strings.into_iter().collect()),
            _ => Err(PyTypeError::new_err("the array has no strings of any length")),
        }
    }
}
