//! Values as they are stored, with what is known of their arrays.

use crate::fault::{Fault, Outcome};
use arraystow::{ErrorKind, Shared, Storage, Value, ValueInfo, Version};
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ptr::from_ref;

/// How deeply the values that the command walks through may be within each other. Only chains of shared values lie
/// deeper.
pub(crate) const MOST_DEPTH: usize = 1000;

/// The glob that a text stands for: it matches exactly this name if there is such a value. Names may have the
/// characters of globs, and `a[1]` must not select `a1` where it is a name.
pub(crate) fn pattern<'t>(storage: &Storage, text: &'t str) -> Outcome<Cow<'t, str>> {
    const SPECIAL: [char; 7] = ['*', '?', '[', ']', '{', '}', '\\'];
    if !text.contains(SPECIAL) {
        return Ok(text.into());
    }
    match storage.contains(text) {
        Ok(true) => {}
        Ok(false) => return Ok(text.into()),
        Err(error) if error.kind() == ErrorKind::InvalidName => return Ok(text.into()),
        Err(error) => return Err(error.into()),
    }
    let escaped = text.chars().flat_map(|char| SPECIAL.contains(&char).then_some('\\').into_iter().chain([char]));
    Ok(escaped.collect::<String>().into())
}

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

/// The part of a value at a path. It may lie deeper than the value, of which each shared value is met at its first
/// place.
pub(crate) fn part<'v>(value: &'v Value, name: &str, path: &str) -> Outcome<&'v Value> {
    let part = value.find(path).ok_or_else(|| Fault::Other(format!("{name:?} has nothing at {path:?}")))?;
    if is_too_deep(part) { Err(too_deep(name)) } else { Ok(part) }
}

pub(crate) fn too_deep(name: &str) -> Fault {
    let cure = "load it in Rust, with Storage::value";
    Fault::Other(format!("{name:?} has values nested more than {MOST_DEPTH} levels deep: {cure}"))
}

/// Whether a walk that meets each shared value once, and also follows weak references, would get too deep.
fn is_too_deep(value: &Value) -> bool {
    let held = weakly_held(value);
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
            Value::WeakShared(weak) => {
                let target = weak.upgrade().map(|shared| from_ref::<Value>(&shared));
                if let Some((at, shared)) = target.and_then(|at| Some((at, held.get(&at)?)))
                    && met.insert(at)
                {
                    left.push((shared, depth + 1));
                }
            }
            _ => {}
        }
    }
    false
}

/// What the weak references in a value refer to, so that it can be borrowed.
fn weakly_held(value: &Value) -> HashMap<*const Value, Shared<Value>> {
    let (mut held, mut met) = (HashMap::new(), HashSet::new());
    let mut targets = weak_targets(value, &mut met);
    while let Some(target) = targets.pop() {
        if held.insert(from_ref::<Value>(&target), target.clone()).is_none() && met.insert(from_ref::<Value>(&target)) {
            targets.extend(weak_targets(&target, &mut met));
        }
    }
    held
}

/// What the weak references in a value refer to, without those in shared values that were met before.
fn weak_targets(value: &Value, met: &mut HashSet<*const Value>) -> Vec<Shared<Value>> {
    let (mut left, mut targets) = (vec![value], Vec::new());
    while let Some(value) = left.pop() {
        match value {
            Value::List(values) => left.extend(values),
            Value::Map(entries) => left.extend(entries.iter().flat_map(|(key, value)| [key, value])),
            Value::Shared(shared) if met.insert(from_ref::<Value>(shared)) => left.push(shared),
            Value::WeakShared(weak) => targets.extend(weak.upgrade()),
            _ => {}
        }
    }
    targets
}
