//! From a chunk's stored bytes to its elements, within bounds.
//!
//! zarrs decodes into as much memory as the stored bytes ask for, and a few bytes can ask for exabytes. Here each stage gets
//! room for what the chunk's shape leaves to it and no more, and only those stages run of which that is known.

use crate::array::DataType;
use crate::error::{Error, Result};
use libdeflater::Decompressor;
use pco::data_types::Number;
use std::borrow::Cow;
use std::cell::RefCell;
use std::num::NonZeroU64;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use zarrs::array::codec::{
    BloscCodec, BytesCodec, Crc32cCodec, GzipCodec, PcodecCodec, ShuffleCodec, TransposeCodec, ZstdCodec,
};
use zarrs::array::{
    Array, ArrayBytes, ArrayToBytesCodecTraits, BytesRepresentation, BytesToBytesCodecTraits, CodecChain, CodecOptions,
};

thread_local! {
    static INFLATE: RefCell<Option<Decompressor>> = const { RefCell::new(None) };
}

/// What turns the bytes of one chunk, or of one part of a shard, into elements.
pub(super) struct Decoder {
    /// In the order in which they are undone.
    stages: Vec<Stage>,
    /// The elements are packed with pcodec, and then only their order may be another.
    pcodec: Option<DataType>,
    /// What is left to zarrs: the bytes' order, and what is done to elements.
    chain: CodecChain,
    /// Bytes before the stages.
    most: usize,
    elements: usize,
}

enum Stage {
    Gzip,
    Zstd,
    Blosc(Arc<dyn BytesToBytesCodecTraits>),
    /// What never makes more of its bytes.
    Shrinking(Arc<dyn BytesToBytesCodecTraits>),
}

impl Decoder {
    /// The decoder of chunks of so many elements.
    pub(super) fn new(array: &Array<()>, data_type: DataType, elements: usize) -> Result<Self> {
        let codecs = array.codecs();
        let stages = codecs.bytes_to_bytes_codecs().iter().rev().map(Stage::of).collect::<Result<_>>()?;
        let to_bytes = codecs.array_to_bytes_codec();
        let to_array = codecs.array_to_array_codecs();
        let (is_bytes, is_pcodec) = (to_bytes.as_any().is::<BytesCodec>(), to_bytes.as_any().is::<PcodecCodec>());
        if !is_bytes && !is_pcodec {
            return Err(refused(to_bytes));
        }
        let reordered = to_array.iter().all(|codec| codec.as_any().is::<TransposeCodec>());
        if is_pcodec && !reordered {
            return Err(refused(to_bytes));
        }
        // What is packed with pcodec comes out as plain elements.
        let to_bytes = if is_pcodec { Arc::new(BytesCodec::little()) } else { to_bytes.clone() };
        // Codecs of elements may make other types of them, of up to 16 bytes.
        let size = if reordered { data_type.size() } else { 16 };
        Ok(Self {
            stages,
            pcodec: is_pcodec.then_some(data_type),
            chain: CodecChain::new(to_array.to_vec(), to_bytes, Vec::new()),
            most: elements.saturating_mul(size),
            elements,
        })
    }

    /// The most bytes that a chunk can be stored in.
    pub(super) fn most_stored(&self) -> usize {
        self.stages.iter().fold(grown(self.most), |most, _| grown(most))
    }

    /// The elements, little-endian, in C order.
    pub(super) fn decode(
        &self,
        stored: &[u8],
        array: &Array<()>,
        shape: &[NonZeroU64],
        options: &CodecOptions,
    ) -> Result<Vec<u8>> {
        // No panic of a decoder is known; should one come, it is the chunk's fault.
        let decoded = catch_unwind(AssertUnwindSafe(|| {
            let mut bytes = Cow::Borrowed(stored);
            for (index, stage) in self.stages.iter().enumerate() {
                // What the stages after this one leave to it.
                let room = self.stages[index + 1..].iter().fold(self.before_stages(), |room, _| grown(room));
                bytes = Cow::Owned(stage.undo(&bytes, room, options)?);
            }
            if let Some(data_type) = self.pcodec {
                bytes = Cow::Owned(unpack(data_type, &bytes, self.elements)?);
            }
            let decoded = self.chain.decode(bytes, shape, array.data_type(), array.fill_value(), options);
            let decoded = decoded.and_then(|elements| Ok(ArrayBytes::into_fixed(elements)?));
            decoded.map(Cow::into_owned).map_err(|error| damaged().with_source(error))
        }));
        decoded.unwrap_or_else(|_| Err(damaged()))
    }

