//! JSON of other programs: read in bounded memory, with the NaN and the infinities that Python writes into it.

use super::description::{ATTRIBUTE, Description};
use crate::error::{Error, Result};
use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// The most values in what is read of an array's metadata, the attributes aside.
const MOST_VALUES: usize = 1 << 16;

/// What is looked for in an object.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// The members that are read.
    pub(super) known: &'static [&'static str],
    /// The member that holds the attributes.
    pub(super) attributes: Option<&'static str>,
}

/// What was found in an object.
pub(super) struct Members {
    known: Map<String, Value>,
    /// The attribute of arrays of arraystow.
    pub(super) description: Option<Description>,
    /// The first member that is not known and must be understood: it is no object that says otherwise.
    pub(super) unknown: Option<String>,
}

impl Members {
    /// Reads the object that the text is.
    pub(super) fn read(text: &[u8], wanted: Wanted) -> Result<Self> {
        let text = with_quoted_numbers(text);
        let mut reader = serde_json::Deserializer::from_slice(&text);
        let mut left = MOST_VALUES;
        let members = reader.deserialize_map(MembersVisitor { wanted, left: &mut left });
        let members = members.map_err(|error| match left {
            0 => Error::limit(format!("the array's metadata have more than {MOST_VALUES} values: {error}")),
            _ => unreadable(&error),
        })?;
        reader.end().map_err(|error| unreadable(&error))?;
        Ok(members)
    }

    /// Reads the attributes that the text is.
    pub(super) fn read_attributes(text: &[u8]) -> Result<Option<Description>> {
        let text = with_quoted_numbers(text);
        let mut reader = serde_json::Deserializer::from_slice(&text);
        let only = Only { name: ATTRIBUTE, seed: PhantomData::<Description> };
        let description = only.deserialize(&mut reader).map_err(|error| unreadable(&error))?;
        reader.end().map_err(|error| unreadable(&error))?;
        Ok(description)
    }

    /// Takes a member; without it the metadata are damaged.
    pub(super) fn need(&mut self, name: &str) -> Result<Value> {
        self.take(name).ok_or_else(|| unreadable(&format!("`{name}` is missing")))
    }

    /// A member, which may be missing or null.
    pub(super) fn peek(&self, name: &str) -> Option<&Value> {
        self.known.get(name)
    }

    /// Takes a member, which may be missing or null.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.known.remove(name)
    }
}

/// The most values in the attributes of other programs.
const MOST_ATTRIBUTE_VALUES: usize = 1 << 16;

/// The members of the object that the text is: those of these names, or all. A number that JSON does not have is null.
/// None if the text is damaged or made of too many values.
pub(super) fn members(text: &[u8], names: Option<&[&str]>) -> Option<Map<String, Value>> {
    let text = without_bare_numbers(text, false);
    let mut reader = serde_json::Deserializer::from_slice(&text);
    let mut left = MOST_ATTRIBUTE_VALUES;
    let members = reader.deserialize_map(Chosen { names, left: &mut left }).ok()?;
    reader.end().ok().map(|()| members)
}

/// The error for metadata that cannot be read.
pub(super) fn unreadable(error: &dyn fmt::Display) -> Error {
    Error::corrupt(format!("the array's metadata are unreadable: {error}; restore it from a copy"))
}

/// Lengths, of a shape or of chunks.
pub(super) fn lengths(what: &str, value: &Value) -> Result<Vec<usize>> {
    let length = |value: &Value| value.as_u64().and_then(|length| usize::try_from(length).ok());
    let lengths = value.as_array().and_then(|values| values.iter().map(length).collect::<Option<Vec<_>>>());
    lengths.ok_or_else(|| unreadable(&format!("{what} is not a list of lengths, but {}", shown(value))))
}

/// A value for a message, or its beginning.
pub(super) fn shown(value: &Value) -> String {
    const MOST: usize = 100;
    let mut text = value.to_string();
    if text.len() > MOST {
        text.truncate(text.floor_char_boundary(MOST));
        text.push_str("...");
    }
    text
}

/// The same text with `NaN`, `Infinity` and `-Infinity` as strings where they stand for numbers. Zarr's metadata name
/// them by these strings; Python writes them bare, into attributes too, which JSON does not allow.
fn with_quoted_numbers(text: &[u8]) -> Cow<'_, [u8]> {
    without_bare_numbers(text, true)
}

/// The same text with strings or null in the place of numbers that JSON does not have.
fn without_bare_numbers(text: &[u8], as_strings: bool) -> Cow<'_, [u8]> {
    const NAMES: [&[u8]; 3] = [b"NaN", b"Infinity", b"-Infinity"];
    let mut quoted = Vec::new();
    let (mut copied, mut at, mut in_string) = (0, 0, false);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' if in_string => at += 1,
            b'N' | b'I' | b'-' if !in_string => {
                if let Some(name) = NAMES.into_iter().find(|name| text[at..].starts_with(name)) {
                    quoted.extend_from_slice(&text[copied..at]);
                    if as_strings {
                        quoted.push(b'"');
                        quoted.extend_from_slice(name);
                        quoted.push(b'"');
                    } else {
                        quoted.extend_from_slice(b"null");
                    }
                    at += name.len();
                    copied = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    quoted.extend_from_slice(&text[copied..]);
    Cow::Owned(quoted)
}

/// Reads what is wanted, of as many values as are left.
struct MembersVisitor<'a> {
    wanted: Wanted,
    left: &'a mut usize,
}

impl<'de> Visitor<'de> for MembersVisitor<'_> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members { known: Map::new(), description: None, unknown: None };
        let Self { wanted, left } = self;
        while let Some(name) = map.next_key::<String>()? {
            if wanted.attributes == Some(&*name) {
                let only = Only { name: ATTRIBUTE, seed: PhantomData::<Description> };
                members.description = map.next_value_seed(only)?;
            } else if wanted.known.contains(&&*name) {
                let value = map.next_value_seed(Bounded(&mut *left))?;
                if members.known.insert(name, value).is_some() {
                    return Err(A::Error::custom("a member is there twice"));
                }
            } else {
                let only = Only { name: "must_understand", seed: Bounded(&mut *left) };
                if map.next_value_seed(only)? != Some(Value::Bool(false)) {
                    members.unknown.get_or_insert(name);
                }
            }
        }
        Ok(members)
    }
}

/// Reads members of these names, or all, of as many values as are left.
struct Chosen<'a> {
    names: Option<&'a [&'a str]>,
    left: &'a mut usize,
}

impl<'de> Visitor<'de> for Chosen<'_> {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            if self.names.is_some_and(|names| !names.contains(&&*name)) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value = map.next_value_seed(Bounded(&mut *self.left))?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(members)
    }
}

/// One member of an object. Of anything else, none.
struct Only<S> {
    name: &'static str,
    seed: S,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Only<S> {
    type Value = Option<S::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: DeserializeSeed<'de>> Visitor<'de> for Only<S> {
    type Value = Option<S::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut seed, mut found) = (Some(self.seed), None);
        while let Some(name) = map.next_key::<String>()? {
            if name == self.name {
                let seed = seed.take().ok_or_else(|| A::Error::custom("a member is there twice"))?;
                found = Some(map.next_value_seed(seed)?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A value that is made of no more values than are left.
struct Bounded<'a>(&'a mut usize);

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        *self.0 = self.0.checked_sub(1).ok_or_else(|| D::Error::custom("there are too many values"))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(Bounded(self.0))?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is there twice"));
            }
        }
        Ok(Value::Object(members))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(Bounded(self.0))? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
}
