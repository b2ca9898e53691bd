//! The shared values in a document's body: a table after the root, then the pieces.
//!
//! The table is a list of the pieces' lengths, in the order of their numbers, which begin with 1. A length of 0 is a
//! value that only weak references refer to; it has no piece. A piece is two values of the document's format in a row:
//! where the value was met first, `(piece, path in it)`, and the value. The manifest has the lengths of root and table.

use crate::error::{Error, Result};
use crate::plugin::document::body_format::Format;
use crate::plugin::document::path::KeyText;
use cbor4ii::core::dec::Read as _;
use cbor4ii::core::utils::SliceReader;
use serde::de::{DeserializeSeed, Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::ops::Range;

/// Why a pickle has none of this.
pub(in crate::plugin) const NO_PARTS: &str = "a pickle cannot have shared values: save the value in Format::Cbor";
/// The number of the root, which is the beginning of the body.
pub(in crate::plugin) const ROOT: usize = 0;

/// How the body of a document with shared values is divided; the rest are the pieces.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SharedParts {
    /// Bytes of the root.
    pub(in crate::plugin) root: u64,
    /// Bytes of the table.
    pub(in crate::plugin) table: u64,
}

/// Where a value was met first.
pub(in crate::plugin) type Met = (usize, String);

/// A body, taken apart.
pub(crate) struct Pieces {
    format: Format,
    body: Vec<u8>,
    root: usize,
    /// Where each piece ends; the first one begins at `first`.
    ends: Vec<usize>,
    first: usize,
}

impl Pieces {
    /// Takes apart a body that may be damaged or hostile.
    pub(in crate::plugin) fn new(body: Vec<u8>, format: Format, parts: SharedParts) -> Result<Self> {
        let wrong = || Error::corrupt("the document's shared values are not where its manifest says");
        let root = usize::try_from(parts.root).map_err(|_| wrong())?;
        let first = usize::try_from(parts.table).ok().and_then(|table| root.checked_add(table)).ok_or_else(wrong)?;
        let table = body.get(root..first).ok_or_else(wrong)?;
        let most = body.len() / 4 + 1000;
        let mut ends = read_table(table, format, most).map_err(|error| {
            Error::corrupt(format!("the table of the document's shared values cannot be read: {error}"))
        })?;
        let mut end = first;
        for length in &mut ends {
            end = end.checked_add(*length).filter(|end| *end <= body.len()).ok_or_else(wrong)?;
            *length = end;
        }
        if end != body.len() {
            return Err(wrong());
        }
        Ok(Self { format, body, root, ends, first })
    }

    fn range(&self, number: usize) -> Option<Range<usize>> {
        let Some(before) = number.checked_sub(1) else { return Some(0..self.root) };
        let start = before.checked_sub(1).map_or(Some(self.first), |at| self.ends.get(at).copied())?;
        Some(start..*self.ends.get(before)?).filter(|range| !range.is_empty())
    }

    /// Bytes of the whole body.
    pub(in crate::plugin) fn len(&self) -> usize {
        self.body.len()
    }

    /// Bytes of a piece, if it is there.
    pub(in crate::plugin) fn piece_len(&self, number: usize) -> Option<usize> {
        self.range(number).map(|range| range.len())
    }

    pub(in crate::plugin) fn format(&self) -> Format {
        self.format
    }

    /// The bytes of a piece, if it is there.
    pub(in crate::plugin) fn bytes(&self, number: usize) -> Option<&[u8]> {
        self.body.get(self.range(number)?)
    }

    /// The path of a piece's value in the saved value.
    pub(in crate::plugin) fn path(&self, number: usize) -> PiecePath<'_> {
        PiecePath { pieces: self, number }
    }

    fn met(&self, number: usize) -> Option<Met> {
        let bytes = self.bytes(number)?;
        match self.format {
            Format::Cbor => Met::deserialize(&mut cbor4ii::serde::Deserializer::new(SliceReader::new(bytes))).ok(),
            Format::Json => Met::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).ok(),
            Format::Pickle => None,
        }
    }
}

/// The path of a piece's value, which is made text only if it is wanted.
pub(in crate::plugin) struct PiecePath<'a> {
    pieces: &'a Pieces,
    number: usize,
}

impl KeyText for PiecePath<'_> {
    fn text(&self) -> String {
        path_of(self.number, |number| self.pieces.met(number))
    }
}

/// The path of a shared value in the saved value. In a long chain of shared values the path begins with the number of
/// one of them: whole paths would be as long as the chain.
pub(in crate::plugin) fn path_of(number: usize, met: impl Fn(usize) -> Option<Met>) -> String {
    const MOST_STEPS: usize = 16;
    const MOST_BYTES: usize = 200;
    let (mut steps, mut bytes, mut at) = (Vec::new(), 0, number);
    while at != ROOT && steps.len() < MOST_STEPS && bytes < MOST_BYTES {
        let Some((parent, step)) = met(at) else { break };
        bytes += step.len();
        steps.push(step);
        at = parent;
    }
    let begin = if at == ROOT { String::new() } else { format!("<shared {at}>") };
    steps.iter().rev().fold(begin, |place, step| {
        let step = if place.is_empty() { step.strip_prefix('.').unwrap_or(step) } else { step };
        let dot = if place.is_empty() || step.is_empty() || step.starts_with(['.', '[']) { "" } else { "." };
        place + dot + step
    })
}

/// The table of these lengths.
pub(in crate::plugin) fn write_table(lengths: &[usize], format: Format) -> Result<Vec<u8>> {
    let written = match format {
        Format::Pickle => Err(NO_PARTS.to_owned()),
        Format::Cbor => cbor4ii::serde::to_vec(Vec::new(), &lengths).map_err(|error| error.to_string()),
        Format::Json => serde_json::to_vec(lengths).map_err(|error| error.to_string()).map(|mut table| {
            // On a line of its own.
            table.insert(0, b'\n');
            table
        }),
    };
    written.map_err(|error| Error::invalid(format!("the table of shared values cannot be written: {error}")))
}

fn read_table(table: &[u8], format: Format, most: usize) -> Result<Vec<usize>, String> {
    const TRAILING: &str = "there is data after it";
    let lengths = Lengths { most };
    match format {
        Format::Pickle => Err(NO_PARTS.to_owned()),
        Format::Cbor => {
            let mut deserializer = cbor4ii::serde::Deserializer::new(SliceReader::new(table));
            let lengths = lengths.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
            match deserializer.into_inner().fill(1) {
                Ok(rest) if rest.as_ref().is_empty() => Ok(lengths),
                _ => Err(TRAILING.to_owned()),
            }
        }
        Format::Json => {
            let mut deserializer = serde_json::Deserializer::from_slice(table);
            let lengths = lengths.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
            deserializer.end().map_err(|_| TRAILING.to_owned())?;
            Ok(lengths)
        }
    }
}

/// Reads at most so many lengths. In a hostile table each length may be a zero, which is one byte there and eight in
/// memory.
struct Lengths {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Lengths {
    type Value = Vec<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<usize>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Lengths {
    type Value = Vec<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the lengths of at most {} shared values", self.most)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<usize>, A::Error> {
        let mut lengths = Vec::new();
        while let Some(length) = sequence.next_element()? {
            if lengths.len() == self.most {
                return Err(A::Error::invalid_length(self.most + 1, &self));
            }
            lengths.push(length);
        }
        Ok(lengths)
    }
}
