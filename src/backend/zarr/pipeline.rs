//! The codecs of an array, as its metadata name them: how a chunk's elements become the bytes that are stored.

use super::extension::Extension;
use crate::array::DataType;
use crate::error::{Error, Result};
use serde_json::Value;

/// The most codecs of an array, those of the parts of shards and of their index counted in. Each takes time, and none
/// is of use a second time.
pub(super) const MOST_CODECS: usize = 16;

/// What to do about a codec that is not known.
const INSTEAD: &str = "write the array again with blosc, zstd, gzip, pcodec or none";

/// How a chunk's elements become its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pipeline {
    /// The array's axes in the order in which the chunk has them, if it is another.
    pub(super) order: Option<Vec<usize>>,
    pub(super) packing: Packing,
    /// In the order in which they are applied.
    pub(super) stages: Vec<Stage>,
}

/// How the elements, in their order, become bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    LittleEndian,
    BigEndian,
    Pcodec,
    /// Strings of a fixed length, as UTF-32.
    Utf32Little,
    Utf32Big,
    /// Strings of any length, each behind its length, behind their number.
    Texts,
}

/// The codec that makes bytes of strings.
pub(super) const TEXTS: &str = "vlen-utf8";

/// What is done to bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    Gzip,
    Zlib,
    Zstd,
    /// A block of LZ4, behind its length in four bytes, little-endian.
    Lz4,
    Bzip2,
    Blosc,
    /// The first bytes of all elements of that size, then the second ones.
    Shuffle(usize),
    Checksum(Checksum, ChecksumPlace),
}

/// The checksums, each of four bytes, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checksum {
    Crc32,
    Crc32c,
    Adler32,
    Fletcher32,
}

/// The position of a checksum relative to the bytes that it covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChecksumPlace {
    Before,
    Behind,
}

impl Pipeline {
    /// The codecs of version 3, for chunks of this many axes.
    pub(super) fn read(codecs: Vec<Extension>, data_type: &DataType, axes: usize) -> Result<Self> {
        // How long strings are in the array, their data type does not say.
        let usual = Some(data_type.size()).filter(|_| !matches!(data_type, DataType::Text(_) | DataType::String));
        let mut order = None;
        let mut packing = None;
        let mut stages = Vec::new();
        for mut codec in codecs {
            let name = codec.name.clone();
            let of_bytes = match &*name {
                "transpose" => {
                    let now = order.take().unwrap_or_else(|| (0..axes).collect::<Vec<_>>());
                    order = Some(transposed(&now, &mut codec)?);
                    false
                }
                "bitround" | "numcodecs.bitround" => {
                    codec = codec.without(ROUNDING);
                    false
                }
                "bytes" | "endian" | "numcodecs.pcodec" | TEXTS | "numcodecs.vlen-utf8" => {
                    let found = if name == "numcodecs.pcodec" {
                        codec = codec.without(PCODEC);
                        Packing::Pcodec
                    } else if name.ends_with(TEXTS) {
                        Packing::Texts
                    } else {
                        byte_order(&mut codec, data_type)?
                    };
                    if packing.replace(found).is_some() || (found == Packing::Texts) != data_type.is_text() {
                        return Err(misplaced(&name));
                    }
                    codec.finish()?;
                    continue;
                }
                "gzip" | "zstd" | "blosc" | "crc32c" => {
                    stages.push(Stage::read(&name, &mut codec, usual)?);
                    true
                }
                _ => {
                    let of_numcodecs = name.strip_prefix("numcodecs.").ok_or_else(|| codec.refused(INSTEAD))?;
                    stages.push(Stage::read(of_numcodecs, &mut codec, usual)?);
                    true
                }
            };
            codec.finish()?;
            if of_bytes != packing.is_some() {
                return Err(misplaced(&name));
            }
        }
        let in_order = order.as_ref().is_some_and(|order| order.is_sorted());
        let packing =
            packing.ok_or_else(|| Error::unsupported("the array has no codec that turns its elements into bytes"))?;
        Ok(Self { order: order.filter(|_| !in_order), packing, stages })
    }

    /// The filters and the compressor of version 2, in that order.
    pub(super) fn read_v2(codecs: Vec<Extension>, packing: Packing, order: Option<Vec<usize>>) -> Result<Self> {
        let mut pipeline = Self { order, packing, stages: Vec::new() };
        for mut codec in codecs {
            match &*codec.name {
                "bitround" => codec = codec.without(ROUNDING),
                "pcodec" if pipeline.packing == Packing::LittleEndian && pipeline.stages.is_empty() => {
                    codec = codec.without(PCODEC);
                    pipeline.packing = Packing::Pcodec;
                }
                name => {
                    let name = name.to_owned();
                    pipeline.stages.push(Stage::read(&name, &mut codec, Some(4))?);
                }
            }
            codec.finish()?;
        }
        Ok(pipeline)
    }

