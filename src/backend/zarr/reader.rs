//! Reads an array: two requests to open it, one for each chunk.

use super::decode::Decoder;
use super::facts::Facts;
use super::fetch::{below, fetch};
use super::metadata::Metadata;
use super::others_labels;
use super::seal::{Seal, lost};
use super::sharded::Shards;
use super::shards::index_bytes;
use super::table::{Entry, Table, digest};
use crate::array::{ChunkGrid, Codec, DataType, Labels, Region, StoredLayout, copy_into};
use crate::backend::{ArrayReader, scratch};
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::protocol::ArrayFormat;
use crate::protocol::store::{ByteStore, Part};
use bytes::Bytes;
use ndarray::{ArrayViewD, ArrayViewMutD};
use std::any::Any;
use std::sync::Arc;

pub(super) struct Reader {
    pub(super) store: Arc<dyn ByteStore>,
    key: String,
    pub(super) facts: Facts,
    /// Of whole chunks, or of the parts of shards.
    pub(super) decoder: Decoder,
    pub(super) shards: Option<Shards>,
    grid: ChunkGrid,
    labels: Labels,
    /// What only arrays of arraystow have.
    pub(super) seal: Option<Seal>,
    stored_bytes: u64,
    written_bytes: u64,
}

impl Reader {
    /// Opens an array. `is_any` says that any program may have written it, whose labels it has.
    pub(super) fn open(store: Arc<dyn ByteStore>, key: String, limits: &Limits, is_any: bool) -> Result<Self> {
        let (metadata, table) = fetch(&*store, &key, limits)?;
        Self::of(store, key, limits, is_any, &metadata, table)
    }

    /// An array of which the metadata and the table were read.
    pub(super) fn of(
        store: Arc<dyn ByteStore>,
        key: String,
        limits: &Limits,
        is_any: bool,
        metadata: &Metadata,
        table: Option<Bytes>,
    ) -> Result<Self> {
        let facts = Facts::read(metadata, limits, is_any)?;
        limits.check_chunks(facts.layout.grid.chunk_count())?;
        let unit = facts.layout.parts.as_ref().unwrap_or(&facts.layout.chunk_shape);
        let most = limits.most_chunk_bytes();
        let decoder = Decoder::new(facts.pipeline.clone(), facts.data_type.clone(), unit, most);
        let shards = match (&facts.layout.parts, facts.indexing) {
            (Some(shape), Some(indexing)) => Some(Shards::new(&facts.layout.chunk_shape, shape, indexing, limits)?),
            _ => None,
        };
        let mut stored_bytes = metadata.all_bytes().len() as u64;
        let mut written_bytes = stored_bytes;
        let seal = match &facts.described {
            None => None,
            Some(described) => {
                let own = metadata.first_written(&facts.data_type, described)?;
                let table_bytes = table.ok_or_else(|| {
                    Error::corrupt("the array's checksums are missing; restore the array from a copy")
                })?;
                let parts = shards.as_ref().map_or(1, |shards| shards.parts.chunk_count());
                let count = facts.layout.grid.chunk_count();
                limits.check_chunks(count.saturating_mul(parts))?;
                if shards.is_some() {
                    let index_bytes = index_bytes(parts).saturating_mul(count);
                    stored_bytes = stored_bytes.saturating_add(index_bytes as u64);
                }
                let table = Table::read(&table_bytes, count.saturating_mul(parts), shards.is_some())?;
                stored_bytes = stored_bytes.saturating_add(table.total()).saturating_add(table_bytes.len() as u64);
                written_bytes = stored_bytes.saturating_sub(written_bytes).saturating_add(own.len() as u64);
                Some(Seal { table, digest: digest(&own, &table_bytes) })
            }
        };
        let (grid, labels) = match &facts.described {
            Some(described) => (described.grid.clone(), described.labels.clone()),
            None if is_any => {
                let grid = facts.layout.grid.clone();
                let labels = others_labels::read(metadata, grid.ndim(), &facts.data_type);
                (grid, labels)
            }
            None => (facts.layout.grid.clone(), Labels::NONE),
        };
        Ok(Self { store, key, facts, decoder, shards, grid, labels, seal, stored_bytes, written_bytes })
    }

