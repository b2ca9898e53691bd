//! Writes the chunks of an array: uncompressed ones without libhdf5, and compressed ones encoded outside its lock. The
//! file of a small array is made in memory and written as a whole.

use super::create::{Created, Home, NewFile, Plan, create, create_in};
use super::description::{Description, digest};
use super::fault::io_error;
use super::file::File;
use super::filters;
use super::kinds::{self, Drawing};
use super::place::Location;
use super::raw;
use super::reader::Reader;
use super::rest;
use crate::array::{Codec, DataType, Region, StoredLayout, packed};
use crate::backend::{ArrayReader, ArraySpec, ArrayWriter, Carried, StoredSummary};
use crate::backend::{layout, scratch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::lock::Mutex;
use crate::protocol::unsynced::Unsynced;
use crate::protocol::{Durability, FileBytes};
use std::ffi::CString;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

pub(super) struct Writer {
    location: Location,
    /// None in a file with several arrays, which is finished when all of them are.
    unsynced: Option<Arc<Unsynced>>,
    bytes: Arc<FileBytes>,
    data_type: DataType,
    codec: Codec,
    element_size: usize,
    layout: StoredLayout,
    chunk_bytes: usize,
    most_text_bytes: usize,
    description: String,
    target: Target,
    /// One for each chunk, and where they go.
    checksums: Vec<AtomicU32>,
    checksums_at: Option<u64>,
}

/// How chunks get into the file.
enum Target {
    /// Directly, one after another from this address on, without libhdf5. None if there are no chunks.
    At(Option<u64>),
    /// Into the file in memory, which is written as a whole; the first of them here.
    InMemory(Mutex<Vec<u8>>, Option<u64>),
    /// Through libhdf5, which finds a place for each.
    Through(NewFile),
    /// The strings through libhdf5; their places one after another from this address on. None if there are no chunks.
    Texts(NewFile, Option<u64>),
}

impl Writer {
    pub(super) fn create(
        location: Location,
        unsynced: Arc<Unsynced>,
        limits: &Limits,
        spec: &ArraySpec,
    ) -> Result<Self> {
        Self::begin(location.clone(), Some(unsynced), limits, spec, || {
            let bytes = Arc::new(location.create()?);
            let own = bytes.clone();
            let start = move |plan: &Plan<'_>| {
                start(&own, plan).map_err(|error| {
                    let error = location.locate(error);
                    match location.remove() {
                        Err(left) if !left.is_not_found() => error.leaving([location.describe()]),
                        _ => error,
                    }
                })
            };
            Ok((bytes, start))
        })
    }

    /// An array of a file with several of them, which is open.
    pub(super) fn packed(
        location: Location,
        limits: &Limits,
        spec: &ArraySpec,
        file: &Arc<File>,
        bytes: &Arc<FileBytes>,
        home: Home<'_>,
    ) -> Result<Self> {
        Self::begin(location, None, limits, spec, || {
            Ok((bytes.clone(), |plan: &Plan<'_>| {
                let Created { array, first_chunk, checksums } = create_in(file, plan, home)?;
                target(array, first_chunk, plan).map(|target| (target, checksums))
            }))
        })
    }

    fn begin<S: FnOnce(&Plan<'_>) -> Result<(Target, Option<u64>)>>(
        location: Location,
        unsynced: Option<Arc<Unsynced>>,
        limits: &Limits,
        spec: &ArraySpec,
        file: impl FnOnce() -> Result<(Arc<FileBytes>, S)>,
    ) -> Result<Self> {
        let element_size = spec.data_type.size();
        let layout = layout::of(spec, limits).map_err(|error| location.locate(error))?;
        // HDF5 has no filters without chunks, and the value of an array without axes is no chunk. Strings of any length
        // are in heaps, which have no filters either.
        let is_text = spec.data_type.is_text();
        let codec = if layout.chunk_shape.is_empty() || is_text { Codec::NONE } else { spec.codec() };
        let meta = spec.meta.clone().with_codec(codec);
        let description = Description::new(&ArraySpec { meta, ..spec.clone() }, &layout)?.to_json()?;
        let chunk_bytes = layout.chunk_bytes(element_size).ok_or_else(|| Error::limit("a chunk is too large"))?;
        let checksums = no_checksums(layout.grid.chunk_count(), limits).map_err(|error| location.locate(error))?;
        let filters = filters::of_codec(codec, element_size);
        let (bytes, start) = file()?;
        let plan = Plan {
            data_type: &spec.data_type,
            layout: &layout,
            filters: &filters,
            description: &description,
            labels: &spec.meta.labels,
        };
        let (target, checksums_at) = start(&plan)?;
        Ok(Self {
            location,
            unsynced,
            bytes,
            data_type: spec.data_type.clone(),
            codec,
            element_size,
            layout,
            chunk_bytes,
            most_text_bytes: limits.most_chunk_bytes(),
            description,
            target,
            checksums,
            checksums_at,
        })
    }

    fn write(&self, number: usize, elements: &[u8]) -> Result<()> {
        let region = self.layout.grid.chunk_region(number)?;
        if let Target::Texts(array, _) = &self.target {
            return self.write_texts(array, number, &region, elements);
        }
        if elements.len() == self.chunk_bytes {
            return self.write_full(number, region.start(), elements);
        }
        scratch::with(self.chunk_bytes, |full| {
            full.fill(0);
            layout::fill_up(elements, region.shape(), &self.layout.chunk_shape, self.element_size, full)?;
            self.write_full(number, region.start(), full)
        })
    }

    /// Writes a chunk of full size.
    fn write_full(&self, number: usize, start: &[usize], chunk: &[u8]) -> Result<()> {
        match &self.target {
            Target::At(_) | Target::InMemory(..) | Target::Texts(..) => self.write_encoded(number, start, chunk, 0),
            Target::Through(_) => filters::encode(self.codec, self.element_size, chunk, |encoded, mask| {
                self.write_encoded(number, start, encoded, mask)
            }),
        }
    }

    /// Writes the bytes that are stored of a chunk, with the mask of the filters that were left out.
    fn write_encoded(&self, number: usize, start: &[usize], encoded: &[u8], mask: u32) -> Result<()> {
        self.note(number, encoded)?;
        match &self.target {
            Target::At(first) => {
                let address = self.address(*first, number)?;
                let written = self.bytes.write_all_at(encoded, address);
                written.map_err(|error| io_error("a chunk cannot be written", error))?;
                if self.location.durability() == Durability::Synced {
                    self.bytes.write_back(address, encoded.len());
                }
                Ok(())
            }
            Target::InMemory(file, first) => {
                let address = self.address(*first, number)?;
                put(&mut file.lock(), address, encoded)
            }
            Target::Through(array) => array.write_chunk(start, mask, encoded),
            Target::Texts(..) => Err(Error::invalid("a chunk of strings was given as bytes")),
        }
    }

    fn address(&self, first: Option<u64>, number: usize) -> Result<u64> {
        let first = first.ok_or_else(|| Error::invalid("an array without chunks was given one"))?;
        Ok(first + number as u64 * self.chunk_bytes as u64)
    }

    /// Writes packed strings. Their checksum is that of the packed strings of a chunk of full size.
    fn write_texts(&self, array: &NewFile, number: usize, region: &Region, elements: &[u8]) -> Result<()> {
        // As no reader with these limits would read it.
        if elements.len() > self.most_text_bytes {
            return Err(layout::too_long(elements.len(), self.most_text_bytes));
        }
        let texts = packed::texts(elements, region.len())?;
        let c_string = |(index, text): (usize, &&[u8])| {
            CString::new(*text).map_err(|_| {
                Error::invalid(format!(
                    "element {:?} is a string with the character NUL, which ends a string in HDF5: store the array as \
                        Zarr",
                    region.coordinates(index)
                ))
            })
        };
        let texts = texts.iter().enumerate().map(c_string).collect::<Result<Vec<_>>>()?;
        if region.shape() == self.layout.chunk_shape {
            self.note(number, elements)?;
        } else {
            self.note(number, &layout::fill_up_texts(elements, region.shape(), &self.layout.chunk_shape)?)?;
        }
        array.write_texts(region.start(), region.shape(), &texts)
    }

    /// Takes over a chunk of another file.
    fn take_over(&self, number: usize, from: &Reader, chunk: usize) -> Result<Carried> {
        if from.data_type() != self.data_type || from.codec() != Some(self.codec) {
            return Ok(Carried::No);
        }
        let region = self.layout.grid.chunk_region(number)?;
        let carried = from.stored_chunk(chunk, |encoded, mask| {
            if matches!(self.target, Target::At(_) | Target::InMemory(..)) && encoded.len() != self.chunk_bytes {
                return Ok(Carried::No);
            }
            // Its checksum is the one that it had, with which it was compared.
            let written = self.write_encoded(number, region.start(), encoded, mask);
            written.map(|()| Carried::Copied).map_err(|error| self.location.locate(error))
        })?;
        Ok(carried.unwrap_or(Carried::No))
    }

    fn note(&self, number: usize, stored: &[u8]) -> Result<()> {
        let checksum =
            self.checksums.get(number).ok_or_else(|| Error::invalid(format!("there is no chunk {number}")))?;
        checksum.store(crc32c::crc32c(stored), Ordering::Release);
        Ok(())
    }

    fn finish_file(self) -> Result<StoredSummary> {
        let table: Vec<u32> = self.checksums.iter().map(|checksum| checksum.load(Ordering::Acquire)).collect();
        let little_endian: Vec<u8> = table.iter().flat_map(|checksum| checksum.to_le_bytes()).collect();
        let count = self.layout.grid.chunk_count() as u64;
        let all_chunks = (self.chunk_bytes as u64).saturating_mul(count);
        let codec = Some(self.codec);
        let chunks = match self.target {
            Target::Texts(array, first) => {
                array.close()?;
                let places = self.layout.chunk_bytes(raw::BYTES).map_or(u64::MAX, |bytes| bytes as u64);
                first.map(|first| (first, places.saturating_mul(count))).into_iter().collect()
            }
            Target::InMemory(file, first) => {
                let mut file = file.into_inner();
                self.checksums_at.map_or(Ok(()), |address| put(&mut file, address, &little_endian))?;
                let written = self.bytes.write_all_at(&file, 0);
                written.map_err(|error| io_error("the file cannot be written", error))?;
                let start = usize::try_from(first.unwrap_or(0)).unwrap_or(usize::MAX);
                let rest = rest::digest_in_memory(&file, start..start.saturating_add(all_chunks as usize));
                publish(&self.bytes, &self.location, self.unsynced.as_deref(), file.len() as u64)?;
                let digest = digest(self.description.as_bytes(), &table);
                return Ok(StoredSummary { bytes: file.len() as u64, codec, digest, rest: Some(rest), opening: None });
            }
            Target::At(Some(first)) => vec![(first, all_chunks)],
            Target::At(None) => Vec::new(),
            Target::Through(array) => {
                let chunks = array.chunks(self.layout.chunk_shape.len())?;
                array.close()?;
                chunks
            }
        };
        if let Some(address) = self.checksums_at {
            let written = self.bytes.write_all_at(&little_endian, address);
            written.map_err(|error| io_error("the checksums cannot be written", error))?;
        }
        let digest = digest(self.description.as_bytes(), &table);
        if self.unsynced.is_none() {
            let bytes = chunks.iter().fold(0_u64, |bytes, (_, len)| bytes.saturating_add(*len));
            return Ok(StoredSummary { bytes, codec, digest, rest: None, opening: None });
        }
        let bytes = self.bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
        let rest = rest::digest(&self.bytes, bytes, chunks)?;
        publish(&self.bytes, &self.location, self.unsynced.as_deref(), bytes)?;
        Ok(StoredSummary { bytes, codec, digest, rest: Some(rest), opening: None })
    }
}

