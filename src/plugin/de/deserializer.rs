//! The Deserializer around any other: forwards everything, follows the path, and finds diverted arrays.

use crate::plugin::de::arrays::read_array;
use crate::plugin::de::at::At;
use crate::plugin::de::keys::{MapWalk, VariantSeed};
use crate::plugin::document::names::{ARRAY, ARRAY_FIELDS, CHUNKED};
use crate::plugin::document::path::{Asked, Path};
use crate::plugin::format::cbor::AnyStep;
use crate::plugin::format::scalars::is_scalar_seed;
use crate::plugin::walk::errors::note_load_place;
use crate::plugin::walk::lookup::note_walk;
use serde::de::{self, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use std::borrow::Cow;
use std::fmt;

/// A serde Deserializer that finds diverted arrays and takes everything else from the one inside.
///
/// It works within [`deserialize`](crate::deserialize) and its kin, which set the context that it needs.
pub(in crate::plugin) struct Deserializer<'p, D> {
    inner: D,
    at: At<'p>,
}

impl<'p, D> Deserializer<'p, D> {
    pub(in crate::plugin) fn new(inner: D, at: At<'p>) -> Self {
        Self { inner, at }
    }

    fn watching<V>(&self, visitor: V, asked: Asked) -> Watching<'p, V> {
        Watching { visitor, at: self.at, asked }
    }
}

/// A visitor that shows the user's visitor wrapped deserializers.
pub(in crate::plugin) struct Watching<'p, V> {
    pub(in crate::plugin) visitor: V,
    pub(in crate::plugin) at: At<'p>,
    /// Under `deserialize_any`, which asks for everything, a map may be an array in one of its forms.
    pub(in crate::plugin) asked: Asked,
}

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

/// Forwards what a visitor does with values that hold no others.
macro_rules! visit_scalars {
    ($($method:ident($rust:ty);)*) => {
        $(#[inline]
        fn $method<E: serde::de::Error>(self, value: $rust) -> Result<V::Value, E> {
            self.visitor.$method(value)
        })*
    };
}
pub(in crate::plugin) use visit_scalars;

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

/// A unit in CBOR: nothing now, an empty list in documents of before.
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

/// A seed that gets a wrapped deserializer.
pub(in crate::plugin) struct Seed<'p, T> {
    pub(in crate::plugin) seed: T,
    pub(in crate::plugin) at: At<'p>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T::Value;

    #[inline]
    fn deserialize<D: de::Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(Deserializer::new(inner, self.at))
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
                .inspect_err(|_| note_load_place(&Path::Index(self.at.path, index)));
        }
        let path = Path::Index(self.at.path, index);
        self.inner.next_element_seed(Seed { seed, at: self.at.path(&path) }).inspect_err(|_| note_load_place(&path))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}

/// How many elements or entries a document says there are, as far as it is believed: some types make room for all of them,
/// and a few bytes can claim exabytes.
pub(in crate::plugin) fn bounded(hint: Option<usize>) -> Option<usize> {
    const MOST: usize = 4096;
    hint.map(|hint| hint.min(MOST))
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
        let (value, inner) = self.inner.variant_seed(seed).inspect_err(|_| note_load_place(self.at.path))?;
        Ok((value, VariantWalk { inner, at: self.at, variant: key }))
    }
}

/// The contents of a variant; its name is part of the path, as far as the format shows it.
pub(in crate::plugin) struct VariantWalk<'p, 'de, A> {
    inner: A,
    at: At<'p>,
    variant: Cow<'de, str>,
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for VariantWalk<'_, 'de, A> {
    type Error = A::Error;

    fn unit_variant(self) -> Result<(), A::Error> {
        self.inner.unit_variant().inspect_err(|_| note_load_place(self.at.path))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, A::Error> {
        let path = if self.variant.is_empty() { *self.at.path } else { Path::Key(self.at.path, &self.variant) };
        self.inner.newtype_variant_seed(Seed { seed, at: self.at.path(&path) }).inspect_err(|_| note_load_place(&path))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, A::Error> {
        let watching = Watching { visitor, at: self.at, asked: Asked::Elements(len) };
        self.inner.tuple_variant(len, watching).inspect_err(|_| note_load_place(self.at.path))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, A::Error> {
        let watching = Watching { visitor, at: self.at, asked: Asked::Fields(fields) };
        self.inner.struct_variant(fields, watching).inspect_err(|_| note_load_place(self.at.path))
    }
}
