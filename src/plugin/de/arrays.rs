//! Deserializes arrays: they are shown to an ndarray's own `Deserialize` as `v`, `dim` and `data`.

use crate::plugin::de::at::At;
use crate::plugin::de::numbers::Numbers;
use crate::plugin::de::seeds::Watching;
use crate::plugin::de::shape::{Dim, Fielded};
use crate::plugin::document::elements::{Elements, PlainElements};
use crate::plugin::document::encoded_element::EncodedElement;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{ARRAY, ARRAY_FIELDS, INLINE, STORED};
use crate::plugin::document::path::{Asked, Path};
use crate::plugin::format::cbor::AnyStep;
use crate::plugin::walk::errors::{de_error, note_unfit};
use crate::plugin::walk::loading::UNFIT_ELEMENTS;
use crate::plugin::walk::lookup::whole;
use crate::plugin::walk::scopes::is_conversion_asked;
use serde::de::value::{BorrowedStrDeserializer, Error as PlainText, SeqAccessDeserializer};
use serde::de::{self, DeserializeSeed, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_content::Value;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// Reads what an ndarray asks for.
pub(in crate::plugin) fn read_array<'de, D: de::Deserializer<'de>, V: Visitor<'de>>(
    inner: D,
    visitor: V,
    at: At<'_>,
) -> Result<V::Value, D::Error> {
    let visitor = ArrayVisitor { visitor, at };
    // In a format that describes itself, an array that was saved as a chunked one is found, too.
    if at.quirks().human_readable || inner.is_human_readable() {
        let _step = AnyStep::new();
        inner.deserialize_any(visitor)
    } else {
        inner.deserialize_map(visitor)
    }
}

/// Meets an ndarray in one of its two forms, or the id of a chunked array.
struct ArrayVisitor<'p, V> {
    visitor: V,
    at: At<'p>,
}

impl<V> ArrayVisitor<'_, V> {
    fn show<'de, E: de::Error>(self, id: &PersistentId) -> Result<V::Value, E>
    where
        V: Visitor<'de>,
    {
        let elements = whole(id, self.at.path).map_err(de_error)?;
        let fields = FieldMap { fields: ArrayFields::stored(elements), path: Some(self.at.path) };
        self.visitor.visit_map(fields).map_err(|error| E::custom(format_args!("{UNFIT_ELEMENTS}: {error}")))
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for ArrayVisitor<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array that arraystow saved")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<V::Value, A::Error> {
        let id = PersistentId::deserialize(SeqAccessDeserializer::new(sequence))?;
        self.show(&id)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut forms: A) -> Result<V::Value, A::Error> {
        let value = match forms.next_key::<StoredOrInline>()? {
            Some(StoredOrInline::Stored) => {
                let id = forms.next_value()?;
                self.show(&id)?
            }
            Some(StoredOrInline::Inline) => {
                let is_ours = self.at.format.is_some();
                let visitor = Fielded { visitor: self.visitor, path: self.at.path, is_ours };
                let asked = Asked::Fields(ARRAY_FIELDS);
                let visitor = Watching { visitor, at: self.at, asked };
                forms.next_value_seed(Inline(visitor)).inspect_err(|_| note_unfit(self.at.path))?
            }
            None => return Err(de::Error::invalid_length(0, &self)),
        };
        match forms.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(de::Error::custom("an array in the document has two forms")),
        }
    }
}

/// Which of its forms an array has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::plugin) enum StoredOrInline {
    Stored,
    Inline,
}

impl<'de> Deserialize<'de> for StoredOrInline {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FormVisitor;

        impl Visitor<'_> for FormVisitor {
            type Value = StoredOrInline;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the form of an array that arraystow saved")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<StoredOrInline, E> {
                match name {
                    STORED => Ok(StoredOrInline::Stored),
                    INLINE => Ok(StoredOrInline::Inline),
                    _ => Err(E::unknown_field(name, &[STORED, INLINE])),
                }
            }
        }

        deserializer.deserialize_str(FormVisitor)
    }
}

/// The three fields as they are in the document.
struct Inline<'p, V>(Watching<'p, V>);

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for Inline<'_, V> {
    type Value = V::Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<V::Value, D::Error> {
        deserializer.deserialize_struct(ARRAY, ARRAY_FIELDS, self.0)
    }
}

/// The version of an array's fields. Its type passes through serde's buffers. Nothing else there says that a map is an
/// array, and which form the array has in the document. Formats have a 1 as an unsigned number.
pub(in crate::plugin) const STORED_VERSION: i8 = 1;
pub(in crate::plugin) const INLINE_VERSION: i16 = 1;

/// An array's fields, one after the other.
pub(in crate::plugin) enum ArrayFields {
    Stored {
        elements: Arc<PlainElements>,
        /// Whether they are converted to the type that is asked for.
        convert: bool,
        /// Which field comes next.
        next: usize,
    },
    Inline {
        /// The fields that are left, the next one last.
        fields: Vec<(Value<'static>, Value<'static>)>,
        value: Option<Value<'static>>,
    },
}

impl ArrayFields {
    pub(in crate::plugin) fn stored(elements: Arc<PlainElements>) -> Self {
        Self::Stored { elements, convert: is_conversion_asked(), next: 0 }
    }

