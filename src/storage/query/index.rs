//! The index of a workflow, as bytes: for each document its stamp, its shape and its simple values.
//!
//! An index is a cache. Whatever is wrong with its bytes, it is no index. Its memory is in proportion to its bytes, and
//! these are bounded by the number of documents that there are.

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// The last byte is the version.
const MAGIC: &[u8; 8] = b"astowix\x01";
pub(super) const CONTEXT: &str = "arraystow 2026 index of a workflow: everything after this hash";
const HASH_BYTES: usize = blake3::OUT_LEN;

/// The most bytes of an index.
const MOST_BYTES: u64 = 1 << 30;
/// The most bytes for each document. Few documents have as much.
const MOST_BYTES_EACH: u64 = 16 << 10;

/// The most bytes of an index that are read where there are so many documents.
pub(super) fn most_bytes(documents: usize) -> u64 {
    MOST_BYTES_EACH.saturating_mul((documents as u64).saturating_add(16)).min(MOST_BYTES)
}

/// Bytes that are borrowed from those of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Raw<'a>(pub(super) &'a [u8]);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawVisitor;

        impl<'de> Visitor<'de> for RawVisitor {
            type Value = Raw<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Raw<'de>, E> {
                Ok(Raw(bytes))
            }
        }

        deserializer.deserialize_bytes(RawVisitor)
    }
}

/// What is known of one document: the last segment of its name, its stamp, the number of its shape, and its simple
/// values.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Row<'a>(
    #[serde(borrow)] pub(super) &'a str,
    #[serde(borrow)] pub(super) Raw<'a>,
    pub(super) u32,
    #[serde(borrow)] pub(super) Raw<'a>,
);

/// The rows are in the order of their names.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index<'a> {
    #[serde(borrow)]
    pub(super) shapes: Vec<Raw<'a>>,
    #[serde(borrow)]
    pub(super) rows: Vec<Row<'a>>,
}

impl<'a> Index<'a> {
    /// The index with these bytes, if they are one of this version.
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (hash, contents) = bytes.strip_prefix(MAGIC)?.split_at_checked(HASH_BYTES)?;
        if hash != self::hash(contents) {
            return None;
        }
        cbor4ii::serde::from_slice(contents).ok()
    }

    pub(super) fn write(&self) -> Option<Vec<u8>> {
        let mut bytes = MAGIC.to_vec();
        bytes.resize(MAGIC.len() + HASH_BYTES, 0);
        let mut bytes = cbor4ii::serde::to_vec(bytes, self).ok()?;
        let (start, contents) = bytes.split_at_mut_checked(MAGIC.len() + HASH_BYTES)?;
        start.get_mut(MAGIC.len()..)?.copy_from_slice(&hash(contents));
        (bytes.len() as u64 <= most_bytes(self.rows.len())).then_some(bytes)
    }
}

fn hash(contents: &[u8]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(contents);
    *hasher.finalize().as_bytes()
}
