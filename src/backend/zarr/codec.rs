//! The codecs of an array: zarrs' chain, with plain little-endian bytes taken straight.

use super::decode::Decoder;
use crate::array::DataType;
use crate::error::{Error, Result};
use bytes::Bytes;
use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;
use zarrs::array::{Array, ArrayBytes, ArrayMetadata, ArrayToBytesCodecTraits, CodecOptions};

/// What turns a chunk's elements into an object's bytes and back.
pub(super) struct Codecs {
    array: Array<()>,
    shape: Vec<NonZeroU64>,
    chunk_bytes: usize,
    /// The bytes are the elements.
    plain: bool,
    /// None for shards, which are read part by part.
    decoder: Option<Decoder>,
    options: CodecOptions,
}

/// Chunks, shards or parts of shards.
pub(super) struct Unit<'a> {
    pub(super) data_type: DataType,
    pub(super) shape: &'a [usize],
    /// Bytes of all elements.
    pub(super) bytes: usize,
    /// The bytes are the elements.
    pub(super) plain: bool,
    /// Made of parts.
    pub(super) sharded: bool,
}

impl Codecs {
    /// The codecs that the metadata name, for such chunks.
    pub(super) fn new(metadata: ArrayMetadata, unit: &Unit<'_>) -> Result<Self> {
        let refused = |error: &dyn std::fmt::Display| {
            Error::unsupported(format!("the Zarr array cannot be read or written as its metadata say: {error}"))
        };
        let array = Array::new_with_metadata(Arc::new(()), "/array", metadata).map_err(|error| refused(&error))?;
        let nonzero = |len: &usize| NonZeroU64::new(*len as u64).ok_or_else(|| refused(&"a chunk without elements"));
        let decoder = if unit.plain || unit.sharded {
            None
        } else {
            Some(Decoder::new(&array, unit.data_type, unit.bytes / unit.data_type.size())?)
        };
        let shape = unit.shape.iter().map(nonzero).collect::<Result<_>>()?;
        // Chunks are the unit of parallel work, and there are enough of them.
        let options = CodecOptions::default().with_concurrent_target(1);
        Ok(Self { array, shape, chunk_bytes: unit.bytes, plain: unit.plain, decoder, options })
    }

    pub(super) fn encode<'a>(&self, elements: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        if self.plain {
            return Ok(Cow::Borrowed(elements));
        }
        let bytes = ArrayBytes::new_flen(Cow::Borrowed(elements));
        let array = &self.array;
        let encoded = array.codecs().encode(bytes, &self.shape, array.data_type(), array.fill_value(), &self.options);
        encoded.map_err(|error| Error::unsupported("a chunk cannot be encoded").with_source(error))
    }

    /// The elements, which are the stored bytes themselves if these are plain.
    pub(super) fn decoded(&self, stored: Bytes) -> Result<Box<dyn AsRef<[u8]>>> {
        let elements: Box<dyn AsRef<[u8]>> =
            if self.plain { Box::new(stored) } else { Box::new(self.decode_bytes(&stored)?.into_owned()) };
        let len = (*elements).as_ref().len();
        if len == self.chunk_bytes { Ok(elements) } else { Err(self.wrong_size(len)) }
    }

    fn wrong_size(&self, len: usize) -> Error {
        Error::corrupt(format!("it has {len} bytes and should have {}", self.chunk_bytes))
    }

    /// Fills `out` with the elements.
    pub(super) fn decode(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let elements = if self.plain { Cow::Borrowed(stored) } else { self.decode_bytes(stored)? };
        if elements.len() != out.len() {
            return Err(self.wrong_size(elements.len()));
        }
        out.copy_from_slice(&elements);
        Ok(())
    }

    fn decode_bytes<'a>(&self, stored: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        let decoder = self.decoder.as_ref().ok_or_else(|| Error::invalid("a shard is read in parts"))?;
        decoder.decode(stored, &self.array, &self.shape, &self.options).map(Cow::Owned)
    }

    /// Where a chunk lies, below the array's key.
    pub(super) fn chunk_key(&self, coordinates: &[usize]) -> String {
        let coordinates: Vec<u64> = coordinates.iter().map(|at| *at as u64).collect();
        let key = self.array.chunk_key(&coordinates);
        key.as_str().trim_start_matches("array/").to_owned()
    }

    /// The most bytes that a chunk can be stored in.
    pub(super) fn most_stored(&self) -> u64 {
        self.decoder.as_ref().map_or(self.chunk_bytes, Decoder::most_stored) as u64
    }

    /// Fills `out` with what stands for elements that were never written.
    pub(super) fn fill(&self, out: &mut [u8]) {
        let fill = self.array.fill_value().as_ne_bytes();
        if fill.is_empty() || fill.iter().all(|byte| *byte == 0) {
            out.fill(0);
        } else {
            out.chunks_exact_mut(fill.len()).for_each(|element| element.copy_from_slice(fill));
        }
    }
}
