//! Zarr arrays whose chunks several programs write. Each chunk is an object of its own, which the first writer puts.
//! The metadata come last, as in a save.

use super::ZarrArrays;
use super::chunks::Chunks;
use super::metadata::Metadata;
use super::table::{Building, Entry};
use super::writer::{layout_of, name_of};
use crate::array::{ArrayMeta, ChunkGrid, Labels};
use crate::backend::{
    ArraySpec, Backend, ChunkSlot, FirstPlace, Form, PutChunk, SharedArrays, StoredSummary, Stretch, Sums, is_id,
};
use crate::error::{Error, ErrorKind, Result};
use crate::protocol::store::ByteStore;
use crate::protocol::{ArrayFormat, ZarrOptions};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// How often a chunk is put again that was refused, though it is not there.
const MOST_TRIES: u32 = 6;
/// How long the first of these waits. Each waits twice as long as the one before.
const TRIED_AGAIN: Duration = Duration::from_millis(20);

impl ZarrArrays {
    /// The chunks of an array of that form, and its metadata.
    fn chunks(&self, name: &str, spec: &ArraySpec, form: &Form) -> Result<(Chunks, Metadata)> {
        let version = form.zarr_version.filter(|_| form.format == ArrayFormat::Zarr);
        let version = version.ok_or_else(|| {
            Error::unsupported(
                "the array is not a Zarr array, and this place supports no other \
                format",
            )
        })?;
        let (key, layout) = (Self::key(name), form.layout(&self.limits)?);
        let metadata = Metadata::new(version, name_of(&key), spec, &layout)?;
        let chunks = Chunks::new(key, &metadata, &form.data_type, form.codec, layout, &self.limits)?;
        Ok((chunks, metadata))
    }
}

/// What a form says of an array; its names and attributes are not needed to write chunks.
fn bare_spec(form: &Form, grid: ChunkGrid) -> ArraySpec {
    let labels = Labels::NONE.with_fill(form.fill.clone());
    let meta = ArrayMeta { codec: Some(form.codec), labels };
    ArraySpec { data_type: form.data_type.clone(), grid, meta, first: FirstPlace::default(), kept_chunk: None }
}

fn lost(number: usize) -> Error {
    Error::invalid(format!("chunk {number} is unknown"))
}

impl SharedArrays for ZarrArrays {
    fn lay_out(&self, name: &str, spec: &ArraySpec) -> Result<Form> {
        let lay_out = || {
            let version = self.version(name)?;
            let layout = layout_of(spec, ZarrOptions { version, ..self.options }, &self.limits)?;
            let form = Form::of(spec, &layout, ArrayFormat::Zarr, Some(version));
            // What cannot be written is refused now.
            self.chunks(name, spec, &form).map(|_| form)
        };
        lay_out().map_err(|error: Error| error.at_location(self.describe(name)))
    }

    fn slot(&self, name: &str, form: &Form, scratch: &str, attempt: &str) -> Result<Box<dyn ChunkSlot>> {
        let grid = form.layout(&self.limits)?.grid;
        let (chunks, _) = self.chunks(name, &bare_spec(form, grid), form)?;
        // Nothing makes a chunk twice as long.
        let most = 2 * self.limits.most_chunk_bytes() as u64;
        let (store, scratch, attempt) = (self.store.clone(), scratch.to_owned(), attempt.to_owned());
        Ok(Box::new(Slot { store, chunks, scratch, attempt, most }))
    }

    fn complete(
        &self,
        name: &str,
        spec: &ArraySpec,
        form: &Form,
        sums: &dyn Fn(usize) -> Option<Sums>,
    ) -> Result<StoredSummary> {
        let complete = || {
            let (chunks, metadata) = self.chunks(name, spec, form)?;
            let count = chunks.layout.grid.chunk_count();
            let table = Building::new(count.saturating_mul(chunks.parts), &self.limits)?;
            for number in 0..count {
                let stretches = sums(number).ok_or_else(|| lost(number))?.stretches();
                if stretches.len() != chunks.parts {
                    let (found, parts) = (stretches.len(), chunks.parts);
                    return Err(Error::invalid(format!(
                        "a receipt has checksums of {found} parts of chunk {number}, which has {parts}"
                    )));
                }
                for (part, stretch) in stretches.into_iter().enumerate() {
                    table.note(number * chunks.parts + part, Entry::of_stretch(stretch))?;
                }
            }
            chunks.complete(&*self.store, &metadata, table.finish(chunks.layout.parts.is_some()))
        };
        complete().map_err(|error: Error| error.at_location(self.describe(name)))
    }

