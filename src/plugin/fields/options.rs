//! The function that the macro `stow` calls for a field with options.

use crate::plugin::walk::options::Options;
use crate::plugin::walk::scopes::enter;
use serde::{Serialize, Serializer};

/// Serializes a field under its options. `name` is theirs alone, and begins with `STOW`.
///
/// # Errors
/// Those of the field's `Serialize`; `InvalidInput` if an array has not as many axes as the options say.
#[doc(hidden)]
pub fn serialize_field<T, S>(value: &T, name: &'static str, options: Options, serializer: S) -> Result<S::Ok, S::Error>
where
    T: ?Sized + Serialize,
    S: Serializer,
{
    match enter(name, options) {
        // Where serde buffers, the newtype is what is left of the options when plain arrays reach our Serializer.
        Some(_scope) => serializer.serialize_newtype_struct(name, value),
        None => value.serialize(serializer),
    }
}
