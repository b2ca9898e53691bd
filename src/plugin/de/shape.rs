//! The shape of an array on its way to an ndarray's own `Deserialize`, which expects a number of axes. If the array has
//! another number, the error names both.

use crate::error::{Error, ErrorKind};
use crate::plugin::document::names::ARRAY_FIELDS;
use crate::plugin::document::path::Path;
use crate::plugin::ser::arrays::shape_of;
use crate::plugin::walk::errors::de_error;
use serde::de::value::{SeqDeserializer, StringDeserializer};
use serde::de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use serde_content::Value as Content;
use std::fmt;
use std::marker::PhantomData;

/// A shape, as a list of the axes' lengths.
pub(in crate::plugin) struct Dim<'a, E> {
    shape: &'a [usize],
    path: Option<&'a Path<'a>>,
    error: PhantomData<E>,
}

impl<'a, E: de::Error> Dim<'a, E> {
    /// The shape of the array at that path, if it is known.
    pub(in crate::plugin) fn new(shape: &'a [usize], path: Option<&'a Path<'a>>) -> Self {
        Self { shape, path, error: PhantomData }
    }

    fn check(&self, wanted: usize) -> Result<(), E> {
        if wanted == self.shape.len() {
            return Ok(());
        }
        let error = Error::new(
            ErrorKind::TypeMismatch,
            format!(
                "the array was saved with shape {:?}: its number of axes is {}, and the type asks for {wanted}",
                self.shape,
                self.shape.len()
            ),
        );
        Err(de_error(match self.path {
            Some(path) => error.at_path(&path.to_string()),
            None => error,
        }))
    }
}

impl<'de, E: de::Error> de::Deserializer<'de> for Dim<'_, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        SeqDeserializer::new(self.shape.iter().copied()).deserialize_any(visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, E> {
        self.check(len)?;
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple_struct map struct enum identifier ignored_any
    }
}

/// An ndarray's visitor, which is shown the shape as [`Dim`] in CBOR and JSON. Other formats may have to be asked for
/// exactly the axes that the array has: they distinguish lists from tuples, or do not say how long one is.
pub(in crate::plugin) struct Fielded<'p, V> {
    pub(in crate::plugin) visitor: V,
    pub(in crate::plugin) path: &'p Path<'p>,
    pub(in crate::plugin) is_ours: bool,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Fielded<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        if !self.is_ours {
            return self.visitor.visit_map(map);
        }
        self.visitor.visit_map(ShapeFields { inner: map, path: self.path, place: 0 })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, sequence: A) -> Result<V::Value, A::Error> {
        if !self.is_ours {
            return self.visitor.visit_seq(sequence);
        }
        self.visitor.visit_seq(ShapeFields { inner: sequence, path: self.path, place: 0 })
    }
}

/// More axes than any array has.
const MOST_AXES: usize = 1024;

/// Which of the fields is the shape.
const DIM: usize = 1;

struct ShapeFields<'p, A> {
    inner: A,
    path: &'p Path<'p>,
    /// Which field comes next, as an array has them.
    place: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for ShapeFields<'_, A> {
    type Error = A::Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        let Some(key) = self.inner.next_key::<String>()? else { return Ok(None) };
        self.place = ARRAY_FIELDS.iter().position(|field| *field == key).unwrap_or(ARRAY_FIELDS.len());
        let key: StringDeserializer<A::Error> = key.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        if self.place != DIM {
            return self.inner.next_value_seed(seed);
        }
        self.inner.next_value_seed(Shape { seed, path: self.path })
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for ShapeFields<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.place += 1;
        if self.place != DIM + 1 {
            return self.inner.next_element_seed(seed);
        }
        self.inner.next_element_seed(Shape { seed, path: self.path })
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// Reads what is in the place of a shape: as one where the type asks for this many axes, and otherwise as it is, since
/// a struct of the user's may look like an array.
struct Shape<'p, T> {
    seed: T,
    path: &'p Path<'p>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Shape<'_, T> {
    type Value = T::Value;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(Asking { inner: deserializer, path: self.path })
    }
}

/// Passes on what is asked for, but for a tuple.
struct Asking<'p, D> {
    inner: D,
    path: &'p Path<'p>,
}

macro_rules! pass_on {
    ($($method:ident($($argument:ident: $type:ty),*))*) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* visitor)
        })*
    };
}

impl<'de, D: de::Deserializer<'de>> de::Deserializer<'de> for Asking<'_, D> {
    type Error = D::Error;

    pass_on! {
        deserialize_any() deserialize_bool() deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_i128() deserialize_u8() deserialize_u16() deserialize_u32() deserialize_u64() deserialize_u128()
        deserialize_f32() deserialize_f64() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
        deserialize_byte_buf() deserialize_option() deserialize_unit() deserialize_unit_struct(name: &'static str)
        deserialize_seq() deserialize_tuple_struct(name: &'static str, len: usize) deserialize_map()
        deserialize_struct(name: &'static str, fields: &'static [&'static str])
        deserialize_enum(name: &'static str, variants: &'static [&'static str]) deserialize_identifier()
        deserialize_ignored_any() deserialize_newtype_struct(name: &'static str)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        let values = Content::Seq(self.inner.deserialize_seq(Values)?);
        match shape_of(&values) {
            Some(shape) => Dim::new(&shape, Some(self.path)).deserialize_tuple(len, visitor),
            None => serde_content::Deserializer::new(values).deserialize_tuple(len, visitor).map_err(de::Error::custom),
        }
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Reads a list, which may be hostile: in memory it takes some ten times the bytes that it takes in a document.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Vec<Content<'static>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the lengths of up to {MOST_AXES} axes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<Content<'static>>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = sequence.next_element()? {
            if values.len() == MOST_AXES {
                return Err(de::Error::invalid_length(MOST_AXES + 1, &self));
            }
            values.push(value);
        }
        Ok(values)
    }
}
