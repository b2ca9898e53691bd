//! The data beside the elements of an array of arraystow: its description and its checksums.
//!
//! The description is an attribute of the dataset, the checksums a second dataset, `arraystow/crc32c`: one CRC-32C per
//! stored chunk, in C order, over the chunk's bytes as they are in the file. The digest covers both, so a reader that
//! knows the digest knows the array.
//!
//! The checksums are in a group of their own because xarray and netCDF4 show every dataset of a group as a variable,
//! and take axes of equal length in one group for the same axis. Version 1 has them beside the elements.

use super::types;
use crate::array::{ChunkGrid, Codec, CodecKind, DataType, Labels, StoredLayout};
use crate::backend::ArraySpec;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::ffi::CStr;

/// The dataset with the elements, as FunctionFuse names it.
pub(super) const DATASET: &CStr = c"dask_arrays";
/// The group with the checksums, and their dataset in it.
pub(super) const GROUP: &CStr = c"arraystow";
pub(super) const CHECKSUMS: &CStr = c"crc32c";
/// The dataset with the checksums beside the elements, in files of version 1.
pub(super) const CHECKSUMS_1: &CStr = c"arraystow_crc32c";
/// The group with what arraystow needs in a file with several arrays: links from their ids to their datasets, and their
/// checksums by their ids.
pub(crate) const PACK_GROUP: &str = "arraystow";
pub(super) const PACKED_ARRAYS: &str = "arrays";
pub(super) const PACKED_CHECKSUMS: &str = "crc32c";
/// The attribute with the description.
pub(super) const ATTRIBUTE: &CStr = c"arraystow";

const VERSION: u32 = 2;

/// The attribute's JSON. Everything but the logical chunks repeats what HDF5 knows too: so an attribute of another
/// array is found out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Description {
    version: u32,
    data_type: String,
    /// The logical chunks: for each axis, runs of a length and how often it occurs.
    chunks: Vec<Vec<(usize, usize)>>,
    stored_chunk: Vec<usize>,
    codec: String,
    /// Where the array was first written, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    /// The labels, which other programs read from the other attributes and the dimension scales.
    #[serde(default, skip_serializing_if = "Labels::is_empty")]
    labels: Labels,
}

/// What a description says.
pub(super) struct Described {
    pub(super) data_type: DataType,
    /// The logical grid.
    pub(super) grid: ChunkGrid,
    pub(super) codec: Codec,
    pub(super) labels: Labels,
    /// Whether the checksums are beside the elements, not in a group of their own.
    pub(super) checksums_beside: bool,
}

impl Description {
    pub(super) fn new(spec: &ArraySpec, layout: &StoredLayout) -> Result<Self> {
        Ok(Self {
            version: VERSION,
            data_type: spec.data_type.to_string(),
            chunks: spec.grid.runs(),
            stored_chunk: layout.chunk_shape.clone(),
            codec: match spec.codec().kind() {
                CodecKind::None | CodecKind::Gzip(_) | CodecKind::Zstd(_) => written(spec.codec()),
                CodecKind::Blosc | CodecKind::Pcodec(_) => return Err(only_in_zarr()),
            },
            document: spec.first.document.clone(),
            path: spec.first.path.clone(),
            labels: spec.meta.labels.clone(),
        })
    }

    pub(super) fn to_json(&self) -> Result<String> {
        serde_json::to_string(self)
            .map_err(|error| Error::unsupported("the array cannot be described").with_source(error))
    }

    /// The data type that the attribute names, if it is one of several parts or names: what the type of a file is taken
    /// for does not always show which.
    pub(super) fn composite_type(json: &[u8]) -> Option<DataType> {
        #[derive(Deserialize)]
        struct TypeOnly {
            data_type: String,
        }
        let TypeOnly { data_type } = serde_json::from_slice(json).ok()?;
        DataType::from_name(&data_type)
            .filter(|said| matches!(said, DataType::Record(_) | DataType::Enum(_) | DataType::Subarray(_)))
    }

    /// Reads the attribute and checks it against the dataset.
    pub(super) fn read(json: &[u8], data_type: &DataType, layout: &StoredLayout) -> Result<Described> {
        let damaged =
            |what: String| Error::corrupt(format!("the attribute `arraystow` {what}; restore the file from a copy"));
        #[derive(Deserialize)]
        struct VersionOnly {
            version: u32,
        }
        let VersionOnly { version } =
            serde_json::from_slice(json).map_err(|error| damaged(format!("is unreadable: {error}")))?;
        if !(1..=VERSION).contains(&version) {
            return Err(Error::unsupported(format!(
                "the array was written by a newer arraystow (version {version} of the format); update this program"
            )));
        }
        let description: Self =
            serde_json::from_slice(json).map_err(|error| damaged(format!("is unreadable: {error}")))?;
        let grid = ChunkGrid::from_runs(&description.chunks)
            .map_err(|error| damaged(format!("has invalid chunks: {error}")))?;
        if grid.shape() != layout.grid.shape() {
            let (said, found) = (grid.shape(), layout.grid.shape());
            return Err(damaged(format!("describes an array of shape {said:?}, but the dataset has {found:?}")));
        }
        let said = DataType::from_name(&description.data_type).filter(|said| types::stored(said) == *data_type);
        let data_type = said.ok_or_else(|| {
            damaged(format!(
                "describes elements of type {}, but the dataset holds \
                {data_type}",
                description.data_type
            ))
        })?;
        if description.stored_chunk != layout.chunk_shape {
            let (said, found) = (&description.stored_chunk, &layout.chunk_shape);
            return Err(damaged(format!("describes chunks of shape {said:?}, but the dataset has {found:?}")));
        }
        let codec = read(&description.codec).map_err(|error| damaged(format!("has an invalid codec: {error}")))?;
        description
            .labels
            .check(grid.ndim(), &data_type)
            .map_err(|error| damaged(format!("has invalid names or attributes: {error}")))?;
        Ok(Described { data_type, grid, codec, labels: description.labels, checksums_beside: version == 1 })
    }
}

/// A codec as descriptions have it: with a space, as in `zstd 3`, where it is written `zstd:3` everywhere else.
fn written(codec: Codec) -> String {
    codec.to_string().replace(':', " ")
}

fn read(codec: &str) -> Result<Codec> {
    codec.replace(' ', ":").parse()
}

pub(super) fn check_codec(codec: Codec) -> Result<()> {
    match codec.kind() {
        CodecKind::Blosc | CodecKind::Pcodec(_) => Err(only_in_zarr()),
        CodecKind::None | CodecKind::Gzip(_) | CodecKind::Zstd(_) => Ok(()),
    }
}

fn only_in_zarr() -> Error {
    Error::unsupported("HDF5 files cannot use blosc or pcodec: choose none, gzip or zstd")
}

/// The hash of a description, as it is in the file, and of all checksums.
pub(super) fn digest(json: &[u8], checksums: &[u32]) -> String {
    let mut hasher = blake3::Hasher::new_derive_key("arraystow 2026 HDF5 array: description and checksums");
    hasher.update(&(json.len() as u64).to_le_bytes());
    hasher.update(json);
    // In pieces, so that the table is not copied as a whole.
    for part in checksums.chunks(1024) {
        let bytes: Vec<u8> = part.iter().flat_map(|checksum| checksum.to_le_bytes()).collect();
        hasher.update(&bytes);
    }
    hasher.finalize().to_hex().to_string()
}
