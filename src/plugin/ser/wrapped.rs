//! Values that are passed through another serializer, and the Serializer that they go through.

use crate::plugin::document::path::Path;
use crate::plugin::format::rules::Rules;
use crate::plugin::ser::keys::Keys;
use serde::ser::{self, Serialize};

/// A serde Serializer that diverts arrays and gives everything else to the one inside.
///
/// It works within [`serialize`](crate::serialize) and its kin, which set the context that it needs.
pub(in crate::plugin) struct Serializer<'p, S> {
    pub(super) inner: S,
    pub(super) path: &'p Path<'p>,
    pub(super) rules: Rules,
    /// For the key of a map, the keys of the map.
    pub(super) key: Option<&'p Keys>,
}

/// A value that goes through the inner serializer, to be met by our Serializer again.
pub(in crate::plugin) struct Wrapped<'p, T: ?Sized> {
    pub(in crate::plugin) value: &'p T,
    pub(in crate::plugin) path: &'p Path<'p>,
    pub(in crate::plugin) rules: Rules,
    pub(in crate::plugin) key: Option<&'p Keys>,
}

impl<T: ?Sized + Serialize> Serialize for Wrapped<'_, T> {
    #[inline]
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Serializer { inner: serializer, path: self.path, rules: self.rules, key: self.key })
    }
}
