//! The persistent id, by which a document refers to an array or an external object.

use crate::error::{Error, ErrorKind, Result};
use crate::plugin::document::names::{ARRAYS, ID, PLAIN, SHARED, WEAK_SHARED};
use serde::ser::SerializeTupleStruct;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

/// The layout version of the arrays that this crate writes.
pub(in crate::plugin) const VERSION: &str = "1.0.0";

/// The id of an array or an external object, by which a document refers to it: `(name, (version, filename))`, like
/// pickle's `persistent_id`. It has the serializer's name, its layout version, and the generated name that the array or
/// the object is stored under.
///
/// It is plain nested data, so that it survives serde's buffering of values.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{ChunkedArray, LocalFiles, PersistentId, Protocols};
///
/// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
/// let array = ChunkedArray::from_ndarray(ndarray::Array1::<f32>::zeros(100), &[10])?;
/// let mut json = Vec::new();
/// arraystow::serialize(&array, &mut serde_json::Serializer::new(&mut json), &protocols)?;
///
/// let id: PersistentId = serde_json::from_slice(&json)?;
/// assert_eq!((id.name(), id.version()), ("HDFSerializer", "1.0.0"));
/// # #[cfg(feature = "hdf5")]
/// assert!(folder.path().join(id.file()).exists());
/// assert_eq!(id.to_string(), format!("HDFSerializer 1.0.0 {}", id.file()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PersistentId {
    name: Cow<'static, str>,
    version: String,
    file: String,
}

/// An id as plain nested data.
pub(in crate::plugin) type IdParts = (String, (String, String));

impl PersistentId {
    /// An id that nothing has yet.
    pub(crate) fn fresh() -> Self {
        Self::of(&uuid::Uuid::new_v4().to_string())
    }

    /// An id that nothing has yet, for an object of this serializer.
    pub(in crate::plugin) fn fresh_of(name: &str, version: &str) -> Self {
        let file = uuid::Uuid::new_v4().to_string();
        Self { name: Cow::Owned(name.to_owned()), version: version.to_owned(), file }
    }

    /// An id that nothing has yet, of the same serializer and version.
    pub(crate) fn fresh_like(&self) -> Self {
        Self { file: uuid::Uuid::new_v4().to_string(), ..self.clone() }
    }

    /// The id of an array that was written before.
    pub(crate) fn of(file: &str) -> Self {
        Self { name: Cow::Borrowed(ARRAYS), version: VERSION.to_owned(), file: file.to_owned() }
    }

    /// A name that may be that of a stored file, and leads nowhere else.
    pub(in crate::plugin) fn try_of(file: &str) -> Result<String> {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if file.is_empty() || file.len() > 128 || !file.chars().all(plain) {
            return Err(Error::new(ErrorKind::InvalidName, format!("{file:?} cannot be the name of a stored array")));
        }
        Ok(file.to_owned())
    }

    /// Returns the serializer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the layout version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the generated name that the array or object is stored under.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The id of a plain array, for a format that has ids: there nothing else says that it is one.
    pub(in crate::plugin) fn plain(&self) -> Self {
        Self { version: format!("{}{PLAIN}", self.version), ..self.clone() }
    }

    /// The id of these parts, if they may be those of one.
    pub(in crate::plugin) fn recognized(name: &str, version: &str, file: &str) -> Option<Self> {
        Self::try_from((name.to_owned(), (version.to_owned(), file.to_owned()))).ok()
    }

    /// Whether it is in a reference to a shared value.
    pub(in crate::plugin) fn is_shared(&self) -> bool {
        self.name == SHARED || self.name == WEAK_SHARED
    }

    /// Whether it is the id of an array.
    pub(in crate::plugin) fn is_array(&self) -> bool {
        self.name == ARRAYS
    }
}

impl fmt::Display for PersistentId {
    /// As `HDFSerializer 1.0.0 0b0e6f3e-0c8f-4e6b-9d8e-2f3c6f1f8a10`: name, version and file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.name.escape_debug(), self.version.escape_debug(), self.file)
    }
}

impl Serialize for PersistentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_tuple_struct(ID, 2)?;
        parts.serialize_field(&*self.name)?;
        parts.serialize_field(&(&self.version, &self.file))?;
        parts.end()
    }
}

impl TryFrom<IdParts> for PersistentId {
    type Error = Error;

    /// Fails for what this version cannot read and what could lead out of the arrays' folder.
    fn try_from((name, (version, file)): IdParts) -> Result<Self> {
        let name = if name == ARRAYS { Cow::Borrowed(ARRAYS) } else { Cow::Owned(name) };
        if !is_name(&name) {
            return Err(Error::new(ErrorKind::InvalidName, format!("{name:?} cannot be the name of a serializer")));
        }
        if name == ARRAYS && !matches!(version.split('.').next(), Some("0" | "1")) {
            return Err(Error::unsupported(format!(
                "an array of layout version {version:?}, which this version of arraystow does not know: use a newer one"
            )));
        }
        let file = Self::try_of(&file)?;
        Ok(Self { name, version, file })
    }
}

/// Whether this can be the name of a serializer.
pub(in crate::plugin) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 128 && !name.chars().any(char::is_control)
}
