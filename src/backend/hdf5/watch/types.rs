//! Types of elements, into which libhdf5 descends recursively on its stack.

use super::cursor::Cursor;
use super::damaged;
use crate::error::{Error, Result};

/// How deep types may be nested: far deeper than people nest them.
const DEEPEST: usize = 64;
/// The length of a message in a header.
const LONGEST: usize = 1 << 16;
/// What is as short is in another heap.
const SHORTEST: usize = 1 << 12;
/// The last version of an attribute. No type begins with so small a byte.
const LAST_ATTRIBUTE: u8 = 3;

/// A type as it is in the file.
pub(super) fn check(message: &[u8]) -> Result<()> {
    match walk(&mut Cursor::new(message, 0), DEEPEST) {
        Err(TooDeep) => Err(Error::unsupported(format!(
            "the file has a type that is nested more than {DEEPEST} levels deep, which arraystow does not read"
        ))),
        Ok(_) => Ok(()),
    }
}

/// An object that is too large for a heap. Attributes may be long, types are not.
pub(super) fn huge(object: &[u8]) -> Result<()> {
    match object.first() {
        // A heap of all that has no length of its own is as long at least.
        _ if object.len() < SHORTEST => Err(damaged("a heap reaches beyond its end")),
        Some(first) if *first > LAST_ATTRIBUTE && object.len() > LONGEST => {
            Err(damaged(format!("a message has {} bytes", object.len())))
        }
        _ => Ok(()),
    }
}

struct TooDeep;

/// Goes through a type; gives the size of an element. None where libhdf5 finds that it is none.
fn walk(cursor: &mut Cursor<'_>, deepest: usize) -> Result<Option<u64>, TooDeep> {
    let Some(below) = deepest.checked_sub(1) else { return Err(TooDeep) };
    let (Some(head), Some(size)) = (cursor.number(4), cursor.number(4)) else { return Ok(None) };
    let (version, class, flags) = (head >> 4 & 15, head & 15, head >> 8);
    let passed = match class {
        0 | 4 => cursor.skip(4),
        1 => cursor.skip(12),
        2 => cursor.skip(2),
        3 | 7 => Some(()),
        5 => cursor.skip(flags as usize & 255),
        6 => return record(cursor, version, flags & 0xffff, size, below).map(|passed| passed.map(|()| size)),
        8 => {
            let Some(value) = walk(cursor, below)? else { return Ok(None) };
            names_and_values(cursor, version, flags & 0xffff, value)
        }
        9 | 11 => walk(cursor, below)?.map(drop),
        10 => {
            let reserved = if version < 3 { 3 } else { 0 };
            let passed = cursor.size(1).and_then(|axes| {
                let permutation = if version < 3 { 4 * axes } else { 0 };
                cursor.skip(reserved + 4 * axes + permutation)
            });
            let Some(()) = passed else { return Ok(None) };
            walk(cursor, below)?.map(drop)
        }
        _ => None,
    };
    Ok(passed.map(|()| size))
}

/// The members of a record.
fn record(cursor: &mut Cursor<'_>, version: u64, members: u64, size: u64, below: usize) -> Result<Option<()>, TooDeep> {
    for _ in 0..members {
        let offset = match version {
            1 => 4 + 1 + 3 + 4 + 4 + 16,
            2 => 4,
            _ => size.checked_ilog2().unwrap_or(0) as usize / 8 + 1,
        };
        let Some(()) = name(cursor, version).and_then(|()| cursor.skip(offset)) else { return Ok(None) };
        if walk(cursor, below)?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(()))
}

fn names_and_values(cursor: &mut Cursor<'_>, version: u64, count: u64, value: u64) -> Option<()> {
    for _ in 0..count {
        name(cursor, version)?;
    }
    cursor.skip(usize::try_from(count.checked_mul(value)?).ok()?)
}

/// A name; older versions fill it up to a multiple of 8 bytes.
fn name(cursor: &mut Cursor<'_>, version: u64) -> Option<()> {
    let len = cursor.text()?;
    if version < 3 { cursor.skip((len + 8) / 8 * 8 - (len + 1)) } else { Some(()) }
}
