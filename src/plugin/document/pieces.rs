//! Where shared values lie in a document's body: after the root a table, then the pieces.
//!
//! The table is a list of the pieces' lengths, in the order of their numbers, which begin with 1; a length of 0 is a value
//! that only weak references name, and that is not there. A piece is two values of the document's format in a row: where
//! the value was met first, `(piece, path in it)`, and the value. The manifest has the lengths of root and table.

use crate::error::{Error, Result};
use crate::plugin::de::deserializer::Deserializer;
use crate::plugin::document::frame::Format;
use crate::plugin::document::path::{KeyText, Path};
use crate::plugin::format::cbor;
use crate::plugin::format::cbor::Body;
use crate::plugin::format::rules::Rules;
use crate::plugin::ser::serializer::Serializer;
use cbor4ii::core::dec::Read as _;
use cbor4ii::core::utils::{BufWriter, SliceReader};
use cbor4ii::serde::EncodeError;
use serde::de::{DeserializeOwned, DeserializeSeed, Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

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
    /// Takes a body of anybody's apart.
    pub(in crate::plugin) fn new(body: Vec<u8>, format: Format, parts: SharedParts) -> Result<Self> {
        let wrong = || Error::corrupt("the document's shared values are not where its manifest says");
        let root = usize::try_from(parts.root).map_err(|_| wrong())?;
        let first = usize::try_from(parts.table).ok().and_then(|table| root.checked_add(table)).ok_or_else(wrong)?;
        let table = body.get(root..first).ok_or_else(wrong)?;
        let lengths = Lengths { most: body.len() / 4 + 1000 };
        let mut ends = read(table, format, &Path::Root, Begin::Value, lengths).map_err(|error| {
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

    fn bytes(&self, number: usize) -> Option<&[u8]> {
        self.body.get(self.range(number)?)
    }

    /// The value of a piece, or what the format says against it. Runs within the context of a load.
    pub(in crate::plugin) fn read<T: DeserializeOwned>(&self, number: usize) -> Result<T, String> {
        let bytes = self.bytes(number).unwrap_or_default();
        if number == ROOT {
            return read(bytes, self.format, &Path::Root, Begin::Value, PhantomData);
        }
        let place = Place { pieces: self, number };
        read(bytes, self.format, &Path::Shared(&place), Begin::Met, PhantomData)
    }

    fn met(&self, number: usize) -> Option<Met> {
        read_met(self.bytes(number)?, self.format)
    }
}

/// The place of a piece, which is made text only if it is wanted.
struct Place<'a> {
    pieces: &'a Pieces,
    number: usize,
}

impl KeyText for Place<'_> {
    fn text(&self) -> String {
        place(self.number, |number| self.pieces.met(number))
    }
}

/// The path of a shared value in the object. Where it was met in a shared value that was met in another, and so on for long,
/// it begins with the number of one of them: in a chain, whole paths would be as long as the chain.
pub(in crate::plugin) fn place(number: usize, met: impl Fn(usize) -> Option<Met>) -> String {
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

/// What a part of the body begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    Value,
    /// Where the value was met.
    Met,
}

fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    format: Format,
    path: &Path<'_>,
    begin: Begin,
    seed: S,
) -> Result<S::Value, String> {
    const TRAILING: &str =
        "something follows the value in the document's body: the type asked for is not the one saved";
    match format {
        Format::Cbor => {
            let mut deserializer = cbor4ii::serde::Deserializer::new(Body::new(bytes));
            if begin == Begin::Met {
                <(usize, IgnoredAny)>::deserialize(&mut deserializer).map_err(|error| cbor::text(&error))?;
            }
            let value = seed
                .deserialize(Deserializer::new(&mut deserializer, path, Some(format)))
                .map_err(|error| cbor::text(&error))?;
            match deserializer.into_inner().fill(1) {
                Ok(rest) if rest.as_ref().is_empty() => Ok(value),
                _ => Err(TRAILING.to_owned()),
            }
        }
        Format::Json => {
            let mut deserializer = serde_json::Deserializer::from_slice(bytes);
            let read = || {
                if begin == Begin::Met {
                    <(usize, IgnoredAny)>::deserialize(&mut deserializer)?;
                }
                seed.deserialize(Deserializer::new(&mut deserializer, path, Some(format)))
            };
            let value = read().map_err(|error| error.to_string())?;
            deserializer.end().map_err(|_| TRAILING.to_owned())?;
            Ok(value)
        }
    }
}

/// The table, of at most so many lengths: of zeros, each a byte, a hostile one can hold many, and each takes eight in memory.
struct Lengths {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Lengths {
    type Value = Vec<usize>;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Vec<usize>, D::Error> {
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

fn read_met(bytes: &[u8], format: Format) -> Option<Met> {
    match format {
        Format::Cbor => Met::deserialize(&mut cbor4ii::serde::Deserializer::new(SliceReader::new(bytes))).ok(),
        Format::Json => Met::deserialize(&mut serde_json::Deserializer::from_slice(bytes)).ok(),
    }
}

/// Appends a piece, or the table, which has not been met anywhere. The bytes are lost after an error.
pub(in crate::plugin) fn write<T: ?Sized + Serialize>(
    value: &T,
    met: Option<(usize, &str)>,
    format: Format,
    path: &Path<'_>,
    mut into: Vec<u8>,
) -> Result<Vec<u8>, String> {
    match format {
        Format::Cbor => {
            let mut serializer = cbor4ii::serde::Serializer::new(BufWriter::new(into));
            let begun = met.map_or(Ok(()), |met| met.serialize(&mut serializer));
            let written =
                begun.and_then(|()| value.serialize(Serializer::new(&mut serializer, path, Rules::of(Some(format)))));
            written.map_err(|error| match error {
                EncodeError::Custom(text) => text.to_string(),
                error => error.to_string(),
            })?;
            Ok(serializer.into_inner().into_inner())
        }
        Format::Json => {
            // A line each.
            into.push(b'\n');
            let mut serializer = serde_json::Serializer::new(&mut into);
            let begun = met.map_or(Ok(()), |met| met.serialize(&mut serializer));
            let written =
                begun.and_then(|()| value.serialize(Serializer::new(&mut serializer, path, Rules::of(Some(format)))));
            written.map_err(|error| error.to_string())?;
            Ok(into)
        }
    }
}
