//! An array's metadata: `zarr.json` of version 3, `.zarray` and `.zattrs` of version 2.

use super::shards::Indexing;
use crate::array::{ChunkGrid, Codec, DataType, StoredLayout};
use crate::backend::ArraySpec;
use crate::backend::layout::MOST_AXES;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::ZarrVersion;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zarrs::array::ArrayMetadata;

/// The attribute of arrays of ours.
const ATTRIBUTE: &str = "arraystow";
const DESCRIPTION_VERSION: u32 = 1;
/// What metadata may have; those of an array with a million irregular chunks have less.
pub(super) const MOST_BYTES: u64 = 16 << 20;

/// The attribute's value.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    /// The logical chunks: per axis, runs of a length and how often it comes.
    chunks: Vec<Vec<(usize, usize)>>,
}

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
    /// The metadata of a new array.
    pub(super) fn new(version: ZarrVersion, spec: &ArraySpec, layout: &StoredLayout) -> Result<Self> {
        let description = json!(Description { version: DESCRIPTION_VERSION, chunks: spec.grid.runs() });
        let shape = spec.grid.shape();
        // xarray opens no array whose axes have no names.
        let axes: Vec<String> = (0..shape.len()).map(|axis| format!("dim_{axis}")).collect();
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
                    "fill_value": fill_value(spec.data_type),
                    "filters": null,
                    "order": "C",
                });
                (array, Some(json!({ATTRIBUTE: description, "_ARRAY_DIMENSIONS": axes})))
            }
        };
        let bytes = |value: &Value| {
            serde_json::to_vec(value)
                .map_err(|error| Error::unsupported("the array cannot be described").with_source(error))
        };
        let metadata = Self { version, array: bytes(&array)?, attributes: attributes.as_ref().map(bytes).transpose()? };
        if metadata.all_bytes().len() as u64 > MOST_BYTES {
            return Err(Error::limit(format!(
                "the array's chunks are so irregular that their list has more than {MOST_BYTES} bytes; rechunk it"
            )));
        }
        Ok(metadata)
    }

    /// For zarrs.
    pub(super) fn parse(&self) -> Result<ArrayMetadata> {
        serde_json::from_slice(&self.array).map_err(|error| unreadable(&error))
    }

    /// The metadata of an array of the shards' parts alone, for zarrs.
    pub(super) fn parse_parts(&self) -> Result<ArrayMetadata> {
        let mut array: Value = serde_json::from_slice(&self.array).map_err(|error| unreadable(&error))?;
        let sharding = array["codecs"][0]["configuration"].take();
        array["chunk_grid"]["configuration"]["chunk_shape"] = sharding["chunk_shape"].clone();
        array["codecs"] = sharding["codecs"].clone();
        serde_json::from_value(array).map_err(|error| unreadable(&error))
    }

    /// What the digest is made of.
    pub(super) fn all_bytes(&self) -> Vec<u8> {
        [self.array.as_slice(), self.attributes.as_deref().unwrap_or_default()].concat()
    }
}

/// What the metadata say, as far as it concerns us; zarrs has the rest.
pub(super) struct Facts {
    pub(super) data_type: DataType,
    pub(super) layout: StoredLayout,
    pub(super) chunk_bytes: usize,
    /// The bytes of a chunk, or of a shard's part, are its elements, little-endian, in C order.
    pub(super) plain: bool,
    /// How the index of a shard lies in it, if there are shards.
    pub(super) indexing: Option<Indexing>,
    /// The logical grid of an array of ours.
    pub(super) grid: Option<ChunkGrid>,
}

#[derive(Deserialize)]
struct V3 {
    shape: Vec<usize>,
    data_type: Value,
    chunk_grid: NamedGrid,
    codecs: Vec<Value>,
    #[serde(default)]
    attributes: serde_json::Map<String, Value>,
}

#[derive(Deserialize)]
struct NamedGrid {
    name: String,
    #[serde(default)]
    configuration: GridConfiguration,
}

#[derive(Deserialize, Default)]
struct GridConfiguration {
    #[serde(default)]
    chunk_shape: Option<Vec<usize>>,
}

/// The configuration of the codec that puts chunks together.
#[derive(Deserialize)]
struct Sharding {
    chunk_shape: Vec<usize>,
    codecs: Vec<Value>,
    index_codecs: Vec<Value>,
    #[serde(default)]
    index_location: Option<String>,
}

impl Sharding {
    fn read(configuration: &Value) -> Result<Self> {
        Self::deserialize(configuration).map_err(|error| unreadable(&error))
    }

    fn indexing(&self) -> Result<Indexing> {
        let checked = match self.index_codecs.as_slice() {
            [bytes] if is_plain_bytes(bytes, DataType::UInt64) => false,
            [bytes, sum] if is_plain_bytes(bytes, DataType::UInt64) && name(sum) == Some("crc32c") => true,
            _ => {
                return Err(Error::unsupported(
                    "the array's shards have an index of a kind that arraystow does not read",
                ));
            }
        };
        match self.index_location.as_deref() {
            None | Some("end") => Ok(Indexing { at_start: false, checked }),
            Some("start") => Ok(Indexing { at_start: true, checked }),
            Some(place) => Err(Error::corrupt(format!("the array's shards have their index at the {place:?}"))),
        }
    }
}

#[derive(Deserialize)]
struct V2 {
    shape: Vec<usize>,
    chunks: Vec<usize>,
    dtype: Value,
    compressor: Value,
    #[serde(default)]
    filters: Value,
    order: String,
}

