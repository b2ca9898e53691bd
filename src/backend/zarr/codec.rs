//! The codecs of an array: zarrs' chain, with plain little-endian bytes taken straight.

use crate::error::{Error, Result};
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
        let options = CodecOptions::default().with_concurrent_target(1).with_store_empty_chunks(true);
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

    /// Fills `out` with the elements.
    pub(super) fn decode(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let wrong_size =
            |len: usize| Error::corrupt(format!("it has {len} bytes and should have {}", self.chunk_bytes));
        if self.plain {
            if stored.len() != out.len() {
                return Err(wrong_size(stored.len()));
            }
            out.copy_from_slice(stored);
            return Ok(());
        }
        let array = &self.array;
        let decoded = array.codecs().decode(
            Cow::Borrowed(stored),
            &self.shape,
            array.data_type(),
            array.fill_value(),
            &self.options,
        );
        let elements = decoded.map_err(|error| Error::corrupt("it cannot be decoded").with_source(error))?;
        let elements =
            elements.into_fixed().map_err(|error| Error::corrupt("it cannot be decoded").with_source(error))?;
        if elements.len() != out.len() {
            return Err(wrong_size(elements.len()));
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
