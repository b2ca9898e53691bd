//! Writes an array: chunks are encoded on the thread that brings them and travel in the background; the metadata come
//! last.

use super::codec::Encoder;
use super::facts::Facts;
use super::metadata::{ATTRIBUTES_NAME, Metadata, array_name};
use super::reader::Reader;
use super::shards;
use super::table::{Building, Entry, NAME, digest};
use crate::array::StoredLayout;
use crate::backend::room::Room;
use crate::backend::{ArrayReader, ArraySpec, ArrayWriter, Carried, StoredSummary, layout, scratch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::ZarrOptions;
use crate::protocol::store::{ByteStore, Puts};
use std::borrow::Cow;
use std::sync::Arc;

/// Encoded chunks of all arrays that may be on their way at a time; a thread that brings more waits.
static UNDER_WAY: Room = Room::new(128 << 20);

pub(super) struct Writer {
    store: Arc<dyn ByteStore>,
    key: String,
    metadata: Metadata,
    layout: StoredLayout,
    /// The metadata as they are read; `None` if they are beyond the limits.
    facts: Option<Facts>,
    element_size: usize,
    chunk_bytes: usize,
    is_text: bool,
    most_text_bytes: usize,
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
        let is_text = spec.data_type.is_text();
        let plain = spec.codec() == crate::array::Codec::NONE && layout.parts.is_none() && !is_text;
        let encoder = Encoder::new(metadata.parse(&spec.data_type)?, &layout.chunk_shape, plain, is_text)?;
        let facts = Facts::read(&metadata, limits).ok();
        let parts = shards::parts_per_chunk(&layout)?;
        let table = Building::new(layout.grid.chunk_count().saturating_mul(parts), limits)?;
        Ok(Self {
            puts: store.puts(),
            store,
            key,
            metadata,
            layout,
            facts,
            element_size,
            chunk_bytes,
            is_text,
            most_text_bytes: limits.most_chunk_bytes(),
            encoder,
            parts,
            table,
        })
    }

    fn write(&self, number: usize, elements: &[u8]) -> Result<()> {
        let region = self.layout.grid.chunk_region(number)?;
        if self.is_text {
            // As no reader with these limits would read it.
            if elements.len() > self.most_text_bytes {
                return Err(layout::too_long(elements.len(), self.most_text_bytes));
            }
            if region.shape() == self.layout.chunk_shape {
                return self.write_full(number, elements);
            }
            return self
                .write_full(number, &layout::fill_up_texts(elements, region.shape(), &self.layout.chunk_shape)?);
        }
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
        let entries = match self.layout.parts {
            None => vec![Entry::of(0, &encoded)],
            Some(_) => shards::entries(&encoded, self.parts)?,
        };
        self.note(number, entries)?;
        let room = UNDER_WAY.enter(encoded.len());
        self.puts.put(self.chunk_key(number)?, encoded, Box::new(room))
    }

    fn note(&self, number: usize, entries: Vec<Entry>) -> Result<()> {
        let mut entries = entries.into_iter().enumerate();
        entries.try_for_each(|(part, entry)| self.table.note(number * self.parts + part, entry))
    }

    fn chunk_key(&self, number: usize) -> Result<String> {
        Ok(format!("{}/{}", self.key, self.encoder.chunk_key(&self.layout.grid.chunk_coordinates(number)?)))
    }

    /// Takes over the object of a chunk.
    fn take_over(&self, number: usize, from: &Reader, chunk: usize) -> Result<Carried> {
        let is_alike = self.facts.as_ref().is_some_and(|own| own.are_encoded_as(&from.facts));
        let entries = if is_alike { from.entries(chunk)? } else { None };
        let Some(entries) = entries else { return Ok(Carried::No) };
        let (to, source) = (self.chunk_key(number)?, from.chunk_key(chunk)?);
        let index = if self.layout.parts.is_some() { shards::index_bytes(self.parts) } else { 0 };
        let bytes = entries.iter().map(|entry| entry.len).fold(index as u64, u64::saturating_add);
        self.note(number, entries)?;
        // What another store has may not be durable yet.
        if self.store.writes_as(&*from.store) {
            match self.store.take_over(&*from.store, &source, &to) {
                Ok(true) => return Ok(Carried::Linked(bytes)),
                Ok(false) => {}
                Err(error) if error.is_not_found() => return Err(from.lost(chunk)),
                Err(error) => return Err(error),
            }
        }
        let stored = from.stored_chunk(chunk)?;
        let room = UNDER_WAY.enter(stored.len());
        let put = self.puts.put(to, Cow::Borrowed(&stored), Box::new(room));
        put.map(|()| Carried::Copied).map_err(|error| error.at_location(self.store.describe(&self.key)))
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

    fn carry(&self, number: usize, from: &dyn ArrayReader, chunk: usize) -> Result<Carried> {
        from.as_any().downcast_ref().map_or(Ok(Carried::No), |from| self.take_over(number, from, chunk))
    }

    fn finish(self: Box<Self>) -> Result<StoredSummary> {
        self.finish_array()
    }
}