    fn read(&self, number: usize, out: &mut [u8]) -> Result<()> {
        if out.len() != self.facts.chunk_bytes {
            return Err(Error::invalid(format!(
                "room of {} bytes for a chunk of {}",
                out.len(),
                self.facts.chunk_bytes
            )));
        }
        let Some(stored) = self.fetch_chunk(number)? else { return self.missing(out) };
        let Some(shards) = &self.shards else {
            self.check(number, &stored)?;
            return match &self.facts.last_edges {
                None => self.decoder.decode(&stored, out),
                Some(last) => {
                    let shape = last.chunk_shape(&self.facts.layout.grid, number)?;
                    self.decoder.decode_smaller(&shape, &stored, out)
                }
            };
        };
        let count = shards.parts.chunk_count();
        match &self.seal {
            Some(seal) => {
                seal.check_shard(number, count, stored.len() as u64)?;
                self.decode_shard(shards, &stored, out, |part| seal.table.entry(number * count + part))
            }
            None => {
                let index = shards.indexing.read(shards.indexing.of_shard(&stored, count)?, count)?;
                self.decode_shard(shards, &stored, out, |part| Ok(index[part]))
            }
        }
    }

    /// A chunk where it was decoded, which saves a copy; not of a shard, which is assembled, and not a smaller one.
    fn whole(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        if self.facts.data_type.is_text() {
            return Ok(Some(Box::new(self.texts(number)?)));
        }
        if self.shards.is_some() || self.facts.last_edges.is_some() {
            return Ok(None);
        }
        if let Some(stored) = self.fetch_chunk(number)? {
            self.check(number, &stored)?;
            return self.decoder.decoded(stored).map(Some);
        }
        let (mut fill, len) = (Vec::new(), self.facts.chunk_bytes);
        fill.try_reserve_exact(len)
            .map_err(|_| Error::limit(format!("there is no memory for a chunk of {len} bytes")))?;
        fill.resize(len, 0_u8);
        self.missing(&mut fill)?;
        Ok(Some(Box::new(fill)))
    }

    pub(super) fn fetch_chunk(&self, number: usize) -> Result<Option<Bytes>> {
        let is_text = self.facts.data_type.is_text();
        let most = match &self.shards {
            Some(shards) if !is_text => shards.most_stored(&self.decoder),
            _ => self.decoder.most_stored(),
        };
        match self.store.get(&self.chunk_key(number)?, most) {
            Ok(stored) => Ok(Some(stored)),
            Err(error) if error.is_not_found() => Ok(None),
            // One that is so long is no chunk.
            Err(error) if error.kind() == ErrorKind::Limit && !is_text => Err(error.with_kind(ErrorKind::Corrupt)),
            Err(error) => Err(error),
        }
    }

    /// Fails for a chunk of arraystow that is not the one that was written.
    pub(super) fn check(&self, number: usize, stored: &[u8]) -> Result<()> {
        self.seal.as_ref().map_or(Ok(()), |seal| seal.table.entry(number)?.check(stored))
    }