impl Facts {
    pub(super) fn read(metadata: &Metadata, limits: &Limits) -> Result<Self> {
        let unknown_type = |found: &Value| {
            Error::unsupported(format!(
                "the array holds elements of the type {found}, which arraystow does not know; convert it to one of {}",
                DataType::ALL.map(DataType::name).join(", ")
            ))
        };
        let (shape, chunk_shape, data_type, plain, description, sharding) = match metadata.version {
            ZarrVersion::V3 => {
                let v3: V3 = serde_json::from_slice(&metadata.array).map_err(|error| unreadable(&error))?;
                let known = v3.data_type.as_str().and_then(DataType::from_name);
                let data_type = known.ok_or_else(|| unknown_type(&v3.data_type))?;
                let chunk_shape = match (v3.chunk_grid.name.as_str(), v3.chunk_grid.configuration.chunk_shape) {
                    ("regular", Some(chunk_shape)) => chunk_shape,
                    (name, _) => {
                        return Err(Error::unsupported(format!(
                            "the array has a chunk grid of the kind {name:?}; arraystow reads regular ones"
                        )));
                    }
                };
                let sharding = match v3.codecs.as_slice() {
                    [only] if only["name"] == "sharding_indexed" => Some(Sharding::read(&only["configuration"])?),
                    _ => None,
                };
                let codecs = sharding.as_ref().map_or(v3.codecs.as_slice(), |sharding| sharding.codecs.as_slice());
                let plain = matches!(codecs, [only] if is_plain_bytes(only, data_type));
                (v3.shape, chunk_shape, data_type, plain, v3.attributes.get(ATTRIBUTE).cloned(), sharding)
            }
            ZarrVersion::V2 => {
                let v2: V2 = serde_json::from_slice(&metadata.array).map_err(|error| unreadable(&error))?;
                let (data_type, little) = from_dtype_v2(&v2.dtype).ok_or_else(|| unknown_type(&v2.dtype))?;
                let plain = little && v2.compressor.is_null() && v2.filters.is_null() && v2.order == "C";
                let attributes = metadata.attributes.as_deref().unwrap_or(b"{}");
                let attributes: Value = serde_json::from_slice(attributes).map_err(|error| unreadable(&error))?;
                (v2.shape, v2.chunks, data_type, plain, attributes.get(ATTRIBUTE).cloned(), None)
            }
        };
        if shape.len() > MOST_AXES {
            return Err(Error::unsupported(format!(
                "the array has {} axes, and {MOST_AXES} are the most that are read",
                shape.len()
            )));
        }
        let grid = ChunkGrid::regular(&shape, &chunk_shape).map_err(|error| error.with_kind(ErrorKind::Corrupt))?;
        let indexing = sharding.as_ref().map(Sharding::indexing).transpose()?;
        let parts = sharding.map(|sharding| sharding.chunk_shape);
        if let Some(parts) = &parts {
            let divide = |(len, part): (&usize, &usize)| *part > 0 && len.is_multiple_of(*part);
            if parts.len() != chunk_shape.len() || !chunk_shape.iter().zip(parts).all(divide) {
                return Err(Error::corrupt(format!(
                    "parts of shape {parts:?} do not fit shards of shape {chunk_shape:?}"
                )));
            }
        }
        let layout = StoredLayout { grid, chunk_shape, parts };
        let chunk_bytes = limits.check_chunk(&layout.chunk_shape, layout.chunk_bytes(data_type.size()))?;
        let grid = description.map(|description| logical_grid(description, &layout)).transpose()?;
        Ok(Self { data_type, layout, chunk_bytes, plain, indexing, grid })
    }
}

fn logical_grid(description: Value, layout: &StoredLayout) -> Result<ChunkGrid> {
    let damaged =
        |what: String| Error::corrupt(format!("the attribute `{ATTRIBUTE}` {what}; restore the array from a copy"));
    let description: Description =
        serde_json::from_value(description).map_err(|error| damaged(format!("is unreadable: {error}")))?;
    if description.version != DESCRIPTION_VERSION {
        return Err(Error::unsupported(format!(
            "the array was written by a newer arraystow (version {} of the format); update this program",
            description.version
        )));
    }
    let grid = ChunkGrid::from_runs(&description.chunks).map_err(|error| damaged(format!("has no chunks: {error}")))?;
    if grid.shape() != layout.grid.shape() {
        let (said, found) = (grid.shape(), layout.grid.shape());
        return Err(damaged(format!("is of an array of shape {said:?}, but the array has {found:?}")));
    }
    Ok(grid)
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::corrupt(format!("the array's metadata are unreadable: {error}; restore it from a copy"))
}

fn fill_value(data_type: DataType) -> Value {
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

/// Whether this is the codec that leaves the elements as they are in memory here.
fn is_plain_bytes(codec: &Value, data_type: DataType) -> bool {
    let endian = codec["configuration"]["endian"].as_str();
    name(codec) == Some("bytes") && (endian == Some("little") || data_type.size() == 1)
}

/// A codec's name: alone, or with its configuration.
fn name(codec: &Value) -> Option<&str> {
    codec.as_str().or_else(|| codec["name"].as_str())
}

fn dtype_v2(data_type: DataType) -> String {
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

/// The data type, and whether it is little-endian.
fn from_dtype_v2(dtype: &Value) -> Option<(DataType, bool)> {
    let dtype = dtype.as_str()?;
    let known = |data_type: &DataType| dtype_v2(*data_type).get(1..) == dtype.get(1..);
    let data_type = DataType::ALL.into_iter().find(known)?;
    match dtype.as_bytes().first()? {
        b'<' => Some((data_type, true)),
        b'>' => Some((data_type, data_type.size() == 1)),
        b'|' if data_type.size() == 1 => Some((data_type, true)),
        _ => None,
    }
}
