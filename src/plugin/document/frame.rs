//! The document's frame: the data around a serialized value.
//!
//! Magic, frame version and format name, then the manifest and the body, each with its length before it and a BLAKE3
//! hash behind it. The manifest's hash covers everything up to it, the body's hash covers the manifest's: parts of two
//! documents never form a valid one.

use crate::error::{Error, ErrorKind, Result};
use crate::limits::Limits;
use crate::plugin::document::body_format::Format;
use crate::plugin::document::magic::{MAGIC, altered, is_nearly, truncated};
use crate::plugin::document::manifest::Manifest;
use crate::plugin::document::pickled::{self, Pickled};
use std::io::Read;
use std::ops::Range;

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
    /// What the body of a pickle is checked with.
    pickled: Option<Pickled>,
}

impl Head {
    /// The head of a document that is nothing but a pickle, which is its body. FunctionFuse writes them.
    pub(in crate::plugin) fn of_pickle(body: Vec<u8>, manifest: Manifest) -> Self {
        Self {
            format: Format::Pickle,
            manifest,
            hash: [0; HASH_BYTES],
            len: 0,
            pickled: Some(Pickled::Whole(body.into())),
        }
    }
}

/// What lies around the body of a document.
pub(crate) struct Around {
    before: Vec<u8>,
    after: [u8; HASH_BYTES],
}

impl Around {
    /// Returns what lies around a body in CBOR or JSON.
    pub(crate) fn new(format: Format, manifest: &Manifest, body: &[u8], limits: &Limits) -> Result<Self> {
        let (mut before, head) = start(format, manifest, body, limits)?;
        before.extend_from_slice(&(body.len() as u64).to_le_bytes());
        Ok(Self { before, after: *body_hash(head.as_bytes(), body).as_bytes() })
    }

    /// The document as three parts.
    pub(crate) fn parts<'a>(&'a self, body: &'a [u8]) -> [&'a [u8]; 3] {
        [&self.before, body, &self.after]
    }

    /// The document, in the memory of the body.
    pub(crate) fn put_around(&self, mut body: Vec<u8>) -> Vec<u8> {
        let (len, room) = (body.len(), self.before.len());
        body.reserve_exact(room + HASH_BYTES);
        body.extend_from_slice(&self.before);
        body.copy_within(..len, room);
        if let Some(start) = body.get_mut(..room) {
            start.copy_from_slice(&self.before);
        }
        body.extend_from_slice(&self.after);
        body
    }
}

/// Builds a document.
pub(crate) fn encode(format: Format, manifest: &Manifest, body: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    if format == Format::Pickle {
        return Ok(pickled::encode(&start(format, manifest, body, limits)?.0, body));
    }
    Ok(Around::new(format, manifest, body, limits)?.parts(body).concat())
}

/// Everything up to the body's length, and the hash of it without itself.
fn start(format: Format, manifest: &Manifest, body: &[u8], limits: &Limits) -> Result<(Vec<u8>, blake3::Hash)> {
    let manifest = cbor4ii::serde::to_vec(Vec::new(), manifest)
        .map_err(|error| Error::new(ErrorKind::Serde, format!("the manifest cannot be written: {error}")))?;
    let name = format.name().as_bytes();
    limits.check_written_manifest(manifest.len() as u64)?;
    let len = MAGIC.len() + FIXED_BYTES + name.len() + manifest.len();
    limits.check_written((len + body.len() + pickled::MOST_BYTES) as u64)?;
    let mut start = Vec::with_capacity(len);
    start.extend_from_slice(MAGIC);
    start.extend_from_slice(&VERSION.to_le_bytes());
    start.push(name.len() as u8);
    start.extend_from_slice(name);
    start.extend_from_slice(&(manifest.len() as u64).to_le_bytes());
    start.extend_from_slice(&manifest);
    let hash = blake3::hash(&start);
    start.extend_from_slice(hash.as_bytes());
    Ok((start, hash))
}

fn body_hash(head: &[u8; HASH_BYTES], body: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head).update(&(body.len() as u64).to_le_bytes()).update(body);
    hasher.finalize()
}

/// Whether a file that begins so, shown as many as [`START_BYTES`], is a document or the beginning of one, or was one
/// before a few of these bytes were damaged. An empty one is. Of a pickle that has no manifest more must be
/// [seen](crate::plugin::ends_as_document).
pub(crate) fn begins_as_document(start: &[u8]) -> bool {
    MAGIC.starts_with(start) || is_nearly(start) || pickled::begins(start) || pickled::nearly_begins(start)
}

/// How many bytes of a file [`begins_as_document`] wants to see.
pub(crate) const START_BYTES: u64 = pickled::START_BYTES as u64;

/// What is before the body, as it was written; whether it makes sense is another matter.
struct Frame {
    /// All of it but the hash.
    bytes: Vec<u8>,
    format: Range<usize>,
    manifest: Range<usize>,
    hash: [u8; HASH_BYTES],
    /// What is before it in a pickle.
    before: Vec<u8>,
}

