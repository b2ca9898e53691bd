//! The position of a walk in a document.

use crate::plugin::document::body_format::Format;
use crate::plugin::document::path::Path;
use crate::plugin::format::quirks;
use crate::plugin::format::quirks::Quirks;

/// The path of what is read, and the document's format, if it is known.
#[derive(Clone, Copy)]
pub(in crate::plugin) struct At<'p> {
    pub(in crate::plugin) path: &'p Path<'p>,
    pub(in crate::plugin) format: Option<Format>,
}

impl<'p> At<'p> {
    /// In the same document, at another path.
    #[inline]
    pub(in crate::plugin) fn path<'q>(self, path: &'q Path<'q>) -> At<'q> {
        At { path, format: self.format }
    }

    #[inline]
    pub(in crate::plugin) fn quirks(self) -> &'static Quirks {
        quirks(self.format)
    }
}
