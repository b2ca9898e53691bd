//! Reads an array: two requests to open it, one for each chunk.

use super::codec::Codecs;
use super::metadata::{ATTRIBUTES_NAME, Facts, Metadata, ZarrVersion};
use super::table::{NAME, Table, digest};
use crate::array::{ChunkGrid, DataType, StoredLayout};
use crate::backend::ArrayReader;
use crate::error::{Error, Result};
use crate::protocol::{Objects, wait};
use bytes::Bytes;

pub(super) struct Reader {
    objects: Objects,
    key: String,
    facts: Facts,
    codecs: Codecs,
    grid: ChunkGrid,
    /// What only arrays of ours have.
    seal: Option<Seal>,
    stored_bytes: u64,
}

struct Seal {
    table: Table,
    digest: String,
}

impl Reader {
    pub(super) fn open(objects: Objects, key: String) -> Result<Self> {
        let (metadata, table) = fetch(&objects, &key)?;
        let facts = Facts::read(&metadata)?;
        let codecs = Codecs::new(metadata.parse()?, &facts.layout.chunk_shape, facts.chunk_bytes, facts.plain)?;
        let own = metadata.all_bytes();
        let mut stored_bytes = own.len() as u64;
        let seal = match &facts.grid {
            None => None,
            Some(_) => {
                let table_bytes = table
                    .ok_or_else(|| Error::corrupt("the array's checksums are gone; restore the array from a copy"))?;
                let table = Table::read(&table_bytes, facts.layout.grid.chunk_count())?;
                stored_bytes = stored_bytes.saturating_add(table.total()).saturating_add(table_bytes.len() as u64);
                Some(Seal { table, digest: digest(&own, &table_bytes) })
            }
        };
        let grid = facts.grid.clone().unwrap_or_else(|| facts.layout.grid.clone());
        Ok(Self { objects, key, facts, codecs, grid, seal, stored_bytes })
    }

    fn read(&self, number: usize, out: &mut [u8]) -> Result<()> {
        if out.len() != self.facts.chunk_bytes {
            return Err(Error::invalid(format!(
                "room of {} bytes for a chunk of {}",
                out.len(),
                self.facts.chunk_bytes
            )));
        }
        let key = self.chunk_key(number)?;
        let stored = match self.objects.get(&key) {
            Ok((stored, _)) => stored,
            Err(error) if error.is_not_found() => return self.missing(out),
            Err(error) => return Err(error),
        };
        if let Some(seal) = &self.seal {
            seal.table.check(number, &stored)?;
        }
        self.codecs.decode(&stored, out)
    }

    /// A chunk that is not there: of a stranger's array it is the fill value.
    fn missing(&self, out: &mut [u8]) -> Result<()> {
        if self.seal.is_some() {
            // Or is the whole array gone? That is another error.
            let name = format!("{}/{}", self.key, NAME);
            return Err(match self.objects.exists(&name) {
                Ok(true) => Error::corrupt("its object is lost"),
                Ok(false) => Error::new(crate::ErrorKind::NotFound, "the array is not there"),
                Err(error) => error,
            });
        }
        let fill = self.codecs.fill();
        if fill.is_empty() || fill.iter().all(|byte| *byte == 0) {
            out.fill(0);
        } else {
            out.chunks_exact_mut(fill.len()).for_each(|element| element.copy_from_slice(fill));
        }
        Ok(())
    }

    fn chunk_key(&self, number: usize) -> Result<String> {
        let coordinates = self.facts.layout.grid.chunk_coordinates(number)?;
        Ok(format!("{}/{}", self.key, self.codecs.chunk_key(&coordinates)))
    }
}

/// The metadata of either version and the table, asked for at the same time.
fn fetch(objects: &Objects, key: &str) -> Result<(Metadata, Option<Bytes>)> {
    let get = |name: &str| {
        let request = objects.clone().getting(format!("{key}/{name}"));
        async move {
            match request.await {
                Ok((bytes, _)) => Ok(Some(bytes)),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        }
    };
    let (v3, table) = (get(ZarrVersion::V3.array_name()), get(NAME));
    let (v3, table) = wait(async move { futures::try_join!(v3, table) })?;
    if let Some(array) = v3 {
        return Ok((Metadata { version: ZarrVersion::V3, array: array.to_vec(), attributes: None }, table));
    }
    let (v2, attributes) = (get(ZarrVersion::V2.array_name()), get(ATTRIBUTES_NAME));
    let (v2, attributes) = wait(async move { futures::try_join!(v2, attributes) })?;
    let array = v2.ok_or_else(|| Error::new(crate::ErrorKind::NotFound, "there is no Zarr array of that name"))?;
    let attributes = attributes.map(|attributes| attributes.to_vec());
    // One whose metadata alone are lost is damaged, not gone.
    Ok((Metadata { version: ZarrVersion::V2, array: array.to_vec(), attributes }, table))
}

impl ArrayReader for Reader {
    fn data_type(&self) -> DataType {
        self.facts.data_type
    }

    fn grid(&self) -> &ChunkGrid {
        &self.grid
    }

    fn layout(&self) -> &StoredLayout {
        &self.facts.layout
    }

    fn stored_bytes(&self) -> u64 {
        self.stored_bytes
    }

    fn digest(&self) -> Option<&str> {
        self.seal.as_ref().map(|seal| seal.digest.as_str())
    }

    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()> {
        self.read(number, out).map_err(|error| {
            let key = self.chunk_key(number).unwrap_or_else(|_| self.key.clone());
            let error = if error.is_corrupt() {
                let text = format!("chunk {number} is damaged: {error}; restore the array from a copy");
                Error::new(error.kind(), text)
            } else {
                error
            };
            error.at_location(self.objects.describe(&key))
        })
    }
}
