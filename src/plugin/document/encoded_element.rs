//! One element that is not a number, as a serde value: a record is a map, a string of fixed length a string, an
//! enumeration its name.

use crate::array::{AnyNumber as Number, DataType, Field, Number as _, RecordType, packed, with_element};
use crate::plugin::document::number::number as to_number;
#[cfg(feature = "jiff")]
use crate::plugin::document::number::optional;
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};
use serde_content::Value;
use std::marker::PhantomData;

/// Shows an element as its Rust type deserializes it.
pub(in crate::plugin) struct EncodedElement<'a, E> {
    data_type: &'a DataType,
    bytes: &'a [u8],
    error: PhantomData<E>,
}

impl<'a, E: de::Error> EncodedElement<'a, E> {
    /// The element of these bytes, of which there are as many as the data type says.
    pub(in crate::plugin) fn new(data_type: &'a DataType, bytes: &'a [u8]) -> Self {
        Self { data_type, bytes, error: PhantomData }
    }

    fn number<'de, V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, E> {
        let number = number(self.data_type, self.bytes).map_err(E::custom)?;
        match (self.data_type, number) {
            (DataType::Bool, number) => visitor.visit_bool(bool::from_value(number)),
            (DataType::Float32, Number::Float(x)) => visitor.visit_f32(x as f32),
            // As the half crate does: the bits.
            (DataType::Float16 | DataType::BFloat16, _) => match self.bytes {
                [low, high] => visitor.visit_u16(u16::from_le_bytes([*low, *high])),
                _ => Err(E::custom("it is cut off")),
            },
            (_, Number::Int(x)) => visitor.visit_i64(x),
            (_, Number::UInt(x)) => visitor.visit_u64(x),
            (_, Number::Float(x)) => visitor.visit_f64(x),
            (_, Number::Complex(x)) => visitor.visit_seq(SeqDeserializer::new([x.re, x.im].into_iter())),
        }
    }
}

impl<'de, E: de::Error> Deserializer<'de> for EncodedElement<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.data_type {
            DataType::Text(_) => visitor.visit_str(text(self.bytes).map_err(E::custom)?),
            DataType::String => {
                let text = packed::only(self.bytes).and_then(|text| str::from_utf8(text).ok());
                visitor.visit_str(text.ok_or_else(|| E::custom("it is not a string"))?)
            }
            DataType::Bytes(_) => visitor.visit_bytes(self.bytes),
            DataType::DateTime64(_) | DataType::TimeDelta64(_) => time(self.data_type, self.bytes, visitor),
            DataType::Enum(enumeration) => {
                let value = enumeration.value_of(self.bytes).ok_or_else(|| E::custom("it is cut off"))?;
                let name = enumeration.name_of(value);
                visitor.visit_str(name.ok_or_else(|| E::custom(format_args!("{value} has no name")))?)
            }
            DataType::Record(record) => {
                let fields = record.fields().iter().zip(record.offsets());
                let bytes = self.bytes;
                visitor.visit_map(MapDeserializer::new(fields.map(|(field, offset)| {
                    let value = bytes.get(offset..).and_then(|rest| rest.get(..field.data_type().size()));
                    (field.name(), Part { data_type: field.data_type(), bytes: value.unwrap_or_default() })
                })))
            }
            DataType::Subarray(subarray) => {
                let element = subarray.element();
                let parts = self.bytes.chunks_exact(element.size().max(1));
                visitor.visit_seq(SeqDeserializer::new(parts.map(|bytes| Part { data_type: element, bytes })))
            }
            _ => self.number(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        let name_of_variant = String::deserialize(self)?;
        name_of_variant.into_deserializer().deserialize_enum(name, variants, visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

/// A part of an element.
struct Part<'a> {
    data_type: &'a DataType,
    bytes: &'a [u8],
}

impl<'de, 'a, E: de::Error> IntoDeserializer<'de, E> for Part<'a> {
    type Deserializer = EncodedElement<'a, E>;

    fn into_deserializer(self) -> EncodedElement<'a, E> {
        EncodedElement::new(self.data_type, self.bytes)
    }
}

pub(super) fn number(data_type: &DataType, bytes: &[u8]) -> Result<Number, String> {
    use crate::array::Encoding;
    with_element!(data_type, T => T::get(data_type, bytes).map(T::to_value), else => Err("it is not a number".to_owned()))
}

/// A string, without the zeros at its end.
pub(in crate::plugin) fn text(bytes: &[u8]) -> Result<&str, String> {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    str::from_utf8(&bytes[..end]).map_err(|error| format!("a string is not UTF-8: {error}"))
}

#[cfg(feature = "jiff")]
fn time<'de, V: Visitor<'de>, E: de::Error>(data_type: &DataType, bytes: &[u8], visitor: V) -> Result<V::Value, E> {
    use crate::array::Encoding;
    let shown = match data_type {
        DataType::DateTime64(_) => {
            Option::<jiff::Timestamp>::get(data_type, bytes).map(|time| time.map(|time| time.to_string()))
        }
        _ => Option::<jiff::SignedDuration>::get(data_type, bytes).map(|time| time.map(|time| time.to_string())),
    };
    match shown.map_err(E::custom)? {
        Some(text) => visitor.visit_string(text),
        None => visitor.visit_none(),
    }
}

#[cfg(not(feature = "jiff"))]
fn time<'de, V: Visitor<'de>, E: de::Error>(_: &DataType, bytes: &[u8], visitor: V) -> Result<V::Value, E> {
    visitor.visit_i64(bytes.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes)))
}

