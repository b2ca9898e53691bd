//! Keys that are not strings but lists, maps or variants: they are passed on as they are, except for their claimed
//! number of elements, which is not trusted here either.

use crate::plugin::de::key_seeds::{KeyVisitor, VariantSeed};
use crate::plugin::de::seeds::bounded;
use crate::plugin::document::body_format::Format;
use serde::de::{DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::borrow::Cow;
use std::marker::PhantomData;

/// The elements, entries or contents of a key.
pub(in crate::plugin) struct KeyParts<'de, A> {
    inner: A,
    format: Option<Format>,
    lifetime: PhantomData<&'de ()>,
}

impl<A> KeyParts<'_, A> {
    pub(in crate::plugin) fn of(inner: A, format: Option<Format>) -> Self {
        Self { inner, format, lifetime: PhantomData }
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for KeyParts<'de, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.inner.next_element_seed(VariantSeed { seed, key: &mut Cow::Borrowed(""), format: self.format })
    }

    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for KeyParts<'de, A> {
    type Error = A::Error;

    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        self.inner.next_key_seed(VariantSeed { seed, key: &mut Cow::Borrowed(""), format: self.format })
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.next_value_seed(VariantSeed { seed, key: &mut Cow::Borrowed(""), format: self.format })
    }

    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}

impl<'de, A: EnumAccess<'de>> EnumAccess<'de> for KeyParts<'de, A> {
    type Error = A::Error;
    type Variant = KeyParts<'de, A::Variant>;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self::Variant), A::Error> {
        let (value, inner) =
            self.inner.variant_seed(VariantSeed { seed, key: &mut Cow::Borrowed(""), format: self.format })?;
        Ok((value, KeyParts::of(inner, self.format)))
    }
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for KeyParts<'de, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant()
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        self.inner.newtype_variant_seed(VariantSeed { seed, key: &mut Cow::Borrowed(""), format: self.format })
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        KeyVisitor::apart(visitor, self.format, |visitor| self.inner.tuple_variant(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        KeyVisitor::apart(visitor, self.format, |visitor| self.inner.struct_variant(fields, visitor))
    }
}
