//! The one error type of the crate.
//!
//! An error says what went wrong, where in the user's value (`runs[3].field`), in which array, document and file or
//! key, and what to do about it. It is opaque and small; callers branch on [`Error::kind`] or the predicates.

mod kind;
mod names;
mod report;
mod shown;

pub use kind::ErrorKind;
pub(crate) use names::named;
pub(crate) use shown::{one_line, panic_text};

use shown::{Shown, shortened};
use std::fmt;
use std::sync::Arc;

/// The result of most functions of this crate.
///
/// ```
/// fn sum_of(name: &str) -> arraystow::Result<f64> {
///     let storage = arraystow::Storage::open("surveys")?;
///     storage.load::<arraystow::ChunkedArray<f64>>(name)?.sum()
/// }
/// assert!(sum_of("no/such/value").is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The error type of this crate.
///
/// `Display` has the whole message, including the cause's: `{error}` alone is complete. Therefore
/// [`source`](std::error::Error::source) does not return the cause again, which reporters would print twice, but the
/// cause's own source, as [`std::io::Error`] does. [`get_ref`](Self::get_ref) returns the cause, for downcasting.
///
/// An error may quote names, paths and strings from an untrusted file. `Display` and `Debug` escape characters that a
/// terminal or a log would interpret (control characters, line breaks, marks that change the text direction), so an
/// error is always one line. The accessors and the cause return strings unescaped; print them with `{:?}`.
///
/// With serde, an error is a map of what its accessors return, with the cause's message. The cause of an error that is
/// read back is only that message: it cannot be downcast to its original type.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::{ChunkedArray, ErrorKind};
///
/// let error = storage.load::<ChunkedArray<f32>>("survey").unwrap_err();
/// assert_eq!((error.kind(), error.document()), (ErrorKind::NotFound, Some("survey")));
/// assert!(error.is_not_found() && error.left_behind().is_empty());
///
/// // The error of a function that computes chunks, in a field of a value:
/// let broken = ChunkedArray::<f32>::from_fn(&[10], &[5], |_| Err::<ndarray::Array1<f32>, _>("no sensor"))?;
/// let error = storage.save("survey", &(1, broken)).unwrap_err();
/// assert_eq!((error.kind(), error.path()), (ErrorKind::UserCode, Some("[1]")));
/// assert_eq!(error.get_ref().map(ToString::to_string), Some("no sensor".to_owned()));
/// println!("{error}"); // with the document, the array's id and, if one is concerned, the file
/// assert!(error.array().is_some() && error.location().is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Error {
    inner: Arc<ErrorDetails>,
}

#[derive(Clone)]
struct ErrorDetails {
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
            inner: Arc::new(ErrorDetails {
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

    fn edit(mut self, change: impl FnOnce(&mut ErrorDetails)) -> Self {
        change(Arc::make_mut(&mut self.inner));
        self
    }

    pub(crate) fn with_source(self, source: impl Into<BoxError>) -> Self {
        let source: BoxError = source.into();
        self.edit(|inner| inner.source = Some(Arc::from(source)))
    }

    /// The error with another message in front, of which it becomes the cause.
    pub(crate) fn context(self, message: String) -> Self {
        let source = self.clone().edit(|inner| inner.left_behind.clear());
        let inner = ErrorDetails { message, source: Some(Arc::new(source)), ..(*self.inner).clone() };
        Self { inner: Arc::new(inner) }
    }

    /// The error with its message replaced.
    pub(crate) fn reworded(self, message: &str) -> Self {
        self.edit(|inner| message.clone_into(&mut inner.message))
    }

    pub(crate) fn with_kind(self, kind: ErrorKind) -> Self {
        self.edit(|inner| inner.kind = kind)
    }

    /// Names the place in the value, unless a deeper layer did. An empty path is the value itself.
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

    /// Returns the category of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns the place in the user's value, such as `runs[3].field`, if it is known.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.inner.path.as_deref()
    }

    /// Returns the file name in the persistent id of the array or external object concerned, if there is one.
    #[must_use]
    pub fn array(&self) -> Option<&str> {
        self.inner.array.as_deref()
    }

    /// Returns the name of the document concerned, if there is one.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        self.inner.document.as_deref()
    }

