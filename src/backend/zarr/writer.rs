//! Writes an array: chunks are encoded on the calling thread and sent in the background. The metadata come last.

use super::chunks::Chunks;
use super::facts::Facts;
use super::metadata::Metadata;
use super::reader::Reader;
use super::shards;
use super::table::{Building, Entry};
use crate::array::StoredLayout;
use crate::backend::room::Room;
use crate::backend::{ArrayReader, ArraySpec, ArrayWriter, Carried, StoredSummary, layout};
use crate::error::Result;
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
    chunks: Chunks,
    /// The metadata as they are read; `None` if they are beyond the limits.
    facts: Option<Facts>,
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
        let layout = layout_of(spec, options, limits)?;
        let metadata = Metadata::new(options.version, name_of(&key), spec, &layout)?;
        let chunks = Chunks::new(key.clone(), &metadata, &spec.data_type, spec.codec(), layout, limits)?;
        let facts = Facts::read(&metadata, limits, false).ok();
        let table = Building::new(chunks.layout.grid.chunk_count().saturating_mul(chunks.parts), limits)?;
        Ok(Self { puts: store.puts(), store, key, metadata, chunks, facts, table })
    }

    fn write(&self, number: usize, elements: &[u8]) -> Result<()> {
        self.chunks.encode(number, elements, |encoded, entries| {
            self.note(number, entries)?;
            let room = UNDER_WAY.enter(encoded.len());
            self.puts.put(self.chunks.chunk_key(number)?, encoded, Box::new(room))
        })
    }

    fn note(&self, number: usize, entries: Vec<Entry>) -> Result<()> {
        let mut entries = entries.into_iter().enumerate();
        entries.try_for_each(|(part, entry)| self.table.note(number * self.chunks.parts + part, entry))
    }

    /// Takes over the object of a chunk.
    fn take_over(&self, number: usize, from: &Reader, chunk: usize) -> Result<Carried> {
        let is_alike = self.facts.as_ref().is_some_and(|own| own.are_encoded_as(&from.facts));
        let entries = if is_alike { from.entries(chunk)? } else { None };
        let Some(entries) = entries else { return Ok(Carried::No) };
        let (to, source) = (self.chunks.chunk_key(number)?, from.chunk_key(chunk)?);
        let index = self.chunks.index_bytes() as u64;
        let bytes = entries.iter().map(|entry| entry.len).fold(index, u64::saturating_add);
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
        let table = self.table.finish(self.chunks.layout.parts.is_some());
        let summary = self.chunks.summary(&*self.store, &self.metadata, &table);
        self.puts.put(self.chunks.table_key(), Cow::Owned(table.0), Box::new(()))?;
        self.puts.settle()?;
        self.chunks.put_metadata(&*self.store, &self.metadata)?;
        Ok(summary)
    }
}

/// How an array is divided into objects.
pub(super) fn layout_of(spec: &ArraySpec, options: ZarrOptions, limits: &Limits) -> Result<StoredLayout> {
    let element_size = spec.data_type.size();
    let layout = layout::of(spec, limits)?;
    shards::layout(layout, element_size, options.shard_bytes.min(limits.most_chunk_bytes()))
}

/// The name of the array of this key.
pub(super) fn name_of(key: &str) -> &str {
    key.rsplit('/').next().unwrap_or(key)
}

impl ArrayWriter for Writer {
    fn layout(&self) -> &StoredLayout {
        &self.chunks.layout
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
