//! The Serializer around any other: forwards everything, follows the path, and diverts arrays.

use crate::error::ErrorKind;
use crate::plugin::document::names::{ARRAY, CHUNKED, INLINE, STORED, STOW};
use crate::plugin::document::path::Path;
use crate::plugin::format::rules::{Rules, refusal};
use crate::plugin::format::scalars::is_scalar;
use crate::plugin::ser::arrays::StructSerializer;
use crate::plugin::ser::maps::{Keys, MapSerializer, twice};
use crate::plugin::walk::context::saving;
use crate::plugin::walk::errors::{note_save_place, ser_error};
use crate::plugin::walk::scopes::enter_again;
use serde::ser::{
    self, Serialize, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};
use std::fmt::Display;

/// A serde Serializer that diverts arrays and gives everything else to the one inside.
///
/// It works within [`serialize`](crate::serialize) and its kin, which set the context that it needs.
pub(in crate::plugin) struct Serializer<'p, S> {
    inner: S,
    path: &'p Path<'p>,
    rules: Rules,
    /// For the key of a map, the keys of the map.
    key: Option<&'p Keys>,
}

/// A value on its way through the inner serializer, to be met by our Serializer again.
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

/// Refuses keys, fields and variants of the user's that would be taken for arrays.
#[inline]
fn check_key<E: ser::Error>(key: &str, path: &Path<'_>) -> Result<(), E> {
    if key.as_bytes().first() == Some(&b'$') && (key == STORED || key == INLINE) {
        let text = format!("{key:?} is a key of arraystow's own: choose another one");
        return Err(ser_error(refusal(ErrorKind::Serde, path, text)));
    }
    Ok(())
}

/// Equal names; most differ in length or in the first letter.
#[inline]
fn is_same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.as_bytes().first() == other.as_bytes().first() && one == other
}

/// What is open: a sequence, or the fields of a struct.
pub(in crate::plugin) struct Compound<'p, C> {
    inner: C,
    path: &'p Path<'p>,
    rules: Rules,
    /// How many elements or fields there are to be.
    said: Option<usize>,
    given: usize,
    first: &'static str,
}

impl<'p, C> Compound<'p, C> {
    pub(in crate::plugin) fn new(inner: C, path: &'p Path<'p>, rules: Rules, said: Option<usize>) -> Self {
        Self { inner, path, rules, said, given: 0, first: "" }
    }
}

macro_rules! forward {
    ($($method:ident($rust:ty);)*) => {
        $(#[inline]
        fn $method(self, value: $rust) -> Result<S::Ok, S::Error> {
            if let Some(keys) = self.key {
                keys.other(value, self.rules, self.path)?;
            }
            self.inner.$method(value)
        })*
    };
}

