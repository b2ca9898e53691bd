//! The serde formats that arraystow chooses itself, CBOR and JSON: how each is written and read, and what each can read back.

pub(in crate::plugin) mod cbor;
pub(in crate::plugin) mod json;
pub(in crate::plugin) mod part;
pub(in crate::plugin) mod quirks;
pub(in crate::plugin) mod rules;

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
    }
}

/// Appends the object itself, or a shared value after where it was met. The bytes are lost after an error, whose text is
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
    }
}

/// Reads a value, which must be all that there is, or returns the error's text.
pub(in crate::plugin) fn read<'de, S: DeserializeSeed<'de>>(
    format: Format,
    bytes: &'de [u8],
    begin: Begin,
    seed: S,
) -> Result<S::Value, String> {
    match format {
        Format::Cbor => cbor::read(bytes, begin, seed),
        Format::Json => json::read(bytes, begin, seed),
    }
}
