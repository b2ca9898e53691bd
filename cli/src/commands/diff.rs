//! `diff`: where two values differ.

use super::{Call, print_json};
use crate::difference::{difference, is_same_kind};
use crate::fault::{Fault, Outcome};
use crate::json::join;
use crate::terminal::watched;
use crate::text;
use crate::tree::{key_text, scalar};
use arraystow::{AnyArray, ArrayInfo, Shared, Storage, Value, ValueInfo};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::io::Write;

pub(super) fn run(call: &Call, place: &str, name: &str, other: Option<&str>, other_place: Option<&str>) -> Outcome<()> {
    if other.is_none() && other_place.is_none() {
        return Err(Fault::Usage("with what? give the name of another value, or another place with --in".to_owned()));
    }
    let (storage, other_name) = (call.existing(place)?, other.unwrap_or(name));
    let other_storage = call.existing(other_place.unwrap_or(place))?;
    let changes = watched(call.quiet, || {
        let (from, to) = (Side::load(&storage, name)?, Side::load(&other_storage, other_name)?);
        let mut walk = Walk { from: from.arrays(), to: to.arrays(), met: Vec::new(), changes: Vec::new() };
        walk.values(&from.value, &to.value, "")?;
        Ok(walk.changes)
    })?;
    if call.json {
        print_json(&changes)?;
    } else {
        let mut out = std::io::stdout().lock();
        changes.iter().try_for_each(|change| change.print(&mut out))?;
    }
    if changes.is_empty() { Ok(()) } else { Err(Fault::Found) }
}

/// One of the two values.
struct Side {
    value: Value,
    info: ValueInfo,
}

impl Side {
    fn load(storage: &Storage, name: &str) -> Outcome<Self> {
        Ok(Self { value: storage.value(name)?, info: storage.info(name)? })
    }

    fn arrays(&self) -> HashMap<&str, &ArrayInfo> {
        let arrays = self.info.arrays.iter();
        arrays.flat_map(|array| array.paths.iter().map(move |path| (path.as_str(), array))).collect()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Added,
    Removed,
    Changed,
    Elements,
}

/// One difference.
#[derive(Serialize)]
struct Change {
    path: String,
    change: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
}

impl Change {
    fn print(&self, out: &mut impl Write) -> Outcome<()> {
        let path = match self.path.as_str() {
            "" => "(the value)".to_owned(),
            path if path.chars().any(char::is_control) => format!("{path:?}"),
            path => path.to_owned(),
        };
        let (from, to) = (self.from.as_deref().unwrap_or_default(), self.to.as_deref().unwrap_or_default());
        match self.change {
            Kind::Added => writeln!(out, "+ {path}: {to}")?,
            Kind::Removed => writeln!(out, "- {path}: {from}")?,
            Kind::Changed => writeln!(out, "~ {path}: {from} -> {to}")?,
            Kind::Elements => writeln!(out, "~ {path}: {to}")?,
        }
        Ok(())
    }
}

/// A walk over both values at the same time.
struct Walk<'a> {
    from: HashMap<&'a str, &'a ArrayInfo>,
    to: HashMap<&'a str, &'a ArrayInfo>,
    /// The pairs of shared values that were compared, or are being compared: they may be within themselves.
    met: Vec<(Shared<Value>, Shared<Value>)>,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn values(&mut self, from: &Value, to: &Value, path: &str) -> Outcome<()> {
        if let (Some(from), Some(to)) = (shared(from), shared(to)) {
            if self.met.iter().any(|(a, b)| Shared::ptr_eq(a, &from) && Shared::ptr_eq(b, &to)) {
                return Ok(());
            }
            self.met.push((from.clone(), to.clone()));
            return self.values(&from, &to, path);
        }
        match (from.resolved(), to.resolved()) {
            (Value::Map(from), Value::Map(to)) => self.maps(from, to, path),
            (Value::List(from), Value::List(to)) => self.lists(from, to, path),
            (Value::Array(from), Value::Array(to)) => self.arrays(from, to, path),
            (from, to) => {
                if !is_equal(from, to) {
                    let (from, to) = (described(from, path, &self.from), described(to, path, &self.to));
                    self.note(path, Kind::Changed, Some(from), Some(to));
                }
                Ok(())
            }
        }
    }

