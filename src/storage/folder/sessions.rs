//! What a commit, a rename, a removal and a sweep do about sessions: values that several programs write. Only a build
//! with Zarr can read them, and without it a workflow that has some is left alone.

use super::Folder;
use crate::error::Result;
use crate::plugin::Manifest;
use crate::storage::name::Workflow;
#[cfg(feature = "zarr")]
use crate::storage::{place::Place, session::Sessions};

#[cfg(feature = "zarr")]
impl Folder {
    /// Ends sessions that were committed as one of these documents. The caller holds the workflow's lock.
    pub(super) fn end_committed(&self, workflow: &Workflow, manifests: &[Manifest]) -> Result<()> {
        let is_named = |array: &str| manifests.iter().any(|manifest| manifest.has(array));
        Sessions::end_committed(&self.bytes(workflow)?, is_named)
    }
}

#[cfg(not(feature = "zarr"))]
impl Folder {
    /// Fails if there is a session that may have been committed as one of these documents.
    pub(super) fn end_committed(&self, workflow: &Workflow, _: &[Manifest]) -> Result<()> {
        self.refuse_sessions(workflow)
    }

    /// Fails if there are sessions.
    pub(super) fn refuse_sessions(&self, workflow: &Workflow) -> Result<()> {
        use super::durable::{SAVING, located};
        let folder = self.arrays(workflow).join(SAVING);
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(located("cannot list the folder", &folder))?,
        };
        for entry in entries {
            let entry = entry.map_err(located("cannot list the folder", &folder))?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let text = "a value of this workflow is being written in a session, which only a build with the feature \
                    `zarr` can read: enable it";
                let location = entry.path().display().to_string();
                return Err(crate::error::Error::unsupported(text).at_location(location));
            }
        }
        Ok(())
    }
}
