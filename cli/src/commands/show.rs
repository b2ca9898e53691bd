//! `show`: the document, with what is known of the arrays. No element is read.

use super::{Call, print_json};
use crate::fault::{Fault, Outcome};
use crate::json::Converter;
use crate::tree::Printer;
use crate::values::read;
use arraystow::Value;
use std::io::{BufWriter, Write};

pub(super) fn run(call: &Call, place: &str, name: &str, path: Option<&str>) -> Outcome<()> {
    let storage = call.existing(place)?;
    let (value, info) = read(&storage, name)?;
    let path = path.unwrap_or_default();
    let part = find(&value, path).ok_or_else(|| Fault::Other(format!("{name:?} has nothing at {path:?}")))?;
    if call.json {
        return print_json(&Converter::new(&info).value(part, path));
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    Printer::new(&mut out, &info).print(part, path)?;
    out.flush()?;
    Ok(())
}

/// The part of a value at a path, as `runs[3].field`. A key that has dots or brackets in it is found, too.
pub(super) fn find<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    if path.is_empty() {
        return Some(value);
    }
    match value.resolved() {
        Value::Map(entries) => entries.iter().find_map(|(key, value)| {
            let rest = path.strip_prefix(key.as_text()?)?;
            let is_end = rest.is_empty() || rest.starts_with(['.', '[']);
            is_end.then(|| find(value, rest.strip_prefix('.').unwrap_or(rest))).flatten()
        }),
        Value::List(values) => {
            let (index, rest) = path.strip_prefix('[')?.split_once(']')?;
            find(values.get(index.parse::<usize>().ok()?)?, rest.strip_prefix('.').unwrap_or(rest))
        }
        _ => None,
    }
}