    /// Puts together the parts of a shard, each checked if it can be.
    fn decode_shard(
        &self,
        shards: &Shards,
        stored: &[u8],
        out: &mut [u8],
        entry: impl Fn(usize) -> Result<Entry>,
    ) -> Result<()> {
        let size = self.facts.data_type.size();
        // The last axis in bytes, so that rows are copied as one.
        let in_bytes = |shape: &[usize]| {
            let mut shape = shape.to_vec();
            match shape.last_mut() {
                Some(last) => *last *= size,
                None => shape.push(size),
            }
            shape
        };
        let shape = in_bytes(&self.facts.layout.chunk_shape);
        let mut out = ArrayViewMutD::from_shape(shape, out).map_err(|error| Error::invalid(error.to_string()))?;
        scratch::with(self.decoder.chunk_bytes(), |elements| {
            for part in 0..shards.parts.chunk_count() {
                let entry = entry(part)?;
                let bytes = entry.range().and_then(|range| stored.get(range));
                self.decode_part(&entry, bytes.ok_or_else(|| Error::corrupt("it is cut off"))?, elements)?;
                let region = shards.parts.chunk_region(part)?;
                let (mut start, shape) = (region.start().to_vec(), in_bytes(region.shape()));
                if let Some(last) = start.last_mut() {
                    *last *= size;
                }
                let region = Region::of(start, shape.clone());
                let elements =
                    ArrayViewD::from_shape(shape, &*elements).map_err(|error| Error::invalid(error.to_string()))?;
                copy_into(elements, &mut out.slice_mut(region.to_slice_info().as_slice()))?;
            }
            Ok(())
        })
    }

    fn read_one_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()> {
        let shards = self.shards.as_ref().ok_or_else(|| Error::invalid("the array has no shards"))?;
        let part_bytes = self.decoder.chunk_bytes();
        if out.len() != part_bytes {
            return Err(Error::invalid(format!("room of {} bytes for a part of {part_bytes}", out.len())));
        }
        let key = self.chunk_key(number)?;
        let count = shards.parts.chunk_count();
        let mut read = || {
            let entry = match &self.seal {
                Some(seal) => seal.table.entry(number * count + part)?,
                None => {
                    let index = shards.indexed.get_or_insert_with(&number, || self.read_index(shards, &key))?;
                    index.get(part).copied().ok_or_else(|| Error::invalid(format!("a shard has no part {part}")))?
                }
            };
            if entry.len == 0 {
                return self.decode_part(&entry, &[], out);
            }
            if entry.len > self.decoder.most_stored() {
                return Err(Error::corrupt(format!("{} bytes are too many for one of its parts", entry.len)));
            }
            let range = entry.offset..entry.offset.saturating_add(entry.len);
            let (stored, size) = self.store.get_part(&key, Part::Range(range))?;
            match &self.seal {
                Some(seal) => seal.check_shard(number, count, size)?,
                None if stored.len() as u64 != entry.len => return Err(Error::corrupt("it is cut off")),
                None => {}
            }
            self.decode_part(&entry, &stored, out)
        };
        match read() {
            Err(error) if error.is_not_found() => self.missing(out),
            read => read,
        }
    }

    /// Checks and decodes a part; one that was all fill was not stored.
    fn decode_part(&self, entry: &Entry, stored: &[u8], out: &mut [u8]) -> Result<()> {
        entry.check(stored).or_else(|error| if entry.len == 0 { Ok(()) } else { Err(error) })?;
        if entry.len == 0 {
            self.facts.fill.fill(out);
            return Ok(());
        }
        self.decoder.decode(stored, out)
    }

    /// The object of a chunk of arraystow, of which every byte is checked.
    fn checked_object(&self, seal: &Seal, number: usize) -> Result<Bytes> {
        let stored = self.fetch_chunk(number)?.ok_or_else(lost)?;
        match &self.shards {
            None => seal.table.entry(number)?.check(&stored)?,
            Some(shards) => seal.check_whole_shard(number, shards.parts.chunk_count(), &stored)?,
        }
        Ok(stored)
    }

    /// Where the bytes of a chunk, or of the parts of a shard, are in its object, and their checksums; none of another
    /// program's.
    pub(super) fn entries(&self, number: usize) -> Result<Option<Vec<Entry>>> {
        let Some(seal) = &self.seal else { return Ok(None) };
        let parts = self.shards.as_ref().map_or(1, |shards| shards.parts.chunk_count());
        let entries = (number * parts..(number + 1) * parts).map(|entry| seal.table.entry(entry));
        entries.collect::<Result<_>>().map(Some).map_err(|error| self.in_chunk(number, error))
    }