    /// Returns the file or key concerned, if there is one.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.inner.location.as_deref()
    }

    /// Returns the files or keys of arrays that a failed save has left behind, and which may not belong to a document.
    /// A save leaves arrays behind if it cannot remove them, or must not because its outcome is unknown. Usually empty.
    #[must_use]
    pub fn left_behind(&self) -> &[String] {
        &self.inner.left_behind
    }

    /// Returns the cause, for downcasting, as [`std::io::Error::get_ref`]. `Display` already includes its message, so
    /// [`source`](std::error::Error::source) returns the cause's own source.
    #[must_use]
    pub fn get_ref(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.inner.source.as_deref()
    }
}

macro_rules! predicates {
    ($($name:ident $kind:ident;)*) => {
        /// A predicate for each [`ErrorKind`], which has the explanation.
        impl Error {
            $(
                #[doc = concat!("Whether the kind is [`ErrorKind::", stringify!($kind), "`]. See [`Error`] for an example.")]
                #[must_use]
                pub fn $name(&self) -> bool {
                    self.kind() == ErrorKind::$kind
                }
            )*
        }
    };
}

predicates! {
    is_not_found NotFound;
    is_gone Gone;
    is_already_exists AlreadyExists;
    is_conflict Conflict;
    is_unknown_outcome UnknownOutcome;
    is_invalid_name InvalidName;
    is_invalid_input InvalidInput;
    is_cancelled Cancelled;
    is_unsupported Unsupported;
    is_no_context NoContext;
    is_corrupt Corrupt;
    is_type_mismatch TypeMismatch;
    is_limit Limit;
    is_permission_denied PermissionDenied;
    is_io Io;
    is_serde Serde;
    is_user_code UserCode;
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
            let path = if path.is_empty() { "the value itself" } else { path };
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

/// Displays the first few; [`Error::left_behind`] returns all of them.
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

/// The error of an I/O trait that calls this crate. [`std::io::Error::get_ref`] returns the error of this crate.
///
/// ```
/// use std::io;
///
/// fn names() -> io::Result<Vec<String>> {
///     let storage = arraystow::Storage::open("no such folder")?;
///     Ok(storage.list("run/*")?.into_iter().map(|entry| entry.name).collect())
/// }
/// let error: io::Error = arraystow::Storage::open("s3:/typo").map(drop).unwrap_err().into();
/// assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
/// ```
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        use std::io::ErrorKind as Io;
        let kind = match error.kind() {
            ErrorKind::NotFound | ErrorKind::Gone => Io::NotFound,
            ErrorKind::AlreadyExists => Io::AlreadyExists,
            ErrorKind::InvalidName | ErrorKind::InvalidInput => Io::InvalidInput,
            ErrorKind::Unsupported => Io::Unsupported,
            ErrorKind::Corrupt | ErrorKind::TypeMismatch => Io::InvalidData,
            ErrorKind::PermissionDenied => Io::PermissionDenied,
            _ => Io::Other,
        };
        Self::new(kind, error)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.inner.source.as_deref()?.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn a_cause_is_displayed_and_not_a_source_again() {
        let io = || std::io::Error::new(std::io::ErrorKind::PermissionDenied, "no key");
        let error = Error::io("the file cannot be read", io()).context("the load failed".to_owned());
        assert_eq!(error.to_string(), "the load failed: the file cannot be read: no key");
        assert!(error.is_permission_denied() && !error.is_io());
        let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<Error>());
        assert!(cause.and_then(Error::get_ref).is_some_and(|cause| cause.is::<std::io::Error>()));
        assert!(error.source().is_none(), "the messages of all causes are displayed");
    }

    #[test]
    fn a_source_below_the_cause_is_the_source() {
        #[derive(Debug)]
        struct Outer(fmt::Error);

        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("outer")
            }
        }

        impl std::error::Error for Outer {
            fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
                Some(&self.0)
            }
        }

        let error = Error::invalid("it failed").with_source(Outer(fmt::Error));
        assert_eq!(error.to_string(), "it failed: outer");
        assert!(error.source().is_some_and(|source| source.is::<fmt::Error>()));
    }
}
