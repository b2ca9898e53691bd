//! Sessions: values whose arrays several processes write.

use crate::json;
use crate::work::{run, run_always};
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
    /// Taken when it is abandoned. The lock is never held while Python is called or waited for: a thread that
    /// waits for it may hold the interpreter.
    session: Mutex<Option<Session>>,
}

impl From<Session> for RawSession {
    fn from(session: Session) -> Self {
        Self { session: Mutex::new(Some(session)) }
    }
}

impl RawSession {
    fn session(&self) -> PyResult<Option<Session>> {
        let session = self.session.lock().map_err(|_| PyRuntimeError::new_err("the session is in an unknown state"))?;
        Ok(session.clone())
    }

    /// A handle on the session.
    fn open(&self) -> PyResult<Session> {
        self.session()?.ok_or_else(|| PyRuntimeError::new_err("the session was abandoned"))
    }
}

#[pymethods]
impl RawSession {
    #[getter]
    fn id(&self) -> PyResult<String> {
        Ok(self.open()?.id().to_owned())
    }

    /// For each pending array its path and its ticket.
    fn tickets(&self) -> PyResult<Vec<(String, String)>> {
        let tickets = self.open()?.tickets();
        tickets.iter().map(|ticket| Ok((ticket.path().to_owned(), json::write(ticket)?))).collect()
    }

    /// Commits; the report comes as JSON.
    fn commit(&self, py: Python<'_>, receipts: Vec<String>) -> PyResult<String> {
        let receipts = self::receipts(&receipts)?;
        let session = self.open()?;
        json::write(&run(py, None, || session.commit(receipts))?)
    }

    /// For each region that is missing, the array's path, its start and its shape.
    fn missing(&self, py: Python<'_>, receipts: Vec<String>) -> PyResult<Vec<MissingParts>> {
        let receipts = self::receipts(&receipts)?;
        let session = self.open()?;
        let missing = run(py, None, || session.missing(&receipts))?;
        let parts = |region: &Region| (region.start().to_vec(), region.shape().to_vec());
        Ok(missing
            .into_iter()
            .map(|one| (one.path.clone(), parts(&one.region)))
            .map(|(path, (start, shape))| (path, start, shape))
            .collect())
    }

    fn abandon(&self, py: Python<'_>) -> PyResult<()> {
        if let Some(session) = self.session()? {
            run_always(py, || session.abandon())?;
            let mut session =
                self.session.lock().map_err(|_| PyRuntimeError::new_err("the session is in an unknown state"))?;
            *session = None;
        }
        Ok(())
    }
}
