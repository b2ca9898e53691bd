//! The form of a dataset's elements in the file, and their conversion to the form in memory.
//!
//! An element in memory has the bytes of its data type: numbers are little-endian, and the fields of a record have no
//! gaps. In a file, numbers may be big-endian, in another order, with gaps between them, or longer.

use super::raw;
use crate::array::{DataType, Field, RecordType, SubarrayType};
use crate::error::{Error, Result};

/// The order of the bytes of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// How a string in a file ends that is shorter than its room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextEnd {
    /// Zeros follow.
    Zeros,
    /// One zero follows, and then anything.
    Zero,
    /// Spaces follow.
    Spaces,
}

/// A stored element is at most so many times as long as one of memory, whatever gaps it has: so are the chunks on their
/// way.
const LONGEST: usize = 8;
/// The most parts of an element that have to be moved one by one.
const MOST_PIECES: usize = 4096;

/// How the elements of a dataset are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredElements {
    pub(super) data_type: DataType,
    /// Bytes of a stored element.
    pub(super) size: usize,
    /// In the order of memory, where they follow each other without gaps.
    pieces: Vec<Piece>,
}

/// Bytes of an element that are moved together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Where they begin in a stored element, and how many they are there.
    offset: usize,
    stored: usize,
    /// How many they are in memory.
    len: usize,
    kind: PieceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PieceKind {
    /// The same in memory.
    Same,
    /// A number whose bytes are turned around.
    Turned,
    /// A number that has more bytes in the file, all of them 0.
    Longer(ByteOrder),
    Text(TextEnd),
}

impl StoredElements {
    /// StoredElements of one number; a `bool` may have more bytes than the data type.
    pub(super) fn real(data_type: DataType, size: usize, order: ByteOrder) -> Self {
        let len = data_type.size();
        let kind = match order {
            order if size != len => PieceKind::Longer(order),
            ByteOrder::Big if size > 1 => PieceKind::Turned,
            _ => PieceKind::Same,
        };
        Self { data_type, size, pieces: vec![Piece { offset: 0, stored: size, len, kind }] }
    }

    /// StoredElements whose bytes have no order.
    pub(super) fn bytes(data_type: DataType) -> Self {
        let size = data_type.size();
        Self { data_type, size, pieces: vec![Piece { offset: 0, stored: size, len: size, kind: PieceKind::Same }] }
    }

    /// Strings of `size` bytes.
    pub(super) fn texts(size: usize, end: TextEnd) -> Self {
        let kind = if end == TextEnd::Zeros { PieceKind::Same } else { PieceKind::Text(end) };
        Self { data_type: DataType::Text(size), size, pieces: vec![Piece { offset: 0, stored: size, len: size, kind }] }
    }

    /// Strings of any length, of which the dataset has the places in global heaps.
    pub(super) fn texts_of_any_length() -> Self {
        Self { data_type: DataType::String, size: raw::BYTES, pieces: Vec::new() }
    }

    /// StoredElements of integers that have names.
    pub(super) fn named(self, data_type: DataType) -> Self {
        Self { data_type, ..self }
    }

    /// Complex elements of `size` bytes whose parts are such numbers and begin at these offsets; none if there is no
    /// such data type, the parts are not in the element, or it is mostly gaps.
    pub(super) fn complex(part: &Self, size: usize, offsets: [usize; 2]) -> Option<Self> {
        let data_type = match part.data_type {
            DataType::Float32 => DataType::Complex64,
            DataType::Float64 => DataType::Complex128,
            _ => return None,
        };
        Self::of_parts(data_type, size, offsets.into_iter().map(|offset| (offset, part)))
    }

    /// Records of `size` bytes with these members; none under the same conditions.
    pub(super) fn record(size: usize, members: &[(String, usize, Self)]) -> Option<Self> {
        let field = |(name, _, elements): &(String, usize, Self)| Field::new(name.as_str(), elements.data_type.clone());
        let record = RecordType::new(members.iter().map(field)).ok()?;
        Self::of_parts(DataType::Record(record), size, members.iter().map(|(_, offset, part)| (*offset, part)))
    }

    /// Small arrays of that shape; none under the same conditions.
    pub(super) fn subarray(part: &Self, size: usize, shape: &[usize]) -> Option<Self> {
        let subarray = SubarrayType::new(part.data_type.clone(), shape.iter().copied()).ok()?;
        let count = subarray.count();
        let data_type = DataType::Subarray(subarray);
        data_type.check().ok()?;
        if part.are_plain() && size == data_type.size() {
            return Some(Self::bytes(data_type));
        }
        Self::of_parts(data_type, size, (0..count).map(|index| (index.saturating_mul(part.size), part)))
    }

