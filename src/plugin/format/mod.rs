//! arraystow's own serde formats, CBOR, JSON and pickle: how each is written and read, and what each can read back.

pub(in crate::plugin) mod cbor;
pub(in crate::plugin) mod compounds;
pub(in crate::plugin) mod json;
pub(in crate::plugin) mod part;
pub(in crate::plugin) mod pickle;
pub(in crate::plugin) mod quirks;
pub(in crate::plugin) mod rules;
pub(in crate::plugin) mod scalars;

use crate::plugin::document::body_format::Format;
use crate::plugin::format::part::{Begin, MetAt};
use crate::plugin::format::quirks::Quirks;
use serde::Serialize;
use serde::de::DeserializeSeed;

/// The quirks of a format, or of an unknown one.
#[inline]
pub(in crate::plugin) const fn quirks(format: Option<Format>) -> &'static Quirks {
    match format {
        None => &quirks::UNKNOWN,
        Some(Format::Cbor) => &cbor::QUIRKS,
        Some(Format::Json) => &json::QUIRKS,
        Some(Format::Pickle) => &pickle::QUIRKS,
    }
}

/// Appends the value itself, or a shared value after its place. The bytes are lost after an error, whose message is
/// returned.
pub(in crate::plugin) fn write<T: ?Sized + Serialize>(
    format: Format,
    value: &T,
    met: Option<MetAt<'_>>,
    into: Vec<u8>,
) -> Result<Vec<u8>, String> {
    match format {
        Format::Cbor => cbor::write(value, met, into),
        Format::Json => json::write(value, met, into),
        Format::Pickle => pickle::write(value, met, into),
    }
}

/// Reads a value, which must be all that there is, or returns the error's message.
pub(in crate::plugin) fn read<S, T>(format: Format, bytes: &[u8], begin: Begin, seed: S) -> Result<T, String>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    match format {
        Format::Cbor => cbor::read(bytes, begin, seed),
        Format::Json => json::read(bytes, begin, seed),
        Format::Pickle => pickle::read(bytes, begin, seed),
    }
}
