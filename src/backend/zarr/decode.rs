//! Decodes a chunk's stored bytes to its elements, within bounds.
//!
//! A few bytes can claim exabytes, and codecs can be chained. Each stage gets only the memory that the chunk's shape
//! requires, at most two buffers are in memory at a time, and all threads share the memory for the data between the
//! stages.

use super::pipeline::{Checksum, ChecksumPlace, Packing, Pipeline, Stage};
use super::utf32;
use crate::array::{DataType, packed};
use crate::backend::layout::{fill_up, too_long};
use crate::backend::room::BETWEEN;
use crate::backend::{bzip2, checks, shuffle};
use crate::error::{Error, Result};
use bytes::Bytes;
use libdeflater::{DecompressionError, Decompressor};
use ndarray::{ArrayViewD, ArrayViewMutD};
use pco::data_types::Number;
use std::borrow::Cow;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use zarrs::array::codec::{blosc_decompress_bytes, blosc_validate};

/// The first room for what is decoded of strings.
const SMALL_ROOM: usize = 1 << 16;

thread_local! {
    static INFLATE: RefCell<Option<Decompressor>> = const { RefCell::new(None) };
}

/// What turns the bytes of one chunk, or of one part of a shard, into elements.
pub(super) struct Decoder {
    pipeline: Pipeline,
    data_type: DataType,
    shape: Vec<usize>,
    /// Bytes of all elements; of strings, the most.
    chunk_bytes: usize,
}

impl Decoder {
    /// The decoder of chunks of that shape, whose elements can be counted. Those that are strings have this many bytes
    /// at most.
    pub(super) fn new(pipeline: Pipeline, data_type: DataType, shape: &[usize], most_text_bytes: usize) -> Self {
        let chunk_bytes =
            if data_type.is_text() { most_text_bytes } else { shape.iter().product::<usize>() * data_type.size() };
        Self { pipeline, data_type, shape: shape.to_vec(), chunk_bytes }
    }

    /// Bytes of all elements.
    pub(super) fn chunk_bytes(&self) -> usize {
        self.chunk_bytes
    }

    /// The most bytes that a chunk can be stored in.
    pub(super) fn most_stored(&self) -> u64 {
        self.room(self.pipeline.stages.len()) as u64
    }

    /// The elements, little-endian, in C order; the stored bytes themselves if these are plain.
    pub(super) fn decoded(&self, stored: Bytes) -> Result<Box<dyn AsRef<[u8]>>> {
        if self.pipeline.is_plain() {
            self.check_len(stored.len())?;
            return Ok(Box::new(stored));
        }
        Ok(Box::new(self.undo(&stored)?.into_owned()))
    }

    /// Fills `out` with the elements.
    pub(super) fn decode(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let elements = self.undo(stored)?;
        if elements.len() != out.len() {
            return Err(Error::invalid(format!("room of {} bytes for a chunk of {}", out.len(), elements.len())));
        }
        out.copy_from_slice(&elements);
        Ok(())
    }

    /// Fills `out`, a chunk of this shape, with the elements of a chunk of a smaller shape at its beginning.
    pub(super) fn decode_smaller(&self, shape: &[usize], stored: &[u8], out: &mut [u8]) -> Result<()> {
        let elements = self.of_shape(shape).undo(stored)?;
        out.fill(0);
        fill_up(&elements, shape, &self.shape, self.data_type.size(), out)
    }

