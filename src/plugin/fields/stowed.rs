//! Fields with options whose type is a plain array: they stay in the document while they are small, and are diverted
//! without passing through serde otherwise.

use crate::array::{Element, Encoding as _, FromPlainArray, PlainArray, byte_len};
use crate::error::{Error, Result};
use crate::plugin::de::arrays::{ArrayFields, FieldMap, StoredOrInline};
use crate::plugin::document::elements::PlainElements;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{CHUNKED, STORED};
use crate::plugin::fields::found::{FoundNdarray, NdarrayFields};
use crate::plugin::fields::found_list::{FoundList, ListVisitor};
use crate::plugin::fields::plain::{add, found, in_memory, stored};
use crate::plugin::walk::context::{lift, saving};
use crate::plugin::walk::errors::{de_error, ser_error};
use crate::plugin::walk::lookup::{chunked, take_whole};
use crate::plugin::walk::scopes::is_conversion_asked;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// How an array stays in the document.
pub(super) trait Inline<A> {
    /// Whether one that serde buffers is diverted when it leaves the buffer. Then its place is known.
    const IS_FOUND_LATER: bool;

    fn inline<S: Serializer>(array: &A, serializer: S) -> Result<S::Ok, S::Error>;
}

/// Saves an array under the options in force.
pub(super) fn save<A, I, S>(array: &A, serializer: S) -> Result<S::Ok, S::Error>
where
    A: PlainArray,
    I: Inline<A>,
    S: Serializer,
{
    // Outside a save there are no options.
    if saving(|_| ()).is_err() {
        return I::inline(array, serializer);
    }
    // Our Serializer notes the place.
    serializer.serialize_newtype_struct(CHUNKED, &Field::<A, I>(array, PhantomData))
}

struct Field<'a, A, I>(&'a A, PhantomData<I>);

impl<A: PlainArray, I: Inline<A>> Serialize for Field<'_, A, I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if I::IS_FOUND_LATER && !saving(|state| state.has_place()).unwrap_or(false) {
            return I::inline(self.0, serializer);
        }
        let id = match stays(self.0) {
            Ok(true) => return I::inline(self.0, serializer),
            Ok(false) => add(self.0),
            Err(error) => Err(error),
        };
        match id {
            Ok(id) => serializer.serialize_newtype_struct(STORED, &id),
            Err(error) => Err(ser_error(error)),
        }
    }
}

/// Whether an array stays in the document. Options that do not fit are an error all the same.
fn stays<A: PlainArray>(array: &A) -> Result<bool> {
    let elements = {
        let _lifted = lift();
        array.elements()
    };
    let bytes = byte_len(elements.iter());
    let asked = saving(|state| {
        let below = state.inline_below();
        let options = state.options();
        options.grid(elements.shape())?;
        Ok::<_, Error>((below, options.inline()))
    });
    let (below, inline) = asked??;
    if inline || (elements.is_empty() && below > 0) {
        return Ok(true);
    }
    // A format may have no NaN.
    Ok(bytes < below && PlainElements::of(elements)?.all_finite())
}

/// What the document has of a field.
enum Found<I> {
    Described(FoundList),
    /// In a format that has to be asked for a type.
    Typed(I),
}

/// Reads an array in whatever form the document has it. `I` is how it stays in the document.
pub(super) fn load<'de, A, I, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray,
    I: PlainArray<Element = A::Element> + Deserialize<'de>,
    D: Deserializer<'de>,
{
    let of_fields = |fields: NdarrayFields| found(FoundList::Other(FoundNdarray::Fields(fields)));
    read::<A, I, D>(deserializer, of_fields, |id| stored(&id))
}

/// The same for an ndarray, whose elements may be of any type that serde takes for them.
pub(super) fn load_ndarray<'de, A, D>(deserializer: D) -> Result<A, D::Error>
where
    A: FromPlainArray<Element: de::DeserializeOwned> + de::DeserializeOwned,
    D: Deserializer<'de>,
{
    let of_fields = |fields: NdarrayFields| fields.typed().and_then(in_memory);
    read::<A, A, D>(deserializer, of_fields, |id| {
        if is_conversion_asked() || A::Element::reads(&chunked(&id)?.data_type()) {
            return stored(&id);
        }
        let fields = FieldMap { fields: ArrayFields::stored(take_whole(&id)?), path: None };
        A::deserialize(MapAccessDeserializer::new(fields)).map_err(|error| {
            let text = format!("{}: {error}", crate::plugin::walk::loading::UNFIT_ELEMENTS);
            Error::new(crate::error::ErrorKind::TypeMismatch, text).in_array(id.file())
        })
    })
}

fn read<'de, A, I, D>(
    deserializer: D,
    of_fields: impl FnOnce(NdarrayFields) -> Result<A>,
    of_id: impl FnOnce(PersistentId) -> Result<A>,
) -> Result<A, D::Error>
where
    A: FromPlainArray,
    I: PlainArray<Element = A::Element> + Deserialize<'de>,
    D: Deserializer<'de>,
{
    let what = deserializer.deserialize_newtype_struct(CHUNKED, FieldVisitor::<A::Element, I>(PhantomData))?;
    match what {
        Found::Described(FoundList::Other(FoundNdarray::Id(id))) => of_id(id),
        Found::Described(FoundList::Other(FoundNdarray::Fields(fields))) => of_fields(fields),
        Found::Described(list) => found(list),
        Found::Typed(inline) => in_memory(inline.elements().into_owned()),
    }
    .map_err(de_error)
}

struct FieldVisitor<T, I>(PhantomData<(T, I)>);

impl<'de, T: Element, I: Deserialize<'de>> Visitor<'de> for FieldVisitor<T, I> {
    type Value = Found<I>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array that arraystow saved, or a list")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<I>, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(ListVisitor::<T>::new()).map(Found::Described)
        } else {
            deserializer.deserialize_map(Forms(PhantomData))
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<Found<I>, A::Error> {
        ListVisitor::<T>::new().visit_seq(sequence).map(Found::Described)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Found<I>, A::Error> {
        ListVisitor::<T>::new().visit_map(map).map(Found::Described)
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Found<I>, E> {
        ListVisitor::<T>::new().visit_bytes(bytes).map(Found::Described)
    }
}

/// The map of one entry in a format that has to be asked for the types.
struct Forms<I>(PhantomData<I>);

impl<'de, I: Deserialize<'de>> Visitor<'de> for Forms<I> {
    type Value = Found<I>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the form of an array that arraystow saved")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<I>, A::Error> {
        let found = match map.next_key::<StoredOrInline>()? {
            Some(StoredOrInline::Stored) => Found::Described(FoundList::Other(FoundNdarray::Id(map.next_value()?))),
            Some(StoredOrInline::Inline) => Found::Typed(map.next_value()?),
            None => return Err(de::Error::invalid_length(0, &self)),
        };
        match map.next_key::<IgnoredAny>()? {
            None => Ok(found),
            Some(_) => Err(de::Error::custom("an array in the document has two forms")),
        }
    }
}
