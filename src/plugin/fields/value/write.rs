//! A [`Value`] as the document that it was read from.

use super::{InlineArray, Value};
use crate::error::Error;
use crate::plugin::document::names::{ARRAY, STOW};
use crate::plugin::fields::options::serialize_field;
use crate::plugin::walk::errors::ser_error;
use crate::plugin::walk::options::Options;
use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

impl Serialize for Value {
    /// Writes what was read; arrays join the plan of the save, as a [`ChunkedArray`](crate::ChunkedArray) does.
    ///
    /// # Errors
    /// `Unsupported` for an external object, which was not loaded; those of the arrays and of the format.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_i128(*value),
            },
            Self::LargeInteger(value) => serializer.serialize_u128(*value),
            Self::Float32(value) => serializer.serialize_f32(*value),
            Self::Float64(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(elements) => serializer.collect_seq(elements),
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Array(array) => array.serialize(serializer),
            Self::InlineArray(array) => array.serialize(serializer),
            Self::Shared(shared) => shared.serialize(serializer),
            Self::WeakShared(weak) => weak.serialize(serializer),
            Self::External(id) => {
                let error = Error::unsupported(format!(
                    "an external object of the serializer {:?} is not part of a Value, and cannot be saved with it: copy the \
                     object with Storage::copy, or load it with its Rust type",
                    id.name()
                ));
                Err(ser_error(error))
            }
        }
    }
}

impl Serialize for InlineArray {
    /// Writes the array as an `ndarray` that stays in the document.
    ///
    /// # Errors
    /// Those of the elements and of the format.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The name begins with that of all options, and is the same for every value.
        const NAME: &str = "$arraystow::stow of an inline array";
        debug_assert!(NAME.starts_with(STOW));
        serialize_field(&Plain(self), NAME, Options { inline: true, ..Options::default() }, serializer)
    }
}

/// The array as ndarray itself presents it.
struct Plain<'a>(&'a InlineArray);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct(ARRAY, 3)?;
        fields.serialize_field("v", &1_u8)?;
        fields.serialize_field("dim", &self.0.shape)?;
        fields.serialize_field("data", &self.0.elements)?;
        fields.end()
    }
}
