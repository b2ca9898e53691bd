//! What an index has of one document: a shape, which the documents of a workflow usually share, and the simple values
//! in it.

use super::comparison::is_simple;
use crate::plugin::{Value, below_index, below_key, key_text};
use cbor4ii::core::utils::SliceReader;
use cbor4ii::serde::Deserializer;
use serde::de::{Error, IgnoredAny, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Of one document: fields and elements.
const MOST_PARTS: usize = 128;
/// Of one document: bytes of keys and strings.
const MOST_BYTES: usize = 2048;
const MOST_TEXT_BYTES: usize = 256;
const MOST_ELEMENTS: usize = 16;
const MOST_LEVELS: usize = 8;

/// A document without its simple values.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Shape {
    /// Null, a bool, a number or a short string: the value of this number.
    #[serde(rename = "s")]
    Simple(u32),
    /// Something else without fields: an array, bytes.
    #[serde(rename = "o")]
    Other,
    /// The index does not have it: it is too long, too deep, or one part too many.
    #[serde(rename = "u")]
    Unknown,
    /// The fields, and whether these are all.
    #[serde(rename = "m")]
    Map(Vec<(String, Self)>, bool),
    /// The first elements, and whether these are all.
    #[serde(rename = "l")]
    List(Vec<Self>, bool),
}

/// What a shape has at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Simple(u32),
    /// There is something without a simple value.
    Other,
    Nothing,
    /// Only the document says what is there.
    Unknown,
}

impl Shape {
    /// The same part that `Value::find` finds.
    pub(super) fn find(&self, path: &str) -> At {
        let mut left = vec![(Some(self), path)];
        while let Some((shape, path)) = left.pop() {
            match shape {
                None | Some(Self::Unknown) => return At::Unknown,
                Some(Self::Simple(number)) if path.is_empty() => return At::Simple(*number),
                Some(_) if path.is_empty() => return At::Other,
                Some(Self::Map(entries, is_whole)) => {
                    // The first is to be popped first.
                    left.extend((!is_whole).then_some((None, path)));
                    let below =
                        entries.iter().rev().filter_map(|(key, shape)| Some((Some(shape), below_key(path, key)?)));
                    left.extend(below);
                }
                Some(Self::List(elements, is_whole)) => {
                    let Some((index, path)) = below_index(path) else { continue };
                    let element = elements.get(index);
                    left.extend((element.is_some() || !is_whole).then_some((element, path)));
                }
                Some(Self::Simple(_) | Self::Other) => {}
            }
        }
        At::Nothing
    }
}

/// The shape of a value, and its simple values, in CBOR.
pub(super) fn of(value: &Value) -> Option<(Shape, Vec<u8>)> {
    let mut taking = Taking { values: Vec::new(), numbers: 0, parts: MOST_PARTS, bytes: MOST_BYTES };
    let shape = if has_parts(value) { taking.parts(value, 0)? } else { taking.part(value)? };
    Some((shape, taking.values))
}

fn has_parts(value: &Value) -> bool {
    matches!(value.resolved(), Value::Map(_) | Value::List(_))
}

/// An entry that is being made, and what it may still take.
struct Taking {
    values: Vec<u8>,
    numbers: u32,
    parts: usize,
    bytes: usize,
}

impl Taking {
    /// Whether there is room for one more part with so many bytes, which is then taken.
    fn take(&mut self, bytes: usize) -> bool {
        let (Some(parts), Some(bytes)) = (self.parts.checked_sub(1), self.bytes.checked_sub(bytes)) else {
            return false;
        };
        (self.parts, self.bytes) = (parts, bytes);
        true
    }

    /// A part without those in it, for which there is room. None if it cannot be written.
    fn part(&mut self, value: &Value) -> Option<Shape> {
        let value = value.resolved();
        let is_short = match value {
            Value::Text(text) => match self.bytes.checked_sub(text.len()) {
                Some(left) if text.len() <= MOST_TEXT_BYTES => {
                    self.bytes = left;
                    true
                }
                _ => false,
            },
            Value::Integer(number) => i64::try_from(*number).is_ok() || u64::try_from(*number).is_ok(),
            Value::LargeInteger(_) => false,
            _ => true,
        };
        Some(match value {
            value if is_simple(value) && is_short => {
                self.values = cbor4ii::serde::to_vec(std::mem::take(&mut self.values), value).ok()?;
                self.numbers += 1;
                Shape::Simple(self.numbers - 1)
            }
            value if is_simple(value) || has_parts(value) => Shape::Unknown,
            _ => Shape::Other,
        })
    }

    /// A map or a list: first what is directly in it, so that a long list does not take the room of the fields after
    /// it.
    fn parts(&mut self, value: &Value, level: usize) -> Option<Shape> {
        if level == MOST_LEVELS {
            return Some(Shape::Unknown);
        }
        match value.resolved() {
            Value::Map(entries) => {
                let (mut taken, mut is_whole) = (Vec::new(), true);
                for (key, value) in entries {
                    let Some(key) = key_text(key) else { continue };
                    is_whole = self.take(key.len());
                    if !is_whole {
                        break;
                    }
                    taken.push((key.into_owned(), self.part(value)?, value));
                }
                let taken = taken.into_iter().map(|(key, shape, value)| {
                    let shape = if has_parts(value) { self.parts(value, level + 1)? } else { shape };
                    Some((key, shape))
                });
                Some(Shape::Map(taken.collect::<Option<_>>()?, is_whole))
            }
            Value::List(elements) => {
                let mut taken = Vec::new();
                for value in elements.iter().take(MOST_ELEMENTS) {
                    if !self.take(0) {
                        break;
                    }
                    taken.push((self.part(value)?, value));
                }
                let is_whole = taken.len() == elements.len();
                let taken = taken
                    .into_iter()
                    .map(|(shape, value)| if has_parts(value) { self.parts(value, level + 1) } else { Some(shape) });
                Some(Shape::List(taken.collect::<Option<_>>()?, is_whole))
            }
            _ => Some(Shape::Unknown),
        }
    }
}

/// The simple value of this number among those of a document.
pub(super) fn simple(values: &[u8], number: u32) -> Option<Value> {
    let mut values = Deserializer::new(SliceReader::new(values));
    for _ in 0..number {
        IgnoredAny::deserialize(&mut values).ok()?;
    }
    Simple::deserialize(&mut values).ok().map(|Simple(value)| value)
}

struct Simple(Value);

impl<'de> Deserialize<'de> for Simple {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SimpleVisitor).map(Self)
    }
}

struct SimpleVisitor;

macro_rules! visit {
    ($($method:ident($rust:ty);)*) => {
        $(fn $method<E: Error>(self, value: $rust) -> Result<Value, E> {
            Ok(value.into())
        })*
    };
}

impl<'de> Visitor<'de> for SimpleVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a bool, a number or a string")
    }

    visit! {
        visit_bool(bool);
        visit_i64(i64);
        visit_u64(u64);
        visit_f32(f32);
        visit_f64(f64);
        visit_str(&str);
    }

    fn visit_none<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
