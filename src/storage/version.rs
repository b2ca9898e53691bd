//! Versions of an object: what a load found, and what a save asks for.

use crate::error::{Error, ErrorKind, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A version of a value. Every save makes a new version, even if it changes nothing.
///
/// [`Storage::load_versioned`](crate::Storage::load_versioned) returns it, and
/// [`Storage::save_if`](crate::Storage::save_if) saves only over it. As a string it has only letters, digits and `-`,
/// so it can be used as an HTTP ETag:
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let storage = arraystow::Storage::open(folder.path())?;
/// use arraystow::Version;
///
/// storage.save("answer", &42)?;
/// let version = storage.version("answer")?;
/// let e_tag = format!("\"{version}\"");
///
/// let asked: Version = e_tag.trim_matches('"').parse()?;
/// assert_eq!(asked, version);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Version(String);

const LONGEST: usize = 64;

fn is_token(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(plain)
}

impl Version {
    /// The version of a document of this write id, which may be of unknown origin.
    pub(super) fn of(write_id: &str) -> Self {
        match is_token(write_id) {
            true => Self(write_id.to_owned()),
            false => Self(blake3::hash(write_id.as_bytes()).to_hex().to_string()),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Version {
    type Err = Error;

    /// # Errors
    /// `InvalidInput` for what cannot be the text of a version.
    fn from_str(text: &str) -> Result<Self> {
        if is_token(text) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::new(ErrorKind::InvalidInput, "this is not a version, which has up to 64 letters, digits and \"-\""))
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
