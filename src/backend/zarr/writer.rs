//! Writes an array: chunks are encoded by whoever brings them and travel in the background; the metadata come last.

use super::codec::Encoder;
use super::metadata::{ATTRIBUTES_NAME, Metadata, array_name};
use super::shards;
use super::table::{Building, Entry, NAME, digest};
use crate::array::StoredLayout;
use crate::backend::room::Room;
use crate::backend::{ArraySpec, ArrayWriter, StoredSummary, layout, scratch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::ZarrOptions;
use crate::protocol::store::{ByteStore, Puts};
use std::sync::Arc;

/// Encoded chunks of all arrays that may be on their way at a time; who brings more waits.
static UNDER_WAY: Room = Room::new(128 << 20);

pub(super) struct Writer {
    store: Arc<dyn ByteStore>,
    key: String,
    metadata: Metadata,
    layout: StoredLayout,
    element_size: usize,
    chunk_bytes: usize,
    encoder: Encoder,
    /// Parts of each chunk; 1 if it has none.
    parts: usize,
    table: Building,
    puts: Box<dyn Puts>,
}

impl Writer {
    pub(super) fn create(
        store: Arc<dyn ByteStore>,
        key: String,
        options: ZarrOptions,
        limits: &Limits,
        spec: &ArraySpec,
    ) -> Result<Self> {
        let element_size = spec.data_type.size();
        let layout = layout::stored(&spec.grid, element_size, limits)?;
        let layout = shards::layout(layout, element_size, options.shard_bytes.min(limits.most_chunk_bytes()))?;
        let name = key.rsplit('/').next().unwrap_or(&key);
        let metadata = Metadata::new(options.version, name, spec, &layout)?;
        let chunk_bytes = layout.chunk_bytes(element_size).ok_or_else(|| Error::limit("a chunk is too large"))?;
        let plain = spec.codec() == crate::array::Codec::NONE && layout.parts.is_none();
        let encoder = Encoder::new(metadata.parse(spec.data_type)?, &layout.chunk_shape, plain)?;
        let parts = shards::parts_per_chunk(&layout)?;
        let table = Building::new(layout.grid.chunk_count().saturating_mul(parts), limits)?;
        Ok(Self { puts: store.puts(), store, key, metadata, layout, element_size, chunk_bytes, encoder, parts, table })
    }

    fn write(&self, number: usize, elements: &[u8]) -> Result<()> {
        let region = self.layout.grid.chunk_region(number)?;
        if elements.len() == self.chunk_bytes {
            return self.write_full(number, elements);
        }
        scratch::with(self.chunk_bytes, |full| {
            full.fill(0);
            layout::fill_up(elements, region.shape(), &self.layout.chunk_shape, self.element_size, full)?;
            self.write_full(number, full)
        })
    }

    fn write_full(&self, number: usize, chunk: &[u8]) -> Result<()> {
        let encoded = self.encoder.encode(chunk)?;
        if self.layout.parts.is_none() {
            self.table.note(number, Entry::of(0, &encoded))?;
        } else {
            for (part, entry) in shards::entries(&encoded, self.parts)?.into_iter().enumerate() {
                self.table.note(number * self.parts + part, entry)?;
            }
        }
        let key = format!("{}/{}", self.key, self.encoder.chunk_key(&self.layout.grid.chunk_coordinates(number)?));
        let room = UNDER_WAY.enter(encoded.len());
        self.puts.put(key, encoded, Box::new(room))
    }

    fn finish_array(&self) -> Result<StoredSummary> {
        self.puts.settle()?;
        let (table, chunk_bytes) = self.table.finish(self.layout.parts.is_some());
        let metadata = self.metadata.all_bytes();
        let index_bytes = match self.layout.parts {
            Some(_) => shards::index_bytes(self.parts).saturating_mul(self.layout.grid.chunk_count()),
            None => 0,
        };
        let chunk_bytes = chunk_bytes.saturating_add(index_bytes as u64);
        let bytes = chunk_bytes.saturating_add((table.len() + metadata.len()) as u64);
        let digest = digest(&metadata, &table);
        self.put(NAME, table)?;
        if let Some(attributes) = &self.metadata.attributes {
            self.put(ATTRIBUTES_NAME, attributes.clone())?;
        }
        // Last: an array without it is none.
        self.put(array_name(self.metadata.version), self.metadata.array.clone())?;
        Ok(StoredSummary { bytes, digest, rest: None })
    }

    fn put(&self, name: &str, contents: Vec<u8>) -> Result<()> {
        self.store.put(&format!("{}/{name}", self.key), contents)
    }
}

impl ArrayWriter for Writer {
    fn layout(&self) -> &StoredLayout {
        &self.layout
    }

    fn write_chunk(&self, number: usize, elements: &[u8]) -> Result<()> {
        self.write(number, elements).map_err(|error| error.at_location(self.store.describe(&self.key)))
    }

    fn finish(self: Box<Self>) -> Result<StoredSummary> {
        self.finish_array()
    }
}