    /// Bytes that come out of the last stage at most.
    fn before_stages(&self) -> usize {
        if self.pcodec.is_some() { grown(self.most) } else { self.most }
    }
}

impl Stage {
    fn of(codec: &Arc<dyn BytesToBytesCodecTraits>) -> Result<Self> {
        let any = codec.as_any();
        if any.is::<GzipCodec>() {
            Ok(Self::Gzip)
        } else if any.is::<ZstdCodec>() {
            Ok(Self::Zstd)
        } else if any.is::<BloscCodec>() {
            Ok(Self::Blosc(codec.clone()))
        } else if any.is::<Crc32cCodec>() || any.is::<ShuffleCodec>() {
            Ok(Self::Shrinking(codec.clone()))
        } else {
            Err(refused(codec))
        }
    }

    /// Undoes one stage, whose result has `room` bytes at most.
    fn undo(&self, input: &[u8], room: usize, options: &CodecOptions) -> Result<Vec<u8>> {
        if input.is_empty() {
            return Err(Error::corrupt("it is empty"));
        }
        let codec = match self {
            Self::Gzip => {
                return into_room(room, |out| {
                    INFLATE.with_borrow_mut(|kept| {
                        let inflate = kept.get_or_insert_with(Decompressor::new);
                        inflate.gzip_decompress(input, out).map_err(|error| damaged().with_source(error))
                    })
                });
            }
            Self::Zstd => {
                return into_room(room, |out| {
                    zstd::bulk::decompress_to_buffer(input, out).map_err(|error| damaged().with_source(error))
                });
            }
            Self::Blosc(codec) => {
                // Its header tells the length, for which zarrs makes room.
                let claimed = input.get(4..8).and_then(|bytes| Some(u32::from_le_bytes(bytes.try_into().ok()?)));
                if claimed.is_none_or(|claimed| claimed as usize > room) {
                    return Err(Error::corrupt(format!("it claims to become more than {room} bytes")));
                }
                codec
            }
            Self::Shrinking(codec) => codec,
        };
        let undone = codec.decode(Cow::Borrowed(input), &BytesRepresentation::UnboundedSize, options);
        undone.map(Cow::into_owned).map_err(|error| damaged().with_source(error))
    }
}

/// What no codec makes more of its bytes than: the room that a stage has for what the next one undoes.
fn grown(bytes: usize) -> usize {
    bytes.saturating_add(bytes / 4).saturating_add(4096)
}

/// Fills memory of that size, as far as it goes.
fn into_room(room: usize, fill: impl FnOnce(&mut [u8]) -> Result<usize>) -> Result<Vec<u8>> {
    let no_memory = |()| Error::limit(format!("there is no memory for a chunk of {room} bytes"));
    let mut out = bytemuck::allocation::try_zeroed_vec(room).map_err(no_memory)?;
    let len = fill(&mut out)?;
    out.truncate(len);
    Ok(out)
}

/// Undoes pcodec: exactly so many elements.
fn unpack(data_type: DataType, input: &[u8], elements: usize) -> Result<Vec<u8>> {
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
        DataType::Bool | DataType::Int8 | DataType::UInt8 => {
            Err(Error::unsupported(format!("pcodec does not have elements of the type {data_type}")))
        }
    }
}

fn damaged() -> Error {
    Error::corrupt("it cannot be decoded")
}

fn refused(codec: &impl std::fmt::Debug) -> Error {
    Error::unsupported(format!(
        "the Zarr array uses a codec that arraystow does not run, or not in this place ({codec:?}); write the array again with \
         blosc, zstd, gzip, pcodec or none"
    ))
}
