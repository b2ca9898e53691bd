//! A [`Value`] as text for people. Long and deeply nested parts are shortened, so that a hostile document cannot fill a
//! terminal, and a long chain of values cannot overflow the stack.

use super::{InlineArray, Value};
use std::fmt::{self, Write as _};

/// Values that are shown in all, and within each other.
const MOST_VALUES: usize = 1000;
const MOST_LEVELS: usize = 32;
/// Elements of one list or map, and characters of one text.
const MOST_ELEMENTS: usize = 20;
const MOST_CHARACTERS: usize = 200;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = f.alternate();
        Shown { out: f, lines, left: MOST_VALUES }.value(self, 0)
    }
}

impl fmt::Debug for Value {
    /// As `Display`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for InlineArray {
    /// Shape and elements, shortened.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown { out: f, lines: false, left: MOST_VALUES }.inline_array(self, 0)
    }
}

struct Shown<'a, 'f> {
    out: &'a mut fmt::Formatter<'f>,
    /// Whether each element of a list or map has a line of its own.
    lines: bool,
    left: usize,
}

impl Shown<'_, '_> {
    fn value(&mut self, value: &Value, level: usize) -> fmt::Result {
        let Some(left) = self.left.checked_sub(1).filter(|_| level <= MOST_LEVELS) else {
            return self.out.write_str("..");
        };
        self.left = left;
        match value {
            Value::Null => self.out.write_str("null"),
            Value::Bool(value) => write!(self.out, "{value}"),
            Value::Integer(value) => write!(self.out, "{value}"),
            Value::LargeInteger(value) => write!(self.out, "{value}"),
            Value::Float32(value) => write!(self.out, "{value:?}"),
            Value::Float64(value) => write!(self.out, "{value:?}"),
            Value::Text(text) => self.text(text),
            Value::Bytes(bytes) => write!(self.out, "<{} bytes>", bytes.len()),
            Value::List(elements) => {
                self.all('[', ']', elements, level, |shown, element| shown.value(element, level + 1))
            }
            Value::Map(entries) => self.all('{', '}', entries, level, |shown, (key, value)| {
                shown.key(key, level + 1)?;
                shown.out.write_str(": ")?;
                shown.value(value, level + 1)
            }),
            Value::Array(array) => write!(self.out, "<{} {:?}>", array.data_type(), array.shape()),
            Value::InlineArray(array) => self.inline_array(array, level),
            Value::Shared(shared) => self.value(shared, level + 1),
            Value::WeakShared(_) => self.out.write_str("<weak reference>"),
            Value::External(id) => {
                self.out.write_str("<external ")?;
                self.text(id.name())?;
                write!(self.out, " {}>", id.file())
            }
        }
    }

    /// Keys that are names are shown without quotes.
    fn key(&mut self, key: &Value, level: usize) -> fmt::Result {
        let is_name = |text: &str| {
            let mut chars = text.chars();
            let begins = chars.next().is_some_and(|char| char.is_alphabetic() || char == '_');
            begins && text.len() <= MOST_CHARACTERS && chars.all(|char| char.is_alphanumeric() || char == '_')
        };
        match key.as_text().filter(|text| is_name(text)) {
            Some(name) => self.out.write_str(name),
            None => self.value(key, level),
        }
    }

    fn text(&mut self, text: &str) -> fmt::Result {
        let mut shown = text.chars();
        let beginning: String = shown.by_ref().take(MOST_CHARACTERS).collect();
        write!(self.out, "{beginning:?}")?;
        if shown.next().is_some() { self.out.write_str("..") } else { Ok(()) }
    }

    fn inline_array(&mut self, array: &InlineArray, level: usize) -> fmt::Result {
        write!(self.out, "<inline {:?}: ", array.shape())?;
        let lines = std::mem::replace(&mut self.lines, false);
        let shown = self.all('[', ']', &array.elements, level, |shown, element| shown.value(element, level + 1));
        self.lines = lines;
        shown?;
        self.out.write_char('>')
    }

    fn all<T>(
        &mut self,
        begin: char,
        end: char,
        elements: &[T],
        level: usize,
        mut show: impl FnMut(&mut Self, &T) -> fmt::Result,
    ) -> fmt::Result {
        self.out.write_char(begin)?;
        let lines = self.lines && !elements.is_empty();
        for (index, element) in elements.iter().take(MOST_ELEMENTS).enumerate() {
            if self.left == 0 {
                break;
            }
            self.separate(index > 0, lines, level + 1)?;
            show(self, element)?;
        }
        if let Some(more) = elements.len().checked_sub(MOST_ELEMENTS).filter(|more| *more > 0) {
            self.separate(true, lines, level + 1)?;
            write!(self.out, ".. {more} more")?;
        }
        if lines {
            write!(self.out, "\n{:1$}", "", 4 * level)?;
        }
        self.out.write_char(end)
    }

    fn separate(&mut self, comma: bool, lines: bool, level: usize) -> fmt::Result {
        match (comma, lines) {
            (true, true) => write!(self.out, ",\n{:1$}", "", 4 * level),
            (false, true) => write!(self.out, "\n{:1$}", "", 4 * level),
            (true, false) => self.out.write_str(", "),
            (false, false) => Ok(()),
        }
    }
}
