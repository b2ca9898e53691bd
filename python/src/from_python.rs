//! Python objects as values of documents. The package has made plain objects of all others.

use crate::array::RawArray;
use arraystow::Value;
use pyo3::exceptions::{PyOverflowError, PyRecursionError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};

/// How deep values may be nested.
const DEEPEST: usize = 500;

/// The value that an object is. `path` is its place, for errors.
pub(crate) fn value(object: &Bound<'_, PyAny>, single: &Bound<'_, PyAny>, path: &str, depth: usize) -> PyResult<Value> {
    if depth > DEEPEST {
        let text = format!("{path}: the value is nested more than {DEEPEST} deep, or contains itself");
        return Err(PyRecursionError::new_err(text));
    }
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(value) = object.cast::<PyBool>() {
        return Ok(Value::Bool(value.is_true()));
    }
    if let Ok(value) = object.cast::<PyInt>() {
        return match (value.extract::<i128>(), value.extract::<u128>()) {
            (Ok(value), _) => Ok(Value::Integer(value)),
            (_, Ok(value)) => Ok(Value::LargeInteger(value)),
            _ => Err(PyOverflowError::new_err(format!("{path}: an integer of more than 128 bits cannot be saved"))),
        };
    }
    if object.is_instance(single)? {
        return Ok(Value::Float32(object.getattr("value")?.extract()?));
    }
    if let Ok(value) = object.cast::<PyFloat>() {
        return Ok(Value::Float64(value.extract()?));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return text.extract().map(Value::Text).map_err(|error: PyErr| {
            let place = if path.is_empty() { "the value" } else { path };
            PyValueError::new_err(format!("{place}: a text that is not Unicode cannot be saved: {error}"))
        });
    }
    if let Ok(bytes) = object.cast::<PyBytes>() {
        return Ok(Value::Bytes(bytes.as_bytes().to_vec()));
    }
    if let Ok(array) = object.cast::<RawArray>() {
        return Ok(Value::Array(array.get().array.clone()));
    }
    let items = |items: Vec<Bound<'_, PyAny>>| {
        let item = |(at, item): (usize, &Bound<'_, PyAny>)| value(item, single, &format!("{path}[{at}]"), depth + 1);
        items.iter().enumerate().map(item).collect::<PyResult<Vec<_>>>().map(Value::List)
    };
    if let Ok(list) = object.cast::<PyList>() {
        return items(list.iter().collect());
    }
    if let Ok(tuple) = object.cast::<PyTuple>() {
        return items(tuple.iter().collect());
    }
    if let Ok(map) = object.cast::<PyDict>() {
        let mut entries = Vec::with_capacity(map.len());
        for (key, item) in map {
            let shown = key.str()?.to_string();
            let inner = if path.is_empty() { shown } else { format!("{path}.{shown}") };
            entries.push((value(&key, single, path, depth + 1)?, value(&item, single, &inner, depth + 1)?));
        }
        return Ok(Value::Map(entries));
    }
    let name = object.get_type().fully_qualified_name()?;
    Err(PyTypeError::new_err(format!("{path}: an object of the type {name} cannot be saved")))
}
