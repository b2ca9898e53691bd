//! The choices made for an array besides its elements.

use super::{Codec, Element, Labels};

/// Everything about an array that is not its elements, their type or their grid. A choice for the array itself takes
/// precedence over one for its field, and this over one for the storage.
///
/// This one value is passed along with an array, from where a choice is made to the format that writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct ArrayMeta {
    /// How chunks are compressed.
    pub(crate) codec: Option<Codec>,
    /// Names of axes, attributes, fill value.
    pub(crate) labels: Labels,
}

impl ArrayMeta {
    /// Chooses this codec and nothing else.
    pub(crate) fn of_codec(codec: impl Into<Option<Codec>>) -> Self {
        Self { codec: codec.into(), ..Self::default() }
    }

    /// With these labels, and nothing else.
    pub(crate) fn of_labels(labels: Labels) -> Self {
        Self { labels, ..Self::default() }
    }

    /// The choices made here, completed by those of `other`.
    pub(crate) fn or(&self, other: &Self) -> Self {
        Self { codec: self.codec.or(other.codec), labels: self.labels.or(&other.labels) }
    }

    /// Replaces the codec.
    pub(crate) fn with_codec(self, codec: Codec) -> Self {
        Self { codec: Some(codec), ..self }
    }

    /// Chooses the fill value of elements that can be missing, if it is not chosen yet.
    pub(super) fn with_fill_of<T: Element>(self) -> Self {
        match T::default_fill() {
            Some(fill) if self.labels.fill().is_none() => Self { labels: self.labels.with_fill(Some(fill)), ..self },
            _ => self,
        }
    }

    /// Whether an array that is stored with these labels may stay as it is.
    pub(crate) fn is_as_stored(&self, stored: &Labels) -> bool {
        self.codec.is_none() && self.labels == *stored
    }
}
