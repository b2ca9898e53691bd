//! Deserializes maps: their keys make the path, and the first key may represent an array.
//!
//! Where serde buffers (`flatten`, `tag`, `untagged`), an ndarray's own `Deserialize` will see the buffer and not this
//! Deserializer. So under `deserialize_any` the first key is examined on its way to the visitor. If it is one of the
//! array's two forms, the visitor is shown the array's own fields instead, and the buffer holds what it would hold
//! without this Deserializer.

use crate::plugin::de::arrays::ArrayFields;
use crate::plugin::de::at::At;
use crate::plugin::de::key_seeds::{FirstKey, KeySeed};
use crate::plugin::de::seeds::{Seed, bounded};
use crate::plugin::document::id::PersistentId;
use crate::plugin::document::path::{Asked, Path};
use crate::plugin::format::scalars::is_scalar_seed;
use crate::plugin::walk::errors::{de_error, forget_since, passing_load};
use crate::plugin::walk::lookup::whole;
use crate::plugin::walk::notes::noted;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess};
use serde_content::Value;
use std::borrow::Cow;
use std::marker::PhantomData;

pub(in crate::plugin) struct MapWalk<'p, 'de, A> {
    inner: A,
    at: At<'p>,
    asked: Asked,
    key: Cow<'de, str>,
    /// Whether the next key is the first and may be an array's.
    look: bool,
    form: FirstKey,
    /// From then on what the visitor is shown.
    fields: Option<ArrayFields>,
}

impl<'p, 'de, A: MapAccess<'de>> MapWalk<'p, 'de, A> {
    pub(in crate::plugin) fn new(inner: A, at: At<'p>, asked: Asked) -> Self {
        let look = asked == Asked::Everything;
        Self { inner, at, asked, key: Cow::Borrowed(""), look, form: FirstKey::Other, fields: None }
    }

    /// The array's own fields, in the place of the one entry that stands for it.
    fn array_fields(&mut self) -> Result<ArrayFields, A::Error> {
        let fields = match self.form {
            FirstKey::Stored => {
                let id: PersistentId = self.inner.next_value()?;
                ArrayFields::stored(whole(&id, self.at.path).map_err(de_error)?)
            }
            _ => match self.inner.next_value_seed(Seed { seed: PhantomData::<Value<'static>>, at: self.at })? {
                Value::Map(fields) => ArrayFields::inline(fields),
                _ => return Err(A::Error::custom("an array in the document is not a map of its fields")),
            },
        };
        if self.inner.next_key::<IgnoredAny>()?.is_some() {
            return Err(A::Error::custom("an array in the document has two forms"));
        }
        Ok(fields)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for MapWalk<'_, 'de, A> {
    type Error = A::Error;

    #[inline]
    fn next_key_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, A::Error> {
        if let Some(fields) = &mut self.fields {
            return fields.next_key(seed);
        }
        let seed = KeySeed { seed, key: &mut self.key, look: self.look, form: &mut self.form, format: self.at.format };
        self.look = false;
        self.inner.next_key_seed(seed).map_err(|error| passing_load(error, self.at.path))
    }

    #[inline]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        if self.form != FirstKey::Other {
            let mut fields = self.array_fields().map_err(|error| passing_load(error, self.at.path))?;
            self.form = FirstKey::Other;
            // The visitor has been given the first field's name as the key.
            fields.skip_key();
            self.fields = Some(fields);
        }
        if let Some(fields) = &mut self.fields {
            return fields.next_value(seed, Some(self.at.path));
        }
        if is_scalar_seed::<T>() {
            let seed = Seed { seed, at: self.at.path(&Path::Root) };
            return self
                .inner
                .next_value_seed(seed)
                .map_err(|error| passing_load(error, &Path::Key(self.at.path, &self.key)));
        }
        let place = Path::Asked(self.at.path, self.asked);
        let path = Path::Key(&place, &self.key);
        let before = noted();
        let value = self.inner.next_value_seed(Seed { seed, at: self.at.path(&path) });
        if value.is_ok() && noted() != before {
            forget_since(before);
        }
        value.map_err(|error| passing_load(error, &path))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        bounded(self.inner.size_hint())
    }
}
