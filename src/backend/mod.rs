//! BACKENDS: arrays of a data type in a file format, over a protocol.
//!
//! A backend knows shapes, chunks, data types and codecs, and nothing of the user's types, of documents or of threads:
//! the engine decides what is read and written when. Every backend passes `conformance`.

#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod bzip2;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod checks;
mod files;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod found;
#[cfg(feature = "hdf5")]
mod hdf5;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod layout;
mod opening;
pub(crate) mod room;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod scratch;
#[cfg(feature = "zarr")]
mod shared;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod shuffle;
#[cfg(feature = "zarr")]
mod zarr;

#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub use found::{ArrayForm, FoundArray, FoundArrays};
#[cfg(feature = "hdf5")]
pub(crate) use hdf5::{ForeignHdf5, NewPack, ObjectPath, PACK_GROUP, PackedArrays, PlainValue};
#[cfg(feature = "zarr")]
pub(crate) use zarr::{ForeignZarr, ZarrArrays};

pub(crate) use files::FileArrays;
pub(crate) use opening::Opening;
#[cfg(feature = "zarr")]
pub(crate) use shared::{ChunkSlot, Form, PutChunk, SharedArrays, Stretch, Sums};

use crate::array::{ArrayMeta, ChunkGrid, Codec, DataType, Labels, Region, StoredLayout};
use crate::error::{Error, Result};
use crate::protocol::ArrayFormat;
use std::any::Any;
use std::sync::Arc;

/// The Zarr group of the arrays, as FunctionFuse names it. The dataset in an HDF5 file has the same name.
pub(crate) const GROUP: &str = "dask_arrays";

/// What an array is, apart from its elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArraySpec {
    pub(crate) data_type: DataType,
    /// The logical grid: what the user sees. Its chunks may be stored otherwise.
    pub(crate) grid: ChunkGrid,
    pub(crate) meta: ArrayMeta,
    pub(crate) first: FirstPlace,
    /// The shape of the stored chunks of the array of which this is a later version.
    pub(crate) kept_chunk: Option<Vec<usize>>,
}

/// Where an array is first written. It is noted beside the array, for people who find its file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FirstPlace {
    /// The name of the document, if it has one.
    pub(crate) document: Option<String>,
    /// The path in the value, such as `runs[3].field`.
    pub(crate) path: Option<String>,
}

impl ArraySpec {
    /// How its chunks are compressed.
    pub(crate) fn codec(&self) -> Codec {
        self.meta.codec.unwrap_or(Codec::NONE)
    }
}

/// What an array became in storage; it is in the manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredSummary {
    /// Bytes of everything that the array takes.
    pub(crate) bytes: u64,
    /// How its chunks are compressed, if arraystow has such a codec.
    pub(crate) codec: Option<Codec>,
    /// A hash of the array's metadata and of the checksums of all its chunks; hexadecimal.
    pub(crate) digest: String,
    /// A hash of what neither the digest nor the chunks' checksums cover, if there is anything; hexadecimal.
    pub(crate) rest: Option<String>,
    /// What the array is opened with, if it is small and lies far away.
    pub(crate) opening: Option<Opening>,
}

/// An array that was taken over from elsewhere.
#[derive(Clone, Debug)]
pub(crate) struct Linked {
    pub(crate) summary: StoredSummary,
    /// Whether its bytes were written again, by this process: they are then still to be compared with their checksums.
    pub(crate) copied: bool,
}

/// Fails for an array that is not the one that is meant.
pub(crate) type Check<'a> = dyn Fn(&dyn ArrayReader) -> Result<()> + 'a;

/// An array that was found, finished or not.
#[derive(Clone, Debug)]
pub(crate) struct ListedArray {
    pub(crate) name: String,
    /// The file, or what the keys begin with.
    pub(crate) location: String,
    /// Bytes that it takes, where the listing has them.
    pub(crate) bytes: Option<u64>,
}

/// Whether something of this name may be an array, or an external object.
pub(crate) fn is_id(name: &str) -> bool {
    uuid::Uuid::try_parse(name).is_ok_and(|uuid| uuid.to_string() == name)
}