    /// The packed strings of a chunk, or of one of another shape.
    pub(super) fn texts<'a>(&self, stored: &'a [u8], shape: Option<&[usize]>) -> Result<Cow<'a, [u8]>> {
        match shape {
            None => self.undo(stored),
            Some(shape) => self.of_shape(shape).undo(stored),
        }
    }

    fn of_shape(&self, shape: &[usize]) -> Self {
        Self::new(self.pipeline.clone(), self.data_type.clone(), shape, self.chunk_bytes)
    }

    fn undo<'a>(&self, stored: &'a [u8]) -> Result<Cow<'a, [u8]>> {
        // The last stage's is the chunk itself.
        let between = if self.pipeline.stages.len() > 1 { self.most_stored() as usize } else { 0 };
        let reordered = if self.pipeline.order.is_some() { self.chunk_bytes } else { 0 };
        let _between = BETWEEN.enter(between.saturating_add(reordered));
        // No panic of a decoder is known; should one come, it is the chunk's fault.
        let undone = catch_unwind(AssertUnwindSafe(|| {
            let mut bytes = Cow::Borrowed(stored);
            for (left, stage) in self.pipeline.stages.iter().enumerate().rev() {
                let room = self.room(left);
                bytes =
                    if self.data_type.is_text() { stage.undo_growing(bytes, room) } else { stage.undo(bytes, room) }?;
            }
            if self.pipeline.packing == Packing::Texts { self.unpacked(bytes) } else { self.elements(bytes) }
        }));
        undone.unwrap_or_else(|_| Err(damaged()))
    }

    /// Undoes what makes bytes of elements.
    fn elements<'a>(&self, mut bytes: Cow<'a, [u8]>) -> Result<Cow<'a, [u8]>> {
        let size = self.data_type.size();
        if self.pipeline.packing == Packing::Pcodec {
            bytes = Cow::Owned(unpack(&self.data_type, &bytes, self.chunk_bytes / size)?);
        }
        self.check_len(bytes.len())?;
        if self.pipeline.packing == Packing::BigEndian {
            let number = match self.data_type {
                DataType::Complex64 | DataType::Complex128 => size / 2,
                _ => size,
            };
            bytes.to_mut().chunks_exact_mut(number).for_each(<[u8]>::reverse);
        }
        if let Packing::Utf32Little | Packing::Utf32Big = self.pipeline.packing {
            utf32::to_utf8(bytes.to_mut(), size, self.pipeline.packing == Packing::Utf32Big)?;
        }
        match &self.pipeline.order {
            Some(order) => self.reordered(order, &bytes).map(Cow::Owned),
            None => Ok(bytes),
        }
    }

    /// The packed strings, of bytes that begin with their number.
    fn unpacked<'a>(&self, mut bytes: Cow<'a, [u8]>) -> Result<Cow<'a, [u8]>> {
        let (count, texts) = bytes.split_first_chunk::<4>().ok_or_else(|| Error::corrupt("it is cut off"))?;
        let (found, wanted) = (u32::from_le_bytes(*count) as usize, self.shape.iter().product::<usize>());
        if found != wanted {
            return Err(Error::corrupt(format!("it has {found} strings and should have {wanted}")));
        }
        if texts.len() > self.chunk_bytes {
            return Err(too_long(texts.len(), self.chunk_bytes));
        }
        let places = packed::with_lengths(texts, wanted)?;
        if let Some(order) = &self.pipeline.order {
            let no_shape = |error: ndarray::ShapeError| Error::invalid(error.to_string());
            let stored: Vec<usize> = order.iter().map(|axis| self.shape[*axis]).collect();
            let elements = ArrayViewD::from_shape(stored, &places).map_err(no_shape)?;
            let ordered: Vec<&[u8]> = elements.permuted_axes(places_of(order)).iter().copied().collect();
            return Ok(Cow::Owned(ordered.concat()));
        }
        match &mut bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[4..],
            Cow::Owned(bytes) => drop(bytes.drain(..4)),
        }
        Ok(bytes)
    }

    /// The elements in C order, of which these are in the order of other axes.
    fn reordered(&self, order: &[usize], elements: &[u8]) -> Result<Vec<u8>> {
        let mut out = zeroed(self.chunk_bytes)?;
        match self.data_type.size() {
            1 => reorder::<1>(order, &self.shape, elements, &mut out),
            2 => reorder::<2>(order, &self.shape, elements, &mut out),
            4 => reorder::<4>(order, &self.shape, elements, &mut out),
            8 => reorder::<8>(order, &self.shape, elements, &mut out),
            16 => reorder::<16>(order, &self.shape, elements, &mut out),
            size => reorder_long(order, &self.shape, size, elements, &mut out),
        }?;
        Ok(out)
    }

    /// The most bytes that so many stages, the first ones, make of a chunk. What cannot be made smaller grows by a
    /// little, in all the stages together.
    fn room(&self, stages: usize) -> usize {
        match stages + usize::from(matches!(self.pipeline.packing, Packing::Pcodec | Packing::Texts)) {
            0 => self.chunk_bytes,
            growing => {
                self.chunk_bytes.saturating_add(self.chunk_bytes / 4).saturating_add(growing.saturating_mul(4096))
            }
        }
    }

    fn check_len(&self, len: usize) -> Result<()> {
        if len == self.chunk_bytes {
            return Ok(());
        }
        Err(Error::corrupt(format!("it has {len} bytes and should have {}", self.chunk_bytes)))
    }
}

