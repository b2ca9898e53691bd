//! Sequences, and the fields of structs, while they are open.

use crate::plugin::document::path::Path;
use crate::plugin::format::rules::Rules;
use crate::plugin::format::scalars::is_scalar;
use crate::plugin::ser::keys::{check_key, twice};
use crate::plugin::ser::wrapped::Wrapped;
use crate::plugin::walk::errors::{passing_save, ser_error};
use serde::ser::{
    Serialize, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};

/// What is open: a sequence, or the fields of a struct.
pub(in crate::plugin) struct Compound<'p, C> {
    inner: C,
    path: Path<'p>,
    rules: Rules,
    /// How many elements or fields there are to be.
    said: Option<usize>,
    given: usize,
    first: &'static str,
}

impl<'p, C> Compound<'p, C> {
    pub(in crate::plugin) fn new(inner: C, path: Path<'p>, rules: Rules, said: Option<usize>) -> Self {
        Self { inner, path, rules, said, given: 0, first: "" }
    }
}

/// Equal names; most differ in length or in the first letter.
#[inline]
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.as_bytes().first() == other.as_bytes().first() && one == other
}

macro_rules! by_index {
    ($($compound:ident $method:ident;)*) => {
        $(impl<C: $compound> $compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline(always)]
            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), C::Error> {
                let index = self.given;
                self.given += 1;
                if is_scalar::<T>(self.rules) {
                    return self.inner.$method(value).map_err(|error| passing_save(error, &Path::Index(&self.path, index)));
                }
                let path = Path::Index(&self.path, index);
                let wrapped = Wrapped { value, path: &path, rules: self.rules, key: None };
                self.inner.$method(&wrapped).map_err(|error| passing_save(error, &path))
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.rules.len(self.said, self.given, &self.path).map_err(ser_error)?;
                self.inner.end()
            }
        })*
    };
}

by_index! {
    SerializeSeq serialize_element;
    SerializeTuple serialize_element;
    SerializeTupleStruct serialize_field;
    SerializeTupleVariant serialize_field;
}

macro_rules! by_field {
    ($($compound:ident;)*) => {
        $(impl<C: $compound> $compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline(always)]
            fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), C::Error> {
                check_key(key, &self.path)?;
                // The first may be an enum's tag.
                if self.given == 0 {
                    self.first = key;
                } else if is_same(self.first, key) && self.rules.is_known() {
                    return Err(twice(key, &self.path));
                }
                self.given += 1;
                if is_scalar::<T>(self.rules) {
                    return self.inner.serialize_field(key, value).map_err(|error| passing_save(error, &Path::Key(&self.path, key)));
                }
                let path = Path::Key(&self.path, key);
                let wrapped = Wrapped { value, path: &path, rules: self.rules, key: None };
                self.inner.serialize_field(key, &wrapped).map_err(|error| passing_save(error, &path))
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(key)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.rules.len(self.said, self.given, &self.path).map_err(ser_error)?;
                self.inner.end()
            }
        })*
    };
}

by_field! {
    SerializeStruct;
    SerializeStructVariant;
}
