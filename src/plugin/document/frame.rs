//! The document's frame: what lies around a serialized object.
//!
//! Magic, frame version and format name, then the manifest and the body, each with its length before it and a BLAKE3
//! hash behind it. The manifest's hash covers everything up to it, the body's hash covers the manifest's: parts of two
//! documents never make one.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::document::body_format::Format;
use crate::plugin::document::manifest::Manifest;
use std::io::Read;
use std::ops::Range;

/// As PNG's: a byte that is not ASCII, the name, and line ends that a text transfer would alter.
const MAGIC: &[u8; 8] = b"\x89ASTOW\r\n";
const VERSION: u16 = 1;
const HASH_BYTES: usize = blake3::OUT_LEN;
/// What a document has beside its magic, the format's name, manifest and body: version, three lengths, two hashes.
const FIXED_BYTES: usize = 2 + 1 + 8 + 8 + 2 * HASH_BYTES;

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
    limits.check_written_manifest(manifest.len() as u64)?;
    let len = MAGIC.len() + FIXED_BYTES + name.len() + manifest.len() + body.len();
    limits.check_written(len as u64)?;
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

/// Whether a file that begins so, shown as many as eight bytes, is a document or the beginning of one. An empty one is.
pub(crate) fn begins_as_document(start: &[u8]) -> bool {
    MAGIC.starts_with(start)
}

/// How many bytes of a file [`begins_as_document`] wants to see.
pub(crate) const MAGIC_BYTES: u64 = MAGIC.len() as u64;

/// What lies before the body, as it was written; whether it makes sense is another matter.
struct Frame {
    /// All of it but the hash.
    bytes: Vec<u8>,
    format: Range<usize>,
    manifest: Range<usize>,
    hash: [u8; HASH_BYTES],
}

/// Reads a document up to its body, and checks it. Nothing is allocated that the input does not fill.
pub(crate) fn read_head(input: &mut impl Read, limits: &Limits) -> Result<Head> {
    let frame = read_frame(input, limits)?;
    let format = Format::from_name(&frame.bytes[frame.format])?;
    let manifest = Manifest::read(&frame.bytes[frame.manifest])?;
    Ok(Head { format, manifest, hash: frame.hash, len: (frame.bytes.len() + HASH_BYTES) as u64 })
}

/// Whether this began as a document and was cut or altered since, so that nothing can be known of its arrays.
pub(crate) fn is_damaged(input: &mut impl Read, limits: &Limits) -> bool {
    let mut start = Vec::new();
    let read = input.take(MAGIC_BYTES).read_to_end(&mut start);
    let ours = read.is_ok() && begins_as_document(&start);
    ours && read_frame(&mut start.as_slice().chain(input), limits).is_err_and(|error| error.is_corrupt())
}

fn read_frame(input: &mut impl Read, limits: &Limits) -> Result<Frame> {
    let mut start = Vec::new();
    let read = take(input, MAGIC_BYTES, &mut start, 0);
    if !begins_as_document(&start) {
        return Err(Error::corrupt("this is not a document of arraystow: it does not begin as one"));
    }
    read?;
    take(input, 3, &mut start, 0)?;
    let (version, name_len) = match start[MAGIC.len()..] {
        [low, high, len] => (u16::from_le_bytes([low, high]), u64::from(len)),
        _ => return Err(truncated(start.len() as u64)),
    };
    if version != VERSION {
        return Err(Error::unsupported(format!(
            "a document of frame version {version}; this version of arraystow reads version {VERSION}"
        )));
    }
    let name_start = start.len();
    take(input, name_len, &mut start, 0)?;
    let name_end = start.len();
    take(input, 8, &mut start, 0)?;
    let manifest_len = length(&start[name_end..])?;
    refuse(limits.check_manifest(manifest_len), input, manifest_len, start.len() as u64)?;
    let manifest_start = start.len();
    take(input, manifest_len, &mut start, 0)?;
    let hash = read_hash(input, start.len() as u64)?;
    if *blake3::hash(&start).as_bytes() != hash {
        return Err(altered("manifest"));
    }
    let (format, manifest) = (name_start..name_end, manifest_start..start.len());
    Ok(Frame { bytes: start, format, manifest, hash })
}

/// Reads the body after the head, and checks that nothing follows.
pub(crate) fn read_body(head: &Head, input: &mut impl Read, limits: &Limits) -> Result<Vec<u8>> {
    let mut start = Vec::new();
    take(input, 8, &mut start, head.len)?;
    let len = length(&start)?;
    let before = head.len.saturating_add(8);
    let whole = len.saturating_add(before).saturating_add(HASH_BYTES as u64);
    refuse(limits.check_document(whole), input, len, before)?;
    let mut body = Vec::new();
    take(input, len, &mut body, before)?;
    let hash = read_hash(input, before.saturating_add(len))?;
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

/// Appends exactly `len` bytes of the input. The memory grows with the bytes that are there, not with `len`. `elsewhere` is the
/// number of bytes that were read before, for the error.
fn take(input: &mut impl Read, len: u64, into: &mut Vec<u8>, elsewhere: u64) -> Result<()> {
    let read = input.take(len).read_to_end(into).map_err(|error| Error::io("cannot read the document", error))?;
    if (read as u64) < len { Err(truncated(elsewhere.saturating_add(into.len() as u64))) } else { Ok(()) }
}

/// Refuses what the limits do not allow. A length that the input does not have is no matter of limits: it is damaged.
fn refuse(checked: Result<()>, input: &mut impl Read, len: u64, before: u64) -> Result<()> {
    /// Of a length that is really there so much is looked at: what is damaged promises exabytes.
    const LOOKED_AT: u64 = 4 << 30;
    let Err(error) = checked else { return Ok(()) };
    let len = len.min(LOOKED_AT);
    match std::io::copy(&mut input.take(len), &mut std::io::sink()) {
        Ok(there) if there < len => Err(truncated(before.saturating_add(there))),
        Ok(_) => Err(error),
        Err(error) => Err(Error::io("cannot read the document", error)),
    }
}

fn read_hash(input: &mut impl Read, before: u64) -> Result<[u8; HASH_BYTES]> {
    let mut hash = Vec::with_capacity(HASH_BYTES);
    take(input, HASH_BYTES as u64, &mut hash, before)?;
    hash.try_into().map_err(|_| truncated(before))
}

fn length(bytes: &[u8]) -> Result<u64> {
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| Error::corrupt("the document's lengths are not there"))
}

/// The error about a document that ends too early.
fn truncated(bytes: u64) -> Error {
    const WHAT_TO_DO: &str = "restore it from a copy, save the object anew, or remove it";
    match bytes {
        0 => Error::corrupt(format!("the document is empty: {WHAT_TO_DO}")),
        bytes => Error::corrupt(format!("the document ends after {bytes} bytes, before its end: {WHAT_TO_DO}")),
    }
}

fn altered(part: &str) -> Error {
    Error::corrupt(format!(
        "the document's {part} is not what was written (its checksum differs): restore it from a copy"
    ))
}
