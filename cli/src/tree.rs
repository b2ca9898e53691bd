//! A value as lines of text, a field a line.

use crate::json::join;
use crate::text;
use arraystow::{ArrayInfo, InlineArray, Shared, Value, ValueInfo};
use std::collections::HashMap;
use std::io::{self, Write};

/// Elements of a list that are printed.
const MOST_ELEMENTS: usize = 100;
/// Lists of this many simple values are in one line.
const MOST_IN_LINE: usize = 12;
/// Characters of a string that are printed.
const MOST_CHARACTERS: usize = 1000;

/// Prints values as lines.
pub(crate) struct Printer<'a, W> {
    out: W,
    arrays: HashMap<&'a str, &'a ArrayInfo>,
    shared: Vec<Shared<Value>>,
}

impl<'a, W: Write> Printer<'a, W> {
    pub(crate) fn new(out: W, info: &'a ValueInfo) -> Self {
        let paths = info.arrays.iter().flat_map(|array| array.paths.iter().map(move |path| (path.as_str(), array)));
        Self { out, arrays: paths.collect(), shared: Vec::new() }
    }

    /// Prints a value by itself.
    pub(crate) fn print(mut self, value: &Value, path: &str) -> io::Result<()> {
        self.value(value, path, 0)
    }

    /// Prints the value at a path behind its key, and ends the line. `level` is that of the fields in it.
    fn value(&mut self, value: &Value, path: &str, level: usize) -> io::Result<()> {
        match value {
            Value::Map(entries) if !entries.is_empty() => return self.map(entries, path, level),
            Value::List(values) if !is_short(values) => return self.list(values, path, level),
            Value::Shared(shared) => return self.shared(shared, path, level),
            Value::WeakShared(weak) if let Some(shared) = weak.upgrade() => return self.shared(&shared, path, level),
            _ if level > 0 => write!(self.out, " ")?,
            _ => {}
        }
        match value {
            Value::Array(array) => match self.arrays.get(path) {
                Some(info) => writeln!(self.out, "{}", text::array(info)),
                None => writeln!(self.out, "{}{:?}", array.data_type(), array.shape()),
            },
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

    fn map(&mut self, entries: &[(Value, Value)], path: &str, level: usize) -> io::Result<()> {
        self.begin(level)?;
        for (key, value) in entries {
            let key = key_text(key);
            write!(self.out, "{:1$}{key}:", "", 2 * level)?;
            self.value(value, &join(path, &key), level + 1)?;
        }
        Ok(())
    }

    fn list(&mut self, values: &[Value], path: &str, level: usize) -> io::Result<()> {
        self.begin(level)?;
        for (index, value) in values.iter().take(MOST_ELEMENTS).enumerate() {
            write!(self.out, "{:1$}[{index}]:", "", 2 * level)?;
            self.value(value, &format!("{path}[{index}]"), level + 1)?;
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

    fn shared(&mut self, shared: &Shared<Value>, path: &str, level: usize) -> io::Result<()> {
        if let Some(number) = self.shared.iter().position(|known| Shared::ptr_eq(known, shared)) {
            return writeln!(self.out, " *{number}");
        }
        write!(self.out, " &{}", self.shared.len())?;
        self.shared.push(shared.clone());
        self.value(shared, path, level.max(1))
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
        Some(text) if text.chars().any(char::is_control) => format!("{text:?}"),
        Some(text) => text.to_owned(),
        None => key.to_string(),
    }
}
