//! The manifest: a document's list of its arrays.
//!
//! What needs no Rust type (remove, info, copy) reads only this. It does not grow with the number of chunks.

use super::PersistentId;
use crate::array::{ChunkGrid, DataType};
use crate::engine::Expected;
use crate::error::{Error, Result};
use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::HashSet;
use std::fmt;

/// As many axes as HDF5 has.
const MOST_AXES: usize = 32;

/// The arrays of one document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// Tells this writing of the document from every other: what a compare-and-swap compares.
    write_id: String,
    pub(crate) arrays: Vec<ManifestEntry>,
}

/// One array of a document.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ManifestEntry {
    pub(crate) id: PersistentId,
    /// Every place in the object where the array is.
    pub(crate) paths: Vec<String>,
    pub(crate) data_type: String,
    /// Per axis runs of equal chunks: `[length, how often]`. The shape is their sum.
    #[serde(deserialize_with = "axes")]
    pub(crate) chunks: Vec<Vec<(usize, usize)>>,
    /// Bytes stored.
    pub(crate) bytes: u64,
    /// A hash of the array's metadata and of its chunks' checksums.
    pub(crate) digest: String,
    /// A hash of what neither the digest nor the checksums cover; arrays of the first version have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rest: Option<String>,
    /// A plain `ndarray` field, which a load needs as a whole.
    #[serde(default)]
    pub(crate) plain: bool,
}

impl Manifest {
    pub(crate) fn new(arrays: Vec<ManifestEntry>) -> Self {
        Self { write_id: uuid::Uuid::new_v4().to_string(), arrays }
    }

    pub(crate) fn write_id(&self) -> &str {
        &self.write_id
    }

    /// The manifest of these bytes, which may come from anybody.
    pub(super) fn read(bytes: &[u8]) -> Result<Self> {
        let manifest: Self = cbor4ii::serde::from_slice(bytes)
            .map_err(|error| Error::corrupt(format!("the manifest cannot be read: {error}")))?;
        let mut files = HashSet::with_capacity(manifest.arrays.len());
        // A plain array that is named a thousand times must not be read a thousand times.
        match manifest.arrays.iter().find(|entry| !files.insert(entry.id.file())) {
            Some(twice) => Err(Error::corrupt("the manifest has an array twice").in_array(twice.id.file())),
            None => Ok(manifest),
        }
    }

    pub(crate) fn entry(&self, file: &str) -> Option<&ManifestEntry> {
        self.arrays.iter().find(|entry| entry.id.file() == file)
    }
}

impl ManifestEntry {
    /// The first path, for messages.
    pub(crate) fn path(&self) -> &str {
        self.paths.first().map_or("", String::as_str)
    }

    pub(crate) fn grid(&self) -> Result<ChunkGrid> {
        ChunkGrid::from_runs(&self.chunks)
    }

    /// What the stored array must be.
    pub(crate) fn expected(&self) -> Result<Expected> {
        let data_type = DataType::from_name(&self.data_type).ok_or_else(|| {
            Error::unsupported(format!("the data type {:?} is not known to this version", self.data_type))
        });
        let locate = |error: Error| error.at_path(self.path()).in_array(self.id.file());
        Ok(Expected {
            data_type: data_type.map_err(locate)?,
            grid: self.grid().map_err(locate)?,
            digest: self.digest.clone(),
            rest: self.rest.clone(),
        })
    }
}

/// Reads the chunks of at most as many axes as are stored: of anybody's empty lists, each a byte, a manifest can hold many.
fn axes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Vec<(usize, usize)>>, D::Error> {
    struct Axes;

    impl<'de> Visitor<'de> for Axes {
        type Value = Vec<Vec<(usize, usize)>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "the chunks of up to {MOST_AXES} axes")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut axes = Vec::new();
            while let Some(axis) = sequence.next_element()? {
                if axes.len() == MOST_AXES {
                    return Err(A::Error::invalid_length(MOST_AXES + 1, &self));
                }
                axes.push(axis);
            }
            Ok(axes)
        }
    }

    deserializer.deserialize_seq(Axes)
}
