//! The fill value of strings of any length, which is a place in a global heap. libhdf5 reads the text as soon as it is
//! asked for the properties of the dataset, with a length that the file claims. So it sees headers of such datasets
//! without a fill value.

use super::super::lookup3::lookup3;
use super::cursor::Cursor;
use super::messages::{TYPE, each};
use super::view::View;
use crate::error::Result;

/// The older and the newer message of a fill value.
const OLD: u64 = 0x04;
const NEW: u64 = 0x05;
/// Of a type: lists of variable length; and of those: strings.
const VARIABLE: u8 = 9;
const TEXT: u8 = 1;
/// Bytes of a place, where addresses have 8.
const BYTES: usize = 16;
/// `H5D_FILL_TIME_NEVER`.
const NEVER: u8 = 1;
/// Of a message of version 3: it has a value.
const HAS_VALUE: u8 = 0x20;
/// The messages of a fill value that a header of libhdf5 has: one of each kind.
const MOST: usize = 2;

/// The place of the text, as it is in the file.
#[derive(Clone, Copy)]
pub(in super::super) struct TextFill(pub(in super::super) [u8; BYTES]);

/// A fill value in a message: which bytes of the message are to be others, and what it says.
struct Found {
    at: usize,
    instead: Vec<u8>,
    place: [u8; BYTES],
    is_used: bool,
}

/// What is to be read at a place in the header instead.
struct Replaced {
    address: u64,
    bytes: Vec<u8>,
    checked: Option<std::ops::Range<u64>>,
}

/// Takes the fill value out of what is read of the header of a dataset of strings. Returns `None` if nothing was taken
/// out, and `Some(None)` if the fill value is one that libhdf5 never uses.
pub(super) fn hide(view: &View<'_>, header: u64) -> Result<Option<Option<TextFill>>> {
    if (view.format.address, view.format.length) != (8, 8) {
        return Ok(None);
    }
    let (mut is_text, mut fill, mut replaced) = (false, None, Vec::new());
    each(view, header, &mut |message| {
        match message.kind {
            _ if message.is_shared => {}
            TYPE => is_text |= matches!(message.body, [a, b, ..] if a & 15 == VARIABLE && b & 15 == TEXT),
            OLD | NEW => {
                if let Some(found) = find(message.kind, message.body) {
                    // libhdf5 prefers the newer message.
                    if fill.is_none() || message.kind == NEW {
                        fill = Some(found.is_used.then_some(TextFill(found.place)));
                    }
                    let (address, checked) = (message.address + found.at as u64, message.checked.clone());
                    replaced.push(Replaced { address, bytes: found.instead, checked });
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    let Some(fill) = fill.filter(|_| is_text && replaced.len() <= MOST) else { return Ok(None) };
    // A header with a wrong checksum stays as it is: libhdf5 refuses it.
    for change in &replaced {
        if let Some(checked) = &change.checked
            && !is_sound(view, checked)?
        {
            return Ok(None);
        }
    }
    for Replaced { address, bytes, checked } in replaced {
        view.source.replace(view.format.base + address, &bytes);
        let Some(checked) = checked else { continue };
        let Some(piece) = view.read(checked.start, checked.end.saturating_sub(checked.start))? else { continue };
        view.source.replace(view.format.base + checked.end, &lookup3(&piece).to_le_bytes());
    }
    Ok(Some(fill))
}

/// Whether the checksum behind these bytes is theirs.
fn is_sound(view: &View<'_>, checked: &std::ops::Range<u64>) -> Result<bool> {
    let len = checked.end.saturating_sub(checked.start);
    let piece = view.read(checked.start, len.saturating_add(4))?;
    let parts = piece.as_deref().and_then(|piece| piece.split_last_chunk::<4>());
    Ok(parts.is_some_and(|(piece, sum)| lookup3(piece).to_le_bytes() == *sum))
}

/// The value in a message, if it is as long as a place.
fn find(kind: u64, body: &[u8]) -> Option<Found> {
    let mut cursor = Cursor::new(body, 0);
    let no_length = vec![0; 4];
    let (at, instead, time) = match (kind, body) {
        (OLD, _) => (0, no_length, 0),
        (_, [1 | 2, _, time, defined, ..]) if *defined != 0 => {
            cursor.skip(4)?;
            (4, no_length, *time)
        }
        (_, [3, flags, ..]) if flags & HAS_VALUE != 0 => {
            cursor.skip(2)?;
            (1, vec![flags & !HAS_VALUE], flags >> 2 & 3)
        }
        _ => return None,
    };
    if cursor.size(4)? != BYTES {
        return None;
    }
    let place = *cursor.bytes(BYTES)?.first_chunk::<BYTES>()?;
    Some(Found { at, instead, place, is_used: time != NEVER })
}
