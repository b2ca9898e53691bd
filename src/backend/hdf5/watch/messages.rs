//! The messages of a header, in all its pieces.

use super::cursor::Cursor;
use super::view::{View, damaged};
use crate::error::Result;
use std::collections::{HashSet, VecDeque};
use std::ops::Range;

pub(super) const TYPE: u64 = 0x03;
pub(super) const CONTINUATION: u64 = 0x10;

const SHARED: u64 = 2;

/// Before the messages of a further piece of the second version.
const SIGNATURE: u64 = 4;

/// The longest beginning of a header.
const BEGINNING: u64 = 34;

pub(super) struct Message<'a> {
    pub(super) kind: u64,
    /// Whether it says where the message is, in its place.
    pub(super) is_shared: bool,
    pub(super) address: u64,
    pub(super) body: &'a [u8],
    /// The bytes that the checksum of its piece is of, which is behind them; none in the first version.
    pub(super) checked: Option<Range<u64>>,
}

/// Shows every message of a header, as far as it is one.
pub(super) fn each(view: &View<'_>, header: u64, show: &mut dyn FnMut(&Message<'_>) -> Result<()>) -> Result<()> {
    let beginning = view.read_some(header, BEGINNING)?;
    let Some((flags, start, len)) = first_piece(&beginning) else { return Ok(()) };
    let Some(start) = header.checked_add(start) else { return Ok(()) };
    let first = start;
    let mut pieces = VecDeque::from([(start, len)]);
    let mut seen = HashSet::new();
    let mut all: u64 = 0;
    while let Some((start, len)) = pieces.pop_front() {
        all = all.saturating_add(len);
        if !seen.insert(start) || all > view.len() {
            return Err(damaged(format!("the header at {header} forms a cycle")));
        }
        let Some(piece) = view.read(start, len)? else { return Ok(()) };
        let mut cursor = Cursor::new(&piece, 0);
        while let Some(mut message) = next(&mut cursor, flags, start) {
            let from = if start == first { header } else { start.saturating_sub(SIGNATURE) };
            message.checked = flags.map(|_| from..start.saturating_add(len));
            if message.kind == CONTINUATION {
                let Some(piece) = continuation(view, flags, message.body) else { return Ok(()) };
                pieces.push_back(piece);
            }
            show(&message)?;
        }
    }
    Ok(())
}

/// The flags of a header of the second version, where its messages begin and how many bytes they have.
fn first_piece(beginning: &[u8]) -> Option<(Option<u64>, u64, u64)> {
    let mut cursor;
    let (flags, len) = if beginning.starts_with(b"OHDR") {
        cursor = Cursor::new(beginning, 5);
        let flags = cursor.number(1)?;
        cursor.skip(if flags & 0x20 == 0 { 0 } else { 16 })?;
        cursor.skip(if flags & 0x10 == 0 { 0 } else { 4 })?;
        (Some(flags), cursor.number(1 << (flags & 3))?)
    } else {
        cursor = Cursor::new(beginning, 8);
        let len = cursor.number(4)?;
        cursor.skip(4)?;
        (None, len)
    };
    Some((flags, cursor.at() as u64, len))
}

/// The next message of a piece that begins there.
fn next<'a>(cursor: &mut Cursor<'a>, flags: Option<u64>, start: u64) -> Option<Message<'a>> {
    let kind = cursor.number(if flags.is_some() { 1 } else { 2 })?;
    let (len, own) = (cursor.size(2)?, cursor.number(1)?);
    cursor.skip(match flags {
        None => 3,
        Some(flags) if flags & 4 != 0 => 2,
        Some(_) => 0,
    })?;
    let address = start + cursor.at() as u64;
    Some(Message { kind, is_shared: own & SHARED != 0, address, body: cursor.bytes(len)?, checked: None })
}

/// The messages of a further piece; in the second version it has a signature and a checksum around them.
fn continuation(view: &View<'_>, flags: Option<u64>, body: &[u8]) -> Option<(u64, u64)> {
    let mut cursor = Cursor::new(body, 0);
    let (address, len) = (cursor.number(view.format.address)?, cursor.number(view.format.length)?);
    match flags {
        None => Some((address, len)),
        Some(_) => Some((address.checked_add(SIGNATURE)?, len.checked_sub(SIGNATURE + 4)?)),
    }
}
