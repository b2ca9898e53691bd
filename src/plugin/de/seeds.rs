//! The Deserializer and its visitor, and the seeds that pass it to the values within a value.

use crate::plugin::de::at::At;
use crate::plugin::document::path::Asked;
use serde::de::{self, DeserializeSeed};

/// A serde Deserializer that finds diverted arrays and takes everything else from the one inside.
///
/// It works within [`deserialize`](crate::deserialize) and its kin, which set the context that it needs.
pub(in crate::plugin) struct Deserializer<'p, D> {
    pub(super) inner: D,
    pub(super) at: At<'p>,
}

impl<'p, D> Deserializer<'p, D> {
    pub(in crate::plugin) fn new(inner: D, at: At<'p>) -> Self {
        Self { inner, at }
    }

    pub(super) fn watching<V>(&self, visitor: V, asked: Asked) -> Watching<'p, V> {
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

/// How many elements or entries a document says there are, as far as it is believed: some types make room for all of
/// them, and a few bytes can claim exabytes.
pub(in crate::plugin) fn bounded(hint: Option<usize>) -> Option<usize> {
    const MOST: usize = 4096;
    hint.map(|hint| hint.min(MOST))
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
