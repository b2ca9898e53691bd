//! `diff`: where two values differ.

use super::{Call, print_json};
use crate::arrays::{Known, fill};
use crate::difference::{difference, is_same_kind};
use crate::fault::{Fault, Outcome};
use crate::json::join;
use crate::text::acts;
use crate::tree::{key_text, scalar};
use crate::values::{MOST_DEPTH, read, too_deep};
use arraystow::{AnyArray, ArrayInfo, Shared, Storage, Value};
use serde::Serialize;
use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::ptr::from_ref;

pub(super) fn run(call: &Call, place: &str, name: &str, other: Option<&str>, other_place: Option<&str>) -> Outcome<()> {
    if other.is_none() && other_place.is_none() {
        return Err(Fault::Usage(
            "nothing to compare with: give the name of another value, or another place with --in".to_owned(),
        ));
    }
    let (storage, other_name) = (call.existing(place)?, other.unwrap_or(name));
    let other_storage = call.existing(other_place.unwrap_or(place))?;
    let changes = call.watched(|| changes((&storage, name), (&other_storage, other_name)))?;
    let printed = if call.json {
        print_json(&changes)
    } else {
        call.print(|out| changes.iter().try_for_each(|change| change.print(out)))
    };
    Fault::of_found(printed, !changes.is_empty())
}

/// Whether two values are equal. Their formats may differ.
pub(super) fn are_equal(one: (&Storage, &str), other: (&Storage, &str)) -> Outcome<bool> {
    Ok(changes(one, other)?.is_empty())
}