/// Appends the bytes of an element that is in the document as a value.
pub(in crate::plugin) fn put(data_type: &DataType, value: &Value<'static>, out: &mut Vec<u8>) -> Result<(), String> {
    let unfit = || format!("{value:?} is not a {data_type}");
    match data_type {
        DataType::Text(size) | DataType::Bytes(size) => {
            let bytes = match value {
                Value::String(text) => text.as_bytes(),
                Value::Bytes(bytes) => bytes,
                // JSON has a list in the place of bytes.
                Value::Seq(numbers) | Value::Tuple(numbers) if *data_type == DataType::Bytes(numbers.len()) => {
                    let bytes: Result<Vec<u8>, _> = numbers.iter().cloned().map(to_number).collect();
                    out.extend(bytes.map_err(|_| unfit())?);
                    return Ok(());
                }
                _ => return Err(unfit()),
            };
            let missing = size.checked_sub(bytes.len()).ok_or_else(unfit)?;
            out.extend_from_slice(bytes);
            out.resize(out.len() + missing, 0);
            Ok(())
        }
        DataType::String => match value {
            Value::String(text) => packed::push(text.as_bytes(), out).map_err(|error| error.to_string()),
            _ => Err(unfit()),
        },
        DataType::Record(record) => put_record(record, value, out).ok_or_else(unfit)?,
        DataType::Subarray(subarray) => match value {
            Value::Seq(values) | Value::Tuple(values) if values.len() == subarray.count() => {
                values.iter().try_for_each(|value| put(subarray.element(), value, out))
            }
            _ => Err(unfit()),
        },
        DataType::Enum(enumeration) => {
            let name = match value {
                Value::String(name) => name.as_ref(),
                Value::Enum(variant) => variant.variant.as_ref(),
                _ => return Err(unfit()),
            };
            let (_, value) = enumeration.names().find(|(own, _)| *own == name).ok_or_else(unfit)?;
            let size = enumeration.base().size();
            out.extend_from_slice(value.to_le_bytes().get(..size).unwrap_or_default());
            Ok(())
        }
        DataType::DateTime64(_) | DataType::TimeDelta64(_) => put_time(data_type, value, out),
        number => with_element!(number, T => {
            let value: T = to_number(value.clone()).map_err(|_| unfit())?;
            out.extend_from_slice(bytemuck::bytes_of(&value));
            Ok(())
        }, else => Err(unfit())),
    }
}

fn put_record(record: &RecordType, value: &Value<'static>, out: &mut Vec<u8>) -> Option<Result<(), String>> {
    let field = |field: &Field| -> Option<&Value<'static>> {
        match value {
            Value::Map(entries) => entries
                .iter()
                .find(|(key, _)| matches!(key, Value::String(name) if name.as_ref() == field.name()))
                .map(|(_, value)| value),
            Value::Struct(record) => match &record.data {
                serde_content::Data::Struct { fields } => {
                    fields.iter().find(|(name, _)| name.as_ref() == field.name()).map(|(_, value)| value)
                }
                _ => None,
            },
            _ => None,
        }
    };
    for own in record.fields() {
        if let Err(why) = put(own.data_type(), field(own)?, out) {
            return Some(Err(why));
        }
    }
    Some(Ok(()))
}

#[cfg(feature = "jiff")]
fn put_time(data_type: &DataType, value: &Value<'static>, out: &mut Vec<u8>) -> Result<(), String> {
    use crate::array::Encoding;
    let read = serde_content::Deserializer::new(optional(value.clone()));
    match data_type {
        DataType::DateTime64(_) => {
            Option::<jiff::Timestamp>::deserialize(read).map_err(|error| error.to_string())?.put(out)
        }
        _ => Option::<jiff::SignedDuration>::deserialize(read).map_err(|error| error.to_string())?.put(out),
    }
}

#[cfg(not(feature = "jiff"))]
fn put_time(_: &DataType, value: &Value<'static>, out: &mut Vec<u8>) -> Result<(), String> {
    let count = i64::deserialize(serde_content::Deserializer::new(value.clone())).map_err(|error| error.to_string())?;
    out.extend_from_slice(&count.to_le_bytes());
    Ok(())
}
