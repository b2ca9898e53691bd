//! Reads the chunks of an array at the places in the index, without libhdf5 and its lock, several at once.

use super::fault::io_error;
use super::header::{self, Header, Wanted};
use super::index::{ChunkPlace, Index, in_chunk};
use super::place::Location;
use super::rest;
use crate::array::{ChunkGrid, Codec, DataType, Labels, Region, StoredLayout};
use crate::backend::ArrayReader;
use crate::backend::room::Room;
use crate::backend::scratch;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::{ArrayFormat, FileBytes};
use std::any::Any;
use std::sync::Arc;

/// Elements in the form in which they are stored, where memory has another. Entered before what is between filters.
pub(super) static STORED: Room = Room::new(192 << 20);

pub(super) struct Reader {
    pub(super) location: Location,
    pub(super) header: Header,
}

impl Reader {
    pub(super) fn open(location: Location, limits: &Limits) -> Result<Self> {
        let bytes = Arc::new(location.open()?);
        Self::of(location, &bytes, limits)
    }

    /// The array in an open file, which was found there.
    pub(super) fn of(location: Location, bytes: &Arc<FileBytes>, limits: &Limits) -> Result<Self> {
        Self::wanted(location, bytes, limits, Wanted::Array)
    }

    /// One dataset of an open file, which was found there.
    pub(super) fn wanted(
        location: Location,
        bytes: &Arc<FileBytes>,
        limits: &Limits,
        wanted: Wanted<'_>,
    ) -> Result<Self> {
        let header = header::read(bytes, limits, wanted).map_err(|error| location.locate(error))?;
        Ok(Self { location, header })
    }

    fn read(&self, number: usize, out: &mut [u8]) -> Result<()> {
        let header = &self.header;
        if out.len() != header.chunk_bytes {
            return Err(Error::invalid(format!("room of {} bytes for a chunk of {}", out.len(), header.chunk_bytes)));
        }
        if header.index.lacks(number) {
            self.fill(out);
            Ok(())
        } else if header.elements.lie_as_in_memory() {
            self.read_stored(number, out)?;
            header.elements.decode_in_place(out);
            Ok(())
        } else {
            let _stored = STORED.enter(header.stored_chunk_bytes);
            scratch::with(header.stored_chunk_bytes, |stored| {
                self.read_stored(number, stored)?;
                header.elements.decode(stored, out)
            })
        }
    }

    /// Reads a chunk that was written, its elements as they are stored.
    pub(super) fn read_stored(&self, number: usize, out: &mut [u8]) -> Result<()> {
        let header = &self.header;
        let region = header.layout.grid.chunk_region(number)?;
        let size = header.elements.size;
        let first = region.start().iter().zip(header.layout.grid.shape()).fold(0, |at, (start, len)| at * len + start);
        let part = region.len() * size;
        match &header.index {
            Index::Empty => out.fill(0),
            Index::Consecutive(address) => {
                let address = address + number as u64 * header.stored_chunk_bytes as u64;
                self.read_whole(number, address, out)?;
            }
            Index::Contiguous(address) => {
                let (part, rest) = out.split_at_mut(part);
                self.read_whole(number, address + first as u64 * size as u64, part)?;
                rest.fill(0);
            }
            Index::Inline(elements) => {
                let (part, rest) = out.split_at_mut(part);
                let start = first * size;
                part.copy_from_slice(
                    elements.get(start..start + part.len()).ok_or_else(|| Error::corrupt("it is cut off"))?,
                );
                rest.fill(0);
            }
            Index::Listed(places) => match Index::listed_place(places, number) {
                None => out.fill(0),
                Some(place) if header.pipeline.is_empty() => self.read_whole(number, place.address, out)?,
                Some(place) => self.read_encoded(number, place, out)?,
            },
        }
        Ok(())
    }

