//! What the user's visitor is shown: lists and variants whose values go through the Deserializer again.

use crate::plugin::de::at::At;
use crate::plugin::de::key_seeds::VariantSeed;
use crate::plugin::de::maps::MapWalk;
use crate::plugin::de::seeds::{Deserializer, Seed, Watching, bounded, visit_scalars};
use crate::plugin::document::path::{Asked, Path};
use crate::plugin::format::scalars::is_scalar_seed;
use crate::plugin::walk::errors::{forget_since, passing_load};
use crate::plugin::walk::notes::noted;
use serde::de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

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
        // serde's buffers take a unit for a `None` as well, but not the other way round.
        if self.asked == Asked::Everything && self.at.quirks().unit_is_null {
            self.visitor.visit_unit()
        } else {
            self.visitor.visit_none()
        }
    }

    #[inline]
    fn visit_unit<E: de::Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_unit()
    }

    #[inline]
    fn visit_some<D: de::Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Deserializer::new(inner, self.at))
    }

    #[inline]
    fn visit_newtype_struct<D: de::Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_newtype_struct(Deserializer::new(inner, self.at))
    }

    #[inline]
    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let place = Path::Asked(self.at.path, self.asked);
        self.visitor.visit_seq(SeqWalk { inner, at: self.at.path(&place), index: 0 })
    }

    #[inline]
    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(MapWalk::new(inner, self.at, self.asked))
    }

    #[inline]
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_enum(EnumWalk { inner, at: self.at })
    }
}

struct SeqWalk<'p, A> {
    inner: A,
    at: At<'p>,
    index: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for SeqWalk<'_, A> {
    type Error = A::Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        let index = self.index;
        self.index += 1;
        if is_scalar_seed::<T>() {
            let seed = Seed { seed, at: self.at.path(&Path::Root) };
            return self
                .inner
                .next_element_seed(seed)
                .map_err(|error| passing_load(error, &Path::Index(self.at.path, index)));
        }
        let path = Path::Index(self.at.path, index);
        let before = noted();
        let element = self.inner.next_element_seed(Seed { seed, at: self.at.path(&path) });
        if element.is_ok() && noted() != before {
            forget_since(before);
        }
        element.map_err(|error| passing_load(error, &path))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}

struct EnumWalk<'p, A> {
    inner: A,
    at: At<'p>,
}

impl<'p, 'de, A: EnumAccess<'de>> EnumAccess<'de> for EnumWalk<'p, A> {
    type Error = A::Error;
    type Variant = VariantWalk<'p, 'de, A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let mut key = Cow::Borrowed("");
        let seed = VariantSeed { seed, key: &mut key, format: self.at.format };
        let (value, inner) = self.inner.variant_seed(seed).map_err(|error| passing_load(error, self.at.path))?;
        Ok((value, VariantWalk { inner, at: self.at, variant: key }))
    }
}

/// The contents of a variant; its name is part of the path, as far as the format shows it.
pub(in crate::plugin) struct VariantWalk<'p, 'de, A> {
    inner: A,
    at: At<'p>,
    variant: Cow<'de, str>,
}

fn within<'p>(path: &'p Path<'p>, variant: &'p str) -> Path<'p> {
    if variant.is_empty() { *path } else { Path::Key(path, variant) }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for VariantWalk<'_, 'de, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant().map_err(|error| passing_load(error, self.at.path))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        let path = within(self.at.path, &self.variant);
        self.inner
            .newtype_variant_seed(Seed { seed, at: self.at.path(&path) })
            .map_err(|error| passing_load(error, &path))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let path = within(self.at.path, &self.variant);
        let watching = Watching { visitor, at: self.at.path(&path), asked: Asked::Elements(len) };
        self.inner.tuple_variant(len, watching).map_err(|error| passing_load(error, &path))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let path = within(self.at.path, &self.variant);
        let watching = Watching { visitor, at: self.at.path(&path), asked: Asked::Fields(fields) };
        self.inner.struct_variant(fields, watching).map_err(|error| passing_load(error, &path))
    }
}
