//! Values as they are stored, with what is known of their arrays.

use crate::fault::{Fault, Outcome};
use arraystow::{Storage, Value, ValueInfo, Version};
use std::collections::HashSet;
use std::ptr::from_ref;

/// How deeply the values that the command walks through may be within each other. Only chains of shared values lie
/// deeper.
pub(crate) const MOST_DEPTH: usize = 1000;

/// A value and what is known of its arrays, both of one version.
pub(crate) fn read(storage: &Storage, name: &str) -> Outcome<(Value, ValueInfo)> {
    read_versioned(storage, name).map(|(value, info, _)| (value, info))
}

/// The same, with the version.
pub(crate) fn read_versioned(storage: &Storage, name: &str) -> Outcome<(Value, ValueInfo, Version)> {
    let version = storage.version(name)?;
    let (value, info) = (storage.value(name)?, storage.info(name)?);
    if storage.version(name)? != version {
        return Err(Fault::Other(format!("{name:?} was changed in the meantime: try again")));
    }
    if is_too_deep(&value) {
        return Err(too_deep(name));
    }
    Ok((value, info, version))
}

pub(crate) fn too_deep(name: &str) -> Fault {
    let cure = "load it in Rust, with Storage::value";
    Fault::Other(format!("{name:?} has values nested more than {MOST_DEPTH} levels deep: {cure}"))
}

/// Whether a walk that meets each shared value once would get too deep.
fn is_too_deep(value: &Value) -> bool {
    let (mut left, mut met) = (vec![(value, 0)], HashSet::new());
    while let Some((value, depth)) = left.pop() {
        if depth > MOST_DEPTH {
            return true;
        }
        // The first is to be popped first, as in the walks.
        match value {
            Value::List(values) => left.extend(values.iter().rev().map(|value| (value, depth + 1))),
            Value::Map(entries) => {
                left.extend(entries.iter().rev().flat_map(|(key, value)| [(value, depth + 1), (key, depth + 1)]));
            }
            Value::Shared(shared) if met.insert(from_ref::<Value>(shared)) => left.push((shared, depth + 1)),
            _ => {}
        }
    }
    false
}
