//! The metadata of new arrays.

use super::axes::axis_names;
use super::description::{ATTRIBUTE, Description};
use super::fill_json::{fill_for_xarray, fill_of_element};
use super::metadata::{MOST_BYTES, Metadata, bytes_of, fill_value, too_irregular};
use super::pipeline::TEXTS;
use super::types;
use crate::array::{Codec, CodecKind, DataType, StoredLayout};
use crate::backend::ArraySpec;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::{Value, json};

/// libdeflate has three levels that zlib has not.
const MOST_GZIP: u8 = 9;

impl Metadata {
    /// The metadata of a new array of this name.
    pub(super) fn new(version: ZarrVersion, name: &str, spec: &ArraySpec, layout: &StoredLayout) -> Result<Self> {
        let description = json!(Description::of(spec));
        let shape = spec.grid.shape();
        // xarray opens no array whose axes have no names, and no group with two axes of the same name and another
        // length.
        let labels = &spec.meta.labels;
        let axes = axis_names(name, shape.len(), labels);
        let fill = labels.fill().and_then(|fill| fill_of_element(&spec.data_type, fill));
        let mut attributes = json!(labels.attrs());
        meaning(&spec.data_type, &mut attributes);
        attributes[ATTRIBUTE] = description;
        let (array, attributes) = match version {
            ZarrVersion::V3 => {
                if let Some(fill) = labels.fill().and_then(|fill| fill_for_xarray(&spec.data_type, fill)) {
                    attributes["_FillValue"] = fill;
                }
                let array = json!({
                    "zarr_format": 3,
                    "node_type": "array",
                    "shape": shape,
                    "data_type": types::write(version, &spec.data_type)?,
                    "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": layout.chunk_shape}},
                    "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
                    "fill_value": fill.unwrap_or_else(|| fill_value(&spec.data_type)),
                    "codecs": match &layout.parts {
                        None => codecs_v3(spec.codec(), &spec.data_type),
                        Some(parts) => json!([{"name": "sharding_indexed", "configuration": {
                            "chunk_shape": parts,
                            "codecs": codecs_v3(spec.codec(), &spec.data_type),
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
                return Err(Error::unsupported("Zarr version 2 has no shards: choose version 3, or no shards"));
            }
            ZarrVersion::V2 => {
                let array = json!({
                    "zarr_format": 2,
                    "shape": shape,
                    "chunks": layout.chunk_shape,
                    "dtype": types::write(version, &spec.data_type)?,
                    "compressor": compressor_v2(spec.codec(), &spec.data_type)?,
                    // xarray takes any other than null for 'missing'. Every chunk is stored.
                    "fill_value": fill,
                    "filters": filters_v2(&spec.data_type),
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

/// Adds what other programs need to know what the elements mean, unless the user has said something else.
fn meaning(data_type: &DataType, attributes: &mut Value) {
    let mut add = |name: &str, value: Value| {
        if attributes[name].is_null() {
            attributes[name] = value;
        }
    };
    match data_type {
        // xarray makes strings of the bytes.
        DataType::Text(_) => add("_Encoding", json!("utf-8")),
        // The CF conventions' names of integers, which have no spaces.
        DataType::Enum(enumeration) => {
            let names: Vec<_> = enumeration.names().map(|(name, _)| name.replace(' ', "_")).collect();
            add("flag_values", enumeration.names().map(|(_, value)| value).collect());
            add("flag_meanings", json!(names.join(" ")));
        }
        _ => {}
    }
}

/// The codec that elements of this type get where this one is chosen.
pub(super) fn used(codec: Codec, data_type: &DataType) -> Codec {
    match codec.kind() {
        CodecKind::Pcodec(_) if !has_pcodec(data_type) => Codec::BLOSC,
        _ => codec,
    }
}

fn codecs_v3(codec: Codec, data_type: &DataType) -> Value {
    let is_whole = matches!(data_type, DataType::Text(_) | DataType::Bytes(_));
    let bytes = if data_type.is_text() {
        json!({"name": TEXTS})
    } else if data_type.size() > 1 && !is_whole {
        json!({"name": "bytes", "configuration": {"endian": "little"}})
    } else {
        json!({"name": "bytes"})
    };
    // blosc shuffles elements of at most 255 bytes.
    let typesize = if data_type.size() < 256 && !data_type.is_text() { data_type.size() } else { 1 };
    let shuffle = if data_type.is_text() { "noshuffle" } else { "shuffle" };
    let blosc = json!({"name": "blosc", "configuration":
        {"cname": "lz4", "clevel": 5, "shuffle": shuffle, "typesize": typesize, "blocksize": 0}});
    match used(codec, data_type).kind() {
        CodecKind::None => json!([bytes]),
        CodecKind::Gzip(level) => json!([bytes, {"name": "gzip", "configuration": {"level": level.min(MOST_GZIP)}}]),
        CodecKind::Zstd(level) => {
            json!([bytes, {"name": "zstd", "configuration": {"level": level, "checksum": false}}])
        }
        CodecKind::Pcodec(level) => json!([{"name": "numcodecs.pcodec", "configuration": {
            "level": level, "mode_spec": "auto", "delta_spec": "auto", "paging_spec": "equal_pages_up_to",
            "delta_encoding_order": null, "equal_pages_up_to": 262_144}}]),
        CodecKind::Blosc => json!([bytes, blosc]),
    }
}

/// The codec that has these codecs in the metadata of version 3 of an array of arraystow, its shards aside.
pub(super) fn codec_of_v3(codecs: &Value, data_type: &DataType) -> Option<Codec> {
    let of_parts = &codecs[0]["configuration"]["codecs"];
    let codecs = if of_parts.is_array() { of_parts } else { codecs };
    let last = codecs.as_array()?.last()?;
    let codec = codec_of(last["name"].as_str()?, &last["configuration"]["level"])?;
    let (written, is_record) = (codecs_v3(codec, data_type), matches!(data_type, DataType::Record(_)));
    (written == *codecs || is_record && without_byte_order(written) == *codecs).then_some(codec)
}

/// The codecs as the first arrays of records had them: zarr-python before 3.3 did not write the order of their bytes.
fn without_byte_order(mut codecs: Value) -> Value {
    if let Some(bytes) = codecs.get_mut(0).and_then(Value::as_object_mut) {
        bytes.remove("configuration");
    }
    codecs
}

/// The codec that has this compressor in the metadata of version 2 of an array of arraystow.
pub(super) fn codec_of_v2(compressor: &Value, data_type: &DataType) -> Option<Codec> {
    let codec = match compressor {
        Value::Null => Codec::NONE,
        _ => codec_of(compressor["id"].as_str()?, &compressor["level"])?,
    };
    compressor_v2(codec, data_type).is_ok_and(|own| own == *compressor).then_some(codec)
}

fn codec_of(name: &str, level: &Value) -> Option<Codec> {
    let level = || level.as_u64().and_then(|level| u8::try_from(level).ok());
    match name {
        "bytes" | TEXTS => Some(Codec::NONE),
        "blosc" => Some(Codec::BLOSC),
        "gzip" => Codec::gzip(level()?).ok(),
        "zstd" => Codec::zstd(level()?).ok(),
        "numcodecs.pcodec" => Codec::pcodec(level()?).ok(),
        _ => None,
    }
}

fn has_pcodec(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int16
            | DataType::Int32
            | DataType::Int64
            | DataType::UInt16
            | DataType::UInt32
            | DataType::UInt64
            | DataType::Float16
            | DataType::Float32
            | DataType::Float64
    )
}

/// The filters of version 2.
pub(super) fn filters_v2(data_type: &DataType) -> Value {
    if data_type.is_text() { json!([{"id": TEXTS}]) } else { Value::Null }
}

fn compressor_v2(codec: Codec, data_type: &DataType) -> Result<Value> {
    Ok(match codec.kind() {
        CodecKind::None => Value::Null,
        CodecKind::Gzip(level) => json!({"id": "gzip", "level": level.min(MOST_GZIP)}),
        CodecKind::Zstd(level) => json!({"id": "zstd", "level": level}),
        CodecKind::Blosc => {
            json!({"id": "blosc", "cname": "lz4", "clevel": 5, "shuffle": u8::from(!data_type.is_text()), "blocksize": 0})
        }
        CodecKind::Pcodec(_) => {
            return Err(Error::unsupported("Zarr version 2 has no pcodec: choose blosc, zstd, gzip or none"));
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codec_is_found_in_the_metadata() {
        let codecs =
            ["none", "blosc", "gzip:1", "gzip:12", "zstd:3", "pcodec:8"].map(|codec| codec.parse::<Codec>().unwrap());
        for data_type in DataType::NUMBERS.iter().chain([&DataType::String]) {
            for codec in codecs {
                let codecs = codecs_v3(codec, data_type);
                let found = codec_of_v3(&codecs, data_type).unwrap();
                assert_eq!(codecs_v3(found, data_type), codecs, "{codec} {data_type}");
            }
        }
        for codec in codecs.into_iter().filter(|codec| codec.name() != "pcodec") {
            for data_type in [DataType::Int32, DataType::String] {
                let compressor = compressor_v2(codec, &data_type).unwrap();
                let found = codec_of_v2(&compressor, &data_type).unwrap();
                assert_eq!(compressor_v2(found, &data_type).unwrap(), compressor, "{codec}");
            }
        }
    }

    #[test]
    fn records_have_a_byte_order_which_the_first_did_not_have() {
        let record = DataType::from_name(r#"{"record":[["a","int32"]]}"#).unwrap();
        let gzip = json!({"name": "gzip", "configuration": {"level": 4}});
        let (new, old) = (json!({"name": "bytes", "configuration": {"endian": "little"}}), json!({"name": "bytes"}));
        assert_eq!(codecs_v3(Codec::gzip(4).unwrap(), &record), json!([new, gzip]));
        for bytes in [new, old.clone()] {
            assert_eq!(codec_of_v3(&json!([bytes, gzip]), &record), Some(Codec::gzip(4).unwrap()));
            assert_eq!(codec_of_v3(&json!([bytes]), &record), Some(Codec::NONE));
        }
        assert_eq!(codec_of_v3(&json!([old]), &DataType::Int32), None);
    }

    #[test]
    fn codecs_of_others_are_none_of_ours() {
        let big = json!([{"name": "bytes", "configuration": {"endian": "big"}}]);
        assert_eq!(codec_of_v3(&big, &DataType::Int32), None);
        let more = json!([{"name": "transpose"}, {"name": "bytes", "configuration": {"endian": "little"}}]);
        assert_eq!(codec_of_v3(&more, &DataType::Int32), None);
        assert_eq!(
            codec_of_v2(
                &json!({"id": "blosc", "cname": "zstd", "clevel": 5, "shuffle": 1, "blocksize": 0}),
                &DataType::Int32
            ),
            None
        );
        for broken in [json!(null), json!(7), json!([]), json!([{}]), json!({"level": -1})] {
            assert_eq!(codec_of_v3(&broken, &DataType::Int32), None, "{broken}");
        }
    }
}
