//! The one error type of the crate.
//!
//! An error says what went wrong, where in the user's object (`runs[3].field`), in which array, document and file or
//! key, and what to do about it. It is opaque and small; callers branch on [`Error::kind`] or the predicates.

use std::fmt::{self, Write as _};
use std::sync::Arc;

/// The result of most functions of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What went wrong, coarsely; the text of the [`Error`] has the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// There is no document, array or chunk of that name.
    NotFound,
    /// The array was there when it was loaded and has been removed since.
    Gone,
    /// Something of that name is there already.
    AlreadyExists,
    /// Somebody else changed the document between the reading and the writing.
    Conflict,
    /// It cannot be known whether the document was replaced; nothing was removed.
    UnknownOutcome,
    /// A name outside the grammar of names.
    InvalidName,
    /// An argument that makes no sense: shapes that do not match, a chunk of the wrong shape, a bad slice.
    InvalidInput,
    /// The work was cancelled, by its [`Task`](crate::Task) or because its future was dropped.
    Cancelled,
    /// A valid wish that this crate, backend or file format cannot fulfil.
    Unsupported,
    /// An array was serialized or deserialized without a protocol context.
    NoContext,
    /// What is stored is not what was written: truncated, altered, swapped, or not ours at all.
    Corrupt,
    /// The stored array has another data type or rank than the one asked for.
    TypeMismatch,
    /// A limit on size, depth or memory was reached.
    Limit,
    /// The credentials or the file's permissions do not allow it.
    PermissionDenied,
    /// The operating system or the network failed.
    Io,
    /// The serde format or the user's `Serialize` or `Deserialize` failed.
    Serde,
    /// The user's own code (a chunk function, a chunk source, a persistent serializer) failed or panicked.
    Source,
}

/// Everything that can go wrong in this crate.
///
/// `Display` has the whole story, the cause included; [`std::error::Error::source`] gives the cause for downcasts.
///
/// An error may quote a stranger's file: names, paths, texts. `Display` and `Debug` escape what would act on a terminal or
/// in a log (control characters, line ends, marks that turn the direction of writing), so that an error is one line whatever
/// it quotes. The accessors give texts as they are, and so does the cause; print them with `{:?}`.
#[derive(Clone)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    document: Option<String>,
    path: Option<String>,
    array: Option<String>,
    location: Option<String>,
    left_behind: Vec<String>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        let mut message = message.into();
        message.truncate(shortened(&message).len());
        Self {
            inner: Arc::new(Inner {
                kind,
                message,
                document: None,
                path: None,
                array: None,
                location: None,
                left_behind: Vec::new(),
                source: None,
            }),
        }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    pub(crate) fn corrupt(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Corrupt, message)
    }

    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, message)
    }

    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Limit, message)
    }

    /// An I/O error; a missing file becomes [`ErrorKind::NotFound`].
    pub(crate) fn io(what: impl Into<String>, source: std::io::Error) -> Self {
        let kind = match source.kind() {
            std::io::ErrorKind::NotFound => ErrorKind::NotFound,
            std::io::ErrorKind::AlreadyExists => ErrorKind::AlreadyExists,
            std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
                ErrorKind::PermissionDenied
            }
            _ => ErrorKind::Io,
        };
        Self::new(kind, what).with_source(source)
    }

    fn edit(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::make_mut(&mut self.inner));
        self
    }

    pub(crate) fn with_source(self, source: impl Into<BoxError>) -> Self {
        let source: BoxError = source.into();
        self.edit(|inner| inner.source = Some(Arc::from(source)))
    }

    /// The same error, told after another message.
    pub(crate) fn context(self, message: String) -> Self {
        let source = self.clone().edit(|inner| inner.left_behind.clear());
        let inner = Inner { message, source: Some(Arc::new(source)), ..(*self.inner).clone() };
        Self { inner: Arc::new(inner) }
    }

    /// The same error in other words.
    pub(crate) fn reworded(self, message: &str) -> Self {
        self.edit(|inner| message.clone_into(&mut inner.message))
    }

    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        self.edit(|inner| inner.kind = kind)
    }

    /// Names the place in the object, unless a deeper layer knew better. An empty path is the object itself.
    pub(crate) fn at_path(self, path: &str) -> Self {
        self.edit(|inner| {
            inner.path.get_or_insert_with(|| path.to_owned());
        })
    }

    /// Names the array by its id, unless a deeper layer did.
    pub(crate) fn in_array(self, array: &str) -> Self {
        self.edit(|inner| {
            inner.array.get_or_insert_with(|| array.to_owned());
        })
    }

    /// Names the document, unless a deeper layer did.
    pub(crate) fn in_document(self, document: &str) -> Self {
        self.edit(|inner| {
            inner.document.get_or_insert_with(|| document.to_owned());
        })
    }

    /// Names the file or key, unless a deeper layer did.
    pub(crate) fn at_location(self, location: impl Into<String>) -> Self {
        self.edit(|inner| {
            inner.location.get_or_insert_with(|| location.into());
        })
    }

    /// Names arrays that a failed save leaves behind.
    pub(crate) fn leaving(self, locations: impl IntoIterator<Item = String>) -> Self {
        let mut locations = locations.into_iter().peekable();
        if locations.peek().is_none() { self } else { self.edit(|inner| inner.left_behind.extend(locations)) }
    }

    /// What went wrong, coarsely.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// The place in the user's object, such as `runs[3].field`, where it is known.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.inner.path.as_deref()
    }

    /// The persistent id's file name of the array or object concerned, where there is one.
    #[must_use]
    pub fn array(&self) -> Option<&str> {
        self.inner.array.as_deref()
    }

    /// The name of the document concerned, where there is one.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        self.inner.document.as_deref()
    }

    /// The file or key concerned, where there is one.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.inner.location.as_deref()
    }

    /// What a failed save could not take back, or must not since its outcome is not known: the files or keys of arrays that
    /// no document may ever name. Empty as a rule.
    #[must_use]
    pub fn left_behind(&self) -> &[String] {
        &self.inner.left_behind
    }

    /// There is no document, array or chunk of that name.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == ErrorKind::NotFound
    }

    /// The array was removed after it had been loaded.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.kind() == ErrorKind::Gone
    }

    /// Somebody else changed the document meanwhile.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind() == ErrorKind::Conflict
    }

    /// The work was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.kind() == ErrorKind::Cancelled
    }

    /// What is stored is not what was written.
    #[must_use]
    pub fn is_corrupt(&self) -> bool {
        self.kind() == ErrorKind::Corrupt
    }

    /// It cannot be known whether the document was replaced; nothing that it may name was removed.
    #[must_use]
    pub fn is_unknown_outcome(&self) -> bool {
        self.kind() == ErrorKind::UnknownOutcome
    }
}

