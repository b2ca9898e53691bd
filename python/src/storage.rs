//! Storages.

use crate::array::RawArray;
use crate::errors::raised;
use crate::from_python::value;
use crate::json;
use crate::session::RawSession;
use crate::slot::RawSlot;
use crate::to_python::{Builder, Makers, simple};
use crate::work::run;
use arraystow::{QueryMatch, Result, SaveReport, Storage, StorageBuilder, Value, VerifyDepth, Version};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// A storage in a folder or an object store.
#[pyclass(frozen, module = "arraystow._native")]
pub(crate) struct RawStorage {
    pub(crate) storage: Storage,
}

/// A builder with the options of the library that are no options of a store.
fn builder(place: &str, options: &Bound<'_, PyDict>) -> PyResult<StorageBuilder> {
    let py = options.py();
    let mut builder = Storage::builder(place);
    for (key, given) in options {
        let (key, text) = (key.extract::<String>()?, given.str()?.to_string());
        let failed = |error: arraystow::Error| raised(py, &error);
        let wrong = |what: &str| PyValueError::new_err(format!("{key}={text:?}: write {what}"));
        builder = match key.as_str() {
            "codec" => builder.codec(text.parse().map_err(failed)?),
            "format" => builder.format(text.parse().map_err(failed)?),
            "array_format" => builder.array_format(text.parse().map_err(failed)?),
            "durability" => builder.durability(text.parse().map_err(failed)?),
            "zarr_version" => match text.as_str() {
                "2" | "v2" => builder.zarr_version(arraystow::ZarrVersion::V2),
                "3" | "v3" => builder.zarr_version(arraystow::ZarrVersion::V3),
                _ => return Err(wrong("2 or 3")),
            },
            "shard_bytes" => builder.shard_bytes(text.parse().map_err(|_| wrong("a number of bytes"))?),
            _ => builder.option(key, text),
        };
    }
    Ok(builder)
}

fn depth(depth: &str) -> Result<VerifyDepth> {
    depth.parse()
}