fn changes((storage, name): (&Storage, &str), (other_storage, other_name): (&Storage, &str)) -> Outcome<Vec<Change>> {
    let ((from, from_info), (to, to_info)) = (read(storage, name)?, read(other_storage, other_name)?);
    let (met, changes) = (HashSet::new(), Vec::new());
    let mut walk = Walk { name, from: Known::of(&from_info), to: Known::of(&to_info), met, depth: 0, changes };
    walk.values(&from, &to, "")?;
    Ok(walk.changes)
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
    fn print(&self, out: &mut dyn Write) -> Outcome<()> {
        let path = match self.path.as_str() {
            "" => "(the value)".to_owned(),
            path if path.chars().any(acts) => format!("{path:?}"),
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
    name: &'a str,
    from: Known<'a>,
    to: Known<'a>,
    /// The pairs of shared values that were compared, or are being compared: they may be within themselves.
    met: HashSet<(*const Value, *const Value)>,
    depth: usize,
    changes: Vec<Change>,
}

impl Walk<'_> {
    fn values(&mut self, from: &Value, to: &Value, path: &str) -> Outcome<()> {
        if self.depth > MOST_DEPTH {
            return Err(too_deep(self.name));
        }
        self.depth += 1;
        let compared = self.compare(from, to, path);
        self.depth -= 1;
        compared
    }

    fn compare(&mut self, from: &Value, to: &Value, path: &str) -> Outcome<()> {
        if let (Some(from), Some(to)) = (shared(from), shared(to)) {
            // Both live as long as the walk.
            return match self.met.insert((from_ref::<Value>(&from), from_ref::<Value>(&to))) {
                true => self.values(&from, &to, path),
                false => Ok(()),
            };
        }
        match (from.resolved(), to.resolved()) {
            (Value::Map(from), Value::Map(to)) => self.maps(from, to, path),
            (Value::List(from), Value::List(to)) => self.lists(from, to, path),
            (Value::Array(from), Value::Array(to)) => self.arrays(from, to, path),
            (from, to) => {
                if !is_equal(from, to) {
                    let (from, to) = (described(from, &self.from), described(to, &self.to));
                    self.note(path, Kind::Changed, Some(from), Some(to));
                }
                Ok(())
            }
        }
    }

    fn maps(&mut self, from: &[(Value, Value)], to: &[(Value, Value)], path: &str) -> Outcome<()> {
        let by_text = |entries: &[(Value, Value)]| -> HashMap<String, usize> {
            let texts = entries.iter().enumerate().rev();
            texts.filter_map(|(index, (key, _))| Some((key.as_text()?.to_owned(), index))).collect()
        };
        let texts = by_text(to);
        let mut added: Vec<bool> = vec![true; to.len()];
        for (key, value) in from {
            // Few maps have other keys than strings.
            let index = match key.as_text() {
                Some(text) => texts.get(text).copied(),
                None => to.iter().position(|(other, _)| is_equal(key.resolved(), other.resolved())),
            };
            let path = join(path, &key_text(key));
            match index.and_then(|index| Some((index, to.get(index)?))) {
                Some((index, (_, other))) => {
                    added[index] = false;
                    self.values(value, other, &path)?;
                }
                None => self.removed(value, &path),
            }
        }
        for ((key, value), _) in to.iter().zip(added).filter(|(_, is_added)| *is_added) {
            self.added(value, &join(path, &key_text(key)));
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
        let (known, other) = (self.from.info(from), self.to.info(to));
        if let (Some(one), Some(another)) = (known, other)
            && is_same_array(one, another)
        {
            return Ok(());
        }
        let is_filled_alike = fill(from) == fill(to);
        if !is_same_kind(from, to) || from.dims() != to.dims() || from.attrs() != to.attrs() || !is_filled_alike {
            let text = |known: &Known<'_>, array: &AnyArray| match fill(array) {
                Some(fill) if !is_filled_alike => format!("{}, fill {fill}", known.text(array)),
                _ => known.text(array),
            };
            let texts = (Some(text(&self.from, from)), Some(text(&self.to, to)));
            self.note(path, Kind::Changed, texts.0, texts.1);
        }
        if is_same_kind(from, to)
            && let Some(difference) = difference(from, to)?
        {
            self.note(path, Kind::Elements, None, Some(difference));
        }
        Ok(())
    }

    fn removed(&mut self, value: &Value, path: &str) {
        let from = described(value, &self.from);
        self.note(path, Kind::Removed, Some(from), None);
    }

    fn added(&mut self, value: &Value, path: &str) {
        let to = described(value, &self.to);
        self.note(path, Kind::Added, None, Some(to));
    }

    fn note(&mut self, path: &str, change: Kind, from: Option<String>, to: Option<String>) {
        self.changes.push(Change { path: path.to_owned(), change, from, to });
    }
}

/// Whether it is known without reading that both are the same array: a copy in another format has the same id, and one
/// in the same format also the same digest.
fn is_same_array(one: &ArrayInfo, other: &ArrayInfo) -> bool {
    match (&one.digest, &other.digest) {
        (Some(one), Some(other)) if one == other => true,
        _ => one.format != other.format && one.file == other.file,
    }
}

fn shared(value: &Value) -> Option<Shared<Value>> {
    match value {
        Value::Shared(shared) => Some(shared.clone()),
        Value::WeakShared(weak) => weak.upgrade(),
        _ => None,
    }
}

/// Whether two values without fields, or two keys, are equal. NaN is equal to NaN.
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
        // Of keys; the walk goes into other lists and maps.
        (Value::List(from), Value::List(to)) => {
            let mut values = from.iter().zip(to);
            from.len() == to.len() && values.all(|(from, to)| is_equal(from.resolved(), to.resolved()))
        }
        // Both are gone.
        (Value::WeakShared(_), Value::WeakShared(_)) => true,
        _ => false,
    }
}

/// A value in one line.
fn described(value: &Value, arrays: &Known<'_>) -> String {
    match value.resolved() {
        Value::Map(entries) => format!("a map of {} fields", entries.len()),
        Value::List(values) => format!("a list of {} values", values.len()),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::Array(array) => arrays.text(array),
        Value::InlineArray(array) => format!("an array {:?} in the document", array.shape()),
        simple => scalar(simple),
    }
}