impl<'p, S: ser::Serializer> ser::Serializer for Serializer<'p, S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Compound<'p, S::SerializeSeq>;
    type SerializeTuple = Compound<'p, S::SerializeTuple>;
    type SerializeTupleStruct = Compound<'p, S::SerializeTupleStruct>;
    type SerializeTupleVariant = Compound<'p, S::SerializeTupleVariant>;
    type SerializeMap = MapSerializer<'p, S::SerializeMap>;
    type SerializeStruct = StructSerializer<'p, S>;
    type SerializeStructVariant = Compound<'p, S::SerializeStructVariant>;

    forward! {
        serialize_bool(bool);
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
        serialize_u128(u128);
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<S::Ok, S::Error> {
        self.rules.float(value.is_finite(), value.into(), self.path).map_err(ser_error)?;
        if let Some(keys) = self.key {
            keys.other(value, self.rules, self.path)?;
        }
        self.inner.serialize_f32(value)
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<S::Ok, S::Error> {
        self.rules.float(value.is_finite(), value, self.path).map_err(ser_error)?;
        if let Some(keys) = self.key {
            keys.other(value, self.rules, self.path)?;
        }
        self.inner.serialize_f64(value)
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<S::Ok, S::Error> {
        if let Some(keys) = self.key {
            keys.text(value.encode_utf8(&mut [0; 4]), self.rules, self.path)?;
        }
        self.inner.serialize_char(value)
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        if let Some(keys) = self.key {
            check_key(value, self.path)?;
            keys.text(value, self.rules, self.path)?;
        }
        self.inner.serialize_str(value)
    }

    #[inline]
    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Result<S::Ok, S::Error> {
        if self.key.is_some() { self.serialize_str(&value.to_string()) } else { self.inner.collect_str(value) }
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<S::Ok, S::Error> {
        self.inner.serialize_bytes(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.rules.none(self.path).map_err(ser_error)?;
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.rules.unit(self.path).map_err(ser_error)?;
        if self.rules.quirks().unit_is_null { self.inner.serialize_none() } else { self.inner.serialize_unit() }
    }

    #[inline]
    fn serialize_unit_struct(self, name: &'static str) -> Result<S::Ok, S::Error> {
        self.rules.unit(self.path).map_err(ser_error)?;
        if self.rules.quirks().unit_is_null {
            self.inner.serialize_none()
        } else {
            self.inner.serialize_unit_struct(name)
        }
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        Ok(Compound::new(self.inner.serialize_seq(len)?, self.path, rules, len))
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        Ok(Compound::new(self.inner.serialize_tuple(len)?, self.path, rules, Some(len)))
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        Ok(Compound::new(self.inner.serialize_tuple_struct(name, len)?, self.path, rules, Some(len)))
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        Ok(MapSerializer::new(self.inner.serialize_map(len)?, self.path, rules, len))
    }

    #[inline]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<S::Ok, S::Error> {
        let rules = self.rules.some(self.path).map_err(ser_error)?;
        self.inner.serialize_some(&Wrapped { value, path: self.path, rules, key: self.key })
    }

    #[inline]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        if name == CHUNKED {
            // Within a lifted context the array itself fails.
            let _ = saving(|state| state.set_place(self.path.to_string()));
            return value.serialize(self);
        }
        if name.starts_with(STOW) {
            let _scope = enter_again(name);
            return value.serialize(self);
        }
        let wrapped = Wrapped { value, path: self.path, rules: self.rules, key: self.key };
        self.inner.serialize_newtype_struct(name, &wrapped)
    }

    #[inline]
    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        check_key(variant, self.path)?;
        if let Some(keys) = self.key {
            keys.text(variant, self.rules, self.path)?;
        }
        self.inner.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_variant<T: ?Sized + Serialize>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        check_key(variant, self.path)?;
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        let path = Path::Key(self.path, variant);
        let wrapped = Wrapped { value, path: &path, rules, key: None };
        self.inner.serialize_newtype_variant(name, index, variant, &wrapped).inspect_err(|_| note_save_place(&path))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        check_key(variant, self.path)?;
        let rules = self.rules.enter(self.path).and_then(|rules| rules.enter(self.path)).map_err(ser_error)?;
        let inner = self.inner.serialize_tuple_variant(name, index, variant, len)?;
        Ok(Compound::new(inner, self.path, rules, Some(len)))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        check_key(variant, self.path)?;
        let rules = self.rules.enter(self.path).and_then(|rules| rules.enter(self.path)).map_err(ser_error)?;
        let inner = self.inner.serialize_struct_variant(name, index, variant, len)?;
        Ok(Compound::new(inner, self.path, rules, Some(len)))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        if len == 3 && name == ARRAY {
            return Ok(StructSerializer::undecided(self.inner, self.path, self.rules));
        }
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        let inner = self.inner.serialize_struct(name, len)?;
        Ok(StructSerializer::Plain(Compound::new(inner, self.path, rules, Some(len))))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.rules.is_human_readable(self.inner.is_human_readable())
    }
}

macro_rules! by_index {
    ($($compound:ident $method:ident;)*) => {
        $(impl<C: $compound> $compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), C::Error> {
                let index = self.given;
                self.given += 1;
                if is_scalar::<T>(self.rules) {
                    return self.inner.$method(value).inspect_err(|_| note_save_place(&Path::Index(self.path, index)));
                }
                let path = Path::Index(self.path, index);
                let wrapped = Wrapped { value, path: &path, rules: self.rules, key: None };
                let result = self.inner.$method(&wrapped);
                if result.is_err() {
                    note_save_place(&path);
                }
                result
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.rules.len(self.said, self.given, self.path).map_err(ser_error)?;
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

            #[inline]
            fn serialize_field<T: ?Sized + Serialize>(&mut self, key: &'static str, value: &T) -> Result<(), C::Error> {
                check_key(key, self.path)?;
                // The first may be an enum's tag.
                if self.given == 0 {
                    self.first = key;
                } else if is_same(self.first, key) && self.rules.is_known() {
                    return Err(twice(key, self.path));
                }
                self.given += 1;
                if is_scalar::<T>(self.rules) {
                    return self.inner.serialize_field(key, value).inspect_err(|_| note_save_place(&Path::Key(self.path, key)));
                }
                let path = Path::Key(self.path, key);
                let wrapped = Wrapped { value, path: &path, rules: self.rules, key: None };
                let result = self.inner.serialize_field(key, &wrapped);
                if result.is_err() {
                    note_save_place(&path);
                }
                result
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(key)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.rules.len(self.said, self.given, self.path).map_err(ser_error)?;
                self.inner.end()
            }
        })*
    };
}

by_field! {
    SerializeStruct;
    SerializeStructVariant;
}
