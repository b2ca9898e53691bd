//! The data with which an array is opened, as a copy in its document: so a load requests the document from an object
//! store, and then chunks.

use serde::{Deserialize, Serialize};

/// The metadata of an array and its checksums, byte for byte as they are beside it. The array's digest covers both.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Opening {
    #[serde(with = "raw")]
    pub(crate) metadata: Vec<u8>,
    /// The attributes, where they have a file of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) attributes: Option<Raw>,
    #[serde(with = "raw")]
    pub(crate) checksums: Vec<u8>,
}

/// Bytes that are written as bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Raw(#[serde(with = "raw")] pub(crate) Vec<u8>);

impl Opening {
    pub(crate) fn len(&self) -> usize {
        let attributes = self.attributes.as_ref().map_or(0, |attributes| attributes.0.len());
        self.metadata.len() + attributes + self.checksums.len()
    }
}

mod raw {
    use serde::de::{Error, Visitor};
    use serde::{Deserializer, Serializer};
    use std::fmt;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(bytes)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }

            fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
                Ok(bytes)
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}