    fn expose(&self, name: &str, spec: &ArraySpec, form: &Form) -> Result<()> {
        let expose = || {
            let (chunks, metadata) = self.chunks(name, spec, form)?;
            chunks.put_metadata(&*self.store, &metadata)?;
            self.store.sync()
        };
        expose().map_err(|error: Error| error.at_location(self.describe(name)))
    }

    fn check_lengths(&self, name: &str, form: &Form, sums: &dyn Fn(usize) -> Option<Sums>) -> Result<()> {
        let check = || {
            let grid = form.layout(&self.limits)?.grid;
            let (chunks, _) = self.chunks(name, &bare_spec(form, grid), form)?;
            let found: HashMap<String, u64> = self.store.keys_below(&Self::key(name))?.into_iter().collect();
            for number in 0..chunks.layout.grid.chunk_count() {
                let stretches = sums(number).ok_or_else(|| lost(number))?.stretches();
                let end = |stretch: &Stretch| stretch.offset.saturating_add(stretch.len);
                let len = stretches.iter().map(end).max().unwrap_or(0).saturating_add(chunks.index_bytes() as u64);
                let problem = match found.get(&chunks.key_below(number)?) {
                    Some(there) if *there == len => continue,
                    Some(there) => format!("has {there} bytes, and {len} were written"),
                    None => "is gone".to_owned(),
                };
                let place = chunks.layout.grid.chunk_region(number)?;
                let (start, shape) = (place.start(), place.shape());
                let text = format!("chunk {number} (start {start:?}, shape {shape:?}) {problem}: write it again");
                return Err(Error::new(ErrorKind::Conflict, text));
            }
            Ok(())
        };
        check().map_err(|error: Error| error.at_location(self.describe(name)))
    }
}

/// Writes the chunks of one array.
struct Slot {
    store: Arc<dyn ByteStore>,
    chunks: Chunks,
    scratch: String,
    attempt: String,
    /// The most bytes of a stored chunk.
    most: u64,
}

impl Slot {
    /// Puts the bytes of a chunk, unless there are some. Returns whether these are the ones that are there.
    fn put_or_compare(&self, key: &str, encoded: &[u8]) -> Result<bool> {
        let mut tries = 0;
        while !self.store.put_new(&self.scratch, key, encoded.to_vec(), &self.attempt)? {
            match self.store.get(key, encoded.len() as u64) {
                Ok(there) => return Ok(there.as_ref() == encoded),
                Err(error) if error.kind() == ErrorKind::Limit => return Ok(false),
                // A store refuses a put while another one of the same key is under way, which may still fail.
                Err(error) if error.is_not_found() && tries < MOST_TRIES => {
                    std::thread::sleep(TRIED_AGAIN * (1 << tries));
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }
}

impl ChunkSlot for Slot {
    fn put(&self, number: usize, elements: &[u8]) -> Result<PutChunk> {
        let key = self.chunks.chunk_key(number)?;
        let has_parts = self.chunks.layout.parts.is_some();
        self.chunks.encode(number, elements, |encoded, entries| {
            let stretches = entries.iter().map(Entry::stretch).collect();
            Ok(match self.put_or_compare(&key, encoded.as_ref())? {
                true => PutChunk::There(Sums::of(stretches, has_parts)),
                // It may come from anywhere.
                false => PutChunk::Differs(self.store.put_by(&key).filter(|by| is_id(by))),
            })
        })
    }

    fn look(&self, number: usize) -> Result<Option<Sums>> {
        let (key, layout) = (self.chunks.chunk_key(number)?, &self.chunks.layout);
        let stored = match self.store.get(&key, self.most) {
            Ok(stored) => stored,
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let entries = match layout.parts {
            None => vec![Entry::of(0, &stored)],
            Some(_) => {
                self.chunks.shard_entries(&stored).map_err(|error| error.at_location(self.store.describe(&key)))?
            }
        };
        Ok(Some(Sums::of(entries.iter().map(Entry::stretch).collect(), layout.parts.is_some())))
    }

    fn take_in(&self, number: usize) -> Result<()> {
        self.store.sync_too(&self.chunks.chunk_key(number)?)
    }

    fn failures(&self) -> usize {
        self.store.failed_syncs()
    }

    fn settle(&self) -> Result<()> {
        self.store.sync()
    }

    fn concurrency(&self) -> usize {
        self.store.concurrency()
    }
}
