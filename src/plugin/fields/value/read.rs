//! Any part of a document as a [`Value`].
//!
//! Self-describing formats provide the types. An id looks like any other list of its form; the document's manifest says
//! which lists are ids.

use super::{InlineArray, Value};
use crate::array::{AnyArray, element_count};
use crate::plugin::de::arrays::{INLINE_VERSION, STORED_VERSION, StoredOrInline};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{ARRAY_FIELDS, CHUNKED, INLINE, STORED};
use crate::plugin::drive::shared_load::{strong, weak};
use crate::plugin::fields::found::NdarrayFields;
use crate::plugin::fields::shared::{Meaning, meaning};
use crate::plugin::format::cbor::AnyStep;
use crate::plugin::shared::Shared;
use crate::plugin::walk::context::loading;
use crate::plugin::walk::errors::de_error;
use crate::plugin::walk::lookup::{chunked, names};
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_content::Value as Content;
use std::cell::Cell;
use std::fmt;

impl<'de> Deserialize<'de> for Value {
    /// Reads whatever is there. Arrays are lazy.
    ///
    /// # Errors
    /// That of the format if it does not describe itself (bincode, postcard): nothing can be read there without a type.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read(deserializer, &Cell::new(None))
    }
}

/// Reads whatever is there. `shown` gets the form of the array whose version it is, if one of serde's buffers has its
/// fields.
fn read<'de, D: Deserializer<'de>>(deserializer: D, shown: &Cell<Option<StoredOrInline>>) -> Result<Value, D::Error> {
    // Asks our Deserializer, if it is the next, for what there really is.
    deserializer.deserialize_newtype_struct(CHUNKED, ValueVisitor { shown })
}

struct ValueVisitor<'f> {
    shown: &'f Cell<Option<StoredOrInline>>,
}

/// The value of a map's first entry.
struct FirstSeed<'f>(&'f Cell<Option<StoredOrInline>>);

impl<'de> DeserializeSeed<'de> for FirstSeed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        read(deserializer, self.0)
    }
}

macro_rules! visit {
    ($($method:ident($rust:ty) $variant:ident;)*) => {
        $(#[inline]
        fn $method<E>(self, value: $rust) -> Result<Value, E> {
            Ok(Value::$variant(value.into()))
        })*
    };
}

