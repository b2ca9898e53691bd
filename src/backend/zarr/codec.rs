//! The codecs of an array: zarrs' chain, with plain little-endian bytes taken straight.

use crate::error::{Error, Result};
use bytes::Bytes;
use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;

use crate::array::Region;
use zarrs::array::{
    Array, ArrayBytes, ArrayMetadata, ArrayPartialDecoderTraits, ArraySubset, ArrayToBytesCodecTraits,
    BytesPartialDecoderTraits, CodecOptions,
};

/// What turns a chunk's elements into an object's bytes and back.
pub(super) struct Codecs {
    array: Array<()>,
    shape: Vec<NonZeroU64>,
    chunk_bytes: usize,
    /// The bytes are the elements.
    plain: bool,
    options: CodecOptions,
}

impl Codecs {
    /// The codecs that the metadata name, for chunks of this shape.
    pub(super) fn new(metadata: ArrayMetadata, chunk_shape: &[usize], chunk_bytes: usize, plain: bool) -> Result<Self> {
        let refused = |error: &dyn std::fmt::Display| {
            Error::unsupported(format!("the Zarr array cannot be read or written as its metadata say: {error}"))
        };
        let array = Array::new_with_metadata(Arc::new(()), "/array", metadata).map_err(|error| refused(&error))?;
        let nonzero = |len: &usize| NonZeroU64::new(*len as u64).ok_or_else(|| refused(&"a chunk without elements"));
        let shape = chunk_shape.iter().map(nonzero).collect::<Result<_>>()?;
        // Chunks are the unit of parallel work, and there are enough of them.
        let options = CodecOptions::default().with_concurrent_target(1);
        Ok(Self { array, shape, chunk_bytes, plain, options })
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
        let array = &self.array;
        let decoded = array.codecs().decode(
            Cow::Borrowed(stored),
            &self.shape,
            array.data_type(),
            array.fill_value(),
            &self.options,
        );
        let elements = decoded.map_err(|error| Error::corrupt("it cannot be decoded").with_source(error))?;
        elements.into_fixed().map_err(|error| Error::corrupt("it cannot be decoded").with_source(error))
    }

    /// What reads parts of a shard: it reads the shard's index now, and no more than once.
    pub(super) fn partial_decoder(
        &self,
        shard: Arc<dyn BytesPartialDecoderTraits>,
    ) -> Result<Arc<dyn ArrayPartialDecoderTraits>> {
        let array = &self.array;
        array
            .codecs()
            .partial_decoder(shard, &self.shape, array.data_type(), array.fill_value(), &self.options)
            .map_err(|error| Error::corrupt("its index cannot be read").with_source(error))
    }

    /// Fills `out` with a part of a shard.
    pub(super) fn decode_part(
        &self,
        shard: &dyn ArrayPartialDecoderTraits,
        part: &Region,
        out: &mut [u8],
    ) -> Result<()> {
        let start = part.start().iter().map(|at| *at as u64).collect();
        let shape = part.shape().iter().map(|len| *len as u64).collect();
        let subset = ArraySubset::new_with_start_shape(start, shape)
            .map_err(|error| Error::invalid("no part of a shard").with_source(error))?;
        let decoded = shard.partial_decode(&subset, &self.options);
        let elements = decoded.and_then(|bytes| Ok(bytes.into_fixed()?));
        let elements = elements.map_err(|error| Error::corrupt("it cannot be decoded").with_source(error))?;
        if elements.len() != out.len() {
            return Err(Error::corrupt(format!("it has {} bytes and should have {}", elements.len(), out.len())));
        }
        out.copy_from_slice(&elements);
        Ok(())
    }

    /// Where a chunk lies, below the array's key.
    pub(super) fn chunk_key(&self, coordinates: &[usize]) -> String {
        let coordinates: Vec<u64> = coordinates.iter().map(|at| *at as u64).collect();
        let key = self.array.chunk_key(&coordinates);
        key.as_str().trim_start_matches("array/").to_owned()
    }

    /// One element, for chunks that were never written.
    pub(super) fn fill(&self) -> &[u8] {
        self.array.fill_value().as_ne_bytes()
    }
}