/// The place of each axis in this order.
fn places_of(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, axis)| places[*axis] = place);
    places
}

impl Stage {
    /// The same where the length of the result is not known. The room grows up to `room`, so that a few bytes do not
    /// take all of it.
    fn undo_growing<'a>(self, input: Cow<'a, [u8]>, room: usize) -> Result<Cow<'a, [u8]>> {
        if matches!(self, Self::Checksum(..) | Self::Shuffle(_)) {
            return self.undo(input, room);
        }
        let mut now = input.len().saturating_mul(8).max(SMALL_ROOM).min(room);
        loop {
            match self.undo(Cow::Borrowed(&input), now) {
                Ok(undone) => return Ok(Cow::Owned(undone.into_owned())),
                Err(error) if now == room => return Err(error),
                Err(_) => now = now.saturating_mul(8).min(room),
            }
        }
    }

    /// Undoes one stage, whose result has `room` bytes at most.
    fn undo<'a>(self, input: Cow<'a, [u8]>, room: usize) -> Result<Cow<'a, [u8]>> {
        if input.is_empty() {
            return Err(Error::corrupt("it is empty"));
        }
        let undone = match self {
            Self::Gzip => inflate(room, |inflate, out| inflate.gzip_decompress(&input, out))?,
            Self::Zlib => inflate(room, |inflate, out| inflate.zlib_decompress(&input, out))?,
            Self::Zstd => into_room(room, |out| {
                zstd::bulk::decompress_to_buffer(&input, out).map_err(|error| damaged().with_source(error))
            })?,
            Self::Lz4 => {
                let (len, block) = input.split_first_chunk::<4>().ok_or_else(damaged)?;
                let len = usize::try_from(u32::from_le_bytes(*len)).unwrap_or(usize::MAX);
                if len > room {
                    return Err(claims(len, room));
                }
                into_room(len, |out| {
                    let undone = lz4_flex::block::decompress_into(block, out);
                    undone.ok().filter(|found| *found == len).ok_or_else(damaged)
                })?
            }
            Self::Bzip2 => into_room(room, |out| bzip2::decompress(&input, out).ok_or_else(damaged))?,
            Self::Blosc => {
                // Its header has the length, for which room is made.
                let len = blosc_validate(&input).ok_or_else(damaged)?;
                if len > room {
                    return Err(claims(len, room));
                }
                // The decoder makes room without asking whether there is any.
                drop(zeroed(len)?);
                blosc_decompress_bytes(&input, len, 1).map_err(|error| damaged().with_source(error))?
            }
            Self::Shuffle(size) if size > 1 && !input.len().is_multiple_of(size) => {
                return Err(Error::corrupt(format!(
                    "its {} bytes are not shuffled elements of {size} bytes \
                    each",
                    input.len()
                )));
            }
            Self::Shuffle(size) => {
                let mut out = zeroed(input.len())?;
                shuffle::unshuffle(size, &input, &mut out);
                out
            }
            Self::Checksum(checksum, place) => return checksum.check(place, input),
        };
        Ok(Cow::Owned(undone))
    }
}

impl Checksum {
    /// The bytes without their checksum.
    fn check(self, place: ChecksumPlace, input: Cow<'_, [u8]>) -> Result<Cow<'_, [u8]>> {
        let split = match place {
            ChecksumPlace::Before => input.split_first_chunk::<4>(),
            ChecksumPlace::Behind => input.split_last_chunk::<4>().map(|(bytes, sum)| (sum, bytes)),
        };
        let (sum, bytes) = split.ok_or_else(|| Error::corrupt("it has no checksum"))?;
        let expected = match self {
            Self::Crc32 => libdeflater::crc32(bytes),
            Self::Crc32c => crc32c::crc32c(bytes),
            Self::Adler32 => libdeflater::adler32(bytes),
            Self::Fletcher32 => checks::fletcher32(bytes),
        };
        if expected.to_le_bytes() != *sum {
            return Err(Error::corrupt("its checksum does not match"));
        }
        let kept = if place == ChecksumPlace::Before { 4..input.len() } else { 0..input.len() - 4 };
        Ok(match input {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[kept]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(kept.end);
                bytes.drain(..kept.start);
                Cow::Owned(bytes)
            }
        })
    }
}

