//! Values of documents as Python objects.

use crate::array::RawArray;
use arraystow::{Shared, Value, WeakShared};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};
use std::collections::HashMap;
use std::sync::Arc;

/// What the package makes of arrays and of external objects.
pub(crate) struct Makers<'py> {
    /// Called with a `RawArray` and the path.
    pub(crate) array: Bound<'py, PyAny>,
    /// Called with the data type, the shape and the elements of an array in the document.
    pub(crate) inline: Bound<'py, PyAny>,
    /// Called with the id's text.
    pub(crate) external: Bound<'py, PyAny>,
}

/// Makes Python objects; a shared value becomes one object.
pub(crate) struct Builder<'py> {
    py: Python<'py>,
    makers: Makers<'py>,
    shared: HashMap<usize, Bound<'py, PyAny>>,
}

impl<'py> Builder<'py> {
    pub(crate) fn new(py: Python<'py>, makers: Makers<'py>) -> Self {
        Self { py, makers, shared: HashMap::new() }
    }

    /// The object for a value at a path. `key` is that of the shared value that it is.
    pub(crate) fn build(&mut self, value: &Value, path: &str, key: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        if let Some(made) = simple(py, value)? {
            self.note(key, &made);
            return Ok(made);
        }
        let made = match value {
            Value::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
            Value::List(values) => {
                let list = PyList::empty(py);
                self.note(key, list.as_any());
                for (at, value) in values.iter().enumerate() {
                    list.append(self.build(value, &format!("{path}[{at}]"), None)?)?;
                }
                list.into_any()
            }
            Value::Map(entries) => {
                let map = PyDict::new(py);
                self.note(key, map.as_any());
                for (key, value) in entries {
                    let shown = shown(key);
                    let key = self.build(key, path, None)?;
                    let path = if path.is_empty() { shown } else { format!("{path}.{shown}") };
                    map.set_item(hashable(key)?, self.build(value, &path, None)?)?;
                }
                map.into_any()
            }
            Value::Array(array) => self.makers.array.call1((RawArray::from(array.clone()), path))?,
            Value::InlineArray(array) => {
                let data_type = array.to_ndarray().ok().map(|elements| elements.data_type().to_string());
                let elements = PyList::empty(py);
                for value in array.elements() {
                    elements.append(self.build(value, path, None)?)?;
                }
                self.makers.inline.call1((data_type, array.shape().to_vec(), elements))?
            }
            Value::Shared(shared) => return self.shared(shared, path),
            Value::WeakShared(weak) => return self.weak(weak, path),
            Value::External(id) => self.makers.external.call1((id.to_string(), path))?,
            _ => return Err(PyTypeError::new_err("a value of a kind that this version of the package does not know")),
        };
        self.note(key, &made);
        Ok(made)
    }

    fn note(&mut self, key: Option<usize>, made: &Bound<'py, PyAny>) {
        if let Some(key) = key {
            self.shared.entry(key).or_insert_with(|| made.clone());
        }
    }

    fn shared(&mut self, shared: &Shared<Value>, path: &str) -> PyResult<Bound<'py, PyAny>> {
        let key = Arc::as_ptr(Shared::as_arc(shared)) as usize;
        match self.shared.get(&key) {
            Some(known) => Ok(known.clone()),
            None => self.build(shared, path, Some(key)),
        }
    }

    fn weak(&mut self, weak: &WeakShared<Value>, path: &str) -> PyResult<Bound<'py, PyAny>> {
        match weak.upgrade() {
            Some(shared) => self.shared(&shared, path),
            None => Ok(self.py.None().into_bound(self.py)),
        }
    }
}

/// The object for a value that is null, a bool, a number or a string.
pub(crate) fn simple<'py>(py: Python<'py>, value: &Value) -> PyResult<Option<Bound<'py, PyAny>>> {
    Ok(Some(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Integer(value) => value.into_pyobject(py)?.into_any(),
        Value::LargeInteger(value) => value.into_pyobject(py)?.into_any(),
        Value::Float32(value) => f64::from(*value).into_pyobject(py)?.into_any(),
        Value::Float64(value) => value.into_pyobject(py)?.into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        _ => return Ok(None),
    }))
}

/// A key as the library has it in paths: a string as it is, and all others as JSON.
fn shown(key: &Value) -> String {
    match key {
        Value::Text(text) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_else(|_| "?".to_owned()),
    }
}

/// A key of a dict: lists become tuples.
fn hashable(key: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    match key.cast::<PyList>() {
        Ok(list) => {
            let items: Vec<_> = list.iter().map(hashable).collect::<PyResult<_>>()?;
            Ok(PyTuple::new(key.py(), items)?.into_any())
        }
        Err(_) => Ok(key),
    }
}
