//! Deserializes persistent ids.

use crate::plugin::document::id::{IdParts, PersistentId};
use crate::plugin::walk::errors::de_error;
use serde::{Deserialize, Deserializer};

impl<'de> Deserialize<'de> for PersistentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::try_from(IdParts::deserialize(deserializer)?).map_err(de_error)
    }
}
