//! An array's metadata, as they are written: `zarr.json` of version 3, `.zarray` and `.zattrs` of version 2.

use super::description::{ATTRIBUTE, Description};
use super::json::unreadable;
use super::repair::axis_names;
use crate::array::{Codec, DataType, StoredLayout};
use crate::backend::ArraySpec;
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
    /// The metadata of a new array of this name.
    pub(super) fn new(version: ZarrVersion, name: &str, spec: &ArraySpec, layout: &StoredLayout) -> Result<Self> {
        let description = json!(Description::of(spec));
        let shape = spec.grid.shape();
        // xarray opens no array whose axes have no names, and no group with two axes of the same name and another length.
        let axes = axis_names(name, shape.len());
        let (array, attributes) = match version {
            ZarrVersion::V3 => {
                let array = json!({
                    "zarr_format": 3,
                    "node_type": "array",
                    "shape": shape,
                    "data_type": spec.data_type.name(),
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": layout.chunk_shape}},
                    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                    "fill_value": fill_value(spec.data_type),
                    "codecs": match &layout.parts {
                        None => codecs_v3(spec.codec, spec.data_type),
                        Some(parts) => json!([{"name": "sharding_indexed", "configuration": {
                            "chunk_shape": parts,
                            "codecs": codecs_v3(spec.codec, spec.data_type),
                            "index_codecs": [
                                {"name": "bytes", "configuration": {"endian": "little"}},
                                {"name": "crc32c"},
                            ],
                            "index_location": "end",
                        }}]),
                    },
                    "dimension_names": axes,
                    "attributes": {ATTRIBUTE: description},
                });
                (array, None)
            }
            ZarrVersion::V2 if layout.parts.is_some() => {
                return Err(Error::unsupported(
                    "version 2 of Zarr has no shards: write version 3, or an object for each chunk",
                ));
            }
            ZarrVersion::V2 => {
                let array = json!({
                    "zarr_format": 2,
                    "shape": shape,
                    "chunks": layout.chunk_shape,
                    "dtype": dtype_v2(spec.data_type),
                    "compressor": compressor_v2(spec.codec)?,
                    // xarray takes any other for 'missing'. Every chunk is stored.
                    "fill_value": null,
                    "filters": null,
                    "order": "C",
                });
                (array, Some(json!({ATTRIBUTE: description, "_ARRAY_DIMENSIONS": axes})))
            }
        };
        let attributes = attributes.as_ref().map(bytes_of).transpose()?;
        let metadata = Self { version, array: bytes_of(&array)?, attributes };
        if metadata.all_bytes().len() as u64 > MOST_BYTES {
            return Err(too_irregular());
        }
        Ok(metadata)
    }

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

fn codecs_v3(codec: Codec, data_type: DataType) -> Value {
    let bytes = if data_type.size() > 1 {
        json!({"name": "bytes", "configuration": {"endian": "little"}})
    } else {
        json!({"name": "bytes"})
    };
    let size = data_type.size();
    let blosc = json!({"name": "blosc", "configuration":
        {"cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": size, "blocksize": 0}});
    match codec {
        Codec::None => json!([bytes]),
        Codec::Gzip(level) => json!([bytes, {"name": "gzip", "configuration": {"level": level.min(9)}}]),
        Codec::Zstd(level) => json!([bytes, {"name": "zstd", "configuration": {"level": level, "checksum": false}}]),
        Codec::Pcodec(level) if has_pcodec(data_type) => json!([{"name": "numcodecs.pcodec", "configuration": {
            "level": level, "mode_spec": "auto", "delta_spec": "auto", "paging_spec": "equal_pages_up_to",
            "delta_encoding_order": null, "equal_pages_up_to": 262_144}}]),
        Codec::Blosc | Codec::Pcodec(_) => json!([bytes, blosc]),
    }
}

fn has_pcodec(data_type: DataType) -> bool {
    !matches!(data_type, DataType::Bool | DataType::Int8 | DataType::UInt8 | DataType::Complex64 | DataType::Complex128)
}

fn compressor_v2(codec: Codec) -> Result<Value> {
    Ok(match codec {
        Codec::None => Value::Null,
        Codec::Gzip(level) => json!({"id": "gzip", "level": level.min(9)}),
        Codec::Zstd(level) => json!({"id": "zstd", "level": level}),
        Codec::Blosc => json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}),
        Codec::Pcodec(_) => {
            return Err(Error::unsupported("pcodec is not in version 2 of Zarr: choose blosc, zstd, gzip or none"));
        }
    })
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
