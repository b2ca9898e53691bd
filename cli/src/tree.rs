//! A value as lines of text, a field a line.

use crate::arrays::Known;
use crate::text;
use arraystow::{InlineArray, Shared, Value, ValueInfo};
use std::collections::HashMap;
use std::io::{self, Write};
use std::ptr::from_ref;

/// Elements of a list that are printed.
const MOST_ELEMENTS: usize = 100;
/// Lists of this many simple values are in one line.
const MOST_IN_LINE: usize = 12;
/// Characters of a string that are printed.
const MOST_CHARACTERS: usize = 1000;

/// Prints values as lines.
pub(crate) struct Printer<'a, W> {
    out: W,
    arrays: Known<'a>,
    /// The numbers of the shared values that were met.
    shared: HashMap<*const Value, usize>,
}

impl<'a, W: Write> Printer<'a, W> {
    pub(crate) fn new(out: W, info: &'a ValueInfo) -> Self {
        Self { out, arrays: Known::of(info), shared: HashMap::new() }
    }

    /// Prints a value by itself.
    pub(crate) fn print(mut self, value: &Value) -> io::Result<()> {
        self.value(value, 0)
    }

    /// Prints a value behind its key, and ends the line. `level` is that of the fields in it.
    fn value(&mut self, value: &Value, level: usize) -> io::Result<()> {
        match value {
            Value::Map(entries) if !entries.is_empty() => return self.map(entries, level),
            Value::List(values) if !is_short(values) => return self.list(values, level),
            Value::Shared(shared) => return self.shared(shared, level),
            Value::WeakShared(weak) if let Some(shared) = weak.upgrade() => return self.shared(&shared, level),
            _ if level > 0 => write!(self.out, " ")?,
            _ => {}
        }
        match value {
            Value::Array(array) => writeln!(self.out, "{}", self.arrays.text(array)),
            Value::InlineArray(array) => self.inline_array(array),
            Value::List(values) => {
                let values: Vec<String> = values.iter().map(scalar).collect();
                writeln!(self.out, "[{}]", values.join(", "))
            }
            Value::Map(_) => writeln!(self.out, "{{}}"),
            Value::WeakShared(_) => writeln!(self.out, "null"),
            simple => writeln!(self.out, "{}", scalar(simple)),
        }
    }

    /// The fields of a map are below its key.
    fn begin(&mut self, level: usize) -> io::Result<()> {
        if level > 0 { writeln!(self.out) } else { Ok(()) }
    }

    fn map(&mut self, entries: &[(Value, Value)], level: usize) -> io::Result<()> {
        self.begin(level)?;
        for (key, value) in entries {
            write!(self.out, "{:1$}{2}:", "", 2 * level, key_text(key))?;
            self.value(value, level + 1)?;
        }
        Ok(())
    }

    fn list(&mut self, values: &[Value], level: usize) -> io::Result<()> {
        self.begin(level)?;
        for (index, value) in values.iter().take(MOST_ELEMENTS).enumerate() {
            write!(self.out, "{:1$}[{index}]:", "", 2 * level)?;
            self.value(value, level + 1)?;
        }
        match values.len().saturating_sub(MOST_ELEMENTS) {
            0 => Ok(()),
            more => writeln!(self.out, "{:1$}.. {more} more", "", 2 * level),
        }
    }

    fn inline_array(&mut self, array: &InlineArray) -> io::Result<()> {
        let (shape, elements) = (array.shape(), array.elements());
        let shown: Vec<String> = elements.iter().take(MOST_IN_LINE).map(scalar).collect();
        let more = if elements.len() > MOST_IN_LINE { ", .." } else { "" };
        writeln!(self.out, "array {shape:?} in the document: {}{more}", shown.join(", "))
    }

    fn shared(&mut self, shared: &Shared<Value>, level: usize) -> io::Result<()> {
        // All of them live as long as the value that is printed.
        let (at, number) = (from_ref::<Value>(shared), self.shared.len());
        if let Some(number) = self.shared.get(&at) {
            return writeln!(self.out, " *{number}");
        }
        write!(self.out, " &{number}")?;
        self.shared.insert(at, number);
        self.value(shared, level.max(1))
    }
}

/// Whether a list is in one line.
fn is_short(values: &[Value]) -> bool {
    values.len() <= MOST_IN_LINE && values.iter().all(is_simple)
}

fn is_simple(value: &Value) -> bool {
    use Value::{Bool, Float32, Float64, Integer, LargeInteger, Null, Text};
    matches!(value, Null | Bool(_) | Integer(_) | LargeInteger(_) | Float32(_) | Float64(_) | Text(_))
}

/// A value without fields. Control characters are escaped: a string from an untrusted file must not reach the terminal.
pub(crate) fn scalar(value: &Value) -> String {
    match value {
        Value::Text(text) => match text.char_indices().nth(MOST_CHARACTERS) {
            Some((end, _)) => format!("{:?}..", &text[..end]),
            None => format!("{text:?}"),
        },
        other => other.to_string(),
    }
}

pub(crate) fn key_text(key: &Value) -> String {
    match key.as_text() {
        Some(text) if text.chars().any(text::acts) => format!("{text:?}"),
        Some(text) => text.to_owned(),
        None => text::clean(&key.to_string()),
    }
}
