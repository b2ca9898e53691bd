//! An array in any form in which a document or serde's buffer may have it, for types that read it as a chunked array.
//!
//! A field may have been a plain ndarray when it was saved. Then the document has one of the plain forms in the id's
//! place, and a buffer the array's own fields.

use crate::array::{DataType, Element, with_element};
use crate::error::{Error, ErrorKind, Result};
use crate::plugin::de::arrays::StoredOrInline;
use crate::plugin::document::elements::{Elements, PlainElements};
use crate::plugin::document::encoded::EncodedElements;
use crate::plugin::document::encoded_element::put;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{ARRAY_FIELDS, CHUNKED};
use crate::plugin::document::number::{optional, optional_number, rounded};
use crate::plugin::fields::as_found;
use ndarray::ArrayD;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_content::{Number, Value};
use std::fmt;

/// What exists of an array.
pub(in crate::plugin) enum FoundNdarray {
    Id(PersistentId),
    /// The array itself: it was small, or serde buffered it.
    Fields(NdarrayFields),
}

/// The fields of an ndarray of unknown type.
#[derive(Deserialize)]
pub(in crate::plugin) struct NdarrayFields {
    #[serde(default, rename = "v")]
    _version: IgnoredAny,
    dim: Vec<usize>,
    data: Value<'static>,
}

impl<'de> Deserialize<'de> for FoundNdarray {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        // Asks our Deserializer, if it is the next, for what there really is.
        deserializer.deserialize_newtype_struct(CHUNKED, FoundVisitor)
    }
}

pub(super) struct FoundVisitor;

impl<'de> Visitor<'de> for FoundVisitor {
    type Value = FoundNdarray;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array that arraystow saved")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> std::result::Result<FoundNdarray, D::Error> {
        // serde's buffers and formats for people describe what they have. Others have to be asked for a type.
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            deserializer.deserialize_tuple(2, self)
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> std::result::Result<FoundNdarray, A::Error> {
        PersistentId::deserialize(SeqAccessDeserializer::new(sequence)).map(FoundNdarray::Id)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<FoundNdarray, A::Error> {
        let found = match map.next_key::<Key>()? {
            Some(Key::Form(StoredOrInline::Stored)) => FoundNdarray::Id(map.next_value()?),
            Some(Key::Form(StoredOrInline::Inline)) => FoundNdarray::Fields(map.next_value()?),
            // The field before those that are wanted.
            Some(Key::Version) => {
                map.next_value::<IgnoredAny>()?;
                return NdarrayFields::deserialize(MapAccessDeserializer::new(map)).map(FoundNdarray::Fields);
            }
            None => return Err(de::Error::invalid_length(0, &self)),
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(found),
            Some(_) => Err(de::Error::custom("an array in the document has two forms")),
        }
    }
}

enum Key {
    Form(StoredOrInline),
    Version,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let key = String::deserialize(deserializer)?;
        if key == ARRAY_FIELDS[0] {
            return Ok(Self::Version);
        }
        StoredOrInline::deserialize(de::value::StrDeserializer::new(&key)).map(Self::Form)
    }
}

impl NdarrayFields {
    /// Those of an array of this shape, whose elements are values of any kind.
    pub(in crate::plugin) fn of_values(dim: Vec<usize>, elements: &impl Serialize) -> Result<Self> {
        let data = elements.serialize(serde_content::Serializer::new());
        let data = data.map_err(|error| Error::new(ErrorKind::TypeMismatch, error.to_string()))?;
        Ok(Self { _version: IgnoredAny, dim, data: data.into_owned() })
    }

    /// The elements in the type that they show.
    pub(in crate::plugin) fn elements_as_found(self) -> Result<PlainElements> {
        let data_type = as_found::data_type(&self.data);
        self.elements_of(data_type)
    }