    /// The address and the bytes of elements that are in one piece.
    pub(super) fn one_piece(&self) -> Result<(u64, Vec<u8>)> {
        let Index::Contiguous(address) = &self.header.index else {
            return Err(Error::corrupt("a dataset of bytes is not in one piece"));
        };
        let len = self.header.layout.grid.len().saturating_mul(self.header.elements.size);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(len).map_err(|_| Error::limit("there is no memory for a dataset"))?;
        bytes.resize(len, 0);
        self.read_at(&self.location.open()?, *address, &mut bytes)?;
        Ok((*address, bytes))
    }

    /// Where a stored chunk is and how long it is; none if it is not in a place of its own.
    fn place(&self, number: usize) -> Result<Option<ChunkPlace>> {
        let plain = |address, size| Some(ChunkPlace { address, size, mask: 0 });
        let header = &self.header;
        let region = header.layout.grid.chunk_region(number)?;
        let size = header.elements.size;
        let chunk_bytes = header.stored_chunk_bytes;
        Ok(match &header.index {
            Index::Empty | Index::Inline(_) => None,
            Index::Consecutive(first) => plain(first + number as u64 * chunk_bytes as u64, chunk_bytes),
            Index::Contiguous(address) => {
                let first =
                    region.start().iter().zip(header.layout.grid.shape()).fold(0, |at, (start, len)| at * len + start);
                plain(address + (first * size) as u64, region.len() * size)
            }
            Index::Listed(places) => Index::listed_place(places, number),
        })
    }

    fn check_stored(&self, number: usize) -> Result<()> {
        if self.header.elements.data_type.is_text() {
            return self.texts(number).map(drop);
        }
        let Some(place) = self.place(number)? else { return Ok(()) };
        scratch::with(place.size, |stored| {
            self.read_at(&self.location.open()?, place.address, stored)?;
            self.check(number, stored)
        })
    }

    /// Hands on the stored bytes of a chunk, checked, with the mask of the filters that were left out; `None` if they
    /// are not in a place of their own.
    pub(super) fn stored_chunk<R>(
        &self,
        number: usize,
        hand_on: impl FnOnce(&[u8], u32) -> Result<R>,
    ) -> Result<Option<R>> {
        // Places in another file say nothing here.
        if self.header.elements.data_type.is_text() {
            return Ok(None);
        }
        let place = self.place(number).map_err(|error| self.in_chunk(number, error))?;
        let Some(place) = place else { return Ok(None) };
        scratch::with(place.size, |stored| {
            let read = self.location.open().and_then(|file| self.read_at(&file, place.address, stored));
            read.and_then(|()| self.check(number, stored)).map_err(|error| self.in_chunk(number, error))?;
            hand_on(stored, place.mask).map(Some)
        })
    }

    fn compare_rest(&self, expected: &str) -> Result<()> {
        let header = &self.header;
        let count = header.layout.grid.chunk_count() as u64;
        let chunks = match &header.index {
            Index::Empty | Index::Inline(_) => Vec::new(),
            Index::Consecutive(first) => vec![(*first, header.stored_chunk_bytes as u64 * count)],
            Index::Contiguous(first) => {
                vec![(*first, header.layout.grid.len() as u64 * header.elements.size as u64)]
            }
            Index::Listed(places) => places.iter().map(|(_, place)| (place.address, place.size as u64)).collect(),
        };
        let bytes = self.location.open()?;
        let len = bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
        if rest::digest(&bytes, len, chunks)? == expected {
            return Ok(());
        }
        Err(Error::corrupt(
            "a part of the file outside its chunks is not what was written; arraystow still reads the array \
                correctly, but other programs may not; restore the file from a copy",
        ))
    }

    /// Reads bytes that are stored as they are.
    fn read_whole(&self, number: usize, address: u64, out: &mut [u8]) -> Result<()> {
        self.read_at(&self.location.open()?, address, out)?;
        self.check(number, out)
    }

    fn read_encoded(&self, number: usize, place: ChunkPlace, out: &mut [u8]) -> Result<()> {
        scratch::with(place.size, |stored| {
            self.read_at(&self.location.open()?, place.address, stored)?;
            self.check(number, stored)?;
            self.header.pipeline.decode(place.mask, stored, out)
        })
    }