/// Gives a file that is written its name, and makes it durable: now, or before a document names it.
fn publish(bytes: &Arc<FileBytes>, location: &Location, unsynced: Option<&Unsynced>, len: u64) -> Result<()> {
    let waits = unsynced.is_some() && location.path().is_some();
    if !waits {
        bytes.sync(location.durability()).map_err(|error| io_error("the file cannot be synced", error))?;
    }
    if let (Some(folder), Some(unsynced)) = (location.publish()?, unsynced) {
        unsynced.add(&folder, &folder);
        if let Some(path) = location.path().filter(|_| waits) {
            unsynced.add_written(bytes.clone(), len, path, location.durability());
        }
    }
    Ok(())
}

/// Puts bytes into a file in memory, which has room for them.
fn put(file: &mut [u8], address: u64, bytes: &[u8]) -> Result<()> {
    let start = usize::try_from(address).unwrap_or(usize::MAX);
    let room = start.checked_add(bytes.len()).and_then(|end| file.get_mut(start..end));
    room.ok_or_else(|| Error::invalid("the file in memory is too short"))?.copy_from_slice(bytes);
    Ok(())
}

impl ArrayWriter for Writer {
    fn layout(&self) -> &StoredLayout {
        &self.layout
    }

    fn write_chunk(&self, number: usize, elements: &[u8]) -> Result<()> {
        self.write(number, elements).map_err(|error| self.location.locate(error))
    }

