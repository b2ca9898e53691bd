//! The chunks of an array that is being written, and the data that is written after the last of them.

use super::codec::Encoder;
use super::metadata::{ATTRIBUTES_NAME, Metadata, array_name};
use super::new::used;
use super::shards;
use super::table::{Entry, NAME, digest};
use crate::array::{Codec, DataType, StoredLayout};
use crate::backend::{StoredSummary, layout, scratch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::store::ByteStore;
use std::borrow::Cow;

/// Makes the bytes of chunks.
pub(super) struct Chunks {
    key: String,
    pub(super) layout: StoredLayout,
    element_size: usize,
    chunk_bytes: usize,
    /// Elements are strings of any length.
    is_text: bool,
    most_text_bytes: usize,
    /// How they are compressed.
    codec: Codec,
    encoder: Encoder,
    /// Parts of each chunk; 1 if it has none.
    pub(super) parts: usize,
}

impl Chunks {
    /// Those of an array with this key and these metadata.
    pub(super) fn new(
        key: String,
        metadata: &Metadata,
        data_type: &DataType,
        codec: Codec,
        layout: StoredLayout,
        limits: &Limits,
    ) -> Result<Self> {
        let element_size = data_type.size();
        let chunk_bytes = layout.chunk_bytes(element_size).ok_or_else(|| Error::limit("a chunk is too large"))?;
        let is_text = data_type.is_text();
        let plain = codec == Codec::NONE && layout.parts.is_none() && !is_text;
        let encoder = Encoder::new(metadata.parse(data_type)?, &layout.chunk_shape, plain, is_text)?;
        let parts = shards::parts_per_chunk(&layout)?;
        let most_text_bytes = limits.most_chunk_bytes();
        let codec = used(codec, data_type);
        Ok(Self { key, layout, element_size, chunk_bytes, is_text, most_text_bytes, codec, encoder, parts })
    }

    /// Encodes the elements of a chunk, which are not filled up, and hands them on with what the table has of them.
    pub(super) fn encode<R>(
        &self,
        number: usize,
        elements: &[u8],
        sink: impl FnOnce(Cow<'_, [u8]>, Vec<Entry>) -> Result<R>,
    ) -> Result<R> {
        let region = self.layout.grid.chunk_region(number)?;
        let (shape, full_shape) = (region.shape(), &self.layout.chunk_shape);
        if self.is_text {
            // As no reader with these limits would read it.
            if elements.len() > self.most_text_bytes {
                return Err(layout::too_long(elements.len(), self.most_text_bytes));
            }
            if shape == full_shape {
                return self.encode_full(elements, sink);
            }
            return self.encode_full(&layout::fill_up_texts(elements, shape, full_shape)?, sink);
        }
        if elements.len() == self.chunk_bytes {
            return self.encode_full(elements, sink);
        }
        scratch::with(self.chunk_bytes, |full| {
            full.fill(0);
            layout::fill_up(elements, shape, full_shape, self.element_size, full)?;
            self.encode_full(full, sink)
        })
    }

    fn encode_full<R>(&self, chunk: &[u8], sink: impl FnOnce(Cow<'_, [u8]>, Vec<Entry>) -> Result<R>) -> Result<R> {
        let encoded = self.encoder.encode(chunk)?;
        let entries = match self.layout.parts {
            None => vec![Entry::of(0, &encoded)],
            Some(_) => shards::entries(&encoded, self.parts)?,
        };
        sink(encoded, entries)
    }

    /// What the table has of a stored shard.
    pub(super) fn shard_entries(&self, stored: &[u8]) -> Result<Vec<Entry>> {
        let entries = shards::entries(stored, self.parts)?;
        if stored.ends_with(&shards::index_of(&entries)) {
            return Ok(entries);
        }
        Err(Error::corrupt("the index of a shard is damaged"))
    }

    /// Where a chunk is.
    pub(super) fn chunk_key(&self, number: usize) -> Result<String> {
        Ok(format!("{}/{}", self.key, self.key_below(number)?))
    }

    /// The same below the array's key.
    pub(super) fn key_below(&self, number: usize) -> Result<String> {
        Ok(self.encoder.chunk_key(&self.layout.grid.chunk_coordinates(number)?))
    }

    /// Bytes of a chunk's object beside those of its parts.
    pub(super) fn index_bytes(&self) -> usize {
        if self.layout.parts.is_some() { shards::index_bytes(self.parts) } else { 0 }
    }

    /// Makes an array of the chunks that are there: writes the table and the metadata.
    pub(super) fn complete(
        &self,
        store: &dyn ByteStore,
        metadata: &Metadata,
        table: (Vec<u8>, u64),
    ) -> Result<StoredSummary> {
        let summary = self.summary(store, metadata, &table);
        store.put(&self.table_key(), table.0)?;
        self.put_metadata(store, metadata)?;
        Ok(summary)
    }

    /// Where the table is.
    pub(super) fn table_key(&self) -> String {
        format!("{}/{NAME}", self.key)
    }

    /// What an array is that has this table, of which `chunk_bytes` is the sum.
    pub(super) fn summary(
        &self,
        store: &dyn ByteStore,
        metadata: &Metadata,
        (table, chunk_bytes): &(Vec<u8>, u64),
    ) -> StoredSummary {
        let bytes_of_metadata = metadata.all_bytes();
        let index_bytes = self.index_bytes().saturating_mul(self.layout.grid.chunk_count());
        let chunk_bytes = chunk_bytes.saturating_add(index_bytes as u64);
        let bytes = chunk_bytes.saturating_add((table.len() + bytes_of_metadata.len()) as u64);
        let digest = digest(&bytes_of_metadata, table);
        // Those in a folder are as near as their document.
        let is_carried = !store.is_local() && !table.is_empty();
        let opening = if is_carried { metadata.opening(table) } else { None };
        StoredSummary { bytes, codec: Some(self.codec), digest, rest: None, opening }
    }

    /// Writes the metadata, which come last: an array without them is none.
    pub(super) fn put_metadata(&self, store: &dyn ByteStore, metadata: &Metadata) -> Result<()> {
        let put = |name: &str, contents: &[u8]| store.put(&format!("{}/{name}", self.key), contents.to_vec());
        if let Some(attributes) = &metadata.attributes {
            put(ATTRIBUTES_NAME, attributes)?;
        }
        put(array_name(metadata.version), &metadata.array)
    }
}