    fn read_at(&self, bytes: &FileBytes, address: u64, out: &mut [u8]) -> Result<()> {
        bytes.read_exact_at(out, address).map_err(|error| io_error("a chunk cannot be read", error))
    }

    /// Compares stored bytes with their checksum, if there is one. That of strings is not one of their places.
    fn check(&self, number: usize, stored: &[u8]) -> Result<()> {
        if self.header.elements.data_type.is_text() { Ok(()) } else { self.compare(number, stored) }
    }

    pub(super) fn compare(&self, number: usize, stored: &[u8]) -> Result<()> {
        let Some(seal) = &self.header.seal else { return Ok(()) };
        match seal.checksums.get(number) {
            Some(checksum) if *checksum == crc32c::crc32c(stored) => Ok(()),
            _ => Err(Error::corrupt("its checksum does not match")),
        }
    }

    fn fill(&self, out: &mut [u8]) {
        let fill = &self.header.fill;
        if fill.iter().all(|byte| *byte == 0) {
            out.fill(0);
        } else {
            out.chunks_exact_mut(fill.len()).for_each(|element| element.copy_from_slice(fill));
        }
    }
}

impl ArrayReader for Reader {
    fn format(&self) -> ArrayFormat {
        ArrayFormat::Hdf5
    }

    fn data_type(&self) -> DataType {
        self.header.elements.data_type.clone()
    }

    fn grid(&self) -> &ChunkGrid {
        &self.header.grid
    }

    fn labels(&self) -> &Labels {
        &self.header.labels
    }

    fn layout(&self) -> &StoredLayout {
        &self.header.layout
    }

    fn stored_bytes(&self) -> u64 {
        self.header.file_len
    }

    fn codec(&self) -> Option<Codec> {
        self.header.seal.as_ref().map(|seal| seal.codec)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn digest(&self) -> Option<&str> {
        self.header.seal.as_ref().map(|seal| seal.digest.as_str())
    }

    fn read_chunk(&self, number: usize, out: &mut [u8]) -> Result<()> {
        self.read(number, out).map_err(|error| self.in_chunk(number, error))
    }

    fn whole_chunk(&self, number: usize) -> Result<Option<Box<dyn AsRef<[u8]>>>> {
        if !self.header.elements.data_type.is_text() {
            return Ok(None);
        }
        let texts = self.texts(number).map_err(|error| self.in_chunk(number, error))?;
        Ok(Some(Box::new(texts)))
    }

    fn regions_apart(&self, other: &dyn ArrayReader) -> Result<Option<Vec<Region>>> {
        let Some(other) = other.as_any().downcast_ref::<Self>() else { return Ok(None) };
        let (header, others) = (&self.header, &other.header);
        let (Some(seal), Some(others_seal)) = (&header.seal, &others.seal) else { return Ok(None) };
        let is_alike = header.elements == others.elements
            && header.layout == others.layout
            && header.pipeline == others.pipeline
            // Places in another file say nothing here, and the lengths of the strings are not known.
            && !header.elements.data_type.is_text();
        if !is_alike {
            return Ok(None);
        }
        let mut apart = Vec::new();
        for number in 0..header.layout.grid.chunk_count() {
            let checksums = (seal.checksums.get(number), others_seal.checksums.get(number));
            let is_same = match (self.place(number)?, other.place(number)?) {
                (Some(one), Some(other)) => one.size == other.size && one.mask == other.mask,
                _ => false,
            };
            if !(is_same && checksums.0.is_some() && checksums.0 == checksums.1) {
                apart.push(header.layout.grid.chunk_region(number)?);
            }
        }
        Ok(Some(apart))
    }

    fn check_chunk(&self, number: usize) -> Result<()> {
        self.check_stored(number).map_err(|error| self.in_chunk(number, error))
    }

    fn check_rest(&self, rest: &str) -> Result<()> {
        self.compare_rest(rest).map_err(|error| self.location.locate(error))
    }
}

impl Reader {
    fn in_chunk(&self, number: usize, error: Error) -> Error {
        let error = if error.is_corrupt() { in_chunk(number, &error) } else { error };
        self.location.locate(error)
    }
}
