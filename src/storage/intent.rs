//! What a save is for.

use super::version::Version;

/// What a save is for, and with it what it may replace.
pub(super) enum Intent {
    /// Replaces whatever is there; if the value has arrays of the document, only the version that these were loaded
    /// from.
    Replace,
    /// Replaces nothing: there must be no document.
    Create,
    /// Replaces this version.
    ReplaceVersion(Version),
    /// Brings a document from elsewhere, with arrays of the ids that they have there, and replaces whatever is here.
    Copy,
    /// The same, and replaces nothing.
    CreateCopy,
}
