//! Documents that Python's pickle module reads. A pickle is a program. It begins with the head of the document, which
//! has the manifest, as bytes that are pushed on the stack and dropped again. The value follows, and then a SHA-1,
//! which FunctionFuse checks.
//!
//! Documents of FunctionFuse have no head: a pickle, and the SHA-1.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plugin::document::magic::{MAGIC, agreeing, altered, is_nearly, truncated};
use sha1::{Digest, Sha1};
use std::io::Read;
use std::sync::Arc;

/// PROTO 4, and BINBYTES8, which the length of the head follows.
const OPENING: [u8; 3] = [0x80, 4, 0x8e];
const LENGTH: usize = 8;
/// Drops the head.
const POP: u8 = b'0';
const STOP: u8 = b'.';
/// The protocols that FunctionFuse writes.
const PROTOCOLS: std::ops::RangeInclusive<u8> = 2..=5;

/// Bytes of a SHA-1. It protects against damage and not against forgery.
const SHA1_BYTES: usize = 20;

/// Bytes of a document in pickle that belong to neither head nor body.
pub(super) const MOST_BYTES: usize = OPENING.len() + LENGTH + 1 + SHA1_BYTES;
/// The number of bytes that identify the beginning of a document in pickle.
pub(super) const START_BYTES: usize = OPENING.len() + LENGTH + MAGIC.len();
/// The number of bytes that identify the end of a pickle with FunctionFuse's checksum.
pub(crate) const END_BYTES: u64 = 1 + SHA1_BYTES as u64;

/// What is needed to check the body of a document in pickle.
#[derive(Clone, Debug)]
pub(super) enum Pickled {
    /// The SHA-1 of what is before the body.
    After(Sha1),
    /// The body, which was read with the head.
    Whole(Arc<[u8]>),
}

/// Builds a document.
pub(super) fn encode(head: &[u8], body: &[u8]) -> Vec<u8> {
    let length = (head.len() as u64).to_le_bytes();
    let mut document = [&OPENING, &length[..], head, &[POP], body].concat();
    document.extend_from_slice(&Sha1::digest(&document));
    document
}

/// Whether this is the beginning of a document with a head, or a part of it.
pub(super) fn begins(start: &[u8]) -> bool {
    let magic = start.get(OPENING.len() + LENGTH..).unwrap_or_default();
    if start.len() < OPENING.len() {
        OPENING.starts_with(start)
    } else {
        start.starts_with(&OPENING) && is_magic(magic)
    }
}

/// Whether this is so nearly the beginning of a document with a head that it was.
pub(super) fn nearly_begins(start: &[u8]) -> bool {
    agreeing(start, &OPENING) + 1 >= OPENING.len() && start.get(OPENING.len() + LENGTH..).is_some_and(is_nearly)
}

fn is_magic(start: &[u8]) -> bool {
    MAGIC.starts_with(start) || start.starts_with(MAGIC)
}

/// Whether this is the beginning of a pickle without a head.
pub(crate) fn is_bare(start: &[u8]) -> bool {
    matches!(start, [0x80, protocol, ..] if PROTOCOLS.contains(protocol)) && !begins(start)
}

/// Whether a file with this beginning and these last [`END_BYTES`] bytes may be a pickle with FunctionFuse's checksum.
pub(crate) fn ends_as_document(start: &[u8], end: &[u8]) -> bool {
    is_bare(start) && end.len() as u64 == END_BYTES && end.first() == Some(&STOP)
}

/// Reads a pickle without a head: the pickle, and its checksum.
pub(super) fn read_bare(input: &mut impl Read, limits: &Limits) -> Result<(Vec<u8>, [u8; SHA1_BYTES])> {
    match read_rest(input, 0, limits)? {
        (body, Some(sha1)) if *Sha1::digest(&body) == sha1 => Ok((body, sha1)),
        _ => Err(Error::corrupt(
            "this is not a document of arraystow or FunctionFuse: it is a pickle without FunctionFuse's checksum \
                after it, or it was altered or truncated",
        )),
    }
}

/// Reads the rest, `before` bytes after the beginning. The last bytes are the checksum, unless there are too few.
fn read_rest(input: &mut impl Read, before: u64, limits: &Limits) -> Result<(Vec<u8>, Option<[u8; SHA1_BYTES]>)> {
    let mut body = Vec::new();
    let most = limits.most_document_bytes().saturating_sub(before).saturating_add(1);
    let read = input.take(most).read_to_end(&mut body).map_err(|error| Error::io("cannot read the document", error))?;
    limits.check_document(before.saturating_add(read as u64))?;
    let sha1 = body.len().checked_sub(SHA1_BYTES).and_then(|end| body.split_off(end).try_into().ok());
    Ok((body, sha1))
}

impl Pickled {
    /// For a body after these parts, and after the opcode that drops them.
    pub(super) fn after(parts: &[&[u8]]) -> Self {
        Self::After(parts.iter().fold(Sha1::new(), |sha1, part| sha1.chain_update(part)).chain_update([POP]))
    }

    /// Reads the body, `before` bytes after the beginning, and checks it.
    pub(super) fn read_body(&self, input: &mut impl Read, before: u64, limits: &Limits) -> Result<Vec<u8>> {
        match self {
            Self::Whole(body) => Ok(body.to_vec()),
            Self::After(begun) => {
                let mut pop = [0];
                match input.read(&mut pop) {
                    Ok(1) if pop == [POP] => {}
                    Ok(1) => return Err(altered("body")),
                    Ok(_) => return Err(truncated(before)),
                    Err(error) => return Err(Error::io("cannot read the document", error)),
                }
                match read_rest(input, before + 1, limits)? {
                    (body, None) => Err(truncated(before.saturating_add(1 + body.len() as u64))),
                    (body, Some(sha1)) if *begun.clone().chain_update(&body).finalize() == sha1 => Ok(body),
                    _ => Err(altered("body")),
                }
            }
        }
    }
}
