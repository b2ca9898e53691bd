//! Links or copies a stored array to another place, without decoding it.

use super::stored::{Expected, StoredArray};
use super::verify::{check_all, check_length};
use crate::array::Labels;
use crate::backend::{Backend, Linked, StoredSummary};
use crate::error::{ErrorKind, Result};
use std::sync::Arc;

impl StoredArray {
    /// Makes an independent array of this one in another backend, under another name, without decoding it. Returns
    /// `None` if this is not possible. The array that is linked or copied is the one that is checked.
    pub(crate) fn link(&self, to: &Arc<dyn Backend>, name: &str) -> Result<Option<Linked>> {
        let linked = to.link(&**self.backend(), self.name(), name, &|reader| self.check(reader));
        let linked = linked.map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::Corrupt => self.in_file(error),
            _ => error,
        })?;
        let Some(Linked { summary, copied }) = linked else { return Ok(None) };
        let rest = self.expected().and_then(|expected| expected.rest.clone());
        let opening = self.expected().and_then(|expected| expected.opening.as_deref().cloned());
        let summary = StoredSummary { rest, opening: opening.filter(|_| !to.is_local()), ..summary };
        if copied && let Err(error) = self.check_copy(to.clone(), name, &summary) {
            let left = to.remove(name).is_err().then(|| to.describe(name));
            return Err(error.leaving(left));
        }
        Ok(Some(Linked { summary, copied }))
    }

    /// Compares a copy with the checksums of its original.
    fn check_copy(&self, backend: Arc<dyn Backend>, name: &str, summary: &StoredSummary) -> Result<()> {
        let open = backend.open(name)?;
        let expected = self.expected().cloned().unwrap_or_else(|| Expected {
            format: Some(open.format()),
            data_type: open.data_type(),
            grid: open.grid().clone(),
            labels: Labels::NONE,
            digest: Some(summary.digest.clone()),
            rest: None,
            opening: None,
        });
        let copy = Self::lazy(backend, name.to_owned(), expected.without_opening(), self.origin().clone());
        check_length(&copy, summary.bytes)?;
        match check_all(&copy, 0).into_iter().next() {
            None => Ok(()),
            Some(error) if error.is_cancelled() => Err(error),
            Some(error) => Err(error.context("the array was damaged or changed while it was copied".to_owned())),
        }
    }
}
