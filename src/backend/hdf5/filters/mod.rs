//! The HDF5 filters that arraystow supports. It runs them itself: outside libhdf5's lock, and within its own bounds,
//! whatever a file says.
//!
//! It writes shuffle with deflate or zstd. It also reads those filters of h5py and hdf5plugin for which there is a
//! decoder. libhdf5 never runs a filter here, so no file can make it load one from the disk.

mod bitshuffle;
mod blocks;
mod lzf;
mod scale_offset;

use crate::array::{Codec, CodecKind};
use crate::backend::bzip2;
use crate::backend::checks::fletcher32;
use crate::backend::room::BETWEEN;
use crate::backend::{scratch, shuffle};
use crate::error::{Error, Result};
use bitshuffle::{Bitshuffle, Packing};
use libdeflater::{CompressionLvl, Compressor, Decompressor};
use scale_offset::ScaleOffset;
use std::cell::RefCell;

pub(super) const DEFLATE: i32 = 1;
pub(super) const SHUFFLE: i32 = 2;
const FLETCHER32: i32 = 3;
const NBIT: i32 = 5;
const SCALE_OFFSET: i32 = 6;
const BZIP2: i32 = 307;
const LZF: i32 = 32_000;
#[cfg(feature = "zarr")]
const BLOSC: i32 = 32_001;
const LZ4: i32 = 32_004;
const BITSHUFFLE: i32 = 32_008;
/// As registered with the HDF Group.
pub(super) const ZSTD: i32 = 32_015;

/// A filter as a dataset names it: its number and its parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) id: i32,
    pub(super) values: Vec<u32>,
}

/// The filters of a codec.
pub(super) fn of_codec(codec: Codec, element_size: usize) -> Vec<Named> {
    let compression = match codec.kind() {
        CodecKind::None | CodecKind::Blosc | CodecKind::Pcodec(_) => return Vec::new(),
        // libdeflate has three levels that zlib has not.
        CodecKind::Gzip(level) => Named { id: DEFLATE, values: vec![u32::from(level.min(9))] },
        CodecKind::Zstd(level) => Named { id: ZSTD, values: vec![u32::from(level)] },
    };
    let shuffle = Named { id: SHUFFLE, values: vec![element_size as u32] };
    if element_size > 1 { vec![shuffle, compression] } else { vec![compression] }
}

/// Compresses a chunk and hands the bytes on, with the mask of the filters that were left out: all of them if the chunk
/// does not get smaller.
pub(super) fn encode<R>(
    codec: Codec,
    element_size: usize,
    raw: &[u8],
    hand_on: impl FnOnce(&[u8], u32) -> Result<R>,
) -> Result<R> {
    if element_size <= 1 {
        return compressed(codec, raw, raw, 0b1, hand_on);
    }
    scratch::with(raw.len(), |shuffled| {
        shuffle::shuffle(element_size, raw, shuffled);
        compressed(codec, raw, shuffled, 0b11, hand_on)
    })
}

fn compressed<R>(
    codec: Codec,
    raw: &[u8],
    shuffled: &[u8],
    all: u32,
    hand_on: impl FnOnce(&[u8], u32) -> Result<R>,
) -> Result<R> {
    // No room for more than would be a gain: what does not fit is not worth it.
    scratch::with(raw.len().saturating_sub(1), |packed| match compress(codec, shuffled, packed) {
        Some(len) => hand_on(&packed[..len], 0),
        None => hand_on(raw, all),
    })
}

