//! Serializes maps and their keys.
//!
//! serde's own adapters also write into a map: the fields of `flatten`, and the `tag` of an enum before the keys of its
//! contents. Two equal keys would be one on loading.

use crate::plugin::document::path::{KeyText, Path};
use crate::plugin::format::rules::Rules;
use crate::plugin::ser::keys::Keys;
use crate::plugin::ser::wrapped::Wrapped;
use crate::plugin::walk::errors::{passing_save, ser_error};
use serde::ser::{Serialize, SerializeMap};

/// A map that is open.
pub(in crate::plugin) struct MapSerializer<'p, C> {
    inner: C,
    path: &'p Path<'p>,
    rules: Rules,
    /// How many entries there are to be.
    said: Option<usize>,
    given: usize,
    key: String,
    keys: Keys,
}

impl<'p, C> MapSerializer<'p, C> {
    pub(in crate::plugin) fn new(inner: C, path: &'p Path<'p>, rules: Rules, said: Option<usize>) -> Self {
        let keys = Keys::new(rules, said);
        Self { inner, path, rules, said, given: 0, key: String::new(), keys }
    }
}

impl<C: SerializeMap> SerializeMap for MapSerializer<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), C::Error> {
        self.key = (&key).text();
        self.given += 1;
        let key = Wrapped { value: key, path: self.path, rules: self.rules, key: Some(&self.keys) };
        self.inner.serialize_key(&key).map_err(|error| passing_save(error, self.path))
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), C::Error> {
        let path = Path::Key(self.path, &self.key);
        let value = Wrapped { value, path: &path, rules: self.rules, key: None };
        self.inner.serialize_value(&value).map_err(|error| passing_save(error, &path))
    }

    #[inline]
    fn serialize_entry<K: ?Sized + Serialize, T: ?Sized + Serialize>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), C::Error> {
        self.given += 1;
        let path = Path::Lazy(self.path, &key);
        self.inner
            .serialize_entry(
                &Wrapped { value: key, path: self.path, rules: self.rules, key: Some(&self.keys) },
                &Wrapped { value, path: &path, rules: self.rules, key: None },
            )
            .map_err(|error| passing_save(error, &path))
    }

    #[inline]
    fn end(self) -> Result<C::Ok, C::Error> {
        self.rules.len(self.said, self.given, self.path).map_err(ser_error)?;
        self.inner.end()
    }
}
