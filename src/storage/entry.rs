//! What is known of stored values without their Rust types.
//!
//! With serde each type is a map of its fields.

use crate::array::{Attr, ChunkGrid, Codec, DataType};
use crate::plugin::Format;
use crate::protocol::ArrayFormat;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// A document in a listing. See [`Storage::list`](crate::Storage::list) for an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ListEntry {
    /// The name to load it by.
    pub name: String,
    /// Bytes of the document, without its arrays.
    pub bytes: u64,
    /// The time of the last save, if the place provides it.
    pub modified: Option<SystemTime>,
}

/// The contents of a document's manifest. See [`Storage::info`](crate::Storage::info) for an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValueInfo {
    /// The document's name.
    pub name: String,
    /// The format of its body.
    pub format: Format,
    /// Bytes of the document.
    pub bytes: u64,
    /// Its arrays, in the order in which the value has them.
    pub arrays: Vec<ArrayInfo>,
    /// Its [external objects](crate::persistent).
    pub external_objects: Vec<ExternalObjectInfo>,
}

impl ValueInfo {
    /// Returns the bytes that all arrays take in storage. See [`Storage::info`](crate::Storage::info) for an example.
    #[must_use]
    pub fn array_bytes(&self) -> u64 {
        self.arrays.iter().map(|array| array.bytes).fold(0, u64::saturating_add)
    }
}

/// One array of a document. See [`Storage::info`](crate::Storage::info) for an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ArrayInfo {
    /// Its places in the value, such as `runs[3].field`; more than one if the value shares it.
    pub paths: Vec<String>,
    /// The file name of its persistent id.
    pub file: String,
    /// The format that it is stored in.
    pub format: ArrayFormat,
    /// The data type.
    pub data_type: DataType,
    /// Shape and chunks. With serde: `shape`, and `chunks` with the runs of equal chunks of each axis, as
    /// `[length, how many]`.
    pub grid: ChunkGrid,
    /// The [names of its axes](crate::ChunkedArray::dims), if they have names.
    pub dims: Option<Vec<String>>,
    /// Its [attributes](crate::Attr).
    pub attrs: BTreeMap<String, Attr>,
    /// Bytes in storage.
    pub bytes: u64,
    /// How its chunks are compressed. It is `None` in a document that was saved before arraystow recorded it, and for
    /// an array of another program.
    #[serde(default)]
    pub codec: Option<Codec>,
    /// Whether it is a plain `ndarray` field, which a load reads whole.
    pub plain: bool,
    /// A hash of the array's description and of the CRC-32C of each chunk, as lower-case hexadecimal digits. A copy has
    /// the digest of its original. Arrays with equal digests have the same description and the same elements, except
    /// with a probability of one in four billion for each chunk that differs. The digest detects damage, but not arrays
    /// that were crafted to have equal checksums. Arrays with the same elements may have different digests. It is
    /// `None` for an array of a document that arraystow has not written.
    pub digest: Option<String>,
}

impl ArrayInfo {
    /// Returns the number of elements along each axis. See [`Storage::info`](crate::Storage::info) for an example.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.grid.shape()
    }
}

/// One external object of a document. See [`Storage::info`](crate::Storage::info) for an example.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExternalObjectInfo {
    /// Its places in the value; more than one if it is shared.
    pub paths: Vec<String>,
    /// The name of its serializer.
    pub serializer: String,
    /// Every file or key that it owns.
    pub files: Vec<String>,
    /// Bytes of its files.
    pub bytes: u64,
}