    pub(in crate::plugin) fn inline(mut fields: Vec<(Value<'static>, Value<'static>)>) -> Self {
        // As the array writes them, whatever a map in between made of their order.
        let place = |key: &Value<'static>| match key {
            Value::String(name) => ARRAY_FIELDS.iter().position(|field| field == name),
            _ => None,
        };
        fields.sort_by_key(|(key, _)| std::cmp::Reverse(place(key)));
        if let Some((key, version)) = fields.last_mut()
            && place(key) == Some(0)
            && u8::deserialize(serde_content::Deserializer::new(version.clone()).coerce_numbers()) == Ok(1)
        {
            *version = Value::from(INLINE_VERSION);
        }
        Self::Inline { fields, value: None }
    }

    /// The first key has been shown already.
    pub(in crate::plugin) fn skip_key(&mut self) {
        match self {
            Self::Stored { next, .. } => *next += 1,
            Self::Inline { fields, value } => *value = fields.pop().map(|(_, value)| value),
        }
    }

    pub(in crate::plugin) fn next_key<'de, T, E>(&mut self, seed: T) -> Result<Option<T::Value>, E>
    where
        T: DeserializeSeed<'de>,
        E: de::Error,
    {
        match self {
            Self::Stored { next, .. } => {
                let Some(field) = ARRAY_FIELDS.get(*next) else { return Ok(None) };
                *next += 1;
                seed.deserialize(BorrowedStrDeserializer::new(field)).map(Some)
            }
            Self::Inline { fields, value } => {
                let Some((key, next)) = fields.pop() else { return Ok(None) };
                *value = Some(next);
                seed.deserialize(serde_content::Deserializer::new(key)).map(Some).map_err(E::custom)
            }
        }
    }

    pub(in crate::plugin) fn next_value<'de, T, E>(&mut self, seed: T, path: Option<&Path<'_>>) -> Result<T::Value, E>
    where
        T: DeserializeSeed<'de>,
        E: de::Error,
    {
        match self {
            Self::Stored { next: 1, .. } => seed.deserialize(STORED_VERSION.into_deserializer()),
            Self::Stored { elements, next: 2, .. } => seed.deserialize(Dim::new(&elements.shape, path)),
            Self::Stored { elements, convert, .. } => {
                seed.deserialize(Data { elements, convert: *convert, error: PhantomData })
            }
            Self::Inline { value, .. } => {
                let value = value.take().ok_or_else(|| E::custom("a field of an array without a value"))?;
                seed.deserialize(serde_content::Deserializer::new(value)).map_err(E::custom)
            }
        }
    }
}

/// The fields as a map, whose errors are plain strings.
pub(in crate::plugin) struct FieldMap<'p> {
    pub(in crate::plugin) fields: ArrayFields,
    pub(in crate::plugin) path: Option<&'p Path<'p>>,
}

impl<'de> MapAccess<'de> for FieldMap<'_> {
    type Error = PlainText;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, PlainText> {
        self.fields.next_key(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, PlainText> {
        self.fields.next_value(seed, self.path)
    }
}

/// The field `data`: a sequence of elements.
struct Data<'a, E> {
    elements: &'a PlainElements,
    convert: bool,
    error: PhantomData<E>,
}

impl<'de, E: de::Error> de::Deserializer<'de> for Data<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match &self.elements.elements {
            Elements::U8(numbers) if !self.convert => visitor.visit_seq(Numbers::of(numbers)),
            Elements::I32(numbers) if !self.convert => visitor.visit_seq(Numbers::of(numbers)),
            Elements::I64(numbers) if !self.convert => visitor.visit_seq(Numbers::of(numbers)),
            Elements::F32(numbers) if !self.convert => visitor.visit_seq(Numbers::of(numbers)),
            Elements::F64(numbers) if !self.convert => visitor.visit_seq(Numbers::of(numbers)),
            _ => {
                let (elements, convert) = (self.elements, self.convert);
                visitor.visit_seq(DataSeq { elements, convert, next: 0, error: PhantomData })
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct DataSeq<'a, E> {
    elements: &'a PlainElements,
    convert: bool,
    next: usize,
    error: PhantomData<E>,
}

impl<'de, E: de::Error> SeqAccess<'de> for DataSeq<'_, E> {
    type Error = E;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, E> {
        let index = self.next;
        if index == self.elements.elements.len() {
            return Ok(None);
        }
        self.next += 1;
        if let Elements::Encoded(elements) = &self.elements.elements {
            let bytes = elements.element(index).unwrap_or_default();
            return seed.deserialize(EncodedElement::new(elements.data_type(), bytes)).map(Some);
        }
        if self.convert
            && let Some(element) = self.elements.convertible(index)
        {
            return seed.deserialize(element).map(Some);
        }
        seed.deserialize(OneElement { elements: self.elements, index, error: PhantomData }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.elements.elements.len() - self.next)
    }
}

struct OneElement<'a, E> {
    elements: &'a PlainElements,
    index: usize,
    error: PhantomData<E>,
}

impl<'de, E: de::Error> de::Deserializer<'de> for OneElement<'_, E> {
    type Error = E;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        self.elements.elements.visit(self.index, visitor)
    }

    /// No element of a number is missing.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
