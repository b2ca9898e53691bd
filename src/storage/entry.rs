//! What a storage tells about its documents without knowing the Rust type.

use crate::array::{ChunkGrid, DataType};
use crate::plugin::Format;
use crate::protocol::ArrayFormat;
use std::time::SystemTime;

/// A document in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry {
    /// The name to load it by.
    pub name: String,
    /// Bytes of the document, its arrays left aside.
    pub bytes: u64,
    /// When it was saved last, if the file system tells.
    pub modified: Option<SystemTime>,
}

/// What a document's manifest says; see [`Storage::info`](crate::Storage::info).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Info {
    /// The document's name.
    pub name: String,
    /// The format of its body.
    pub format: Format,
    /// Bytes of the document.
    pub bytes: u64,
    /// Its arrays, in the order of the object.
    pub arrays: Vec<ArrayInfo>,
    /// What [other serializers](crate::persistent) keep of it.
    pub objects: Vec<ObjectInfo>,
}

impl Info {
    /// Bytes that all arrays take in storage.
    #[must_use]
    pub fn array_bytes(&self) -> u64 {
        self.arrays.iter().map(|array| array.bytes).fold(0, u64::saturating_add)
    }
}

/// One array of a document.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ArrayInfo {
    /// Its places in the object, such as `runs[3].field`; more than one if the object shares it.
    pub paths: Vec<String>,
    /// The file name of its persistent id.
    pub file: String,
    /// The format that it is stored in.
    pub format: ArrayFormat,
    /// The data type.
    pub data_type: DataType,
    /// Shape and chunks.
    pub grid: ChunkGrid,
    /// Bytes in storage.
    pub bytes: u64,
    /// Whether it is a plain `ndarray` field, which a load reads whole.
    pub plain: bool,
}

impl ArrayInfo {
    /// Elements per axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        self.grid.shape()
    }
}

/// One object of a document that its own serializer keeps.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ObjectInfo {
    /// Its places in the object graph; more than one if it is shared.
    pub paths: Vec<String>,
    /// The name of its serializer.
    pub serializer: String,
    /// Every file or key that it owns.
    pub files: Vec<String>,
    /// Bytes of its files.
    pub bytes: u64,
}
