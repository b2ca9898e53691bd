//! Deserializes keys and the names of variants: the seeds that keep their strings.

use crate::plugin::document::body_format::Format;
use serde::de::{self, DeserializeSeed};
use std::borrow::Cow;

/// What the first key was.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstKey {
    Other,
    Stored,
    Inline,
}

/// Reads a key and keeps its text.
pub(super) struct KeySeed<'k, 'de, T> {
    pub(super) seed: T,
    pub(super) key: &'k mut Cow<'de, str>,
    pub(super) look: bool,
    pub(super) form: &'k mut FirstKey,
    pub(super) format: Option<Format>,
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

pub(super) struct KeyDeserializer<'k, 'de, D> {
    pub(super) inner: D,
    pub(super) key: &'k mut Cow<'de, str>,
    pub(super) look: bool,
    pub(super) form: &'k mut FirstKey,
    pub(super) format: Option<Format>,
}

pub(in crate::plugin) struct KeyVisitor<'k, 'de, V> {
    pub(super) visitor: V,
    pub(super) key: &'k mut Cow<'de, str>,
    pub(super) look: bool,
    pub(super) form: &'k mut FirstKey,
    pub(super) format: Option<Format>,
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
}
