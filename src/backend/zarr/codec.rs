//! Encodes chunks: zarrs' chain, with plain little-endian bytes handed on as they are.

use crate::array::packed;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::num::NonZeroU64;
use std::sync::Arc;
use zarrs::array::{Array, ArrayBytes, ArrayBytesOffsets, ArrayMetadata, ArrayToBytesCodecTraits, CodecOptions};

/// What turns a chunk's elements into an object's bytes.
pub(super) struct Encoder {
    array: Array<()>,
    shape: Vec<NonZeroU64>,
    /// The bytes are the elements.
    plain: bool,
    /// The elements are packed strings.
    texts: bool,
    options: CodecOptions,
}

impl Encoder {
    /// The codecs that the metadata name, for chunks of that shape.
    pub(super) fn new(metadata: ArrayMetadata, shape: &[usize], plain: bool, texts: bool) -> Result<Self> {
        let refused = |error: &dyn std::fmt::Display| {
            Error::unsupported(format!("the Zarr array cannot be written as its metadata say: {error}"))
        };
        let array = Array::new_with_metadata(Arc::new(()), "/array", metadata).map_err(|error| refused(&error))?;
        let nonzero = |len: &usize| NonZeroU64::new(*len as u64).ok_or_else(|| refused(&"a chunk without elements"));
        let shape = shape.iter().map(nonzero).collect::<Result<_>>()?;
        // Chunks are the unit of parallel work, and there are enough of them.
        let options = CodecOptions::default().with_concurrent_target(1);
        Ok(Self { array, shape, plain, texts, options })
    }

    pub(super) fn encode<'a>(&self, elements: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        if self.plain {
            return Ok(Cow::Borrowed(elements));
        }
        let bytes = if self.texts { self.texts(elements)? } else { ArrayBytes::new_flen(Cow::Borrowed(elements)) };
        let array = &self.array;
        let encoded = array.codecs().encode(bytes, &self.shape, array.data_type(), array.fill_value(), &self.options);
        encoded.map_err(|error| Error::unsupported("a chunk cannot be encoded").with_source(error))
    }

    /// Packed strings, as zarrs has them: their bytes, and where each begins.
    fn texts(&self, packed: &[u8]) -> Result<ArrayBytes<'static>> {
        let refused = |error: &dyn std::fmt::Display| Error::invalid(format!("strings cannot be encoded: {error}"));
        let count = self.shape.iter().fold(1, |count, len| count * len.get() as usize);
        let texts = packed::texts(packed, count)?;
        let mut offsets = Vec::with_capacity(count + 1);
        offsets.push(0);
        offsets.extend(texts.iter().scan(0, |end, text| {
            *end += text.len();
            Some(*end)
        }));
        let offsets = ArrayBytesOffsets::new(offsets).map_err(|error| refused(&error))?;
        ArrayBytes::new_vlen(texts.concat(), offsets).map_err(|error| refused(&error))
    }

    /// Where a chunk is, below the array's key.
    pub(super) fn chunk_key(&self, coordinates: &[usize]) -> String {
        let coordinates: Vec<u64> = coordinates.iter().map(|at| *at as u64).collect();
        let key = self.array.chunk_key(&coordinates);
        key.as_str().trim_start_matches("array/").to_owned()
    }
}