    fn carry(&self, number: usize, from: &dyn ArrayReader, chunk: usize) -> Result<Carried> {
        from.as_any().downcast_ref().map_or(Ok(Carried::No), |from| self.take_over(number, from, chunk))
    }

    fn finish(self: Box<Self>) -> Result<StoredSummary> {
        let location = self.location.clone();
        self.finish_file().map_err(|error| location.locate(error))
    }
}

/// Makes the file's metadata. Returns how chunks get into the file and where their checksums go.
fn start(bytes: &Arc<FileBytes>, plan: &Plan<'_>) -> Result<(Target, Option<u64>)> {
    if let Some(Drawing { file, first_chunk, checksums }) = kinds::file_of(plan)? {
        return Ok((Target::InMemory(Mutex::new(file), first_chunk), checksums));
    }
    let Created { array, first_chunk, checksums } = create(bytes.clone(), plan)?;
    let target = target(array, first_chunk, plan)?;
    if let Target::At(Some(_)) = target {
        let len = bytes.len().map_err(|error| io_error("the length of the file cannot be read", error))?;
        bytes.reserve(len).map_err(|error| io_error("the file cannot be made that long", error))?;
    }
    Ok((target, checksums))
}

/// How chunks get into a dataset that was made.
fn target(array: NewFile, first_chunk: Option<u64>, plan: &Plan<'_>) -> Result<Target> {
    if !plan.filters.is_empty() {
        return Ok(Target::Through(array));
    }
    if plan.data_type.is_text() {
        return Ok(Target::Texts(array, first_chunk));
    }
    array.close()?;
    Ok(Target::At(first_chunk))
}

/// Room for so many checksums.
fn no_checksums(count: usize, limits: &Limits) -> Result<Vec<AtomicU32>> {
    limits.check_chunks(count)?;
    let mut checksums = Vec::new();
    checksums.try_reserve_exact(count).map_err(|_| Error::limit("there is no memory for the checksums"))?;
    checksums.resize_with(count, AtomicU32::default);
    Ok(checksums)
}