/// What other programs misread in an array that an earlier version wrote, although this crate reads it correctly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Misread {
    /// A fill value that is taken for 'missing'.
    pub(crate) fill_value: bool,
    /// Axes that are taken for those of other arrays.
    pub(crate) axis_names: bool,
}

/// A place for arrays.
pub(crate) trait Backend: Send + Sync {
    /// The format of new arrays.
    fn format(&self) -> ArrayFormat;
    /// A format for the manifest, which says it only where such a place had another one before there was a choice.
    fn noted_format(&self, _format: ArrayFormat) -> Option<ArrayFormat> {
        None
    }
    /// Starts an array of that name. Nothing under the name is seen by readers before `finish`, if the protocol allows.
    fn create(&self, name: &str, spec: &ArraySpec) -> Result<Box<dyn ArrayWriter>>;
    /// Opens the array of that name and checks everything but its chunks: bounded work, however hostile the file.
    fn open(&self, name: &str) -> Result<Arc<dyn ArrayReader>>;
    /// The same, where the document notes this format; see `noted_format`.
    fn open_noted(&self, name: &str, _noted: Option<ArrayFormat>) -> Result<Arc<dyn ArrayReader>> {
        self.open(name)
    }
    /// The same, with what its document has of it. The caller compares the digest. Without I/O, if the backend can.
    fn open_with(&self, name: &str, _opening: &Opening) -> Result<Arc<dyn ArrayReader>> {
        self.open(name)
    }
    /// Bytes of everything that the array with that name takes, found at little cost.
    fn stored_bytes(&self, name: &str) -> Result<u64>;
    /// Whether there is an array of that name. Where a removal takes several steps, there is none after the first.
    fn contains(&self, name: &str) -> Result<bool>;
    /// Removes everything that belongs to the array of that name, finished or not.
    fn remove(&self, name: &str) -> Result<()>;
    /// The arrays whose names are ids, finished or not. Of a protocol that cannot list, none.
    fn list(&self) -> Result<Vec<ListedArray>>;
    /// Removes what belongs to no single array, if there is no array any more. Nothing may be writing one.
    fn clear(&self) -> Result<()> {
        Ok(())
    }
    /// Makes `to` an array of its own with what `from` holds in `other`, without decoding it, if that is possible.
    /// `check` looks at the array that is then taken, and no other: what is under its name may be exchanged at any
    /// time.
    fn link(&self, other: &dyn Backend, from: &str, to: &str, check: &Check<'_>) -> Result<Option<Linked>>;
    /// The backend of the array's own format, if it is built in.
    fn holder(&self, name: &str) -> Option<&dyn Backend>;
    /// What other programs misread of the array.
    fn misread(&self, name: &str) -> Result<Misread> {
        let _ = name;
        Ok(Misread::default())
    }
    /// Rewrites the array's metadata so that other programs read it correctly. No element, digest or checksum changes,
    /// and readers see the array throughout.
    fn repair(&self, name: &str) -> Result<()> {
        let _ = name;
        Ok(())
    }
    /// Whether what `other` has written is as this one would write it, and as durable.
    fn writes_as(&self, other: &dyn Backend) -> bool;
    /// Whether the arrays are in a local folder, so that no call waits for a network.
    fn is_local(&self) -> bool;
    /// Identifies the array of that name within this process. `None` if that is not possible.
    fn identity(&self, name: &str) -> Option<String>;
    /// How chunks are compressed if nothing was chosen.
    fn default_codec(&self) -> Codec {
        Codec::NONE
    }
    /// Fails for a codec that new arrays cannot have.
    fn check_codec(&self, codec: Codec) -> Result<()>;
    /// Whether the array of that name, a later version of one of the same format, can keep this codec.
    fn keeps_codec(&self, name: &str, codec: Codec) -> Result<bool> {
        let _ = name;
        Ok(self.check_codec(codec).is_ok())
    }
    /// Fails for a data type that new arrays cannot have.
    fn check_data_type(&self, data_type: &DataType) -> Result<()>;
    /// The chunks in which such an array would be stored, and the files or objects that it would become. Without I/O.
    fn form(&self, spec: &ArraySpec) -> Result<(usize, u64)>;
    /// The best number of chunks to read at the same time, however few the processors: more where each takes a request.
    fn concurrency(&self) -> usize {
        1
    }
    /// The same place for arrays whose chunks several programs write, if it can have them.
    #[cfg(feature = "zarr")]
    fn shared(&self) -> Option<&dyn SharedArrays> {
        None
    }
    /// For the way back to the concrete type.
    fn as_any(&self) -> &dyn Any;
    /// Makes all arrays that are finished so far durable, and their names.
    fn sync(&self) -> Result<()>;
    /// The name of the array's file or key in messages.
    fn describe(&self, name: &str) -> String;
}

/// What became of a chunk that an array in the making was to take over from a stored one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    /// It was not taken over, and is to be written.
    No,
    /// Its stored bytes were read and written.
    Copied,
    /// So many bytes were linked, or copied by a server.
    #[cfg_attr(not(feature = "zarr"), allow(dead_code, reason = "an HDF5 file has all chunks of its array"))]
    Linked(u64),
}

