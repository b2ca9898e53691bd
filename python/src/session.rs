//! Sessions: values whose arrays several processes write.

use crate::errors::raised;
use crate::json;
use crate::work::run;
use arraystow::{Receipt, Region, Session};
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use std::sync::Mutex;

fn receipts(texts: &[String]) -> PyResult<Vec<Receipt>> {
    texts.iter().map(|text| json::read(text)).collect()
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
        tickets.iter().map(|ticket| Ok((ticket.path().to_owned(), json::write(ticket)?))).collect()
    }

    /// Commits; the report comes as JSON.
    fn commit(&self, py: Python<'_>, receipts: Vec<String>) -> PyResult<String> {
        let receipts = self::receipts(&receipts)?;
        let report = self.with(|session| run(py, None, || session.commit(receipts)))??;
        json::write(&report)
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
