//! The errors of serializers that check whether values are array elements.

use serde::ser;
use std::fmt;

/// No array element.
#[derive(Debug)]
pub(in crate::plugin) struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no array element")
    }
}

impl std::error::Error for Refused {}

impl ser::Error for Refused {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

macro_rules! refuse {
    ($($method:ident($($argument:ty),*) -> $ok:ty;)*) => {
        $(fn $method(self, $(_: $argument),*) -> Result<$ok, Refused> {
            Err(Refused)
        })*
    };
}
pub(super) use refuse;

/// The associated types and methods of a Serializer for what neither a list of elements nor an element can be.
macro_rules! refuse_what_no_element_is {
    () => {
        type Ok = ();
        type Error = Refused;
        type SerializeTupleVariant = Impossible<(), Refused>;
        type SerializeMap = Impossible<(), Refused>;
        type SerializeStructVariant = Impossible<(), Refused>;

        refuse! {
            serialize_i128(i128) -> ();
            serialize_u128(u128) -> ();
            serialize_char(char) -> ();
            serialize_bytes(&[u8]) -> ();
            serialize_none() -> ();
            serialize_unit() -> ();
            serialize_unit_struct(&'static str) -> ();
            serialize_unit_variant(&'static str, u32, &'static str) -> ();
            serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Self::SerializeTupleVariant;
            serialize_map(Option<usize>) -> Self::SerializeMap;
            serialize_struct_variant(&'static str, u32, &'static str, usize) -> Self::SerializeStructVariant;
        }

        fn serialize_some<T: ?Sized + Serialize>(self, _: &T) -> Result<(), Refused> {
            Err(Refused)
        }

        fn serialize_newtype_variant<T: ?Sized + Serialize>(
            self,
            _: &'static str,
            _: u32,
            _: &'static str,
            _: &T,
        ) -> Result<(), Refused> {
            Err(Refused)
        }
    };
}
pub(super) use refuse_what_no_element_is;
