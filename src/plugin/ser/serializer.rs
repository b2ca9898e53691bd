//! The Serializer around any other: it forwards everything, keeps track of the path, and diverts arrays.

use crate::plugin::document::names::{ARRAY, CHUNKED, INLINE, STORED, STOW};
use crate::plugin::document::path::Path;
use crate::plugin::ser::arrays::{StructSerializer, one_entry, plain_id};
use crate::plugin::ser::compounds::Compound;
use crate::plugin::ser::keys::check_key;
use crate::plugin::ser::maps::MapSerializer;
use crate::plugin::ser::wrapped::{Serializer, Wrapped};
use crate::plugin::walk::context::saving;
use crate::plugin::walk::errors::{passing_save, ser_error};
use crate::plugin::walk::saving::SaveState;
use crate::plugin::walk::scopes::enter_again;
use serde::ser::{self, Serialize};
use std::fmt::Display;

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

impl<S: ser::Serializer> Serializer<'_, S> {
    /// What is in the place of a plain array whose elements do not pass through serde. A list that stays in the
    /// document is an ordinary one where a reader sees what it is.
    fn form<T: ?Sized + Serialize>(self, form: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        if form == INLINE && self.rules.is_known() {
            return value.serialize(self);
        }
        let rules = self.rules.enter(self.path).and_then(|rules| rules.enter(self.path)).map_err(ser_error)?;
        rules.enter(self.path).map_err(ser_error)?;
        if form == STORED && self.rules.quirks().has_ids {
            return plain_id(value)?.serialize(self.inner);
        }
        one_entry(self.inner, form, &Wrapped { value, path: self.path, rules, key: None })
    }
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
        Ok(Compound::new(self.inner.serialize_seq(len)?, *self.path, rules, len))
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        Ok(Compound::new(self.inner.serialize_tuple(len)?, *self.path, rules, Some(len)))
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeTupleStruct, S::Error> {
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        Ok(Compound::new(self.inner.serialize_tuple_struct(name, len)?, *self.path, rules, Some(len)))
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
            let result = value.serialize(self);
            let _ = saving(SaveState::forget_place);
            return result;
        }
        if name.starts_with(STOW) {
            let _scope = enter_again(name);
            return value.serialize(self);
        }
        if name == STORED || name == INLINE {
            return self.form(name, value);
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
        self.inner.serialize_newtype_variant(name, index, variant, &wrapped).map_err(|error| passing_save(error, &path))
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
        Ok(Compound::new(inner, Path::Key(self.path, variant), rules, Some(len)))
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
        Ok(Compound::new(inner, Path::Key(self.path, variant), rules, Some(len)))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        if len == 3 && name == ARRAY {
            return Ok(StructSerializer::undecided(self.inner, self.path, self.rules));
        }
        let rules = self.rules.enter(self.path).map_err(ser_error)?;
        let inner = self.inner.serialize_struct(name, len)?;
        Ok(StructSerializer::Plain(Compound::new(inner, *self.path, rules, Some(len))))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.rules.is_human_readable(self.inner.is_human_readable())
    }
}
