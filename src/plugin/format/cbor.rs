//! CBOR: how a body is written and read, and the messages of its errors.

use crate::plugin::format::part::{Begin, MetAt, TRAILING};
use crate::plugin::format::quirks::Quirks;
use cbor4ii::core::dec::{Error, Read, Reference};
use cbor4ii::core::utils::BufWriter;
use cbor4ii::serde::{DecodeError, Deserializer, EncodeError, Serializer};
use serde::de::{DeserializeSeed, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::convert::Infallible;

thread_local! {
    static ANY: Cell<u16> = const { Cell::new(0) };
}

/// The properties of CBOR, as cbor4ii writes and reads it.
pub(in crate::plugin) const QUIRKS: Quirks = Quirks {
    levels: 255,
    nested: "maps, variants and options that a document in CBOR",
    counts_options: true,
    has_nan: true,
    has_all_keys: true,
    human_readable: true,
    unit_is_null: true,
    exact_types: true,
    has_ids: false,
};
/// One more level than a document may have, for what is at the bottom.
const STEPS: u16 = QUIRKS.levels + 1;

/// A `deserialize_any` in progress. cbor4ii takes a step for it and one more for the list or map that it finds. Only
/// one counts, so that it makes no difference whether serde buffers.
pub(in crate::plugin) struct AnyStep(());

impl AnyStep {
    #[inline]
    pub(in crate::plugin) fn new() -> Self {
        ANY.set(ANY.get().saturating_add(1));
        Self(())
    }
}

impl Drop for AnyStep {
    #[inline]
    fn drop(&mut self) {
        ANY.set(ANY.get().saturating_sub(1));
    }
}

/// A body in CBOR, which may be as deep as a value that is saved.
struct Body<'a> {
    bytes: &'a [u8],
    steps: u16,
    /// Those of an outer load that this one is within.
    outer: u16,
}

impl<'a> Body<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, steps: 0, outer: ANY.get() }
    }
}

impl<'a> Read<'a> for Body<'a> {
    type Error = Infallible;

    #[inline]
    fn fill<'b>(&'b mut self, want: usize) -> Result<Reference<'a, 'b>, Infallible> {
        Ok(Reference::Long(&self.bytes[..want.min(self.bytes.len())]))
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        self.bytes = &self.bytes[count.min(self.bytes.len())..];
    }

    #[inline]
    fn step_in(&mut self) -> bool {
        let free = ANY.get().saturating_sub(self.outer);
        let is_left = self.steps < STEPS.saturating_add(free);
        self.steps += u16::from(is_left);
        is_left
    }

    #[inline]
    fn step_out(&mut self) {
        self.steps = self.steps.saturating_sub(1);
    }
}

/// Appends a value, after where it was met.
pub(in crate::plugin) fn write<T: ?Sized + Serialize>(
    value: &T,
    met: Option<MetAt<'_>>,
    into: Vec<u8>,
) -> Result<Vec<u8>, String> {
    let mut serializer = Serializer::new(BufWriter::new(into));
    let begun = met.map_or(Ok(()), |met| met.serialize(&mut serializer));
    begun.and_then(|()| value.serialize(&mut serializer)).map_err(|error| match error {
        EncodeError::Custom(text) => text.to_string(),
        error => error.to_string(),
    })?;
    Ok(serializer.into_inner().into_inner())
}

/// Reads a value, which must be all that there is.
pub(in crate::plugin) fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    begin: Begin,
    seed: S,
) -> Result<S::Value, String> {
    let mut deserializer = Deserializer::new(Body::new(bytes));
    if begin == Begin::Met {
        <(usize, IgnoredAny)>::deserialize(&mut deserializer).map_err(|error| text(&error))?;
    }
    let value = seed.deserialize(&mut deserializer).map_err(|error| text(&error))?;
    match deserializer.into_inner().fill(1) {
        Ok(rest) if rest.as_ref().is_empty() => Ok(value),
        _ => Err(TRAILING.to_owned()),
    }
}

/// The message of an error: cbor4ii has names and bytes.
fn text(error: &DecodeError<Infallible>) -> String {
    match error {
        DecodeError::Custom(text) => text.to_string(),
        DecodeError::Core(Error::Mismatch { name, found } | Error::Unsupported { name, found }) => {
            format!("found {}, expected {}", what_starts_with(*found), what(name))
        }
        DecodeError::Core(Error::RequireLength { name, .. }) => {
            format!("found a list of another length than the expected {name}")
        }
        DecodeError::Core(Error::CastOverflow { name } | Error::ArithmeticOverflow { name, .. }) => {
            format!("found a number that is too large or too small for {name}")
        }
        DecodeError::Core(Error::DepthOverflow { .. }) => "it is nested deeper than can be read".to_owned(),
        DecodeError::Core(Error::Eof { .. }) => "the body ends too early".to_owned(),
        DecodeError::Core(error) => error.to_string(),
    }
}

fn what_starts_with(byte: u8) -> &'static str {
    match (byte >> 5, byte) {
        (0 | 1, _) => "an integer",
        (2, _) => "a list of bytes",
        (3, _) => "a string",
        (4, _) => "a list",
        (5, _) => "a map",
        (7, 0xf4 | 0xf5) => "a bool",
        (7, 0xf6 | 0xf7) => "nothing",
        (7, 0xf9..=0xfb) => "a number with a fraction",
        _ => "something else",
    }
}

fn what(name: &str) -> &str {
    match name {
        "str" => "a string",
        "seq" | "array" => "a list",
        "map" => "a map",
        "enum" => "the variant of an enum",
        "bytes" => "a list of bytes",
        name => name,
    }
}