/// What a file is.
pub(in crate::plugin) enum OpenedDocument {
    Document(Box<Head>),
    /// A pickle without a manifest, as FunctionFuse writes it: the pickle, and its SHA-1.
    Pickle(Vec<u8>, [u8; 20]),
}

impl OpenedDocument {
    /// The head of a document that must have one.
    pub(in crate::plugin) fn document(self) -> Result<Head> {
        match self {
            Self::Document(head) => Ok(*head),
            Self::Pickle(..) => Err(Error::corrupt("this is not a document of arraystow: it has no manifest")),
        }
    }
}

/// Reads a document up to its body, and checks it. Nothing is allocated that the input does not fill. A pickle without
/// a manifest is read whole.
pub(in crate::plugin) fn read_head(input: &mut impl Read, limits: &Limits) -> Result<OpenedDocument> {
    let mut start = Vec::new();
    let read = input.take(START_BYTES).read_to_end(&mut start);
    read.map_err(|error| Error::io("cannot read the document", error))?;
    if pickled::is_bare(&start) {
        let (body, sha1) = pickled::read_bare(&mut start.as_slice().chain(input), limits)?;
        return Ok(OpenedDocument::Pickle(body, sha1));
    }
    let frame = read_frame(&mut start.as_slice().chain(input), limits)?;
    let format = Format::from_name(&frame.bytes[frame.format])?;
    let manifest = Manifest::read(&frame.bytes[frame.manifest])?;
    if (format == Format::Pickle) == frame.before.is_empty() {
        return Err(Error::corrupt("the document's frame does not match its format"));
    }
    let len = (frame.before.len() + frame.bytes.len() + HASH_BYTES) as u64;
    let is_pickle = format == Format::Pickle;
    let pickled = is_pickle.then(|| Pickled::after(&[&frame.before, &frame.bytes, &frame.hash]));
    Ok(OpenedDocument::Document(Box::new(Head { format, manifest, hash: frame.hash, len, pickled })))
}

/// Whether a document was cut or altered, so that nothing can be known of its arrays.
pub(crate) fn is_damaged(input: &mut impl Read, limits: &Limits) -> bool {
    read_frame(input, limits).is_err_and(|error| error.is_corrupt())
}

fn read_frame(input: &mut impl Read, limits: &Limits) -> Result<Frame> {
    let mut start = Vec::new();
    let read = take(input, MAGIC.len() as u64, &mut start, 0);
    if !start.is_empty() && start.iter().all(|byte| *byte == 0) {
        return Err(Error::corrupt(
            "this is not a document of arraystow: it begins with zeros, as a file may after a power cut",
        ));
    }
    if !begins_as_document(&start) {
        return Err(Error::corrupt("this is not a document of arraystow: it does not begin as one"));
    }
    read?;
    if !start.starts_with(MAGIC) && !pickled::begins(&start) {
        return Err(altered("beginning"));
    }
    let (mut before, mut promised) = (Vec::new(), None);
    if !start.starts_with(MAGIC) {
        take(input, pickled::START_BYTES as u64 - MAGIC.len() as u64, &mut start, 0)?;
        before = start.drain(..pickled::START_BYTES - MAGIC.len()).collect();
        promised = Some(length(&before[before.len() - 8..])?);
    }
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
    if promised.is_some_and(|promised| promised != (start.len() + HASH_BYTES) as u64) {
        return Err(Error::corrupt("the document's manifest is not as long as the pickle says"));
    }
    let (format, manifest) = (name_start..name_end, manifest_start..start.len());
    Ok(Frame { bytes: start, format, manifest, hash, before })
}

/// Reads the body after the head, and checks that nothing follows.
pub(crate) fn read_body(head: &Head, input: &mut impl Read, limits: &Limits) -> Result<Vec<u8>> {
    if let Some(pickled) = &head.pickled {
        return pickled.read_body(input, head.len, limits);
    }
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
        Ok(_) => Err(Error::corrupt("there is data after the end of the document: it is damaged")),
        Err(error) => Err(Error::io("cannot read the document", error)),
    }
}

/// Appends exactly `len` bytes of the input. The memory grows with the bytes that are there, not with `len`.
/// `elsewhere` is the number of bytes that were read before, for the error.
fn take(input: &mut impl Read, len: u64, into: &mut Vec<u8>, elsewhere: u64) -> Result<()> {
    let read = input.take(len).read_to_end(into).map_err(|error| Error::io("cannot read the document", error))?;
    if (read as u64) < len { Err(truncated(elsewhere.saturating_add(into.len() as u64))) } else { Ok(()) }
}

/// Returns the error of a limit that `len` bytes exceed. If the input has fewer bytes, it is truncated, and that is the
/// error.
fn refuse(checked: Result<()>, input: &mut impl Read, len: u64, before: u64) -> Result<()> {
    /// At most this much of a claimed length is examined: damaged data may claim exabytes.
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
    bytes.try_into().map(u64::from_le_bytes).map_err(|_| Error::corrupt("the document's lengths are missing"))
}
