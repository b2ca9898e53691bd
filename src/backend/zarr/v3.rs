//! The metadata of version 3: `zarr.json`.

use super::extension::Extension;
use super::fill::Fill;
use super::found::{FoundMetadata, check_axes};
use super::json::{Members, Wanted, lengths, shown, unreadable};
use super::keys::Keys;
use super::new::codec_of_v3;
use super::pipeline::{Checksum, ChecksumPlace, MOST_CODECS, Packing, Pipeline, Stage, too_many};
use super::shards::Indexing;
use super::types;
use super::uneven::FoundChunks;
use crate::array::DataType;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::Value;

/// What is read. Other members must be objects that say that they need not be understood.
pub(super) const WANTED: Wanted = Wanted {
    known: &[
        "zarr_format",
        "node_type",
        "shape",
        "data_type",
        "chunk_grid",
        "chunk_key_encoding",
        "fill_value",
        "codecs",
        "storage_transformers",
        "dimension_names",
    ],
    attributes: Some("attributes"),
};

pub(super) fn read(mut members: Members) -> Result<FoundMetadata> {
    let format = members.need("zarr_format")?;
    if format != 3 {
        return Err(Error::unsupported(format!(
            "the metadata are of Zarr version {}; arraystow reads 2 and 3",
            shown(&format)
        )));
    }
    let node = members.need("node_type")?;
    if node != "array" {
        return Err(Error::unsupported(format!("this is not an array, but a node of the type {}", shown(&node))));
    }
    if let Some(unknown) = members.unknown {
        return Err(Error::unsupported(format!(
            "the metadata have the member {unknown:?}, which arraystow does not know, and which has no \
                \"must_understand\": false; remove it if it has no meaning"
        )));
    }
    check_transformers(members.take("storage_transformers"))?;
    let shape = lengths("`shape`", &members.need("shape")?)?;
    check_axes(&shape)?;
    let (data_type, is_utf32) = types::read_v3(members.need("data_type")?)?;
    let chunks = chunk_grid(members.need("chunk_grid")?, &shape)?;
    let keys = keys(members.need("chunk_key_encoding")?)?;
    let fill = members.need("fill_value")?;
    let fill =
        if is_utf32 { Fill::of_utf32(&data_type, &fill) } else { Fill::read(ZarrVersion::V3, &data_type, &fill) }?;
    let mut left = MOST_CODECS;
    let listed = members.need("codecs")?;
    let codec = members.description.as_ref().and_then(|_| codec_of_v3(&listed, &data_type));
    // Its code points are in the order of bytes that is said of numbers.
    let encoded = if is_utf32 { &DataType::UInt32 } else { &data_type };
    let mut codecs = codecs(listed, &mut left)?;
    let axes = shape.len();
    let sharding = match codecs.as_slice() {
        [only] if only.name == SHARDING => codecs.pop(),
        _ => None,
    };
    let (pipeline, sharding) = match sharding {
        Some(sharding) => {
            let (pipeline, parts, indexing) = self::sharding(sharding, encoded, axes, &mut left)?;
            (pipeline, Some((parts, indexing)))
        }
        None => (pipeline(codecs, encoded, axes)?, None),
    };
    let pipeline = if is_utf32 { pipeline.of_utf32()? } else { pipeline };
    let description = members.description;
    Ok(FoundMetadata { shape, chunks, data_type, pipeline, codec, sharding, fill, keys, description })
}

/// The codec that makes one object of several chunks.
const SHARDING: &str = "sharding_indexed";

fn check_transformers(transformers: Option<Value>) -> Result<()> {
    match transformers {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Array(transformers)) => match transformers.into_iter().next() {
            None => Ok(()),
            Some(first) => Err(Extension::read("storage transformer", first)?
                .refused("write the array again without storage transformers")),
        },
        Some(other) => Err(unreadable(&format!("`storage_transformers` is {}", shown(&other)))),
    }
}

fn chunk_grid(value: Value, shape: &[usize]) -> Result<FoundChunks> {
    let mut grid = Extension::read("chunk grid", value)?;
    let chunks = match &*grid.name {
        "regular" => FoundChunks::Equal(grid.take_lengths("chunk_shape")?),
        "rectilinear" => {
            let kind = grid.take("kind").unwrap_or_default();
            if kind != "inline" {
                return Err(grid.unknown_value("kind", &kind));
            }
            FoundChunks::of_edges(&grid.take("chunk_shapes").unwrap_or_default(), shape)?
        }
        _ => {
            return Err(
                grid.refused("rechunk the array: arraystow reads the chunk grids \"regular\" and \"rectilinear\"")
            );
        }
    };
    grid.finish()?;
    Ok(chunks)
}

fn keys(value: Value) -> Result<Keys> {
    let mut encoding = Extension::read("chunk key encoding", value)?;
    let (with_prefix, usual) = match &*encoding.name {
        "default" => (true, ["/", "."]),
        "v2" => (false, [".", "/"]),
        _ => return Err(encoding.refused("write the array again with the default one")),
    };
    let separator = usual[encoding.take_one_of("separator", &usual)?];
    encoding.finish()?;
    Ok(Keys { with_prefix, separator })
}

/// A list of codecs, which are counted.
fn codecs(value: Value, left: &mut usize) -> Result<Vec<Extension>> {
    let Value::Array(codecs) = value else {
        return Err(unreadable(&format!("the codecs are not a list, but {}", shown(&value))));
    };
    *left = left.checked_sub(codecs.len()).ok_or_else(too_many)?;
    codecs.into_iter().map(|codec| Extension::read("codec", codec)).collect()
}

fn pipeline(codecs: Vec<Extension>, data_type: &DataType, axes: usize) -> Result<Pipeline> {
    if codecs.iter().any(|codec| codec.name == SHARDING) {
        return Err(Error::unsupported(format!(
            "the array has the codec {SHARDING:?} among others, or nested; arraystow reads it only as the one codec"
        )));
    }
    Pipeline::read(codecs, data_type, axes)
}

/// The codecs of a shard's parts, the shape of these and how the index is.
fn sharding(
    mut sharding: Extension,
    data_type: &DataType,
    axes: usize,
    left: &mut usize,
) -> Result<(Pipeline, Vec<usize>, Indexing)> {
    let parts = sharding.take_lengths("chunk_shape")?;
    let inner = codecs(sharding.take("codecs").unwrap_or_default(), left)?;
    let of_index = codecs(sharding.take("index_codecs").unwrap_or_default(), left)?;
    let place = sharding.take_one_of("index_location", &["end", "start"])?;
    sharding.finish()?;
    let inner = pipeline(inner, data_type, axes)?;
    let of_index = pipeline(of_index, &DataType::UInt64, axes + 1)?;
    let checked = match (&of_index.order, of_index.packing, of_index.stages.as_slice()) {
        (None, Packing::LittleEndian, []) => false,
        (None, Packing::LittleEndian, [Stage::Checksum(Checksum::Crc32c, ChecksumPlace::Behind)]) => true,
        _ => {
            return Err(Error::unsupported("the array's shards have an index of a kind that arraystow does not read"));
        }
    };
    Ok((inner, parts, Indexing { at_start: place == 1, checked }))
}
