//! Chunks of strings of any length, as packed strings.

use super::reader::Reader;
use super::seal::lost;
use super::sharded::Shards;
use super::table::Entry;
use crate::backend::layout::{fill_up_texts, merged, same_texts, too_long};
use crate::error::{Error, Result};

impl Reader {
    /// The packed strings of a chunk, filled up.
    pub(super) fn texts(&self, number: usize) -> Result<Vec<u8>> {
        let shape = &self.facts.layout.chunk_shape;
        let Some(stored) = self.fetch_chunk(number)? else {
            return if self.seal.is_some() { Err(lost()) } else { self.fill_texts(shape.iter().product()) };
        };
        let Some(shards) = &self.shards else {
            self.check(number, &stored)?;
            let Some(last) = &self.facts.last_edges else {
                return self.decoder.texts(&stored, None).map(|texts| texts.into_owned());
            };
            let smaller = last.chunk_shape(&self.facts.layout.grid, number)?;
            return fill_up_texts(&self.decoder.texts(&stored, Some(&smaller))?, &smaller, shape);
        };
        let count = shards.parts.chunk_count();
        match &self.seal {
            Some(seal) => {
                seal.check_shard(number, count, stored.len() as u64)?;
                self.texts_of_shard(shards, &stored, |part| seal.table.entry(number * count + part))
            }
            None => {
                let index = shards.indexing.read(shards.indexing.of_shard(&stored, count)?, count)?;
                self.texts_of_shard(shards, &stored, |part| Ok(index[part]))
            }
        }
    }

    /// Puts the parts of a shard together, each checked if it can be.
    fn texts_of_shard(
        &self,
        shards: &Shards,
        stored: &[u8],
        entry: impl Fn(usize) -> Result<Entry>,
    ) -> Result<Vec<u8>> {
        let (mut parts, mut bytes) = (Vec::new(), 0_usize);
        for part in 0..shards.parts.chunk_count() {
            let (entry, region) = (entry(part)?, shards.parts.chunk_region(part)?);
            let texts = if entry.len == 0 {
                self.fill_texts(region.len())?
            } else {
                let stored = entry.range().and_then(|range| stored.get(range));
                let stored = stored.ok_or_else(|| Error::corrupt("it is cut off"))?;
                entry.check(stored)?;
                self.decoder.texts(stored, None)?.into_owned()
            };
            bytes = bytes.saturating_add(texts.len());
            if bytes > self.decoder.chunk_bytes() {
                return Err(too_long(bytes, self.decoder.chunk_bytes()));
            }
            parts.push((texts, region));
        }
        merged(&self.facts.layout.chunk_shape, parts.iter().map(|(texts, region)| (texts.as_slice(), region.clone())))
    }

    /// The string that represents those that were never written, repeated this many times.
    fn fill_texts(&self, count: usize) -> Result<Vec<u8>> {
        same_texts(self.facts.fill.element(), count, self.decoder.chunk_bytes())
    }
}
