//! The Deserializer around any other: it forwards everything, keeps track of the path, and finds diverted arrays.

use crate::plugin::de::arrays::read_array;
use crate::plugin::de::seeds::Deserializer;
use crate::plugin::document::names::{ARRAY, ARRAY_FIELDS, CHUNKED};
use crate::plugin::document::path::Asked;
use crate::plugin::format::cbor::AnyStep;
use crate::plugin::walk::lookup::note_walk;
use serde::de::{self, SeqAccess, Visitor};
use std::fmt;

macro_rules! forward {
    ($($method:ident($($argument:ident: $rust:ty),*);)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $rust,)* visitor: V) -> Result<V::Value, D::Error> {
            let watching = self.watching(visitor, Asked::All);
            self.inner.$method($($argument,)* watching)
        })*
    };
}

impl<'de, D: de::Deserializer<'de>> de::Deserializer<'de> for Deserializer<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let _step = AnyStep::new();
        let watching = self.watching(visitor, Asked::Everything);
        self.inner.deserialize_any(watching)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if name == ARRAY && fields == ARRAY_FIELDS {
            return read_array(self.inner, visitor, self.at);
        }
        let watching = self.watching(visitor, Asked::Fields(fields));
        self.inner.deserialize_struct(name, fields, watching)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, D::Error> {
        let watching = self.watching(visitor, Asked::Elements(len));
        self.inner.deserialize_tuple(len, watching)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let watching = self.watching(visitor, Asked::Elements(len));
        self.inner.deserialize_tuple_struct(name, len, watching)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        if name != CHUNKED {
            let watching = self.watching(visitor, Asked::All);
            return self.inner.deserialize_newtype_struct(name, watching);
        }
        note_walk(self.at.path);
        // A chunked array's visitor knows all forms, and wants to see them as they are.
        if self.is_human_readable() {
            let _step = AnyStep::new();
            self.inner.deserialize_any(visitor)
        } else {
            visitor.visit_newtype_struct(self.inner)
        }
    }

    // A number may be read as another type of numbers than the written one, in CBOR as in JSON.
    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if self.at.quirks().exact_types {
            self.inner.deserialize_any(visitor)
        } else {
            self.inner.deserialize_f32(visitor)
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if self.at.quirks().exact_types {
            self.inner.deserialize_any(visitor)
        } else {
            self.inner.deserialize_f64(visitor)
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        if self.at.quirks().unit_is_null {
            self.inner.deserialize_any(Unit(visitor))
        } else {
            self.inner.deserialize_unit(visitor)
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, D::Error> {
        if self.at.quirks().unit_is_null {
            self.inner.deserialize_any(Unit(visitor))
        } else {
            self.inner.deserialize_unit_struct(name, visitor)
        }
    }

    forward! {
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_seq();
        deserialize_map();
        deserialize_identifier();
        deserialize_ignored_any();
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.at.quirks().human_readable || self.inner.is_human_readable()
    }
}

/// A unit in CBOR: nothing now, an empty list in earlier documents.
struct Unit<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Unit<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<V::Value, A::Error> {
        match sequence.next_element::<de::IgnoredAny>()? {
            None => self.0.visit_unit(),
            Some(_) => Err(de::Error::invalid_type(de::Unexpected::Seq, &self)),
        }
    }
}
