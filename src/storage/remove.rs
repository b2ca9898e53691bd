//! Removing, without any Rust type: the document first, durably, then its arrays.

use super::Storage;
use super::missing::{explained, no_workflow};
use super::name::{Name, Workflow};
use super::place::Removal;
use crate::error::{Error, ErrorKind, Result};
use crate::task::{check_cancelled, unstoppable};

/// Documents that are removed together. The workflow's lock is held meanwhile, and others may be waiting for it.
const MOST_AT_ONCE: usize = 256;

impl Storage {
    /// Removes the value of that name: its document, and all its arrays.
    ///
    /// Values that were made from it by loading and saving under other names have arrays of their own and stay as they
    /// are.
    ///
    /// # Errors
    /// `NotFound` if there is no such document; `Corrupt` if what is there is not one, or has a list of arrays that
    /// makes no sense: nothing is then removed. A value whose body is damaged, or whose arrays are missing, is removed
    /// like any other. Of one whose document is empty, cut or altered before its body, the document is removed; which
    /// arrays it had nothing knows any more, and they are left to a [`sweep`](Self::sweep).
    pub fn remove(&self, name: &str) -> Result<()> {
        let name = Name::parse(name)?;
        let missing = self.remove_batch(std::slice::from_ref(&name))?;
        let missing = missing.into_iter().flatten().next();
        missing.map_or(Ok(()), |error| Err(explained(error, &*self.place, &name)))
    }

    /// Removes every value whose name matches a glob (see [`list`](Self::list)), and returns their names.
    ///
    /// Values of one workflow are removed many at a time: first their documents, durably, then their arrays.
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
    /// `InvalidName` if this is no glob; otherwise that of the first value that cannot be removed, those before it
    /// being gone.
    pub fn remove_matching(&self, glob: &str) -> Result<Vec<String>> {
        let names = self.list(glob)?.into_iter().map(|entry| entry.name).collect();
        self.remove_all(names)
    }

    /// Removes every value of a workflow, and of the workflows below it, and returns their names. As
    /// [`remove_matching`](Self::remove_matching), many at a time.
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
    /// `InvalidName` if it cannot be a workflow (the empty name included: `remove_matching("**")` is for everything);
    /// otherwise that of the first value that cannot be removed, those before it being gone.
    pub fn remove_workflow(&self, workflow: &str) -> Result<Vec<String>> {
        if workflow.is_empty() {
            return Err(Error::new(
                ErrorKind::InvalidName,
                "which workflow? An empty name is none; remove_matching(\"**\") removes everything",
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
                let missing = self.remove_batch(batch)?;
                // Another program has removed the others since.
                let there =
                    missing.iter().zip(names.by_ref().take(batch.len())).filter(|(missing, _)| missing.is_none());
                removed.extend(there.map(|(_, name)| name));
            }
        }
        Ok(removed)
    }

    /// Removes documents of one workflow and their arrays; a removal once begun completes. Returns for each that is not
    /// there the error that says so.
    fn remove_batch(&self, names: &[Name]) -> Result<Vec<Option<Error>>> {
        let Some(workflow) = names.first().map(Name::workflow) else { return Ok(Vec::new()) };
        check_cancelled()?;
        unstoppable(|| {
            let Removal { missing, failed, superseded } = self.place.remove(names)?;
            superseded.for_each(|superseded| superseded.remove(&*self.place, workflow, |_| true));
            failed.map_or(Ok(missing), Err)
        })
    }
}
