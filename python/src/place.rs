//! Places for arrays without documents of the library: those that FunctionFuse's pickles name.

use crate::array::RawArray;
use crate::errors::raised;
use crate::work::run;
use arraystow::{AnyArray, LocalFiles, PersistentId, Protocols, S3Protocol, ZarrVersion};
use object_store::aws::AmazonS3Builder;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A folder for HDF5 files, or a folder of a bucket for Zarr arrays of version 2.
#[pyclass(frozen, module = "arraystow._native")]
pub(crate) struct RawPlace {
    protocols: Protocols,
}

#[pymethods]
impl RawPlace {
    #[staticmethod]
    fn folder(py: Python<'_>, path: &str) -> PyResult<Self> {
        let files = LocalFiles::new(path).map_err(|error| raised(py, &error))?;
        Ok(Self { protocols: Protocols::new().with_file(files) })
    }

    /// The options are those of the object store.
    #[staticmethod]
    fn bucket(py: Python<'_>, bucket: &str, folder: &str, options: BTreeMap<String, String>) -> PyResult<Self> {
        let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket);
        for (key, value) in options {
            let key = key.parse().map_err(|_| PyValueError::new_err(format!("there is no option {key:?}")))?;
            builder = builder.with_config(key, value);
        }
        let client = builder.build().map_err(|error| PyValueError::new_err(error.to_string()))?;
        let store = S3Protocol::new(Arc::new(client), folder).map_err(|error| raised(py, &error))?;
        Ok(Self { protocols: Protocols::new().with_s3(store).with_zarr_version(ZarrVersion::V2) })
    }

    /// Writes an array. Returns the version and the file of its id.
    fn write(&self, py: Python<'_>, array: &RawArray) -> PyResult<(String, String)> {
        let id = run(py, None, || arraystow::serialize(&array.array, serde_json::value::Serializer, &self.protocols))?;
        let id: PersistentId = serde_json::from_value(id).map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((id.version().to_owned(), id.file().to_owned()))
    }

    /// Removes an array.
    fn remove(&self, py: Python<'_>, version: &str, file: &str) -> PyResult<()> {
        let id: PersistentId =
            serde_json::from_value(id(version, file)).map_err(|error| PyValueError::new_err(error.to_string()))?;
        run(py, None, || self.protocols.remove_object(&id))
    }

    /// Opens an array, which is lazy.
    fn read(&self, py: Python<'_>, version: &str, file: &str) -> PyResult<RawArray> {
        let array: AnyArray = run(py, None, || arraystow::deserialize(id(version, file), &self.protocols))?;
        Ok(array.into())
    }
}

fn id(version: &str, file: &str) -> serde_json::Value {
    serde_json::json!(["HDFSerializer", [version, file]])
}