    /// The same codecs, where the bytes that they make are UTF-32 and not numbers.
    pub(super) fn of_utf32(self) -> Result<Self> {
        let packing = match self.packing {
            Packing::LittleEndian => Packing::Utf32Little,
            Packing::BigEndian => Packing::Utf32Big,
            _ => return Err(misplaced("numcodecs.pcodec")),
        };
        Ok(Self { packing, ..self })
    }

    /// The bytes are the elements as they are in memory here.
    pub(super) fn is_plain(&self) -> bool {
        self.order.is_none() && self.packing == Packing::LittleEndian && self.stages.is_empty()
    }
}

/// The error for a codec of elements among those of bytes, or the other way round.
fn misplaced(name: &str) -> Error {
    Error::unsupported(format!("the array has the codec {name:?} in a place where it is not allowed"))
}

/// What concerns writing only.
const ROUNDING: &[&str] = &["keepbits"];
const PCODEC: &[&str] =
    &["level", "mode_spec", "delta_spec", "paging_spec", "delta_encoding_order", "equal_pages_up_to"];

impl Stage {
    /// The codec of bytes that numcodecs calls so. `usual` is the size of elements where the codec does not say it.
    fn read(name: &str, codec: &mut Extension, usual: Option<usize>) -> Result<Self> {
        let written_with: &[&str] = match name {
            "gzip" | "zlib" | "bz2" => &["level"],
            "lz4" => &["acceleration"],
            "zstd" => &["level", "checksum"],
            "blosc" => &["cname", "clevel", "shuffle", "typesize", "blocksize"],
            _ => &[],
        };
        written_with.iter().for_each(|member| drop(codec.take(member)));
        let mut sum = |checksum, usual, other| {
            let places = [(usual, name_of(usual)), (other, name_of(other))];
            let place = codec.take_one_of("location", &places.map(|(_, name)| name))?;
            Ok(Self::Checksum(checksum, places[place].0))
        };
        match name {
            "gzip" => Ok(Self::Gzip),
            "zlib" => Ok(Self::Zlib),
            "zstd" => Ok(Self::Zstd),
            "lz4" => Ok(Self::Lz4),
            "bz2" => Ok(Self::Bzip2),
            "blosc" => Ok(Self::Blosc),
            "crc32" => sum(Checksum::Crc32, ChecksumPlace::Before, ChecksumPlace::Behind),
            "adler32" => sum(Checksum::Adler32, ChecksumPlace::Before, ChecksumPlace::Behind),
            "crc32c" => sum(Checksum::Crc32c, ChecksumPlace::Behind, ChecksumPlace::Before),
            "fletcher32" => Ok(Self::Checksum(Checksum::Fletcher32, ChecksumPlace::Behind)),
            "shuffle" => {
                let size = codec.take("elementsize").filter(|size| !size.is_null());
                let size = size.or_else(|| usual.map(Value::from)).unwrap_or_default();
                let bytes = size.as_u64().and_then(|size| usize::try_from(size).ok());
                bytes.map(Self::Shuffle).ok_or_else(|| codec.unknown_value("elementsize", &size))
            }
            _ => Err(codec.refused(INSTEAD)),
        }
    }
}

fn name_of(place: ChecksumPlace) -> &'static str {
    match place {
        ChecksumPlace::Before => "start",
        ChecksumPlace::Behind => "end",
    }
}

/// The axes in the order into which the codec puts them.
fn transposed(axes: &[usize], codec: &mut Extension) -> Result<Vec<usize>> {
    let value = codec.take("order").unwrap_or_default();
    let permuted = value.as_array().and_then(|order| {
        let axis = |axis: &Value| axes.get(usize::try_from(axis.as_u64()?).ok()?).copied();
        order.iter().map(axis).collect::<Option<Vec<_>>>()
    });
    let each_once = |order: &Vec<usize>| order.len() == axes.len() && axes.iter().all(|axis| order.contains(axis));
    permuted.filter(each_once).ok_or_else(|| codec.unknown_value("order", &value))
}

fn byte_order(codec: &mut Extension, data_type: &DataType) -> Result<Packing> {
    let is_whole = matches!(data_type, DataType::Text(_) | DataType::Bytes(_));
    match codec.take("endian") {
        // Of records zarr-python does not say it: they are as memory has them.
        None if matches!(data_type, DataType::Record(_)) => Ok(Packing::LittleEndian),
        Some(endian) if endian == "big" && matches!(data_type, DataType::Record(_)) => {
            Err(codec.unknown_value("endian", &endian))
        }
        None if data_type.size() > 1 && !is_whole => Err(codec.unknown_value("endian", &Value::Null)),
        Some(Value::Null) | None => Ok(Packing::LittleEndian),
        Some(endian) if endian == "little" => Ok(Packing::LittleEndian),
        Some(endian) if endian == "big" && data_type.size() > 1 && !is_whole => Ok(Packing::BigEndian),
        Some(endian) if endian == "big" => Ok(Packing::LittleEndian),
        Some(endian) => Err(codec.unknown_value("endian", &endian)),
    }
}

/// The error for more codecs than are run.
pub(super) fn too_many() -> Error {
    Error::limit(format!("the array has more than {MOST_CODECS} codecs, which is the limit; write it again with fewer"))
}
