//! JSON: how a body is written and read, and the messages of its errors.

use crate::plugin::format::part::{Begin, MetAt, TRAILING};
use crate::plugin::format::quirks::Quirks;
use serde::de::{DeserializeSeed, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Deserializer, Error, Serializer};

/// The properties of JSON, as serde_json writes and reads it.
pub(in crate::plugin) const QUIRKS: Quirks = Quirks {
    levels: 127,
    nested: "maps and variants that a document in JSON",
    counts_options: false,
    has_nan: false,
    has_all_keys: false,
    human_readable: true,
    unit_is_null: false,
    exact_types: false,
    has_ids: false,
};

/// Appends a value. The value itself is pretty-printed; a shared value after its place is one line.
pub(in crate::plugin) fn write<T: ?Sized + Serialize>(
    value: &T,
    met: Option<MetAt<'_>>,
    mut into: Vec<u8>,
) -> Result<Vec<u8>, String> {
    match met {
        None => value.serialize(&mut Serializer::pretty(&mut into)).map_err(text)?,
        Some(met) => {
            into.push(b'\n');
            let mut serializer = Serializer::new(&mut into);
            met.serialize(&mut serializer).and_then(|()| value.serialize(&mut serializer)).map_err(text)?;
        }
    }
    Ok(into)
}

/// The message of an error.
fn text(error: Error) -> String {
    match error.to_string() {
        text if text.contains("key must be") => {
            format!("{text}: JSON has no other keys; save the value in Format::Cbor, or the map as a list of pairs")
        }
        text => text,
    }
}

/// Reads a value, which must be all that there is.
pub(in crate::plugin) fn read<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    begin: Begin,
    seed: S,
) -> Result<S::Value, String> {
    let mut deserializer = Deserializer::from_slice(bytes);
    if begin == Begin::Met {
        <(usize, IgnoredAny)>::deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    }
    let value = seed.deserialize(&mut deserializer).map_err(|error| error.to_string())?;
    deserializer.end().map_err(|_| TRAILING.to_owned())?;
    Ok(value)
}