    /// The stored bytes of a chunk of arraystow, checked.
    pub(super) fn stored_chunk(&self, number: usize) -> Result<Bytes> {
        let seal = self.seal.as_ref().ok_or_else(|| Error::invalid("the array has no checksums"))?;
        self.checked_object(seal, number).map_err(|error| self.in_chunk(number, error))
    }

    /// Reads the index of another program's shard.
    fn read_index(&self, shards: &Shards, key: &str) -> Result<Arc<[Entry]>> {
        let count = shards.parts.chunk_count();
        let len = shards.indexing.bytes(count) as u64;
        let range = if shards.indexing.at_start { Part::Range(0..len) } else { Part::Last(len) };
        let (index, size) = self.store.get_part(key, range)?;
        let index = shards.indexing.read(&index, count)?;
        if index.iter().any(|entry| entry.offset.saturating_add(entry.len) > size) {
            return Err(Error::corrupt("its index points outside of it"));
        }
        Ok(index.into())
    }

    /// A missing chunk: in another program's array it is the fill value.
    fn missing(&self, out: &mut [u8]) -> Result<()> {
        if self.seal.is_some() {
            return Err(lost());
        }
        self.facts.fill.fill(out);
        Ok(())
    }

    pub(super) fn chunk_key(&self, number: usize) -> Result<String> {
        let coordinates = self.facts.layout.grid.chunk_coordinates(number)?;
        Ok(below(&self.key, &self.facts.keys.key(&coordinates)))
    }
}

impl ArrayReader for Reader {
    fn format(&self) -> ArrayFormat {
        ArrayFormat::Zarr
    }

    fn data_type(&self) -> DataType {
        self.facts.data_type.clone()
    }

    fn grid(&self) -> &ChunkGrid {
        &self.grid
    }

    fn labels(&self) -> &Labels {
        &self.labels
    }

    fn layout(&self) -> &StoredLayout {
        &self.facts.layout
    }

    fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    fn codec(&self) -> Option<Codec> {
        self.seal.as_ref().and(self.facts.codec)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn digest(&self) -> Option<&str> {
        self.seal.as_ref().map(|seal| seal.digest.as_str())
    }

    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()> {
        self.read(number, out).map_err(|error| self.in_chunk(number, error))
    }

    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        self.whole(number).map_err(|error| self.in_chunk(number, error))
    }

    fn regions_apart(&self, other: &dyn ArrayReader) -> Result<Option<Vec<Region>>> {
        match other.as_any().downcast_ref::<Self>() {
            Some(other) => self.apart(other),
            None => Ok(None),
        }
    }

    fn check_chunk(&self, number: usize) -> Result<()> {
        let Some(seal) = &self.seal else { return Ok(()) };
        self.checked_object(seal, number).map(drop).map_err(|error| self.in_chunk(number, error))
    }

    /// The digest and the chunks' checksums cover everything.
    fn check_rest(&self, _: &str) -> Result<()> {
        Ok(())
    }

    fn read_part(&self, number: usize, part: usize, out: &mut [u8]) -> Result<()> {
        self.read_one_part(number, part, out).map_err(|error| self.in_chunk(number, error))
    }
}

impl Reader {
    /// The error for a chunk without an object.
    pub(super) fn lost(&self, number: usize) -> Error {
        self.in_chunk(number, lost())
    }

    fn in_chunk(&self, number: usize, error: Error) -> Error {
        let key = self.chunk_key(number).unwrap_or_else(|_| self.key.clone());
        let error = if error.is_corrupt() {
            Error::new(error.kind(), format!("chunk {number} is damaged: {error}; restore the array from a copy"))
        } else {
            error
        };
        error.at_location(self.store.describe(&key))
    }
}
