//! Reads a key, and shows it to the user's visitor.

use crate::plugin::de::arrays::read_array;
use crate::plugin::de::at::At;
use crate::plugin::de::key_parts::KeyParts;
use crate::plugin::de::key_seeds::{FirstKey, KeyDeserializer, KeyVisitor};
use crate::plugin::de::seeds::visit_scalars;
use crate::plugin::document::names::{ARRAY, ARRAY_FIELDS, INLINE, STORED};
use crate::plugin::document::path::Path;
use crate::plugin::format::cbor::AnyStep;
use crate::plugin::format::quirks;
use serde::de::{self, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

macro_rules! forward {
    ($($method:ident($($argument:ident: $rust:ty),*);)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $rust,)* visitor: V) -> Result<V::Value, D::Error> {
            let Self { inner, key, look, form, format } = self;
            inner.$method($($argument,)* KeyVisitor { visitor, key, look, form, format })
        })*
    };
}

impl<'de, D: de::Deserializer<'de>> de::Deserializer<'de> for KeyDeserializer<'_, 'de, D> {
    type Error = D::Error;

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
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_bytes();
        deserialize_byte_buf();
        deserialize_option();
        deserialize_unit();
        deserialize_seq();
        deserialize_map();
        deserialize_ignored_any();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let Self { inner, key, look, form, format } = self;
        if name == ARRAY && fields == ARRAY_FIELDS {
            return read_array(inner, visitor, At { path: &Path::Root, format });
        }
        inner.deserialize_struct(name, fields, KeyVisitor { visitor, key, look, form, format })
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let _step = AnyStep::new();
        let Self { inner, key, look, form, format } = self;
        inner.deserialize_any(KeyVisitor { visitor, key, look, form, format })
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        let Self { inner, key, look, form, format } = self;
        let visitor = KeyVisitor { visitor, key, look, form, format };
        // The keys of a flattened map may be numbers, which are not read as identifiers.
        if quirks(format).exact_types {
            let _step = AnyStep::new();
            inner.deserialize_any(visitor)
        } else {
            inner.deserialize_identifier(visitor)
        }
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        quirks(self.format).human_readable || self.inner.is_human_readable()
    }
}

impl<'de, V> KeyVisitor<'_, 'de, V> {
    /// Whether this key stands for an array.
    #[inline]
    fn is_array(&mut self, key: &str) -> bool {
        if self.look && key.as_bytes().first() == Some(&b'$') {
            *self.form = match key {
                STORED => FirstKey::Stored,
                INLINE => FirstKey::Inline,
                _ => FirstKey::Other,
            };
        }
        *self.form != FirstKey::Other
    }

    #[inline]
    fn keep(&mut self, key: &str) {
        match self.key {
            Cow::Owned(text) => {
                text.clear();
                text.push_str(key);
            }
            Cow::Borrowed(_) => *self.key = Cow::Owned(key.to_owned()),
        }
    }
}

/// What the visitor is shown instead of an array's key: the name of the first field.
const FIRST_FIELD: &str = "v";

impl<'de, V: Visitor<'de>> Visitor<'de> for KeyVisitor<'_, 'de, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(f)
    }

    visit_scalars! {
        visit_bool(bool);
        visit_i8(i8);
        visit_i16(i16);
        visit_i32(i32);
        visit_i64(i64);
        visit_i128(i128);
        visit_u8(u8);
        visit_u16(u16);
        visit_u32(u32);
        visit_u64(u64);
        visit_u128(u128);
        visit_f32(f32);
        visit_f64(f64);
        visit_char(char);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    #[inline]
    fn visit_str<E: de::Error>(mut self, key: &str) -> Result<V::Value, E> {
        if self.is_array(key) {
            return self.visitor.visit_borrowed_str(FIRST_FIELD);
        }
        self.keep(key);
        self.visitor.visit_str(key)
    }

    #[inline]
    fn visit_borrowed_str<E: de::Error>(mut self, key: &'de str) -> Result<V::Value, E> {
        if self.is_array(key) {
            return self.visitor.visit_borrowed_str(FIRST_FIELD);
        }
        *self.key = Cow::Borrowed(key);
        self.visitor.visit_borrowed_str(key)
    }

    #[inline]
    fn visit_string<E: de::Error>(mut self, key: String) -> Result<V::Value, E> {
        if self.is_array(&key) {
            return self.visitor.visit_borrowed_str(FIRST_FIELD);
        }
        self.keep(&key);
        self.visitor.visit_string(key)
    }

    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    fn visit_some<D: de::Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self { visitor, key, look, form, format } = self;
        visitor.visit_some(KeyDeserializer { inner, key, look, form, format })
    }

    fn visit_newtype_struct<D: de::Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let Self { visitor, key, look, form, format } = self;
        visitor.visit_newtype_struct(KeyDeserializer { inner, key, look, form, format })
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(KeyParts::of(inner, self.format))
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(KeyParts::of(inner, self.format))
    }

    fn visit_enum<A: de::EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(KeyParts::of(inner, self.format))
    }
}
