//! Arrays whose chunks several programs write: the data that one of them needs, and what it records for each chunk.

use super::{ArraySpec, StoredSummary};
use crate::array::{ChunkGrid, Codec, DataType, Labels, StoredLayout, few};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::{ArrayFormat, ZarrVersion};
use serde::{Deserialize, Deserializer, Serialize};

/// As many axes as HDF5 has.
const MOST_AXES: usize = 32;

/// How an array is stored: all that a program needs to write its chunks. It may come from anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Form {
    pub(crate) format: ArrayFormat,
    /// Of an array that is Zarr.
    #[serde(default)]
    pub(crate) zarr_version: Option<ZarrVersion>,
    pub(crate) data_type: DataType,
    #[serde(deserialize_with = "axes")]
    pub(crate) shape: Vec<usize>,
    /// The shape of a stored chunk, which is a shard if it has parts.
    #[serde(deserialize_with = "axes")]
    pub(crate) chunk_shape: Vec<usize>,
    #[serde(default, deserialize_with = "some_axes")]
    pub(crate) parts: Option<Vec<usize>>,
    pub(crate) codec: Codec,
    /// The bytes of the fill value, if one was chosen.
    #[serde(default)]
    pub(crate) fill: Option<Vec<u8>>,
}

impl Form {
    /// Differs for every other form.
    pub(crate) fn hash(&self) -> String {
        // Without a map in it, a form is always written.
        let text = serde_json::to_vec(self).unwrap_or_default();
        blake3::hash(&text).to_string()
    }

    /// The form of an array with this layout.
    pub(crate) fn of(
        spec: &ArraySpec,
        layout: &StoredLayout,
        format: ArrayFormat,
        version: Option<ZarrVersion>,
    ) -> Self {
        Self {
            format,
            zarr_version: version,
            data_type: spec.data_type.clone(),
            shape: spec.grid.shape().to_vec(),
            chunk_shape: layout.chunk_shape.clone(),
            parts: layout.parts.clone(),
            codec: spec.codec(),
            fill: spec.meta.labels.fill().map(<[u8]>::to_vec),
        }
    }

    /// Fails for what no array can have or the limits do not allow. Nothing is allocated before.
    pub(crate) fn layout(&self, limits: &Limits) -> Result<StoredLayout> {
        let wrong = |what: &str| Error::invalid(format!("the description of the array has {what}"));
        self.data_type.check()?;
        Labels::NONE.with_fill(self.fill.clone()).check(self.shape.len(), &self.data_type)?;
        let grid = ChunkGrid::regular(&self.shape, &self.chunk_shape)?;
        limits.check_chunks(grid.chunk_count())?;
        let layout = StoredLayout { grid, chunk_shape: self.chunk_shape.clone(), parts: self.parts.clone() };
        limits.check_chunk(&self.chunk_shape, layout.chunk_bytes(self.data_type.size()))?;
        if let Some(parts) = &self.parts {
            let divide = |(chunk, part): (&usize, &usize)| *part > 0 && chunk % part == 0;
            if parts.len() != self.chunk_shape.len() || !self.chunk_shape.iter().zip(parts).all(divide) {
                return Err(wrong("parts that do not divide its chunks"));
            }
            limits.check_chunks(ChunkGrid::regular(&self.chunk_shape, parts)?.chunk_count())?;
        }
        Ok(layout)
    }
}

fn axes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<usize>, D::Error> {
    few::<_, MOST_AXES, D>(deserializer)
}

fn some_axes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<usize>>, D::Error> {
    let axes = Option::<Axes>::deserialize(deserializer)?;
    Ok(axes.map(|Axes(axes)| axes))
}

#[derive(Deserialize)]
struct Axes(#[serde(deserialize_with = "axes")] Vec<usize>);

/// Where the bytes of a chunk, or of a part of one, are in its file or object, and their CRC-32C.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stretch {
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) checksum: u32,
}

/// What the table of checksums has of a chunk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sums {
    Whole { len: u64, checksum: u32 },
    Parts(Box<[Stretch]>),
}

impl Sums {
    /// Those of these stretches, of which there is one if the chunk has no parts.
    pub(crate) fn of(stretches: Vec<Stretch>, has_parts: bool) -> Self {
        match stretches.as_slice() {
            [Stretch { offset: 0, len, checksum }] if !has_parts => Self::Whole { len: *len, checksum: *checksum },
            _ => Self::Parts(stretches.into()),
        }
    }

    /// One for each part; one if there are no parts.
    pub(crate) fn stretches(&self) -> Vec<Stretch> {
        match self {
            Self::Whole { len, checksum } => vec![Stretch { offset: 0, len: *len, checksum: *checksum }],
            Self::Parts(parts) => parts.to_vec(),
        }
    }
}

/// A place for arrays whose chunks several programs write.
pub(crate) trait SharedArrays: Send + Sync {
    /// Lays an array out. Its chunks can then be written, in any order, by programs that know the form.
    fn lay_out(&self, name: &str, spec: &ArraySpec) -> Result<Form>;
    /// What writes chunks of an array. Temporary files go into the folder `scratch`. The chunks are noted as written by
    /// `attempt` where that is possible.
    fn slot(&self, name: &str, form: &Form, scratch: &str, attempt: &str) -> Result<Box<dyn ChunkSlot>>;
    /// Makes an array of the chunks that are there. It is done again without harm.
    fn complete(
        &self,
        name: &str,
        spec: &ArraySpec,
        form: &Form,
        sums: &dyn Fn(usize) -> Option<Sums>,
    ) -> Result<StoredSummary>;
    /// Writes the metadata of an array, so that other programs can open it before it is complete.
    fn expose(&self, name: &str, spec: &ArraySpec, form: &Form) -> Result<()>;
    /// Compares the lengths of the chunks that are there with what is said of them, without reading them.
    fn check_lengths(&self, name: &str, form: &Form, sums: &dyn Fn(usize) -> Option<Sums>) -> Result<()>;
}

/// Writes chunks of one array, from several threads. A chunk that is there is not written again.
pub(crate) trait ChunkSlot: Send + Sync {
    /// Writes a chunk, unless it is there: the elements of the grid's region of that number, not filled up.
    fn put(&self, number: usize, elements: &[u8]) -> Result<PutChunk>;
    /// Reads the stored bytes of a chunk and returns their checksums. `None` if there is no such chunk.
    fn look(&self, number: usize) -> Result<Option<Sums>>;
    /// Notes that a chunk which another program may have written is to be durable with the next `settle`.
    fn take_in(&self, number: usize) -> Result<()>;
    /// How often `settle` has failed, of whatever thread.
    fn failures(&self) -> usize;
    /// Makes the names of all chunks written so far durable.
    fn settle(&self) -> Result<()>;
    /// How many chunks are best written at the same time.
    fn concurrency(&self) -> usize;
}

/// What became of a chunk.
#[derive(Debug)]
pub(crate) enum PutChunk {
    /// It is there, with these checksums, and was written now or before.
    There(Sums),
    /// Another one was there before, which this attempt has written, if that is known.
    Differs(Option<String>),
}
