//! An array's metadata, as they are in the store: `zarr.json` of version 3, `.zarray` and `.zattrs` of version 2.

use super::json::unreadable;
use super::types;
use crate::array::DataType;
use crate::backend::opening::{Opening, Raw};
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zarrs::array::ArrayMetadata;

/// What metadata may have; those of an array with a million irregular chunks have less.
pub(super) const MOST_BYTES: u64 = 16 << 20;

/// What of an array a document has.
const MOST_CARRIED: usize = 16 << 10;

/// An array's metadata, as they are in the store.
pub(super) struct Metadata {
    pub(super) version: ZarrVersion,
    /// `zarr.json` or `.zarray`.
    pub(super) array: Vec<u8>,
    /// `.zattrs`.
    pub(super) attributes: Option<Vec<u8>>,
}

/// What the array's metadata are called.
pub(super) fn array_name(version: ZarrVersion) -> &'static str {
    match version {
        ZarrVersion::V2 => ".zarray",
        ZarrVersion::V3 => "zarr.json",
    }
}

pub(super) const ATTRIBUTES_NAME: &str = ".zattrs";

impl Metadata {
    /// For zarrs.
    pub(super) fn parse(&self, data_type: &DataType) -> Result<ArrayMetadata> {
        let mut array: Value = serde_json::from_slice(&self.array).map_err(|error| unreadable(&error))?;
        let member = match self.version {
            ZarrVersion::V2 => "dtype",
            ZarrVersion::V3 => "data_type",
        };
        // What is encoded depends on neither the type nor the fill value, and zarrs does not know all of them.
        if let Some(bytes) = types::for_encoding(self.version, data_type) {
            array[member] = bytes;
            array["fill_value"] = json!(vec![0; data_type.size()]);
        } else if array["fill_value"].is_null() {
            // zarrs knows no null for complex numbers.
            array["fill_value"] = fill_value(data_type);
        }
        serde_json::from_value(array).map_err(|error| unreadable(&error))
    }

    /// Those that a document has of an array.
    pub(super) fn of(opening: &Opening) -> Self {
        let attributes = opening.attributes.as_ref().map(|attributes| attributes.0.clone());
        let version = if attributes.is_some() { ZarrVersion::V2 } else { ZarrVersion::V3 };
        Self { version, array: opening.metadata.clone(), attributes }
    }

    /// What a document has of the array, if it is small.
    pub(super) fn opening(&self, checksums: &[u8]) -> Option<Opening> {
        let opening = Opening {
            metadata: self.array.clone(),
            attributes: self.attributes.clone().map(Raw),
            checksums: checksums.to_vec(),
        };
        let is_known = self.version == ZarrVersion::V3 || opening.attributes.is_some();
        (is_known && opening.len() <= MOST_CARRIED).then_some(opening)
    }

    /// What the digest is made of.
    pub(super) fn all_bytes(&self) -> Vec<u8> {
        [self.array.as_slice(), self.attributes.as_deref().unwrap_or_default()].concat()
    }
}

pub(super) fn bytes_of(value: &Value) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|error| Error::unsupported("the array cannot be described").with_source(error))
}

pub(super) fn too_irregular() -> Error {
    Error::limit(format!(
        "the array's chunks are so irregular that their list has more than {MOST_BYTES} bytes; rechunk it"
    ))
}

/// The fill value of new arrays of version 3, which no reader takes for 'missing'.
pub(super) fn fill_value(data_type: &DataType) -> Value {
    match data_type {
        DataType::Bool => json!(false),
        DataType::Float16 | DataType::BFloat16 | DataType::Float32 | DataType::Float64 => json!(0.0),
        DataType::Complex64 | DataType::Complex128 => json!([0.0, 0.0]),
        DataType::DateTime64(_) | DataType::TimeDelta64(_) => json!(i64::MIN),
        DataType::String | DataType::Text(_) => json!(""),
        DataType::Bytes(_) | DataType::Record(_) => json!(STANDARD.encode(vec![0; data_type.size()])),
        _ => json!(0),
    }
}