    /// Those of a stored array, in the type in which one of serde's buffers has them. Returns the elements themselves
    /// if they are not numbers.
    pub(in crate::plugin) fn buffered(
        dim: Vec<usize>,
        data: Value<'static>,
    ) -> std::result::Result<Result<PlainElements>, Value<'static>> {
        match as_found::buffered(&data) {
            Some(data_type) => Ok(Self { _version: IgnoredAny, dim, data }.elements_of(Some(data_type))),
            None => Err(data),
        }
    }

    fn elements_of(self, data_type: Option<DataType>) -> Result<PlainElements> {
        let data_type = data_type.ok_or_else(|| {
            let text = "the elements of an array in the document have no data type of arraystow: load it as an \
                ndarray of their Rust type";
            Error::new(ErrorKind::TypeMismatch, text)
        })?;
        let text = "the elements of an array in the document are not numbers";
        with_element!(data_type, T => self.elements::<T>(), else => Err(Error::new(ErrorKind::TypeMismatch, text)))
    }

    /// The array in a type whose elements serde reads: of numbers whatever it takes for them.
    pub(in crate::plugin) fn typed<T: Element + de::DeserializeOwned>(self) -> Result<ArrayD<T>> {
        let elements: std::result::Result<Vec<T>, serde_content::Error> = match self.data {
            Value::Seq(elements) | Value::Tuple(elements) => elements.into_iter().map(as_serde_reads).collect(),
            _ => Err(de::Error::custom("they are not a list")),
        };
        let elements = elements.map_err(|error| mismatch(&T::DATA_TYPE, &error.to_string()))?;
        ArrayD::from_shape_vec(self.dim, elements)
            .map_err(|_| Error::corrupt("an array in the document does not have as many elements as its shape says"))
    }

    /// The elements, if they can be read as such.
    pub(in crate::plugin) fn elements<T: Element>(self) -> Result<PlainElements> {
        let elements = with_element!(T::DATA_TYPE, X => elements::<X>(self.data, T::default_fill()), else => {
            encoded_elements(&T::DATA_TYPE, self.data)
        });
        let elements = elements.map_err(|error| mismatch(&T::DATA_TYPE, &error.to_string()))?;
        if crate::array::element_count(&self.dim) != Some(elements.len()) {
            return Err(Error::corrupt("an array in the document does not have as many elements as its shape says"));
        }
        Ok(PlainElements { shape: self.dim, elements, fill: T::default_fill() })
    }
}

/// An element as serde reads numbers, which takes integers for floats, and rounds to single precision.
fn as_serde_reads<T: Element + de::DeserializeOwned>(
    value: Value<'static>,
) -> std::result::Result<T, serde_content::Error> {
    match &T::DATA_TYPE {
        DataType::Float32 | DataType::Complex64 => as_value_has_it(rounded(value)),
        data_type @ (DataType::Bytes(_) | DataType::Record(_) | DataType::Subarray(_)) => {
            let kept = value.clone();
            as_value_has_it(value).or_else(|error| of_bytes(data_type, &kept).ok_or(error))
        }
        _ => as_value_has_it(value),
    }
}

fn of_bytes<T: Element>(data_type: &DataType, value: &Value<'static>) -> Option<T> {
    let mut bytes = Vec::new();
    put(data_type, value, &mut bytes).ok()?;
    T::get(data_type, &bytes).ok()
}

fn as_value_has_it<T: de::DeserializeOwned>(value: Value<'static>) -> std::result::Result<T, serde_content::Error> {
    let value = optional(value);
    let integer = match &value {
        Value::Number(Number::I64(integer)) => Some(i128::from(*integer)),
        Value::Number(Number::U64(integer)) => Some(i128::from(*integer)),
        _ => None,
    };
    let read = T::deserialize(serde_content::Deserializer::new(value).coerce_numbers());
    match integer.map(|integer| (i64::try_from(integer), u64::try_from(integer))) {
        Some((Ok(integer), _)) => read.or_else(|_| T::deserialize(integer.into_deserializer())),
        Some((_, Ok(integer))) => read.or_else(|_| T::deserialize(integer.into_deserializer())),
        _ => read,
    }
}

/// Elements that are not numbers, as their own serializers have written them.
fn encoded_elements(data_type: &DataType, data: Value<'static>) -> std::result::Result<Elements, serde_content::Error> {
    let (Value::Seq(elements) | Value::Tuple(elements)) = data else {
        return Err(de::Error::custom("they are not a list"));
    };
    let mut bytes = Vec::new();
    elements.iter().try_for_each(|element| put(data_type, element, &mut bytes)).map_err(de::Error::custom)?;
    Ok(Elements::Encoded(EncodedElements::new(data_type.clone(), bytes)))
}

fn elements<X: Element + de::DeserializeOwned>(
    data: Value<'static>,
    fill: Option<Vec<u8>>,
) -> std::result::Result<Elements, serde_content::Error> {
    let (Value::Seq(elements) | Value::Tuple(elements)) = data else {
        return Err(de::Error::custom("they are not a list"));
    };
    let elements: std::result::Result<Vec<X>, _> =
        elements.into_iter().map(|value| optional_number(value, fill.as_deref())).collect();
    Ok(Elements::from_any(Box::new(elements?)))
}

pub(super) fn mismatch(data_type: &DataType, why: &str) -> Error {
    Error::new(
        ErrorKind::TypeMismatch,
        format!(
            "the elements of an array in the document are not of type {data_type} ({why}): load it with the element \
                type that it was \
             saved with, and convert it"
        ),
    )
}
