//! The document's frame: what lies around a serialized object.
//!
//! Magic, frame version and format name, then the manifest and the body, each with its length before it and a BLAKE3
//! hash behind it. The manifest's hash covers everything up to it, the body's hash covers the manifest's: parts of two
//! documents never make one.

use super::manifest::Manifest;
use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use std::io::Read;

/// As PNG's: a byte that is not ASCII, the name, and line ends that a text transfer would alter.
const MAGIC: &[u8; 8] = b"\x89ASTOW\r\n";
const VERSION: u16 = 1;
const HASH_BYTES: usize = blake3::OUT_LEN;
/// What a document has beside its magic, the format's name, manifest and body: version, three lengths, two hashes.
const FIXED_BYTES: usize = 2 + 1 + 8 + 8 + 2 * HASH_BYTES;

/// The serde format of a document's body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// CBOR: compact; what serde knows comes back, and a `Some(None)`, which would not, is refused.
    #[default]
    Cbor,
    /// JSON: readable; it has no NaN and no infinities and only texts as keys, and refuses others (arrays are not concerned:
    /// one with a NaN is never in the document).
    Json,
}

impl Format {
    /// The name that stands in the document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cbor => "cbor",
            Self::Json => "json",
        }
    }

    fn from_name(name: &[u8]) -> Result<Self> {
        [Self::Cbor, Self::Json].into_iter().find(|format| format.name().as_bytes() == name).ok_or_else(|| {
            Error::unsupported(format!(
                "a document in the format {:?}, which this version does not know",
                String::from_utf8_lossy(name)
            ))
        })
    }
}

/// Everything of a document but its body.
#[derive(Clone, Debug)]
pub(crate) struct Head {
    pub(crate) format: Format,
    pub(crate) manifest: Manifest,
    hash: [u8; HASH_BYTES],
    /// Bytes up to the body.
    len: u64,
}

/// Builds a document.
pub(crate) fn encode(format: Format, manifest: &Manifest, body: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let manifest = cbor4ii::serde::to_vec(Vec::new(), manifest)
        .map_err(|error| Error::new(ErrorKind::Serde, format!("the manifest cannot be written: {error}")))?;
    let name = format.name().as_bytes();
    limits.check_manifest(manifest.len() as u64)?;
    let len = MAGIC.len() + FIXED_BYTES + name.len() + manifest.len() + body.len();
    limits.check_document(len as u64)?;
    let mut document = Vec::with_capacity(len);
    document.extend_from_slice(MAGIC);
    document.extend_from_slice(&VERSION.to_le_bytes());
    document.push(name.len() as u8);
    document.extend_from_slice(name);
    document.extend_from_slice(&(manifest.len() as u64).to_le_bytes());
    document.extend_from_slice(&manifest);
    let head = blake3::hash(&document);
    document.extend_from_slice(head.as_bytes());
    document.extend_from_slice(&(body.len() as u64).to_le_bytes());
    document.extend_from_slice(body);
    document.extend_from_slice(body_hash(head.as_bytes(), body).as_bytes());
    Ok(document)
}

fn body_hash(head: &[u8; HASH_BYTES], body: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head).update(&(body.len() as u64).to_le_bytes()).update(body);
    hasher.finalize()
}

/// Whether these are the first bytes of a document of ours.
pub(crate) fn is_magic(start: &[u8]) -> bool {
    start == MAGIC
}

/// Reads a document up to its body, and checks it. Nothing is allocated that the input does not fill.
pub(crate) fn read_head(input: &mut impl Read, limits: &Limits) -> Result<Head> {
    let mut start = Vec::new();
    take(input, MAGIC.len() as u64, &mut start)?;
    if start != MAGIC {
        return Err(Error::corrupt("this is no document of arraystow: it does not start as one"));
    }
    take(input, 3, &mut start)?;
    let (version, name_len) = match start[MAGIC.len()..] {
        [low, high, len] => (u16::from_le_bytes([low, high]), u64::from(len)),
        _ => return Err(truncated()),
    };
    if version != VERSION {
        return Err(Error::unsupported(format!(
            "a document of frame version {version}; this version of arraystow reads version {VERSION}"
        )));
    }
    let name_start = start.len();
    take(input, name_len, &mut start)?;
    let name_end = start.len();
    let length_at = start.len();
    take(input, 8, &mut start)?;
    let manifest_len = length(&start[length_at..])?;
    refuse(limits.check_manifest(manifest_len), input, manifest_len)?;
    let manifest_start = start.len();
    take(input, manifest_len, &mut start)?;
    let hash = read_hash(input)?;
    if *blake3::hash(&start).as_bytes() != hash {
        return Err(altered("manifest"));
    }
    let format = Format::from_name(&start[name_start..name_end])?;
    let manifest = Manifest::read(&start[manifest_start..])?;
    Ok(Head { format, manifest, hash, len: (start.len() + HASH_BYTES) as u64 })
}

/// Reads the body after the head, and checks that nothing follows.
pub(crate) fn read_body(head: &Head, input: &mut impl Read, limits: &Limits) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    take(input, 8, &mut start)?;
    let len = length(&start)?;
    refuse(limits.check_document(len.saturating_add(head.len + 8 + HASH_BYTES as u64)), input, len)?;
    let mut body = Vec::new();
    take(input, len, &mut body)?;
    let hash = read_hash(input)?;
    if *body_hash(&head.hash, &body).as_bytes() != hash {
        return Err(altered("body"));
    }
    let mut rest = [0];
    match input.read(&mut rest) {
        Ok(0) => Ok(body),
        Ok(_) => Err(Error::corrupt("something follows the end of the document: it is damaged")),
        Err(error) => Err(Error::io("cannot read the document", error)),
    }
}

/// Appends exactly `len` bytes of the input. The memory grows with what is really there, not with what is promised.
fn take(input: &mut impl Read, len: u64, into: &mut Vec<u8>) -> Result<()> {
    let read = input.take(len).read_to_end(into).map_err(|error| Error::io("cannot read the document", error))?;
    if (read as u64) < len { Err(truncated()) } else { Ok(()) }
}

/// Refuses what the limits do not allow. A length that the input does not have is no matter of limits: it is damaged.
fn refuse(checked: Result<()>, input: &mut impl Read, len: u64) -> Result<()> {
    /// Of a length that is really there so much is looked at: what is damaged promises exabytes.
    const LOOKED_AT: u64 = 4 << 30;
    let Err(error) = checked else { return Ok(()) };
    let len = len.min(LOOKED_AT);
    match std::io::copy(&mut input.take(len), &mut std::io::sink()) {
        Ok(there) if there < len => Err(truncated()),
        Ok(_) => Err(error),
        Err(error) => Err(Error::io("cannot read the document", error)),
    }
}

fn read_hash(input: &mut impl Read) -> Result<[u8; HASH_BYTES]> {
    let mut hash = Vec::with_capacity(HASH_BYTES);
    take(input, HASH_BYTES as u64, &mut hash)?;
    hash.try_into().map_err(|_| truncated())
}

fn length(bytes: &[u8]) -> Result<u64> {
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| truncated())
}

fn truncated() -> Error {
    Error::corrupt("the document is truncated: restore it from a copy")
}

fn altered(part: &str) -> Error {
    Error::corrupt(format!(
        "the document's {part} is not what was written (its checksum differs): restore it from a copy"
    ))
}
