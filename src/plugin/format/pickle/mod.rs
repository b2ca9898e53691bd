//! Python's pickle: how a body is written and read, and which ids it holds. No code that a pickle names is ever run.
//!
//! A pickle is a program for a small machine, so it is read as a whole into a graph of values ([`machine`], [`plain`]),
//! which serde reads ([`de`]) and which is searched for ids (`ids`). It is written in one pass, in protocol 4
//! ([`ser`]).

mod de;
mod elements;
mod ids;
mod large;
mod machine;
mod nodes;
mod plain;
mod scalar;
mod ser;
mod store;

pub(in crate::plugin) use ids::FoundId;

use crate::plugin::document::pieces::NO_PARTS;
use crate::plugin::format::part::{Begin, MetAt};
use crate::plugin::format::quirks::Quirks;
use serde::Serialize;
use serde::de::DeserializeSeed;

/// The quirks of pickle, as it is written and read here.
pub(in crate::plugin) const QUIRKS: Quirks = Quirks {
    levels: 255,
    nested: "maps and variants that a pickle",
    counts_options: false,
    has_nan: true,
    has_all_keys: true,
    human_readable: true,
    unit_is_null: true,
    exact_types: false,
    has_ids: true,
};

/// Appends a value.
pub(in crate::plugin) fn write<T: ?Sized + Serialize>(
    value: &T,
    met: Option<MetAt<'_>>,
    into: Vec<u8>,
) -> Result<Vec<u8>, String> {
    if met.is_some() { Err(NO_PARTS.to_owned()) } else { ser::write(value, into).map_err(|error| error.to_string()) }
}

/// Reads a value. Nothing may follow it.
pub(in crate::plugin) fn read<S, T>(bytes: &[u8], begin: Begin, seed: S) -> Result<T, String>
where
    S: for<'de> DeserializeSeed<'de, Value = T>,
{
    if begin == Begin::Met {
        return Err(NO_PARTS.to_owned());
    }
    let graph = machine::read(bytes)?;
    de::read(de::PickleValue::root(&graph, QUIRKS.levels), seed)
}

/// The ids in a pickle.
pub(in crate::plugin) fn ids(bytes: &[u8]) -> Result<Vec<FoundId>, String> {
    machine::read(bytes).map(|graph| ids::find(&graph, QUIRKS.levels))
}