fn inflate(
    room: usize,
    undo: impl FnOnce(&mut Decompressor, &mut [u8]) -> Result<usize, DecompressionError>,
) -> Result<Vec<u8>> {
    into_room(room, |out| {
        INFLATE.with_borrow_mut(|kept| {
            let inflate = kept.get_or_insert_with(Decompressor::new);
            undo(inflate, out).map_err(|error| damaged().with_source(error))
        })
    })
}

/// Fills memory of that size, as far as it goes.
fn into_room(room: usize, fill: impl FnOnce(&mut [u8]) -> Result<usize>) -> Result<Vec<u8>> {
    let mut out = zeroed(room)?;
    let len = fill(&mut out)?;
    out.truncate(len);
    Ok(out)
}

fn zeroed(bytes: usize) -> Result<Vec<u8>> {
    bytemuck::allocation::try_zeroed_vec(bytes)
        .map_err(|()| Error::limit(format!("there is no memory for a chunk of {bytes} bytes")))
}

/// Copies elements of `N` bytes to their places in C order.
fn reorder<const N: usize>(order: &[usize], shape: &[usize], elements: &[u8], out: &mut [u8]) -> Result<()> {
    let no_shape = |error: ndarray::ShapeError| Error::invalid(error.to_string());
    let places = places_of(order);
    let stored: Vec<usize> = order.iter().map(|axis| shape[*axis]).collect();
    let elements = ArrayViewD::from_shape(stored, elements.as_chunks::<N>().0).map_err(no_shape)?;
    let mut out = ArrayViewMutD::from_shape(shape, out.as_chunks_mut::<N>().0).map_err(no_shape)?;
    out.assign(&elements.permuted_axes(places));
    Ok(())
}

/// Copies elements of any size to their places in C order.
fn reorder_long(order: &[usize], shape: &[usize], size: usize, elements: &[u8], out: &mut [u8]) -> Result<()> {
    let no_shape = |error: ndarray::ShapeError| Error::invalid(error.to_string());
    let mut places = places_of(order);
    places.push(order.len());
    let stored: Vec<usize> = order.iter().map(|axis| shape[*axis]).chain([size]).collect();
    let wanted: Vec<usize> = shape.iter().copied().chain([size]).collect();
    let elements = ArrayViewD::from_shape(stored, elements).map_err(no_shape)?;
    let mut out = ArrayViewMutD::from_shape(wanted, out).map_err(no_shape)?;
    out.assign(&elements.permuted_axes(places));
    Ok(())
}

/// Undoes pcodec: exactly so many elements.
fn unpack(data_type: &DataType, input: &[u8], elements: usize) -> Result<Vec<u8>> {
    fn of<T: Number + bytemuck::Pod>(input: &[u8], numbers: usize) -> Result<Vec<u8>> {
        let no_memory = |()| Error::limit(format!("there is no memory for a chunk of {numbers} numbers"));
        let mut out = bytemuck::allocation::try_zeroed_vec::<T>(numbers).map_err(no_memory)?;
        let progress = pco::standalone::simple_decompress_into(input, &mut out)
            .map_err(|error| Error::corrupt(format!("it cannot be decoded: pcodec: {error}")))?;
        if !progress.finished || progress.n_processed != numbers {
            return Err(Error::corrupt(format!("it does not hold the {numbers} numbers that it should")));
        }
        Ok(bytemuck::cast_slice(&out).to_vec())
    }
    match data_type {
        DataType::Int16 => of::<i16>(input, elements),
        DataType::Int32 => of::<i32>(input, elements),
        DataType::Int64 => of::<i64>(input, elements),
        DataType::UInt16 => of::<u16>(input, elements),
        DataType::UInt32 => of::<u32>(input, elements),
        DataType::UInt64 => of::<u64>(input, elements),
        DataType::Float16 => of::<half::f16>(input, elements),
        DataType::Float32 => of::<f32>(input, elements),
        DataType::Float64 => of::<f64>(input, elements),
        DataType::Complex64 => of::<f32>(input, elements.saturating_mul(2)),
        DataType::Complex128 => of::<f64>(input, elements.saturating_mul(2)),
        _ => Err(Error::unsupported(format!("pcodec does not have elements of the type {data_type}"))),
    }
}

fn damaged() -> Error {
    Error::corrupt("it cannot be decoded")
}

fn claims(len: usize, room: usize) -> Error {
    Error::corrupt(format!("it claims to have {len} bytes once decoded, and the limit is {room}"))
}