#[pymethods]
impl RawStorage {
    #[new]
    fn new(py: Python<'_>, place: &str, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let builder = builder(place, options)?;
        let storage = py.detach(|| builder.open()).map_err(|error| raised(py, &error))?;
        Ok(Self { storage })
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.storage)
    }

    /// The value, with arrays and external objects made by these functions; and its version.
    fn load<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        array: Bound<'py, PyAny>,
        inline: Bound<'py, PyAny>,
        external: Bound<'py, PyAny>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<(Bound<'py, PyAny>, String)> {
        let (value, version) = run(py, progress, || self.storage.load_versioned::<Value>(name))?;
        let made = Builder::new(py, Makers { array, inline, external }).build(&value, "", None)?;
        Ok((made, version.to_string()))
    }

    /// Saves plain objects. `how` is "replace", "create" or a version; the report comes as JSON.
    fn save(
        &self,
        py: Python<'_>,
        name: &str,
        object: &Bound<'_, PyAny>,
        single: &Bound<'_, PyAny>,
        how: &str,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<String> {
        let value = value(object, single, "", 0)?;
        let save = || -> Result<SaveReport> {
            match how {
                "replace" => self.storage.save(name, &value),
                "create" => self.storage.create(name, &value),
                version => self.storage.save_if(name, &value, &version.parse::<Version>()?),
            }
        };
        json::write(&run(py, progress, save)?)
    }

    /// Begins a session on plain objects with pending arrays.
    fn begin(
        &self,
        py: Python<'_>,
        name: &str,
        object: &Bound<'_, PyAny>,
        single: &Bound<'_, PyAny>,
    ) -> PyResult<RawSession> {
        let value = value(object, single, "", 0)?;
        run(py, None, || self.storage.begin(name, &value)).map(RawSession::from)
    }

    /// A session that another process has begun.
    fn resume(&self, py: Python<'_>, name: &str, id: &str) -> PyResult<RawSession> {
        run(py, None, || self.storage.resume(name, id)).map(RawSession::from)
    }

    /// The pending array of a ticket.
    fn slot(&self, py: Python<'_>, ticket: &str) -> PyResult<RawSlot> {
        let ticket = json::read(ticket)?;
        run(py, None, || self.storage.any_slot(&ticket)).map(RawSlot::from)
    }

    /// The array at a path.
    fn array(&self, py: Python<'_>, name: &str, path: &str) -> PyResult<RawArray> {
        run(py, None, || self.storage.array(name, path)).map(RawArray::from)
    }

    fn version(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        run(py, None, || self.storage.version(name)).map(|version| version.to_string())
    }

    fn contains(&self, py: Python<'_>, name: &str) -> PyResult<bool> {
        run(py, None, || self.storage.contains(name))
    }

    fn exists(&self, py: Python<'_>) -> PyResult<bool> {
        run(py, None, || self.storage.exists())
    }

    /// The documents whose names match, as JSON.
    fn list(&self, py: Python<'_>, glob: &str) -> PyResult<String> {
        json::write(&run(py, None, || self.storage.list(glob))?)
    }

    /// The values that satisfy the conditions, by name, each with the fields that the query names.
    fn query<'py>(
        &self,
        py: Python<'py>,
        glob: &str,
        conditions: Vec<(String, String, Bound<'py, PyAny>)>,
        select: Vec<String>,
        single: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let mut query = self.storage.query(glob);
        for (path, comparison, wanted) in &conditions {
            let comparison = comparison.parse().map_err(|error: arraystow::Error| raised(py, &error))?;
            query = query.filter(path, comparison, value(wanted, single, path, 0)?);
        }
        query = select.iter().fold(query, |query, path| query.select(path));
        let found = PyDict::new(py);
        for QueryMatch { entry, fields, .. } in run(py, None, || query.run())? {
            let made = PyDict::new(py);
            for (path, value) in &fields {
                made.set_item(path, simple(py, value)?)?;
            }
            found.set_item(entry.name, made)?;
        }
        Ok(found)
    }

    /// What a manifest says, as JSON.
    fn info(&self, py: Python<'_>, name: &str) -> PyResult<String> {
        json::write(&run(py, None, || self.storage.info(name))?)
    }

    fn remove(&self, py: Python<'_>, name: &str) -> PyResult<()> {
        run(py, None, || self.storage.remove(name))
    }

    fn remove_matching(&self, py: Python<'_>, glob: &str) -> PyResult<Vec<String>> {
        run(py, None, || self.storage.remove_matching(glob))
    }

    /// Gives a value another name; the report comes as JSON.
    fn rename(&self, py: Python<'_>, name: &str, new_name: &str, progress: Option<Py<PyAny>>) -> PyResult<String> {
        json::write(&run(py, progress, || self.storage.rename(name, new_name))?)
    }

    /// Copies a value to another storage, under the same name; the report comes as JSON.
    fn copy(&self, py: Python<'_>, name: &str, other: &Self, progress: Option<Py<PyAny>>) -> PyResult<String> {
        json::write(&run(py, progress, || self.storage.copy(name, &other.storage))?)
    }

    /// The verification as JSON.
    fn verify(&self, py: Python<'_>, name: &str, depth: &str, progress: Option<Py<PyAny>>) -> PyResult<String> {
        json::write(&run(py, progress, || self.storage.verify(name, self::depth(depth)?))?)
    }

    /// The verifications of all values as JSON.
    fn verify_all(&self, py: Python<'_>, depth: &str, progress: Option<Py<PyAny>>) -> PyResult<String> {
        json::write(&run(py, progress, || self.storage.verify_all(self::depth(depth)?))?)
    }

    /// What saves that were killed have left, as JSON. Removed if `remove` is true.
    fn sweep(&self, py: Python<'_>, remove: bool) -> PyResult<String> {
        let found = run(py, None, || {
            let sweep = self.storage.sweep()?;
            if remove { sweep.remove() } else { Ok(sweep.leftovers().cloned().collect()) }
        })?;
        json::write(&found)
    }
}