impl<'de> Visitor<'de> for ValueVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    visit! {
        visit_bool(bool) Bool;
        visit_i64(i64) Integer;
        visit_u64(u64) Integer;
        visit_i128(i128) Integer;
        visit_f32(f32) Float32;
        visit_f64(f64) Float64;
        visit_char(char) Text;
        visit_str(&str) Text;
        visit_string(String) Text;
        visit_bytes(&[u8]) Bytes;
        visit_byte_buf(Vec<u8>) Bytes;
    }

    fn visit_i8<E>(self, value: i8) -> Result<Value, E> {
        if value == STORED_VERSION {
            self.shown.set(Some(StoredOrInline::Stored));
        }
        Ok(Value::Integer(value.into()))
    }

    fn visit_i16<E>(self, value: i16) -> Result<Value, E> {
        if value == INLINE_VERSION {
            self.shown.set(Some(StoredOrInline::Inline));
        }
        Ok(Value::Integer(value.into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Value, E> {
        Ok(i128::try_from(value).map_or(Value::LargeInteger(value), Value::Integer))
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let _step = AnyStep::new();
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = sequence.next_element()? {
            count()?;
            elements.push(element);
        }
        reference(&elements).map(|reference| reference.unwrap_or(Value::List(elements)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let (mut entries, shown) = (Vec::new(), Cell::new(None));
        while let Some(key) = map.next_key::<Value>()? {
            count()?;
            let value = match entries.as_slice() {
                [] => map.next_value_seed(FirstSeed(&shown))?,
                [_, (_, Value::List(dim))] if shown.get() == Some(StoredOrInline::Stored) => {
                    buffered(dim, map.next_value()?)?
                }
                _ => map.next_value()?,
            };
            entries.push((key, value));
        }
        Ok(match shown.get() {
            None => array(entries),
            Some(_) => of_fields(entries),
        })
    }
}

/// Counts a value, and refuses more than the machine's memory holds: in a document they are shorter than here.
fn count<E: Error>() -> Result<(), E> {
    loading(|state| state.count(size_of::<(Value, Value)>())).unwrap_or(Ok(())).map_err(de_error)
}

/// What a list refers to, if it is an id or the place of a shared value.
fn reference<E: Error>(elements: &[Value]) -> Result<Option<Value>, E> {
    let [Value::Text(name), Value::List(rest)] = elements else { return Ok(None) };
    let [Value::Text(version), Value::Text(file)] = rest.as_slice() else { return Ok(None) };
    match meaning(name, version, file) {
        Some(Meaning::Shared(number)) => return Ok(Some(Value::Shared(Shared::from(strong(number)?)))),
        Some(Meaning::Weak(number)) => return Ok(Some(Value::WeakShared(weak(number).map_err(de_error)?))),
        None => {}
    }
    let Some(id) = PersistentId::recognized(name, version, file).filter(names) else { return Ok(None) };
    if id.is_array() {
        return chunked(&id).map(|array| Some(Value::Array(AnyArray::of(array)))).map_err(de_error);
    }
    Ok(Some(Value::External(id)))
}

/// The map, or the array that it stands for.
fn array(entries: Vec<(Value, Value)>) -> Value {
    let [(form, value)] = match <[(Value, Value); 1]>::try_from(entries) {
        Ok(entry) => entry,
        Err(entries) => return Value::Map(entries),
    };
    match (form, value) {
        (Value::Text(form), Value::Array(array)) if form == STORED => Value::Array(array.plain()),
        (Value::Text(form), Value::Map(fields)) if form == INLINE => match inline_array(fields) {
            Ok(array) => Value::InlineArray(array),
            Err(fields) => Value::Map(vec![(Value::Text(form), Value::Map(fields))]),
        },
        (form, value) => Value::Map(vec![(form, value)]),
    }
}

/// The `data` of a stored array in one of serde's buffers, which has its elements: the array in memory, if they are
/// numbers.
fn buffered<E: Error>(dim: &[Value], data: Content<'static>) -> Result<Value, E> {
    match NdarrayFields::buffered(lengths(dim).unwrap_or_default(), data) {
        Ok(elements) => {
            let array = elements.and_then(PlainElements::into_chunked).map_err(de_error)?;
            Ok(Value::Array(AnyArray::of(array).plain()))
        }
        Err(data) => Value::deserialize(serde_content::Deserializer::new(data)).map_err(E::custom),
    }
}

/// The array with these fields, which one of serde's buffers had.
fn of_fields(fields: Vec<(Value, Value)>) -> Value {
    match fields.as_slice() {
        [_, _, (_, Value::Array(array))] => Value::Array(array.clone()),
        _ => inline_array(fields).map_or_else(Value::Map, Value::InlineArray),
    }
}

/// The array with these fields, or the fields if they are not those of one.
fn inline_array(mut fields: Vec<(Value, Value)>) -> Result<InlineArray, Vec<(Value, Value)>> {
    match (inline_shape(&fields), fields.pop()) {
        (Some(shape), Some((_, Value::List(elements)))) => Ok(InlineArray { shape, elements }),
        (_, last) => {
            fields.extend(last);
            Err(fields)
        }
    }
}

/// The shape of an `ndarray` with these fields, if they are those of one.
fn inline_shape(fields: &[(Value, Value)]) -> Option<Vec<usize>> {
    let named = fields.iter().map(|(key, _)| key.as_text()).eq(ARRAY_FIELDS.iter().map(|field| Some(*field)));
    let [(_, Value::Integer(1)), (_, Value::List(dim)), (_, Value::List(elements))] = fields else { return None };
    let shape = lengths(dim)?;
    (named && element_count(&shape) == Some(elements.len())).then_some(shape)
}

fn lengths(dim: &[Value]) -> Option<Vec<usize>> {
    let length = |value: &Value| match value {
        Value::Integer(length) => usize::try_from(*length).ok(),
        _ => None,
    };
    dim.iter().map(length).collect()
}
