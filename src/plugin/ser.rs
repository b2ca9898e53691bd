//! The Serializer around any other: forwards everything, tells paths, and diverts arrays.

use super::context::saving;
use super::options::enter_again;
use super::path::{KeyText, Path};
use super::ser_array::StructSerializer;
use super::{ARRAY, CHUNKED, INLINE, PERSIST, STORED};
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use std::fmt::Display;

/// A serde Serializer that diverts arrays and gives everything else to the one inside.
///
/// It works within [`serialize`](crate::serialize) and its kin, which set the context that it needs.
pub struct Serializer<'p, S> {
    inner: S,
    path: &'p Path<'p>,
    /// Whether this serializes the key of a map.
    key: bool,
}

impl<'p, S> Serializer<'p, S> {
    pub(super) fn new(inner: S, path: &'p Path<'p>) -> Self {
        Self { inner, path, key: false }
    }
}

/// A value on its way through the inner serializer, to be met by our Serializer again.
pub(super) struct Wrapped<'p, T: ?Sized> {
    pub(super) value: &'p T,
    pub(super) path: &'p Path<'p>,
    pub(super) key: bool,
}

impl<T: ?Sized + Serialize> Serialize for Wrapped<'_, T> {
    #[inline]
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(Serializer { inner: serializer, path: self.path, key: self.key })
    }
}

/// Refuses keys, fields and variants of the user's that would be taken for arrays.
#[inline]
fn check_key<E: ser::Error>(key: &str) -> Result<(), E> {
    if key.as_bytes().first() == Some(&b'$') && (key == STORED || key == INLINE) {
        return Err(E::custom(format_args!("{key:?} is a key of arraystow's own: choose another one")));
    }
    Ok(())
}

/// What is open: a sequence, a map, the fields of a struct.
pub struct Compound<'p, C> {
    inner: C,
    path: &'p Path<'p>,
    index: usize,
    key: String,
}

impl<'p, C> Compound<'p, C> {
    pub(super) fn new(inner: C, path: &'p Path<'p>) -> Self {
        Self { inner, path, index: 0, key: String::new() }
    }
}

macro_rules! forward {
    ($($method:ident($rust:ty);)*) => {
        $(#[inline]
        fn $method(self, value: $rust) -> Result<S::Ok, S::Error> {
            self.inner.$method(value)
        })*
    };
}

macro_rules! open {
    ($($method:ident($($argument:ident: $rust:ty),*) -> $compound:ident;)*) => {
        $(#[inline]
        fn $method(self, $($argument: $rust),*) -> Result<Self::$compound, S::Error> {
            Ok(Compound::new(self.inner.$method($($argument),*)?, self.path))
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
    type SerializeMap = Compound<'p, S::SerializeMap>;
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
        serialize_f32(f32);
        serialize_f64(f64);
        serialize_char(char);
        serialize_bytes(&[u8]);
        serialize_unit_struct(&'static str);
    }

    open! {
        serialize_seq(len: Option<usize>) -> SerializeSeq;
        serialize_tuple(len: usize) -> SerializeTuple;
        serialize_tuple_struct(name: &'static str, len: usize) -> SerializeTupleStruct;
        serialize_map(len: Option<usize>) -> SerializeMap;
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<S::Ok, S::Error> {
        if self.key {
            check_key(value)?;
        }
        self.inner.serialize_str(value)
    }

    #[inline]
    fn collect_str<T: ?Sized + Display>(self, value: &T) -> Result<S::Ok, S::Error> {
        if self.key { self.serialize_str(&value.to_string()) } else { self.inner.collect_str(value) }
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_none()
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.inner.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: ?Sized + Serialize>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.inner.serialize_some(&Wrapped { value, path: self.path, key: self.key })
    }

    #[inline]
    fn serialize_newtype_struct<T: ?Sized + Serialize>(self, name: &'static str, value: &T) -> Result<S::Ok, S::Error> {
        if name == CHUNKED {
            // Within a lifted context the array itself tells that there is none.
            let _ = saving(|state| state.set_place(self.path.to_string()));
            return value.serialize(self);
        }
        if name.starts_with(PERSIST) {
            let _scope = enter_again(name);
            return value.serialize(self);
        }
        self.inner.serialize_newtype_struct(name, &Wrapped { value, path: self.path, key: self.key })
    }

    #[inline]
    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result<S::Ok, S::Error> {
        check_key(variant)?;
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
        check_key(variant)?;
        let path = Path::Key(self.path, variant);
        self.inner.serialize_newtype_variant(name, index, variant, &Wrapped { value, path: &path, key: false })
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        check_key(variant)?;
        Ok(Compound::new(self.inner.serialize_tuple_variant(name, index, variant, len)?, self.path))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        check_key(variant)?;
        Ok(Compound::new(self.inner.serialize_struct_variant(name, index, variant, len)?, self.path))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Self::SerializeStruct, S::Error> {
        if len == 3 && name == ARRAY {
            return Ok(StructSerializer::undecided(self.inner, self.path));
        }
        Ok(StructSerializer::Plain(Compound::new(self.inner.serialize_struct(name, len)?, self.path)))
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

macro_rules! by_index {
    ($($compound:ident $method:ident;)*) => {
        $(impl<C: $compound> $compound for Compound<'_, C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn $method<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), C::Error> {
                let path = Path::Index(self.path, self.index);
                self.index += 1;
                self.inner.$method(&Wrapped { value, path: &path, key: false })
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
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
                check_key(key)?;
                let path = Path::Key(self.path, key);
                self.inner.serialize_field(key, &Wrapped { value, path: &path, key: false })
            }

            #[inline]
            fn skip_field(&mut self, key: &'static str) -> Result<(), C::Error> {
                self.inner.skip_field(key)
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.inner.end()
            }
        })*
    };
}

by_field! {
    SerializeStruct;
    SerializeStructVariant;
}

impl<C: SerializeMap> SerializeMap for Compound<'_, C> {
    type Ok = C::Ok;
    type Error = C::Error;

    fn serialize_key<T: ?Sized + Serialize>(&mut self, key: &T) -> Result<(), C::Error> {
        self.key = (&key).text();
        self.inner.serialize_key(&Wrapped { value: key, path: self.path, key: true })
    }

    fn serialize_value<T: ?Sized + Serialize>(&mut self, value: &T) -> Result<(), C::Error> {
        let path = Path::Key(self.path, &self.key);
        self.inner.serialize_value(&Wrapped { value, path: &path, key: false })
    }

    #[inline]
    fn serialize_entry<K: ?Sized + Serialize, T: ?Sized + Serialize>(
        &mut self,
        key: &K,
        value: &T,
    ) -> Result<(), C::Error> {
        let path = Path::Lazy(self.path, &key);
        self.inner.serialize_entry(
            &Wrapped { value: key, path: self.path, key: true },
            &Wrapped { value, path: &path, key: false },
        )
    }

    #[inline]
    fn end(self) -> Result<C::Ok, C::Error> {
        self.inner.end()
    }
}
