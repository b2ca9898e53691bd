//! The grammar of names and workflows: one for all protocols, so that what is saved on one can be copied to another.

use crate::error::{Error, ErrorKind, Result};

/// The folder of a workflow's arrays.
pub(super) const ARRAYS: &str = "bigdata";

const MOST_SEGMENT_BYTES: usize = 255;
const MOST_BYTES: usize = 900;

/// A checked name: a workflow, and a last segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    text: String,
    workflow: Workflow,
}

impl Name {
    pub(super) fn parse(text: &str) -> Result<Self> {
        check(text, "a name")?;
        let workflow = text.rsplit_once('/').map_or("", |(workflow, _)| workflow);
        Ok(Self { text: text.to_owned(), workflow: Workflow { text: workflow.to_owned() } })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// All segments but the last.
    pub(super) fn workflow(&self) -> &Workflow {
        &self.workflow
    }

    /// The last segment.
    #[cfg(feature = "object-store")]
    pub(super) fn last(&self) -> &str {
        self.text.rsplit_once('/').map_or(self.as_str(), |(_, last)| last)
    }

    pub(super) fn is_a_workflow(&self) -> Error {
        Error::new(ErrorKind::InvalidName, format!("{:?} is a workflow, so it cannot be a document too", self.as_str()))
    }

    pub(super) fn is_below_a_document(&self) -> Error {
        Error::new(
            ErrorKind::InvalidName,
            format!(
                "a part of the workflow {:?} is a document, so it cannot be a workflow too",
                self.workflow.as_str()
            ),
        )
    }
}

/// A checked workflow: the segments of a name without the last one. The root has none.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Workflow {
    text: String,
}

impl Workflow {
    /// The workflow of names of one segment.
    pub(super) fn root() -> Self {
        Self::default()
    }

    /// The workflow of this text, which is empty for the root.
    pub(super) fn parse(text: &str) -> Result<Self> {
        if !text.is_empty() {
            check(text, "a workflow")?;
        }
        Ok(Self { text: text.to_owned() })
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').filter(|segment| !segment.is_empty())
    }

    /// The workflow right below, of this segment.
    pub(super) fn child(&self, segment: &str) -> Result<Self> {
        Self::parse(&self.join(segment))
    }

    /// The workflow right above; none above the root.
    #[cfg(feature = "object-store")]
    pub(super) fn parent(&self) -> Option<Self> {
        let above = self.text.rsplit_once('/').map_or("", |(above, _)| above);
        (!self.is_root()).then(|| Self { text: above.to_owned() })
    }

    /// The name with this last segment.
    pub(super) fn name(&self, last: &str) -> Result<Name> {
        Name::parse(&self.join(last))
    }

    /// The text of a name or of a workflow in this one, unchecked.
    pub(super) fn join(&self, segment: &str) -> String {
        if self.is_root() { segment.to_owned() } else { format!("{}/{segment}", self.text) }
    }
}

/// Whether a file of that name may be a document: the Python system takes names that this grammar does not.
pub(super) fn may_be_a_document(segment: &str) -> bool {
    !segment.starts_with('.') && segment != ARRAYS
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
            return refuse("a segment is empty; write it as \"name\" or \"workflow/name\"");
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