    fn of_parts<'a>(data_type: DataType, size: usize, parts: impl Iterator<Item = (usize, &'a Self)>) -> Option<Self> {
        if data_type.check().is_err() || size > LONGEST.saturating_mul(data_type.size()) {
            return None;
        }
        let mut pieces: Vec<Piece> = Vec::new();
        for (start, part) in parts {
            if start.checked_add(part.size)? > size {
                return None;
            }
            for piece in &part.pieces {
                let piece = Piece { offset: start + piece.offset, ..*piece };
                let is_full = pieces.len() == MOST_PIECES;
                match pieces.last_mut() {
                    // Consecutive bytes are moved together.
                    Some(last)
                        if (last.kind, piece.kind) == (PieceKind::Same, PieceKind::Same)
                            && last.offset + last.stored == piece.offset =>
                    {
                        last.stored += piece.stored;
                        last.len += piece.len;
                    }
                    _ if is_full => return None,
                    _ => pieces.push(piece),
                }
            }
        }
        Some(Self { data_type, size, pieces })
    }

    /// Whether memory has the same bytes. Strings of any length are stored in one way only.
    pub(super) fn are_plain(&self) -> bool {
        self.data_type.is_text()
            || self.lie_as_in_memory() && self.pieces.iter().all(|piece| piece.kind == PieceKind::Same)
    }

    /// Whether memory has the same values in the same places, whatever the order of their bytes.
    pub(super) fn lie_as_in_memory(&self) -> bool {
        let mut end = 0;
        let follows = |piece: &Piece| {
            let in_place = piece.offset == end && matches!(piece.kind, PieceKind::Same | PieceKind::Turned);
            end += piece.len;
            in_place
        };
        self.pieces.iter().all(follows) && self.size == self.data_type.size()
    }

    /// Turns the bytes of big-endian numbers around, if the elements [lie as in memory](Self::lie_as_in_memory).
    pub(super) fn decode_in_place(&self, elements: &mut [u8]) {
        match self.pieces.as_slice() {
            [Piece { kind: PieceKind::Same, .. }] => {}
            [Piece { kind: PieceKind::Turned, .. }] => {
                elements.chunks_exact_mut(self.size.max(1)).for_each(<[u8]>::reverse);
            }
            pieces => {
                for element in elements.chunks_exact_mut(self.size.max(1)) {
                    for piece in pieces.iter().filter(|piece| piece.kind == PieceKind::Turned) {
                        if let Some(number) = element.get_mut(piece.offset..piece.offset + piece.len) {
                            number.reverse();
                        }
                    }
                }
            }
        }
    }

    /// Makes elements of memory of stored ones.
    pub(super) fn decode(&self, stored: &[u8], out: &mut [u8]) -> Result<()> {
        let cut_off = || Error::corrupt("it is cut off");
        let elements = stored.chunks_exact(self.size.max(1)).zip(out.chunks_exact_mut(self.data_type.size().max(1)));
        for (from, mut to) in elements {
            for piece in &self.pieces {
                let from = from.get(piece.offset..piece.offset + piece.stored).ok_or_else(cut_off)?;
                let (now, rest) = to.split_at_mut_checked(piece.len).ok_or_else(cut_off)?;
                piece.decode(from, now)?;
                to = rest;
            }
        }
        Ok(())
    }
}

impl Piece {
    fn decode(&self, from: &[u8], to: &mut [u8]) -> Result<()> {
        match self.kind {
            PieceKind::Same => to.copy_from_slice(from),
            PieceKind::Turned => {
                to.copy_from_slice(from);
                to.reverse();
            }
            // Only a `bool` may be longer in the file.
            PieceKind::Longer(order) => {
                let surplus = from.len().saturating_sub(to.len());
                let cut = match order {
                    ByteOrder::Little => {
                        let (value, cut) = from.split_at(from.len() - surplus);
                        to.copy_from_slice(value);
                        cut
                    }
                    ByteOrder::Big => {
                        let (cut, value) = from.split_at(surplus);
                        to.copy_from_slice(value);
                        to.reverse();
                        cut
                    }
                };
                if cut.iter().any(|byte| *byte != 0) {
                    return Err(Error::corrupt("a bool is neither 0 nor 1"));
                }
            }
            PieceKind::Text(end) => {
                let len = match end {
                    TextEnd::Zero => from.iter().position(|byte| *byte == 0).unwrap_or(from.len()),
                    _ => from.iter().rposition(|byte| *byte != b' ' && *byte != 0).map_or(0, |last| last + 1),
                };
                let (text, room) = to.split_at_mut(len);
                text.copy_from_slice(&from[..len]);
                room.fill(0);
            }
        }
        Ok(())
    }
}
