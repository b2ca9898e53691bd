//! The persistent id: what a document keeps of an array.

use super::load::tell;
use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The layout version of what this crate writes.
const VERSION: &str = "1.0.0";
/// The serializer's name, as in the Python system that this one carries on.
const NAME: &str = "HDFSerializer";

/// What a document keeps of an array: `(name, (version, filename))`, as pickle's `persistent_id`: which serializer, its
/// layout version, and the generated name that the array is stored under.
///
/// Plain nested data, so that it survives every way in which serde buffers values.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PersistentId {
    version: String,
    file: String,
}

type Parts = (String, (String, String));

impl PersistentId {
    /// An id that nothing has yet.
    pub(crate) fn fresh() -> Self {
        Self::of(&uuid::Uuid::new_v4().to_string())
    }

    /// The id of an array that was written before.
    pub(crate) fn of(file: &str) -> Self {
        Self { version: VERSION.to_owned(), file: file.to_owned() }
    }

    /// The serializer's name.
    #[must_use]
    pub fn name(&self) -> &str {
        NAME
    }

    /// The layout version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The generated name that the array is stored under.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }
}

impl Serialize for PersistentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (NAME, (&self.version, &self.file)).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PersistentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(Parts::deserialize(deserializer)?).map_err(tell)
    }
}

impl TryFrom<Parts> for PersistentId {
    type Error = Error;

    /// Refuses what this version cannot read and what could lead out of the arrays' folder.
    fn try_from((name, (version, file)): Parts) -> Result<Self> {
        if name != NAME {
            return Err(Error::unsupported(format!("an array of the serializer {name:?}, which is not known here")));
        }
        if !matches!(version.split('.').next(), Some("0" | "1")) {
            return Err(Error::unsupported(format!(
                "an array of layout version {version:?}, which this version of arraystow does not know: use a newer one"
            )));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if file.is_empty() || file.len() > 128 || !file.chars().all(plain) {
            return Err(Error::new(ErrorKind::InvalidName, format!("{file:?} cannot be the name of a stored array")));
        }
        Ok(Self { version, file })
    }
}
