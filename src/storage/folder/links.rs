//! Symbolic links below the root. A folder of unknown origin may have links that lead anywhere, so none is followed:
//! not in the place of a document, a workflow, the folder of its arrays, or of what is there for the storage's own use.
//! The root itself may be a link; it is the user's.

use super::durable::{LOCK, SAVING};
use crate::error::{Error, ErrorKind, Result};
use crate::storage::name::{ARRAYS, Workflow};
use std::path::{Path, PathBuf};

/// Fails for a document that cannot be reached without a link.
pub(super) fn refuse_document(root: &Path, workflow: &Workflow, document: &Path) -> Result<()> {
    refuse_workflow(root, workflow)?;
    refuse(document)
}

/// Fails for a workflow that cannot be reached without a link, or whose arrays cannot.
pub(super) fn refuse_workflow(root: &Path, workflow: &Workflow) -> Result<()> {
    let mut folder: PathBuf = root.to_owned();
    for segment in workflow.segments() {
        folder.push(segment);
        refuse(&folder)?;
    }
    let arrays = folder.join(ARRAYS);
    for path in [&arrays, &arrays.join(LOCK), &arrays.join(SAVING)] {
        refuse(path)?;
    }
    Ok(())
}

fn refuse(path: &Path) -> Result<()> {
    // What cannot be looked at is an error when it is opened.
    if !std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink()) {
        return Ok(());
    }
    let text = "this is a symbolic link, which arraystow does not follow, since it may lead out of the storage: \
        replace the link with its target";
    Err(Error::new(ErrorKind::Unsupported, text).at_location(path.display().to_string()))
}
