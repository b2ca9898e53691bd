//! What is chosen of an array beside its elements.

use super::Codec;

/// Everything about an array that is not its elements, their type or their grid. What is chosen for the array itself goes before what is
/// chosen for the field that it is in, and this before what is chosen for the storage.
///
/// An array is passed on with this one value, from where a choice is made to the format that writes it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ArrayMeta {
    /// How chunks are compressed.
    pub(crate) codec: Option<Codec>,
}

impl ArrayMeta {
    /// With this codec, and nothing else.
    pub(crate) fn of_codec(codec: impl Into<Option<Codec>>) -> Self {
        Self { codec: codec.into() }
    }

    /// What is chosen here, and what is chosen there where it is not.
    pub(crate) fn or(&self, other: &Self) -> Self {
        Self { codec: self.codec.or(other.codec) }
    }

    /// The same with this codec.
    pub(crate) fn with_codec(self, codec: Codec) -> Self {
        Self { codec: Some(codec) }
    }

    /// Whether nothing is chosen: the array may stay as it is stored.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
