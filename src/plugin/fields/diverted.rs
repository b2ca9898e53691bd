//! How a value that is stored elsewhere is presented to serde.

use crate::error::Result;
use crate::plugin::document::names::CHUNKED;
use crate::plugin::walk::errors::ser_error;
use serde::{Serialize, Serializer};

/// Asks our Serializer, wherever it is behind serde's own adapters, to note the value's path; then serializes what is
/// in the value's place, as `reference` returns it.
pub(in crate::plugin) fn divert<R: Serialize, S: Serializer>(
    serializer: S,
    reference: impl Fn() -> Result<R>,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(CHUNKED, &Diverted(reference))
}

struct Diverted<F>(F);

impl<R: Serialize, F: Fn() -> Result<R>> Serialize for Diverted<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.0)() {
            Ok(reference) => reference.serialize(serializer),
            Err(error) => Err(ser_error(error)),
        }
    }
}
