//! Sweeping: what killed saves and failed clean-ups left behind.

use super::Storage;
use super::leftover::{Leftover, Remains};
use super::place::Place;
use super::read::{head, mentioned_beside};
use crate::error::{Error, Result};
use crate::storage::name::{Name, Workflow};
use crate::task::{check_cancelled, unstoppable};
use crate::trace::in_span;
use std::collections::{BTreeMap, HashSet};

impl Storage {
    /// Finds files that no document refers to: arrays and unfinished files of saves that were killed, and of removals
    /// that were interrupted. Nothing is removed before [`Sweep::remove`] is called.
    ///
    /// A sweep is safe during any number of saves, loads and removals, in other processes too: the record of a save in
    /// progress names its arrays. In a workflow with a document that cannot be read, nothing is removed, because the
    /// document may refer to any array. [`Sweep::skipped`] has the reason. Other files beside the documents are passed
    /// over, but the arrays whose ids they contain are not leftovers.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let storage = arraystow::Storage::open(folder.path())?;
    /// let found = storage.sweep()?;
    /// for leftover in found.leftovers() {
    ///     println!("{:?} {:?}: {} bytes", leftover.kind, leftover.location, leftover.bytes);
    /// }
    /// let removed = found.remove()?;
    /// # assert!(removed.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `Io` or `PermissionDenied` if the workflows cannot be listed. Errors of single workflows are in `skipped`.
    pub fn sweep(&self) -> Result<Sweep> {
        in_span!("sweep",; self.find_leftovers())
    }

    fn find_leftovers(&self) -> Result<Sweep> {
        let mut sweep = Sweep { storage: self.clone(), found: BTreeMap::new(), skipped: Vec::new() };
        for workflow in self.place.workflows()? {
            check_cancelled()?;
            // One of another program may have any name, and any names for its arrays.
            let swept = workflow.and_then(|workflow| Ok((self.place.leftovers(&workflow)?, workflow)));
            match swept {
                Ok((found, _)) if found.is_empty() => {}
                Ok((found, workflow)) => drop(sweep.found.insert(workflow, found)),
                Err(error) => sweep.skipped.push(error),
            }
        }
        Ok(sweep)
    }
}

/// The result of a sweep; see [`Storage::sweep`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// let found = storage.sweep()?;
/// println!("{} leftovers, {} bytes", found.leftovers().count(), found.bytes());
/// for error in found.skipped() {
///     println!("not looked at: {error}");
/// }
/// let removed = found.remove()?;
/// # assert!(removed.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing is removed before `remove` is called"]
pub struct Sweep {
    storage: Storage,
    found: BTreeMap<Workflow, Vec<(Remains, Leftover)>>,
    skipped: Vec<Error>,
}

impl Sweep {
    /// Returns what can be removed.
    pub fn leftovers(&self) -> impl Iterator<Item = &Leftover> {
        self.found.values().flatten().map(|(_, leftover)| leftover)
    }

    /// Returns the bytes of all leftovers.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.leftovers().map(|leftover| leftover.bytes).fold(0, u64::saturating_add)
    }

    /// Returns why some workflows were skipped: usually a document that cannot be read.
    #[must_use]
    pub fn skipped(&self) -> &[Error] {
        &self.skipped
    }

    /// Removes what was found, if it is still left over, and returns what was removed.
    ///
    /// # Errors
    /// `Io` or `PermissionDenied` if something cannot be removed. What was removed before stays removed.
    pub fn remove(self) -> Result<Vec<Leftover>> {
        let mut removed = Vec::new();
        for (workflow, found) in self.found {
            check_cancelled()?;
            let these: HashSet<Remains> = found.into_iter().map(|(remains, _)| remains).collect();
            match unstoppable(|| self.storage.place.remove_leftovers(&workflow, &these)) {
                Ok(gone) => removed.extend(gone),
                // Since then a document came that cannot be read.
                Err(error) if error.document().is_some() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(removed)
    }
}

/// The arrays that the documents of a workflow name. Of these ids, those that other files there mention are among them:
/// such a file may be what is left of a document.
///
/// # Errors
/// That of the first document that cannot be read.
pub(super) fn named(place: &dyn Place, workflow: &Workflow, ids: &HashSet<&str>) -> Result<HashSet<String>> {
    let mut documents = Vec::new();
    place.documents(workflow, &mut |name| documents.push(name))?;
    let mut named = HashSet::new();
    for document in documents {
        check_cancelled()?;
        let in_document = |error: Error| error.in_document(&document);
        let name = Name::parse(&document).map_err(in_document)?;
        match head(place, &name) {
            Ok(head) => named.extend(head.manifest.files().map(str::to_owned)),
            // Removed since it was listed.
            Err(error) if error.is_not_found() => {}
            Err(error) => named.extend(mentioned_beside(place, &name, ids).ok_or_else(|| in_document(error))?),
        }
    }
    Ok(named)
}