/// An array in the making. Chunks come from several threads, each chunk once, in any order.
///
/// A writer that is dropped before `finish`, and one whose `finish` fails, writes nothing after that. `Backend::remove`
/// then removes what it has written.
pub(crate) trait ArrayWriter: Send + Sync {
    /// How the elements are stored: one `write_chunk` for each chunk of this grid.
    fn layout(&self) -> &StoredLayout;
    /// Encodes and writes one chunk: the elements of the grid's region of that number, not filled up, little-endian, in
    /// C order.
    fn write_chunk(&self, number: usize, elements: &[u8]) -> Result<()>;
    /// Writes one chunk by taking over the stored bytes of a chunk of another array and their checksum, undecoded, if
    /// both arrays are stored alike. The caller has compared the shapes of their chunks and parts.
    fn carry(&self, number: usize, from: &dyn ArrayReader, chunk: usize) -> Result<Carried>;
    /// Writes what is left, and gives the array its name. It is durable after [`Backend::sync`].
    fn finish(self: Box<Self>) -> Result<StoredSummary>;
}

/// A finished array. Holds no file descriptor between calls.
pub(crate) trait ArrayReader: Send + Sync {
    fn format(&self) -> ArrayFormat;
    fn data_type(&self) -> DataType;
    /// The logical grid, as it was saved; an array of another program has the one in which it is stored.
    fn grid(&self) -> &ChunkGrid;
    fn layout(&self) -> &StoredLayout;
    /// Bytes of everything that the array takes.
    fn stored_bytes(&self) -> u64;
    /// As `StoredSummary::bytes` when the array was written, which a repair may have changed since.
    fn written_bytes(&self) -> u64 {
        self.stored_bytes()
    }
    /// The labels in the array's description; none without a description.
    fn labels(&self) -> &Labels;
    /// How the chunks of an array of arraystow are compressed; none for an array of another program.
    fn codec(&self) -> Option<Codec>;
    /// For the way back to the concrete type.
    fn as_any(&self) -> &dyn Any;
    /// As `StoredSummary::digest`; none for an array of another program.
    fn digest(&self) -> Option<&str>;
    /// Fills `out` with one whole decoded chunk, edges filled up, little-endian, in C order. A chunk whose checksum is
    /// not the recorded one is an error.
    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()>;
    /// The same in newly allocated memory, if the backend decodes it that way: none otherwise.
    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        let _ = number;
        Ok(None)
    }
    /// The same of one part of a chunk, where the layout has parts.
    fn read_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()> {
        let _ = out;
        Err(Error::invalid(format!("chunk {number} has no part {part}")))
    }
    /// The regions of the chunks, or of their parts, whose bytes are not those of the same chunks of `other`, by their
    /// lengths and checksums; none if the two cannot be compared so, because one is of another program or they are not
    /// stored alike. Without I/O.
    fn regions_apart(&self, other: &dyn ArrayReader) -> Result<Option<Vec<Region>>>;
    /// Compares the bytes of one stored chunk with what was written, without decoding them.
    fn check_chunk(&self, number: usize) -> Result<()>;
    /// Compares with `StoredSummary::rest`.
    fn check_rest(&self, rest: &str) -> Result<()>;
}
