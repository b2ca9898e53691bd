//! An array's metadata, as they lie in the store: `zarr.json` of version 3, `.zarray` and `.zattrs` of version 2.

use super::json::unreadable;
use crate::array::DataType;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::{Value, json};
use zarrs::array::ArrayMetadata;

/// What metadata may have; those of an array with a million irregular chunks have less.
pub(super) const MOST_BYTES: u64 = 16 << 20;

/// An array's metadata, as they lie in the store.
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
    pub(super) fn parse(&self, data_type: DataType) -> Result<ArrayMetadata> {
        let mut array: Value = serde_json::from_slice(&self.array).map_err(|error| unreadable(&error))?;
        if array["fill_value"].is_null() {
            // zarrs knows no null for complex numbers. It matters nothing to what is encoded.
            array["fill_value"] = fill_value(data_type);
        }
        serde_json::from_value(array).map_err(|error| unreadable(&error))
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
pub(super) fn fill_value(data_type: DataType) -> Value {
    match data_type {
        DataType::Bool => json!(false),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => json!(0.0),
        DataType::Complex64 | DataType::Complex128 => json!([0.0, 0.0]),
        _ => json!(0),
    }
}

/// The data type as version 2 names it.
pub(super) fn dtype_v2(data_type: DataType) -> String {
    let kind = match data_type {
        DataType::Bool => 'b',
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => 'i',
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => 'u',
        DataType::Float16 | DataType::Float32 | DataType::Float64 => 'f',
        DataType::Complex64 | DataType::Complex128 => 'c',
    };
    let order = if data_type.size() == 1 { '|' } else { '<' };
    format!("{order}{kind}{}", data_type.size())
}