enum Encoder {
    Gzip(Compressor),
    Zstd(zstd::bulk::Compressor<'static>),
}

thread_local! {
    /// The last compressor, which takes longer to make than a small chunk to compress.
    static ENCODER: RefCell<Option<(Codec, Encoder)>> = const { RefCell::new(None) };
    static INFLATE: RefCell<Option<Decompressor>> = const { RefCell::new(None) };
    static UNZSTD: RefCell<Option<zstd::bulk::Decompressor<'static>>> = const { RefCell::new(None) };
}

fn compress(codec: Codec, from: &[u8], to: &mut [u8]) -> Option<usize> {
    ENCODER.with_borrow_mut(|kept| {
        if kept.as_ref().is_none_or(|(kept, _)| *kept != codec) {
            let encoder = match codec.kind() {
                CodecKind::None | CodecKind::Blosc | CodecKind::Pcodec(_) => return None,
                CodecKind::Gzip(level) => {
                    Encoder::Gzip(Compressor::new(CompressionLvl::new(i32::from(level)).unwrap_or_default()))
                }
                CodecKind::Zstd(level) => Encoder::Zstd(zstd::bulk::Compressor::new(i32::from(level)).ok()?),
            };
            *kept = Some((codec, encoder));
        }
        match kept {
            Some((_, Encoder::Gzip(compressor))) => compressor.zlib_compress(from, to).ok(),
            Some((_, Encoder::Zstd(compressor))) => compressor.compress_to_buffer(from, to).ok(),
            None => None,
        }
    })
}

/// What a filter that is not read is called, in brackets, if that is known: HDF5's own, and those of h5py's hdf5plugin.
fn name(id: i32) -> &'static str {
    match id {
        4 => " (szip)",
        NBIT => " (n-bit)",
        SCALE_OFFSET => " (scale-offset)",
        32_001 => " (blosc)",
        BITSHUFFLE => " (bitshuffle)",
        32_013 => " (zfp)",
        32_017 => " (sz)",
        32_018 => " (fcidecomp)",
        32_024 => " (sz3)",
        32_026 => " (blosc2)",
        32_028 => " (sperr)",
        _ => "",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filter {
    Deflate,
    Shuffle(usize),
    Fletcher32,
    Lzf,
    Zstd,
    Bzip2,
    Lz4,
    Bitshuffle(Bitshuffle),
    ScaleOffset(ScaleOffset),
    /// Of numbers of which every bit matters: nothing.
    NBit,
    #[cfg(feature = "zarr")]
    Blosc,
}

/// The filters of a dataset, in the order in which they were applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pipeline(Vec<Filter>);

impl Pipeline {
    pub(super) fn new(named: &[Named], element_size: usize) -> Result<Self> {
        named.iter().map(|named| Filter::new(named, element_size)).collect::<Result<_>>().map(Self)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The filters that were not left out for this chunk.
    fn applied(&self, mask: u32) -> impl Iterator<Item = Filter> {
        let left_out = move |index: usize| mask.checked_shr(index as u32).unwrap_or(0) & 1 == 1;
        self.0.iter().enumerate().filter(move |(index, _)| !left_out(*index)).map(|(_, filter)| *filter)
    }

    /// Whether so many stored bytes can be a chunk of `len` bytes at all. Keeps a file of a few bytes from asking for
    /// the memory of a huge chunk.
    pub(super) fn could_hold(&self, len: usize, stored: usize, mask: u32) -> bool {
        // What deflate, lzf and zstd reach at the very best, for zeros.
        let ratio = self.applied(mask).fold(1_usize, |ratio, filter| match filter {
            Filter::Deflate => ratio.saturating_mul(1100),
            Filter::Lzf => ratio.saturating_mul(200),
            Filter::Zstd => ratio.saturating_mul(1 << 17),
            Filter::Bzip2 => ratio.saturating_mul(1 << 21),
            Filter::Lz4 => ratio.saturating_mul(256),
            Filter::Bitshuffle(bitshuffle) => ratio.saturating_mul(match bitshuffle.packing {
                Packing::None => 1,
                Packing::Lz4 => 256,
                Packing::Zstd => 1 << 17,
            }),
            #[cfg(feature = "zarr")]
            Filter::Blosc => ratio.saturating_mul(1 << 18),
            // Equal numbers take no room at all.
            Filter::ScaleOffset(_) => usize::MAX,
            Filter::Shuffle(_) | Filter::Fletcher32 | Filter::NBit => ratio,
        });
        stored.saturating_mul(ratio) >= len && stored <= limit(len)
    }

    /// Undoes the filters. `out` must come out full.
    pub(super) fn decode(&self, mask: u32, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let applied: Vec<Filter> = self.applied(mask).collect();
        let (mut input, mut filters) = (stored, applied.as_slice());
        // A checksum that was made last needs no memory.
        while let Some((Filter::Fletcher32, before)) = filters.split_last() {
            input = without_checksum(input)?;
            filters = before;
        }
        let len = match filters {
            [] => Filter::copy(input, out)?,
            [only] => only.undo(input, out)?,
            [first, others @ .., last] => {
                // However many they are, two buffers are enough.
                let room = limit(out.len());
                let both = if others.is_empty() { room } else { room.saturating_mul(2) };
                let _between = BETWEEN.enter(both);
                scratch::with(both, |both| {
                    let (mut now, mut next) = both.split_at_mut(room);
                    let mut len = last.undo(input, now)?;
                    for filter in others.iter().rev() {
                        len = filter.undo(&now[..len], next)?;
                        std::mem::swap(&mut now, &mut next);
                    }
                    first.undo(&now[..len], out)
                })?
            }
        };
        if len == out.len() {
            return Ok(());
        }
        Err(damaged(&format!("it has {len} bytes and should have {}", out.len())))
    }
}

/// The most that a filter makes of a chunk of `len` bytes.
fn limit(len: usize) -> usize {
    len.saturating_add(len / 8).saturating_add(1024)
}

impl Filter {
    /// The filter of that number and parameters.
    fn new(named: &Named, element_size: usize) -> Result<Self> {
        let filter = match named.id {
            DEFLATE => Some(Self::Deflate),
            SHUFFLE => Some(Self::Shuffle(named.values.first().map_or(element_size, |size| *size as usize))),
            FLETCHER32 => Some(Self::Fletcher32),
            LZF => Some(Self::Lzf),
            ZSTD => Some(Self::Zstd),
            BZIP2 => Some(Self::Bzip2),
            LZ4 => Some(Self::Lz4),
            BITSHUFFLE => Bitshuffle::new(&named.values).map(Self::Bitshuffle),
            SCALE_OFFSET => ScaleOffset::new(&named.values).map(Self::ScaleOffset),
            // The second parameter says that there is nothing to be left out.
            NBIT => (named.values.get(1) == Some(&1)).then_some(Self::NBit),
            #[cfg(feature = "zarr")]
            BLOSC => Some(Self::Blosc),
            _ => None,
        };
        filter.ok_or_else(|| {
            let (id, name, instead) = (named.id, name(named.id), "write it again with gzip (h5repack)");
            let known = [NBIT, SCALE_OFFSET, BITSHUFFLE].contains(&id);
            Error::unsupported(match (id, &*named.values) {
                (32_001, _) => format!(
                    "the dataset uses the HDF5 filter {id}{name}, which needs the feature `zarr` of arraystow; enable \
                        it, or {instead}"
                ),
                (_, values) if known => format!(
                    "the dataset uses the HDF5 filter {id}{name} with parameters that arraystow does not support, \
                        {values:?}; {instead}"
                ),
                _ => format!(
                    "the dataset uses the HDF5 filter {id}{name}, which arraystow does not support; \
                    {instead}"
                ),
            })
        })
    }

    /// Undoes one filter, and returns the number of decoded bytes, which is never more than there is room for.
    fn undo(self, input: &[u8], out: &mut [u8]) -> Result<usize> {
        match self {
            Self::Deflate => INFLATE.with_borrow_mut(|kept| {
                let inflate = kept.get_or_insert_with(Decompressor::new);
                inflate.zlib_decompress(input, out).map_err(|error| damaged(&format!("deflate: {error}")))
            }),
            Self::Zstd => unzstd(input, out),
            Self::Lzf => lzf::decompress(input, out).ok_or_else(|| damaged("lzf: bad data")),
            Self::Bzip2 => bzip2::decompress(input, out).ok_or_else(|| damaged("bzip2: bad data")),
            Self::Lz4 => blocks::unlz4(input, out).ok_or_else(|| damaged("lz4: bad data")),
            Self::Bitshuffle(bitshuffle) => {
                let undone = bitshuffle.undo(input, out, |block, out| match bitshuffle.packing {
                    Packing::Zstd => unzstd(block, out).ok(),
                    _ => lz4_flex::block::decompress_into(block, out).ok(),
                });
                undone.ok_or_else(|| damaged("bitshuffle: bad data"))
            }
            Self::ScaleOffset(scale_offset) => {
                scale_offset.undo(input, out).ok_or_else(|| damaged("scale-offset: bad data"))
            }
            #[cfg(feature = "zarr")]
            Self::Blosc => unblosc(input, out),
            Self::NBit => Self::copy(input, out),
            Self::Shuffle(element_size) => {
                let out = out.get_mut(..input.len()).ok_or_else(|| damaged("it is too long"))?;
                shuffle::unshuffle(element_size, input, out);
                Ok(input.len())
            }
            Self::Fletcher32 => Self::copy(without_checksum(input)?, out),
        }
    }

    fn copy(input: &[u8], out: &mut [u8]) -> Result<usize> {
        out.get_mut(..input.len()).ok_or_else(|| damaged("it is too long"))?.copy_from_slice(input);
        Ok(input.len())
    }
}

fn unzstd(input: &[u8], out: &mut [u8]) -> Result<usize> {
    UNZSTD.with_borrow_mut(|kept| {
        let made = if kept.is_none() { zstd::bulk::Decompressor::new() } else { Err(std::io::ErrorKind::Other.into()) };
        if let Ok(made) = made {
            *kept = Some(made);
        }
        let unzstd = kept.as_mut().ok_or_else(|| Error::limit("there is no memory to undo zstd"))?;
        unzstd.decompress_to_buffer(input, out).map_err(|error| damaged(&format!("zstd: {error}")))
    })
}

#[cfg(feature = "zarr")]
fn unblosc(input: &[u8], out: &mut [u8]) -> Result<usize> {
    use zarrs::array::codec::{blosc_decompress_bytes, blosc_validate};
    // Its header has the length, for which room is made.
    let len = blosc_validate(input).filter(|len| *len <= out.len()).ok_or_else(|| damaged("blosc: bad data"))?;
    let bytes = blosc_decompress_bytes(input, len, 1).map_err(|error| damaged(&format!("blosc: {error}")))?;
    Filter::copy(&bytes, out)
}

/// Checks the checksum behind the bytes.
fn without_checksum(input: &[u8]) -> Result<&[u8]> {
    let (bytes, stored) = input.split_last_chunk::<4>().ok_or_else(|| damaged("it has no checksum"))?;
    let sum = fletcher32(bytes);
    // libhdf5 before 1.6.3 swapped the bytes of each half on some machines.
    let [a, b, c, d] = *stored;
    if sum == u32::from_le_bytes(*stored) || sum == u32::from_le_bytes([b, a, d, c]) {
        Ok(bytes)
    } else {
        Err(damaged("its fletcher32 checksum does not match"))
    }
}

fn damaged(what: &str) -> Error {
    Error::corrupt(what)
}
