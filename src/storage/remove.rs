//! Removing, without any Rust type: the document first, durably, then its arrays.

use super::Storage;
use super::missing::{explained, no_workflow};
use super::name::{Name, Workflow};
use super::place::{Only, Removal};
use super::version::Version;
use crate::error::{Error, ErrorKind, Result};
use crate::task::{check_cancelled, unstoppable};
use crate::trace::in_span;

/// Documents that are removed together. The workflow's lock is held meanwhile, and others may be waiting for it.
const MOST_AT_ONCE: usize = 256;

impl Storage {
    /// Removes the value with this name: its document and all its arrays.
    ///
    /// Values that were loaded from it and saved under other names have arrays of their own and are not affected.
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if the file is not a document, or if its list of arrays is
    /// invalid: nothing is then removed. A value whose body is damaged, or whose arrays are missing, is removed like
    /// any other. If a document is empty, truncated or damaged before its body, only the document is removed. Its list
    /// of arrays is lost, and the arrays are left to a [`sweep`](Self::sweep). `UnknownOutcome` if the document may
    /// still be there: remove it again. `PermissionDenied` and `Io`, as for other accesses.
    pub fn remove(&self, name: &str) -> Result<()> {
        let name = Name::parse(name)?;
        in_span!("remove", document = name.as_str(); self.remove_one(&name, Only::Named))
    }

    /// Removes the value with this name if it still has this version.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// let version = storage.save("answer", &41)?.version;
    /// storage.save("answer", &42)?;
    /// assert!(storage.remove_if("answer", &version).unwrap_err().is_conflict());
    /// assert_eq!(storage.load::<i32>("answer")?, 42);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// In a folder, the check and the removal are one step. In an object store, a save by another program in the moment
    /// of the removal is lost.
    ///
    /// # Errors
    /// As for [`remove`](Self::remove), and `Conflict` if the value has another version.
    pub fn remove_if(&self, name: &str, version: &Version) -> Result<()> {
        let name = Name::parse(name)?;
        in_span!("remove", document = name.as_str(); self.remove_one(&name, Only::Version(version)))
    }

    pub(super) fn remove_one(&self, name: &Name, only: Only<'_>) -> Result<()> {
        let missing = self.remove_batch(std::slice::from_ref(name), only)?.into_iter().flatten().next();
        missing.map_or(Ok(()), |error| Err(explained(error, &*self.place, name)))
    }

    /// Removes every value whose name matches a glob (see [`list`](Self::list)), and returns their names.
    ///
    /// The values of a workflow are removed in batches: first their documents, durably, then their arrays.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// for name in ["sim/1", "sim/2", "real/1"] {
    ///     storage.save(name, &1)?;
    /// }
    /// assert_eq!(storage.remove_matching("*/1")?, ["real/1", "sim/1"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the glob is invalid; otherwise the error of the first value that cannot be removed. The values
    /// before it are removed.
    pub fn remove_matching(&self, glob: &str) -> Result<Vec<String>> {
        let names = self.list(glob)?.into_iter().map(|entry| entry.name).collect();
        self.remove_all(names)
    }

    /// Removes every value of a workflow, and of the workflows below it, and returns their names. They are removed in
    /// batches, as by [`remove_matching`](Self::remove_matching).
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// storage.save("sim/1", &1)?;
    /// storage.save("sim/late/2", &2)?;
    /// assert_eq!(storage.remove_workflow("sim")?, ["sim/1", "sim/late/2"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the name is invalid or empty (`remove_matching("**")` removes everything); `NotFound` if the
    /// workflow has no values; otherwise the error of the first value that cannot be removed. The values before it are
    /// removed.
    pub fn remove_workflow(&self, workflow: &str) -> Result<Vec<String>> {
        if workflow.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidName,
                "the name of the workflow is empty; remove_matching(\"**\") removes everything",
            ));
        }
        let workflow = Workflow::parse(workflow)?;
        let names = self.names_under(&workflow)?;
        if names.is_empty() {
            return Err(no_workflow(&*self.place, &workflow));
        }
        self.remove_all(names)
    }

    fn remove_all(&self, names: Vec<String>) -> Result<Vec<String>> {
        let parsed = names.iter().map(|name| Name::parse(name)).collect::<Result<Vec<_>>>()?;
        let mut removed = Vec::with_capacity(names.len());
        let mut names = names.into_iter();
        for workflow in parsed.chunk_by(|a, b| a.workflow() == b.workflow()) {
            for batch in workflow.chunks(MOST_AT_ONCE) {
                let missing = self.remove_batch(batch, Only::Listed)?;
                // Another program has removed the others since, or they are no documents.
                let there =
                    missing.iter().zip(names.by_ref().take(batch.len())).filter(|(missing, _)| missing.is_none());
                removed.extend(there.map(|(_, name)| name));
            }
            if workflow.len() > 1
                && let Some(name) = workflow.first()
            {
                self.place.remove_index_if_empty(name.workflow());
            }
        }
        Ok(removed)
    }

    /// Removes documents of one workflow and their arrays; a removal once begun completes. Returns for each that is not
    /// there the error that says so.
    fn remove_batch(&self, names: &[Name], only: Only<'_>) -> Result<Vec<Option<Error>>> {
        let Some(workflow) = names.first().map(Name::workflow) else { return Ok(Vec::new()) };
        check_cancelled()?;
        unstoppable(|| {
            let Removal { missing, failed, superseded } = self.place.remove(names, only)?;
            superseded.for_each(|superseded| superseded.remove(&*self.place, workflow, |_| true));
            failed.map_or(Ok(missing), Err)
        })
    }
}
