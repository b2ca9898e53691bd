//! The contents of an array's metadata, of either version. Anything that is not supported is an error that names it.

use super::description::Described;
use super::fill::Fill;
use super::found::FoundMetadata;
use super::json::Members;
use super::keys::Keys;
use super::metadata::Metadata;
use super::pipeline::Pipeline;
use super::shards::Indexing;
use super::uneven::{FoundChunks, LastEdges};
use super::{v2, v3};
use crate::array::{ChunkGrid, Codec, DataType, StoredLayout};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::ZarrVersion;

/// What is needed to read an array.
pub(super) struct Facts {
    pub(super) data_type: DataType,
    pub(super) layout: StoredLayout,
    pub(super) chunk_bytes: usize,
    /// The codecs of a chunk, or of a shard's part.
    pub(super) pipeline: Pipeline,
    /// The codec that arrays of arraystow with this pipeline are written with.
    pub(super) codec: Option<Codec>,
    /// How the index of a shard is in it, if there are shards.
    pub(super) indexing: Option<Indexing>,
    /// How long the last chunks are stored, if chunks have different shapes. The layout has the largest of each axis.
    pub(super) last_edges: Option<LastEdges>,
    pub(super) fill: Fill,
    pub(super) keys: Keys,
    /// What the description of an array of arraystow says.
    pub(super) described: Option<Described>,
}

impl Facts {
    /// Whether chunks of this shape are stored as the same bytes here as there. Where one chunk is one object every
    /// chunk is stored, but a part of a shard that holds the fill value only is not.
    pub(super) fn are_encoded_as(&self, other: &Self) -> bool {
        self.data_type == other.data_type
            && self.codec.is_some()
            && self.codec == other.codec
            && self.pipeline == other.pipeline
            && self.layout.parts == other.layout.parts
            && self.indexing == other.indexing
            && self.last_edges.is_none()
            && other.last_edges.is_none()
            && (self.indexing.is_none() || self.fill == other.fill)
    }

    /// If the array may be of any program, attributes that cannot be read are left out.
    pub(super) fn read(metadata: &Metadata, limits: &Limits, is_any: bool) -> Result<Self> {
        let found = match metadata.version {
            ZarrVersion::V3 => v3::read(Members::read(&metadata.array, v3::WANTED)?)?,
            ZarrVersion::V2 => {
                let description = match metadata.attributes.as_deref().map(Members::read_attributes).transpose() {
                    Err(_) if is_any => None,
                    description => description?,
                };
                v2::read(Members::read(&metadata.array, v2::WANTED)?, description.flatten())?
            }
        };
        let FoundMetadata { shape, chunks, data_type, pipeline, codec, sharding, fill, keys, description } = found;
        let (grid, chunk_shape, last_edges) = match chunks {
            FoundChunks::Uneven(chunks) => (chunks.grid, chunks.largest, Some(chunks.last)),
            FoundChunks::Equal(mut chunk_shape) => {
                // Some say 0 where there is nothing to cut.
                for (chunk, len) in chunk_shape.iter_mut().zip(&shape) {
                    if *len == 0 && *chunk == 0 {
                        *chunk = 1;
                    }
                }
                let grid = ChunkGrid::regular(&shape, &chunk_shape);
                (grid.map_err(|error| error.with_kind(ErrorKind::Corrupt))?, chunk_shape, None)
            }
        };
        let (parts, indexing) = sharding.unzip();
        if parts.is_some() && last_edges.is_some() {
            return Err(Error::unsupported(
                "the array has shards of different shapes, which arraystow does not read; rechunk it to shards of one \
                    shape",
            ));
        }
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
        let described = description.map(|description| description.check(&data_type, &layout)).transpose()?;
        let data_type = described.as_ref().map_or(data_type, |described| described.data_type.clone());
        Ok(Self { data_type, layout, chunk_bytes, pipeline, codec, indexing, last_edges, fill, keys, described })
    }
}
