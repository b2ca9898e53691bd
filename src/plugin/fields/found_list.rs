//! A list of elements in any form in which a document may have it: a field may have been an ordinary one when it was
//! saved.

use crate::array::{DataType, Element, with_element};
use crate::error::Error;
use crate::plugin::document::elements::{Elements, PlainElements};
use crate::plugin::document::encoded::EncodedElements;
use crate::plugin::document::encoded_element::put;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::CHUNKED;
use crate::plugin::document::number::optional_number;
use crate::plugin::fields::found::{FoundNdarray, FoundVisitor, mismatch};
use crate::plugin::walk::errors::de_error;
use serde::Deserializer;
use serde::de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde_content::Value;
use std::fmt;
use std::marker::PhantomData;

/// What exists of a list.
pub(super) enum FoundList {
    /// The elements, in the document as serde writes them.
    List(PlainElements),
    Other(FoundNdarray),
}

impl FoundList {
    pub(super) fn of<'de, T: Element, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(CHUNKED, ListVisitor::<T>(PhantomData))
    }
}

/// Meets a list, or an array in any form.
pub(super) struct ListVisitor<T>(PhantomData<T>);

impl<T> ListVisitor<T> {
    pub(super) fn new() -> Self {
        Self(PhantomData)
    }
}

impl<'de, T: Element> Visitor<'de> for ListVisitor<T> {
    type Value = FoundList;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array that arraystow saved, or a list")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<FoundList, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(self)
        } else {
            // A format that has to be asked for a type is asked for the id.
            FoundVisitor.visit_newtype_struct(deserializer).map(FoundList::Other)
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FoundList, A::Error> {
        FoundVisitor.visit_map(map).map(FoundList::Other)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<FoundList, E> {
        self.visit_byte_buf(bytes.to_vec())
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<FoundList, E> {
        if T::DATA_TYPE != DataType::UInt8 {
            return Err(de_error(mismatch(&T::DATA_TYPE, "they are bytes")));
        }
        Ok(FoundList::List(PlainElements::list(Elements::U8(bytes))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<FoundList, A::Error> {
        let mut first = Vec::new();
        while first.len() < 2
            && let Some(value) = sequence.next_element::<Value<'static>>()?
        {
            first.push(value);
        }
        if let [name, parts] = &first[..]
            && let Some((name, version, file)) = id_parts(name, parts)
        {
            let id = PersistentId::try_from((name, (version, file))).map_err(de_error)?;
            return Ok(FoundList::Other(FoundNdarray::Id(id)));
        }
        let elements = with_element!(T::DATA_TYPE, X => numbers::<X, A>(first, sequence, T::default_fill()), else => {
            others(&T::DATA_TYPE, first, sequence)
        });
        elements
            .map(|elements| FoundList::List(PlainElements { fill: T::default_fill(), ..PlainElements::list(elements) }))
    }
}

/// The parts of an id, which no list of elements looks like: a string, and a list of two strings.
fn id_parts(name: &Value<'static>, parts: &Value<'static>) -> Option<(String, String, String)> {
    let text = |value: &Value<'static>| match value {
        Value::String(text) => Some(text.as_ref().to_owned()),
        _ => None,
    };
    match parts {
        Value::Seq(parts) | Value::Tuple(parts) => match &parts[..] {
            [version, file] => Some((text(name)?, text(version)?, text(file)?)),
            _ => None,
        },
        _ => None,
    }
}

fn unfit<E: de::Error>(data_type: &DataType, index: usize, why: &str) -> E {
    let error: Error = mismatch(data_type, &format!("element {index}: {why}"));
    de_error(error)
}

fn numbers<'de, X, A>(first: Vec<Value<'static>>, mut rest: A, fill: Option<Vec<u8>>) -> Result<Elements, A::Error>
where
    X: Element + DeserializeOwned,
    A: SeqAccess<'de>,
{
    let mut elements: Vec<X> = Vec::new();
    let mut add = |value: Value<'static>| {
        let element: Result<X, _> = optional_number(value, fill.as_deref());
        elements.push(element.map_err(|error| unfit(&X::DATA_TYPE, elements.len(), &error.to_string()))?);
        Ok(())
    };
    first.into_iter().try_for_each(&mut add)?;
    while let Some(value) = rest.next_element::<Value<'static>>()? {
        add(value)?;
    }
    Ok(Elements::from_any(Box::new(elements)))
}

fn others<'de, A: SeqAccess<'de>>(
    data_type: &DataType,
    first: Vec<Value<'static>>,
    mut rest: A,
) -> Result<Elements, A::Error> {
    let (mut bytes, mut count) = (Vec::new(), 0);
    let mut add = |value: &Value<'static>| {
        put(data_type, value, &mut bytes).map_err(|why| unfit(data_type, count, &why))?;
        count += 1;
        Ok(())
    };
    first.iter().try_for_each(&mut add)?;
    while let Some(value) = rest.next_element::<Value<'static>>()? {
        add(&value)?;
    }
    Ok(Elements::Encoded(EncodedElements::new(data_type.clone(), bytes)))
}
