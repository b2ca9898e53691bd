//! The grammar of names: one for all protocols, so that what is saved on one can be copied to another.

use crate::error::{Error, ErrorKind, Result};

/// The folder of a workflow's arrays.
pub(super) const ARRAYS: &str = "bigdata";

const MOST_SEGMENT_BYTES: usize = 255;
const MOST_BYTES: usize = 900;

/// A checked name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    text: String,
}

impl Name {
    pub(super) fn parse(text: &str) -> Result<Self> {
        check(text, "a name")?;
        Ok(Self { text: text.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The workflow; empty for a name of one segment.
    pub(super) fn workflow(&self) -> &str {
        self.text.rsplit_once('/').map_or("", |(workflow, _)| workflow)
    }

    pub(super) fn is_a_workflow(&self) -> Error {
        Error::new(ErrorKind::InvalidName, format!("{:?} is a workflow, so it cannot be a document too", self.as_str()))
    }

    pub(super) fn is_below_a_document(&self) -> Error {
        Error::new(
            ErrorKind::InvalidName,
            format!("a part of the workflow {:?} is a document, so it cannot be a workflow too", self.workflow()),
        )
    }
}

/// Whether a file of that name may be a document of somebody's: the Python system takes names that this grammar does not.
pub(super) fn may_be_a_document(segment: &str) -> bool {
    !segment.starts_with('.') && segment != ARRAYS
}

/// Checks the name of a workflow; the empty one is the root.
pub(super) fn check_workflow(workflow: &str) -> Result<()> {
    if workflow.is_empty() { Ok(()) } else { check(workflow, "a workflow") }
}

fn check(text: &str, what: &str) -> Result<()> {
    let refuse = |why: &str| Err(Error::new(ErrorKind::InvalidName, format!("{text:?} cannot be {what}: {why}")));
    if text.len() > MOST_BYTES {
        return Err(Error::new(
            ErrorKind::InvalidName,
            format!("{what} may have {MOST_BYTES} bytes at most, not {}", text.len()),
        ));
    }
    for segment in text.split('/') {
        if segment.is_empty() {
            return refuse("a segment is empty; write it as \"task\" or \"workflow/task\"");
        }
        if segment.len() > MOST_SEGMENT_BYTES {
            return refuse("a segment is longer than 255 bytes");
        }
        if segment.starts_with('.') {
            return refuse("a segment begins with \".\"");
        }
        if segment.chars().any(|c| c.is_control() || c == '\\' || c == ':') {
            return refuse("it has a control character, \"\\\" or \":\"");
        }
        if segment == ARRAYS {
            return refuse("\"bigdata\" is where arrays lie");
        }
    }
    Ok(())
}
