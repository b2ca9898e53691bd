//! Maps on their way in: their keys make the path, and the first key may stand for an array.
//!
//! Where serde buffers (`flatten`, `tag`, `untagged`), an ndarray's own `Deserialize` will see the buffer and not our
//! Deserializer. So under `deserialize_any` the first key is looked at on its way to the visitor; if it is one of the
//! array's two forms, the visitor is shown the array's own fields instead, and the buffer holds what it would hold
//! without us.

use crate::plugin::de::arrays::{ArrayFields, read_array};
use crate::plugin::de::at::At;
use crate::plugin::de::deserializer::{Seed, bounded, visit_scalars};
use crate::plugin::de::key_parts::KeyParts;
use crate::plugin::document::body_format::Format;
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::names::{ARRAY, ARRAY_FIELDS, INLINE, STORED};
use crate::plugin::document::path::{Asked, Path};
use crate::plugin::format::cbor::AnyStep;
use crate::plugin::format::quirks;
use crate::plugin::format::scalars::is_scalar_seed;
use crate::plugin::walk::errors::{de_error, note_load_place};
use crate::plugin::walk::lookup::whole;
use serde::de::{self, DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_content::Value;
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// What the first key was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum FirstKey {
    Other,
    Stored,
    Inline,
}

pub(in crate::plugin) struct MapWalk<'p, 'de, A> {
    inner: A,
    at: At<'p>,
    asked: Asked,
    key: Cow<'de, str>,
    /// Whether the next key is the first and may be an array's.
    look: bool,
    form: FirstKey,
    /// From then on what the visitor is shown.
    fields: Option<ArrayFields>,
}

impl<'p, 'de, A: MapAccess<'de>> MapWalk<'p, 'de, A> {
    pub(in crate::plugin) fn new(inner: A, at: At<'p>, asked: Asked) -> Self {
        let look = asked == Asked::Everything;
        Self { inner, at, asked, key: Cow::Borrowed(""), look, form: FirstKey::Other, fields: None }
    }

    /// The array's own fields, in the place of the one entry that stands for it.
    fn array_fields(&mut self) -> Result<ArrayFields, A::Error> {
        let fields = match self.form {
            FirstKey::Stored => {
                let id: PersistentId = self.inner.next_value()?;
                ArrayFields::stored(whole(&id, self.at.path).map_err(de_error)?)
            }
            _ => match self.inner.next_value_seed(Seed { seed: PhantomData::<Value<'static>>, at: self.at })? {
                Value::Map(fields) => ArrayFields::inline(fields),
                _ => return Err(A::Error::custom("an array in the document is no map of its fields")),
            },
        };
        if self.inner.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("an array in the document has a second form"));
        }
        Ok(fields)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for MapWalk<'_, 'de, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        if let Some(fields) = &mut self.fields {
            return fields.next_key(seed);
        }
        let seed = KeySeed { seed, key: &mut self.key, look: self.look, form: &mut self.form, format: self.at.format };
        self.look = false;
        self.inner.next_key_seed(seed).inspect_err(|_| note_load_place(self.at.path))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        if self.form != FirstKey::Other {
            let mut fields = self.array_fields().inspect_err(|_| note_load_place(self.at.path))?;
            self.form = FirstKey::Other;
            // The visitor has been given the first field's name as the key.
            fields.skip_key();
            self.fields = Some(fields);
        }
        if let Some(fields) = &mut self.fields {
            return fields.next_value(seed, Some(self.at.path));
        }
        if is_scalar_seed::<T>() {
            let seed = Seed { seed, at: self.at.path(&Path::Root) };
            return self
                .inner
                .next_value_seed(seed)
                .inspect_err(|_| note_load_place(&Path::Key(self.at.path, &self.key)));
        }
        let place = Path::Asked(self.at.path, self.asked);
        let path = Path::Key(&place, &self.key);
        self.inner.next_value_seed(Seed { seed, at: self.at.path(&path) }).inspect_err(|_| note_load_place(&path))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}

/// Reads a key and keeps its text.
struct KeySeed<'k, 'de, T> {
    seed: T,
    key: &'k mut Cow<'de, str>,
    look: bool,
    form: &'k mut FirstKey,
    format: Option<Format>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<'_, 'de, T> {
    type Value = T::Value;

    #[inline]
    fn deserialize<D: de::Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(KeyDeserializer {
            inner,
            key: self.key,
            look: self.look,
            form: self.form,
            format: self.format,
        })
    }
}

/// As [`KeySeed`], for the name of a variant, which is never an array's.
pub(in crate::plugin) struct VariantSeed<'k, 'de, T> {
    pub(in crate::plugin) seed: T,
    pub(in crate::plugin) key: &'k mut Cow<'de, str>,
    pub(in crate::plugin) format: Option<Format>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for VariantSeed<'_, 'de, T> {
    type Value = T::Value;

    #[inline]
    fn deserialize<D: de::Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        let mut form = FirstKey::Other;
        self.seed.deserialize(KeyDeserializer {
            inner,
            key: self.key,
            look: false,
            form: &mut form,
            format: self.format,
        })
    }
}

struct KeyDeserializer<'k, 'de, D> {
    inner: D,
    key: &'k mut Cow<'de, str>,
    look: bool,
    form: &'k mut FirstKey,
    format: Option<Format>,
}

pub(in crate::plugin) struct KeyVisitor<'k, 'de, V> {
    visitor: V,
    key: &'k mut Cow<'de, str>,
    look: bool,
    form: &'k mut FirstKey,
    format: Option<Format>,
}

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
    /// Visits something whose text is not needed.
    pub(in crate::plugin) fn apart<R>(
        visitor: V,
        format: Option<Format>,
        visit: impl FnOnce(KeyVisitor<'_, 'de, V>) -> R,
    ) -> R {
        visit(KeyVisitor { visitor, key: &mut Cow::Borrowed(""), look: false, form: &mut FirstKey::Other, format })
    }

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
