//! The Deserializer around any other: forwards everything, tells paths, and gives arrays back.

use super::de_array::ArrayVisitor;
use super::de_keys::{MapWalk, VariantSeed};
use super::load::note_place;
use super::path::Path;
use super::{ARRAY, ARRAY_FIELDS, FORMS, INLINE, STORED};
use serde::de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A serde Deserializer that finds diverted arrays and takes everything else from the one inside.
///
/// It works within [`deserialize`](crate::deserialize) and its kin, which set the context that it needs.
pub struct Deserializer<'p, D> {
    inner: D,
    path: &'p Path<'p>,
}

impl<'p, D> Deserializer<'p, D> {
    pub(super) fn new(inner: D, path: &'p Path<'p>) -> Self {
        Self { inner, path }
    }
}

/// A visitor that shows the user's visitor wrapped deserializers.
pub(super) struct Watching<'p, V> {
    pub(super) visitor: V,
    pub(super) path: &'p Path<'p>,
    /// Under `deserialize_any`: a map may be an array in one of its forms.
    pub(super) any: bool,
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $rust:ty),*);)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, $($argument: $rust,)* visitor: V) -> Result<V::Value, D::Error> {
            self.inner.$method($($argument,)* Watching { visitor, path: self.path, any: false })
        })*
    };
}

impl<'de, D: de::Deserializer<'de>> de::Deserializer<'de> for Deserializer<'_, D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Watching { visitor, path: self.path, any: true })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        if name == ARRAY && fields == ARRAY_FIELDS {
            return self.inner.deserialize_enum(FORMS, &[STORED, INLINE], ArrayVisitor { visitor, path: self.path });
        }
        self.inner.deserialize_struct(name, fields, Watching { visitor, path: self.path, any: false })
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
        deserialize_identifier();
        deserialize_ignored_any();
        deserialize_unit_struct(name: &'static str);
        deserialize_newtype_struct(name: &'static str);
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// Forwards what a visitor does with values that hold no others.
macro_rules! visit_scalars {
    ($($method:ident($rust:ty);)*) => {
        $(#[inline]
        fn $method<E: serde::de::Error>(self, value: $rust) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })*
    };
}
pub(super) use visit_scalars;

impl<'de, V: Visitor<'de>> Visitor<'de> for Watching<'_, V> {
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
        visit_str(&str);
        visit_borrowed_str(&'de str);
        visit_string(String);
        visit_bytes(&[u8]);
        visit_borrowed_bytes(&'de [u8]);
        visit_byte_buf(Vec<u8>);
    }

    #[inline]
    fn visit_none<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    #[inline]
    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    #[inline]
    fn visit_some<D: de::Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Deserializer::new(inner, self.path))
    }

    #[inline]
    fn visit_newtype_struct<D: de::Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Deserializer::new(inner, self.path))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(SeqWalk { inner, path: self.path, index: 0 })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(MapWalk::new(inner, self.path, self.any))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(EnumWalk { inner, path: self.path })
    }
}

/// A seed that gets a wrapped deserializer.
pub(super) struct Seed<'p, T> {
    pub(super) seed: T,
    pub(super) path: &'p Path<'p>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T::Value;

    #[inline]
    fn deserialize<D: de::Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(Deserializer::new(inner, self.path))
    }
}

struct SeqWalk<'p, A> {
    inner: A,
    path: &'p Path<'p>,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for SeqWalk<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        let path = Path::Index(self.path, self.index);
        self.index += 1;
        self.inner.next_element_seed(Seed { seed, path: &path }).inspect_err(|_| note_place(&path))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}

/// How many elements or entries a document says there are, as far as it is believed: some types make room for all of them,
/// and a few bytes can claim exabytes.
pub(super) fn bounded(hint: Option<usize>) -> Option<usize> {
    const MOST: usize = 4096;
    hint.map(|hint| hint.min(MOST))
}

struct EnumWalk<'p, A> {
    inner: A,
    path: &'p Path<'p>,
}

impl<'p, 'de, A: EnumAccess<'de>> EnumAccess<'de> for EnumWalk<'p, A> {
    type Error = A::Error;
    type Variant = VariantWalk<'p, 'de, A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let mut key = Cow::Borrowed("");
        let seed = VariantSeed { seed, key: &mut key };
        let (value, inner) = self.inner.variant_seed(seed).inspect_err(|_| note_place(self.path))?;
        Ok((value, VariantWalk { inner, path: self.path, variant: key }))
    }
}

/// The contents of a variant; its name is part of the path, as far as the format tells it.
pub(super) struct VariantWalk<'p, 'de, A> {
    inner: A,
    path: &'p Path<'p>,
    variant: Cow<'de, str>,
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for VariantWalk<'_, 'de, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant().inspect_err(|_| note_place(self.path))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        let path = if self.variant.is_empty() { *self.path } else { Path::Key(self.path, &self.variant) };
        self.inner.newtype_variant_seed(Seed { seed, path: &path }).inspect_err(|_| note_place(&path))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let watching = Watching { visitor, path: self.path, any: false };
        self.inner.tuple_variant(len, watching).inspect_err(|_| note_place(self.path))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let watching = Watching { visitor, path: self.path, any: false };
        self.inner.struct_variant(fields, watching).inspect_err(|_| note_place(self.path))
    }
}
