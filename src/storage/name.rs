//! The grammar of names and workflows: one for all protocols, so that what is saved on one can be copied to another.

use crate::error::{Error, ErrorKind, Result};

/// The folder of a workflow's arrays.
pub(super) const ARRAYS: &str = "bigdata";
/// The index of a workflow's documents, in the folder of its arrays.
pub(super) const INDEX: &str = ".index";

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
    pub(super) fn last(&self) -> &str {
        self.text.rsplit_once('/').map_or(self.as_str(), |(_, last)| last)
    }

    /// Fails for a name that a new value cannot have: on a file system that does not distinguish upper and lower case,
    /// a segment would be the folder of the arrays.
    pub(super) fn check_new(&self) -> Result<()> {
        match self.text.split('/').find(|segment| segment.eq_ignore_ascii_case(ARRAYS)) {
            None => Ok(()),
            Some(segment) => Err(Error::new(
                ErrorKind::InvalidName,
                format!(
                    "{:?} cannot be the name of a new value: {segment:?} is {ARRAYS:?}, the folder of the arrays, where \
                     upper and lower case are the same",
                    self.as_str()
                ),
            )),
        }
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
            return refuse("\"bigdata\" is the folder of the arrays");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let error = Name::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidName, "{text:?}");
        error.to_string()
    }

    #[test]
    fn a_name_is_its_workflow_and_its_last_segment() {
        for (text, workflow, segments) in [
            ("survey", "", 0),
            ("global/ramp", "global", 1),
            ("a/b/c", "a/b", 2),
            ("Höhe über NN/ramp 1.5 ~#%&*?[x]", "Höhe über NN", 1),
            ("bigdata.old/my bigdata", "bigdata.old", 1),
        ] {
            let name = Name::parse(text).unwrap();
            assert_eq!((name.as_str(), name.workflow().as_str()), (text, workflow));
            assert_eq!((name.workflow().segments().count(), name.workflow().is_root()), (segments, segments == 0));
            assert_eq!(Name::parse(name.as_str()).unwrap(), name);
        }
    }

    #[test]
    fn a_name_that_no_place_could_hold_is_refused() {
        for (text, why) in [
            ("", "empty"),
            ("/", "empty"),
            ("/a", "empty"),
            ("a/", "empty"),
            ("a//b", "empty"),
            (".", "begins with"),
            ("..", "begins with"),
            ("a/../b", "begins with"),
            ("a/.hidden", "begins with"),
            ("a\\b", "control character"),
            ("c:", "control character"),
            ("a/b\0", "control character"),
            ("a\nb", "control character"),
            ("a\u{85}b", "control character"),
            ("bigdata", "bigdata"),
            ("a/bigdata/b", "bigdata"),
        ] {
            let error = refused(text);
            assert!(error.contains(why) && error.contains(&format!("{text:?}")), "{text:?}: {error}");
        }
    }

    #[test]
    fn lengths_are_counted_in_bytes() {
        let longest = "ä".repeat(MOST_SEGMENT_BYTES / 2);
        assert!(Name::parse(&longest).is_ok());
        assert!(refused(&format!("{longest}ä")).contains("255 bytes"));
        let segments = "a/".repeat(MOST_BYTES / 2 - 1);
        assert!(Name::parse(&format!("{segments}ab")).is_ok());
        // The error does not repeat a string of any length.
        let error = refused(&format!("{segments}abc"));
        assert!(error.contains("901") && error.len() < 200, "{error}");
    }

    #[test]
    fn workflows_are_joined_and_parted() {
        let root = Workflow::root();
        assert_eq!(root, Workflow::parse("").unwrap());
        assert!(root.is_root() && root.segments().next().is_none());
        let below = root.child("a").unwrap().child("b").unwrap();
        assert_eq!((below.as_str(), below.join("c").as_str(), root.join("c").as_str()), ("a/b", "a/b/c", "c"));
        assert_eq!(below.name("c").unwrap(), Name::parse("a/b/c").unwrap());
        assert_eq!(root.name("c").unwrap().workflow(), &root);
        for segment in ["", "..", ARRAYS] {
            assert!(below.child(segment).is_err() && below.name(segment).is_err(), "{segment:?}");
        }
        assert!(Workflow::parse("/").is_err() && Workflow::parse("a/").is_err());
    }

    #[cfg(feature = "object-store")]
    #[test]
    fn a_workflow_is_below_its_parent() {
        let below = Workflow::parse("a/b").unwrap();
        let above = below.parent().unwrap();
        assert_eq!((above.as_str(), above.parent()), ("a", Some(Workflow::root())));
        assert_eq!(Workflow::root().parent(), None);
        assert_eq!((Name::parse("a/b").unwrap().last(), Name::parse("b").unwrap().last()), ("b", "b"));
    }

    #[test]
    fn files_of_the_storage_itself_are_no_documents() {
        assert!(may_be_a_document("survey") && may_be_a_document("what:ever"));
        assert!(!may_be_a_document(ARRAYS) && !may_be_a_document(".lock"));
    }
}
