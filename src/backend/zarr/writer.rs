//! Writes an array: chunks are encoded by whoever brings them and travel in the background; the metadata come last.

use super::codec::Encoder;
use super::metadata::{ATTRIBUTES_NAME, Metadata, array_name};
use super::shards;
use super::table::{Building, Entry, NAME, digest};
use crate::array::StoredLayout;
use crate::backend::room::Room;
use crate::backend::{ArraySpec, ArrayWriter, StoredSummary, layout, scratch};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::{Objects, Replace, ZarrOptions, handle, wait};
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;

/// Encoded chunks of all arrays that may be on their way at a time; who brings more waits.
static UNDER_WAY: Room = Room::new(128 << 20);

pub(super) struct Writer {
    objects: Objects,
    key: String,
    metadata: Metadata,
    layout: StoredLayout,
    element_size: usize,
    chunk_bytes: usize,
    encoder: Encoder,
    /// Parts of each chunk; 1 if it has none.
    parts: usize,
    table: Building,
    puts: Mutex<JoinSet<Result<()>>>,
    /// Puts that have not begun are not to begin.
    given_up: Arc<AtomicBool>,
    /// There may be objects of an array that is not finished.
    unfinished: AtomicBool,
}

impl Writer {
    pub(super) fn create(
        objects: Objects,
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
        let plain = spec.codec == crate::Codec::NONE && layout.parts.is_none();
        let encoder = Encoder::new(metadata.parse(spec.data_type)?, &layout.chunk_shape, plain)?;
        let parts = shards::parts_per_chunk(&layout)?;
        let table = Building::new(layout.grid.chunk_count().saturating_mul(parts), limits)?;
        Ok(Self {
            objects,
            key,
            metadata,
            layout,
            element_size,
            chunk_bytes,
            encoder,
            parts,
            table,
            puts: Mutex::default(),
            given_up: Arc::default(),
            unfinished: AtomicBool::new(false),
        })
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
        let encoded = Bytes::from(self.encoder.encode(chunk)?.into_owned());
        if self.layout.parts.is_none() {
            self.table.note(number, Entry::of(0, &encoded))?;
        } else {
            for (part, entry) in shards::entries(&encoded, self.parts)?.into_iter().enumerate() {
                self.table.note(number * self.parts + part, entry)?;
            }
        }
        let key = format!("{}/{}", self.key, self.encoder.chunk_key(&self.layout.grid.chunk_coordinates(number)?));
        let room = UNDER_WAY.enter(encoded.len());
        let (objects, given_up) = (self.objects.clone(), self.given_up.clone());
        self.unfinished.store(true, Ordering::Release);
        let mut puts = lock(&self.puts);
        puts.spawn_on(
            async move {
                let _room = room;
                objects.putting_unless(key, encoded, Replace::Any, &given_up).await
            },
            handle()?,
        );
        // What has ended meanwhile: an error is told as soon as it is known.
        while let Some(ended) = puts.try_join_next() {
            joined(ended)?;
        }
        Ok(())
    }

    /// Waits until all puts have ended; after one that failed, no other begins.
    fn settle(&self) -> Result<()> {
        let mut puts = std::mem::take(&mut *lock(&self.puts));
        let given_up = self.given_up.clone();
        wait(async move {
            let mut result = Ok(());
            while let Some(ended) = puts.join_next().await {
                if let Err(error) = joined(ended) {
                    given_up.store(true, Ordering::Release);
                    result = result.and(Err(error));
                }
            }
            result
        })
    }

    fn finish_array(&mut self) -> Result<StoredSummary> {
        self.settle()?;
        let (table, chunk_bytes) = self.table.finish(self.layout.parts.is_some());
        let metadata = self.metadata.all_bytes();
        let index_bytes = match self.layout.parts {
            Some(_) => shards::index_bytes(self.parts).saturating_mul(self.layout.grid.chunk_count()),
            None => 0,
        };
        let chunk_bytes = chunk_bytes.saturating_add(index_bytes as u64);
        let bytes = chunk_bytes.saturating_add((table.len() + metadata.len()) as u64);
        let digest = digest(&metadata, &table);
        self.unfinished.store(true, Ordering::Release);
        self.put(NAME, table)?;
        if let Some(attributes) = &self.metadata.attributes {
            self.put(ATTRIBUTES_NAME, attributes.clone())?;
        }
        // Last: an array without it is none.
        self.put(array_name(self.metadata.version), self.metadata.array.clone())?;
        self.unfinished.store(false, Ordering::Release);
        Ok(StoredSummary { bytes, digest, rest: None })
    }

    /// Removes what there is, if there can be anything.
    fn take_back(&mut self) -> Result<()> {
        // No put may arrive after the removal.
        self.given_up.store(true, Ordering::Release);
        let _ = self.settle();
        if self.unfinished.swap(false, Ordering::AcqRel) { self.objects.remove_below(&self.key) } else { Ok(()) }
    }

    fn put(&self, name: &str, contents: Vec<u8>) -> Result<()> {
        self.objects.put(&format!("{}/{name}", self.key), contents.into(), Replace::Any)
    }
}

impl ArrayWriter for Writer {
    fn layout(&self) -> &StoredLayout {
        &self.layout
    }

    fn write_chunk(&self, number: usize, elements: &[u8]) -> Result<()> {
        self.write(number, elements).map_err(|error| error.at_location(self.objects.describe(&self.key)))
    }

    fn finish(&mut self) -> Result<StoredSummary> {
        self.finish_array()
    }

    fn abandon(mut self: Box<Self>) -> Result<()> {
        self.take_back()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Only a panic leaves anything to do here.
        let _ = self.take_back();
    }
}

fn joined(ended: Result<Result<()>, tokio::task::JoinError>) -> Result<()> {
    ended.unwrap_or_else(|_| Err(Error::new(ErrorKind::Io, "a request was given up: its code panicked")))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