/// The most bytes of a text that may quote a stranger's document, which may be all of it.
const MOST_BYTES: usize = 2000;

fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_BYTES)]
}

/// The beginning of a text on its way to a terminal or a log, with escapes for the characters that would act there instead
/// of being seen. Escaped twice it is the same: formats quote errors in their own.
struct Shown<'a>(&'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = MOST_BYTES;
        for char in self.0.chars() {
            let escapes = acts(char).then(|| char.escape_default());
            let bytes = escapes.as_ref().map_or(char.len_utf8(), ExactSizeIterator::len);
            match left.checked_sub(bytes) {
                Some(fewer) => left = fewer,
                None => break,
            }
            match escapes {
                Some(escaped) => write!(f, "{escaped}")?,
                None => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// Whether a character moves the cursor, ends the line, turns the direction of writing or cannot be seen at all. The two
/// joiners are not among them: Persian and emoji need them.
fn acts(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.inner;
        write!(f, "{}", Shown(&inner.message))?;
        if let Some(source) = &inner.source {
            write!(f, ": {}", Shown(&source.to_string()))?;
        }
        let mut separator = " [";
        let mut note = |f: &mut fmt::Formatter<'_>, what: &str, value: &str| {
            let written = write!(f, "{separator}{what} {}", Shown(value));
            separator = ", ";
            written
        };
        if let Some(path) = &inner.path {
            let path = if path.is_empty() { "the object itself" } else { path };
            note(f, "at", path)?;
        }
        if let Some(array) = &inner.array {
            note(f, "array", array)?;
        }
        if let Some(document) = &inner.document {
            note(f, "document", &format!("{document:?}"))?;
        }
        if let Some(location) = &inner.location {
            note(f, "in", location)?;
        }
        if separator == ", " {
            f.write_str("]")?;
        }
        left_behind(f, &inner.left_behind)
    }
}

/// Names the first few; [`Error::left_behind`] has them all.
fn left_behind(f: &mut fmt::Formatter<'_>, all: &[String]) -> fmt::Result {
    const MOST: usize = 4;
    if all.is_empty() {
        return Ok(());
    }
    for (index, location) in all.iter().take(MOST).enumerate() {
        write!(f, "{}{}", if index == 0 { "; left behind: " } else { ", " }, Shown(location))?;
    }
    if all.len() > MOST {
        write!(f, " and {} more", all.len() - MOST)?;
    }
    f.write_str(" (a sweep removes what no document names)")
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.inner.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref().map(|source| source as _)
    }
}
