//! The metadata of new arrays.

use super::axes::axis_names;
use super::description::{ATTRIBUTE, Description};
use super::fill_json::{fill_for_xarray, fill_of_element};
use super::metadata::{MOST_BYTES, Metadata, bytes_of, dtype_v2, fill_value, too_irregular};
use crate::array::{Codec, CodecKind, DataType, StoredLayout};
use crate::backend::ArraySpec;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::{Value, json};

impl Metadata {
    /// The metadata of a new array of this name.
    pub(super) fn new(version: ZarrVersion, name: &str, spec: &ArraySpec, layout: &StoredLayout) -> Result<Self> {
        let description = json!(Description::of(spec));
        let shape = spec.grid.shape();
        // xarray opens no array whose axes have no names, and no group with two axes of the same name and another length.
        let labels = &spec.meta.labels;
        let axes = axis_names(name, shape.len(), labels);
        let fill = labels.fill().and_then(|fill| fill_of_element(spec.data_type, fill));
        let mut attributes = json!(labels.attrs());
        attributes[ATTRIBUTE] = description;
        let (array, attributes) = match version {
            ZarrVersion::V3 => {
                if let Some(fill) = labels.fill().and_then(|fill| fill_for_xarray(spec.data_type, fill)) {
                    attributes["_FillValue"] = fill;
                }
                let array = json!({
                    "zarr_format": 3,
                    "node_type": "array",
                    "shape": shape,
                    "data_type": spec.data_type.name(),
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": layout.chunk_shape}},
                    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                    "fill_value": fill.unwrap_or_else(|| fill_value(spec.data_type)),
                    "codecs": match &layout.parts {
                        None => codecs_v3(spec.codec(), spec.data_type),
                        Some(parts) => json!([{"name": "sharding_indexed", "configuration": {
                            "chunk_shape": parts,
                            "codecs": codecs_v3(spec.codec(), spec.data_type),
                            "index_codecs": [
                                {"name": "bytes", "configuration": {"endian": "little"}},
                                {"name": "crc32c"},
                            ],
                            "index_location": "end",
                        }}]),
                    },
                    "dimension_names": axes,
                    "attributes": attributes,
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
                    "compressor": compressor_v2(spec.codec())?,
                    // xarray takes any other than null for 'missing'. Every chunk is stored.
                    "fill_value": fill,
                    "filters": null,
                    "order": "C",
                });
                attributes["_ARRAY_DIMENSIONS"] = axes;
                (array, Some(attributes))
            }
        };
        let attributes = attributes.as_ref().map(bytes_of).transpose()?;
        let metadata = Self { version, array: bytes_of(&array)?, attributes };
        if metadata.all_bytes().len() as u64 > MOST_BYTES {
            return Err(too_irregular());
        }
        Ok(metadata)
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
    match codec.kind() {
        CodecKind::None => json!([bytes]),
        CodecKind::Gzip(level) => json!([bytes, {"name": "gzip", "configuration": {"level": level.min(9)}}]),
        CodecKind::Zstd(level) => {
            json!([bytes, {"name": "zstd", "configuration": {"level": level, "checksum": false}}])
        }
        CodecKind::Pcodec(level) if has_pcodec(data_type) => json!([{"name": "numcodecs.pcodec", "configuration": {
            "level": level, "mode_spec": "auto", "delta_spec": "auto", "paging_spec": "equal_pages_up_to",
            "delta_encoding_order": null, "equal_pages_up_to": 262_144}}]),
        CodecKind::Blosc | CodecKind::Pcodec(_) => json!([bytes, blosc]),
    }
}

fn has_pcodec(data_type: DataType) -> bool {
    !matches!(data_type, DataType::Bool | DataType::Int8 | DataType::UInt8 | DataType::Complex64 | DataType::Complex128)
}

fn compressor_v2(codec: Codec) -> Result<Value> {
    Ok(match codec.kind() {
        CodecKind::None => Value::Null,
        CodecKind::Gzip(level) => json!({"id": "gzip", "level": level.min(9)}),
        CodecKind::Zstd(level) => json!({"id": "zstd", "level": level}),
        CodecKind::Blosc => json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": 1, "blocksize": 0}),
        CodecKind::Pcodec(_) => {
            return Err(Error::unsupported("pcodec is not in version 2 of Zarr: choose blosc, zstd, gzip or none"));
        }
    })
}