    fn maps(&mut self, from: &[(Value, Value)], to: &[(Value, Value)], path: &str) -> Outcome<()> {
        let mut others: HashMap<String, &Value> = to.iter().map(|(key, value)| (key_text(key), value)).collect();
        for (key, value) in from {
            let key = key_text(key);
            match others.remove(&key) {
                Some(other) => self.values(value, other, &join(path, &key))?,
                None => self.removed(value, &join(path, &key)),
            }
        }
        let added: HashSet<String> = others.into_keys().collect();
        for (key, value) in to {
            let key = key_text(key);
            if added.contains(&key) {
                self.added(value, &join(path, &key));
            }
        }
        Ok(())
    }

    fn lists(&mut self, from: &[Value], to: &[Value], path: &str) -> Outcome<()> {
        for index in 0..from.len().max(to.len()) {
            let path = format!("{path}[{index}]");
            match (from.get(index), to.get(index)) {
                (Some(from), Some(to)) => self.values(from, to, &path)?,
                (Some(from), None) => self.removed(from, &path),
                (None, Some(to)) => self.added(to, &path),
                (None, None) => {}
            }
        }
        Ok(())
    }

    fn arrays(&mut self, from: &AnyArray, to: &AnyArray, path: &str) -> Outcome<()> {
        let (known, other) = (self.from.get(path).copied(), self.to.get(path).copied());
        let digests = (known.and_then(|info| info.digest.as_ref()), other.and_then(|info| info.digest.as_ref()));
        if matches!(digests, (Some(one), Some(another)) if one == another) {
            return Ok(());
        }
        let labels = |info: Option<&ArrayInfo>| info.map(|info| (info.dims.clone(), info.attrs.clone()));
        if !is_same_kind(from, to) || labels(known) != labels(other) {
            let (from, to) = (array_text(from, known), array_text(to, other));
            self.note(path, Kind::Changed, Some(from), Some(to));
        }
        if is_same_kind(from, to)
            && let Some(difference) = difference(from, to)?
        {
            self.note(path, Kind::Elements, None, Some(difference));
        }
        Ok(())
    }

    fn removed(&mut self, value: &Value, path: &str) {
        let from = described(value, path, &self.from);
        self.note(path, Kind::Removed, Some(from), None);
    }

    fn added(&mut self, value: &Value, path: &str) {
        let to = described(value, path, &self.to);
        self.note(path, Kind::Added, None, Some(to));
    }

    fn note(&mut self, path: &str, change: Kind, from: Option<String>, to: Option<String>) {
        self.changes.push(Change { path: path.to_owned(), change, from, to });
    }
}

fn shared(value: &Value) -> Option<Shared<Value>> {
    match value {
        Value::Shared(shared) => Some(shared.clone()),
        Value::WeakShared(weak) => weak.upgrade(),
        _ => None,
    }
}

/// Whether two values without fields are equal. NaN is equal to NaN.
fn is_equal(from: &Value, to: &Value) -> bool {
    match (from, to) {
        (Value::Null, Value::Null) => true,
        (Value::Bool(from), Value::Bool(to)) => from == to,
        (Value::Integer(from), Value::Integer(to)) => from == to,
        (Value::LargeInteger(from), Value::LargeInteger(to)) => from == to,
        (Value::Float32(from), Value::Float32(to)) => from == to || (from.is_nan() && to.is_nan()),
        (Value::Float64(from), Value::Float64(to)) => from == to || (from.is_nan() && to.is_nan()),
        (Value::Text(from), Value::Text(to)) => from == to,
        (Value::Bytes(from), Value::Bytes(to)) => from == to,
        (Value::External(from), Value::External(to)) => from == to,
        (Value::InlineArray(from), Value::InlineArray(to)) => {
            let elements = || from.elements().iter().zip(to.elements());
            from.shape() == to.shape() && elements().all(|(from, to)| is_equal(from.resolved(), to.resolved()))
        }
        // Both are gone.
        (Value::WeakShared(_), Value::WeakShared(_)) => true,
        _ => false,
    }
}

/// A value in one line.
fn described(value: &Value, path: &str, arrays: &HashMap<&str, &ArrayInfo>) -> String {
    match value.resolved() {
        Value::Map(entries) => format!("a map of {} fields", entries.len()),
        Value::List(values) => format!("a list of {} values", values.len()),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Array(array) => array_text(array, arrays.get(path).copied()),
        Value::InlineArray(array) => format!("an array {:?} in the document", array.shape()),
        simple => scalar(simple),
    }
}

fn array_text(array: &AnyArray, info: Option<&ArrayInfo>) -> String {
    info.map_or_else(|| format!("{}{:?}", array.data_type(), array.shape()), text::array)
}
