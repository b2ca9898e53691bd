//! serde's traits for sequences and structs, which differ in the names of their methods only.

/// Implements them for a type with methods that take an element and a field, and one that ends the compound.
macro_rules! compounds {
    (impl $compound:ty { Ok = $ok:ty, Error = $error:ty, $element:ident, $field:ident, $close:ident }) => {
        $crate::plugin::format::compounds::compounds! {
            @elements $compound, $ok, $error, $element, $close;
            SerializeSeq serialize_element;
            SerializeTuple serialize_element;
            SerializeTupleStruct serialize_field;
            SerializeTupleVariant serialize_field;
        }
        $crate::plugin::format::compounds::compounds! {
            @fields $compound, $ok, $error, $field, $close;
            SerializeStruct;
            SerializeStructVariant;
        }
    };
    (@elements $compound:ty, $ok:ty, $error:ty, $element:ident, $close:ident; $($serde:ident $method:ident;)*) => {
        $(impl ::serde::ser::$serde for $compound {
            type Ok = $ok;
            type Error = $error;

            fn $method<T: ?Sized + ::serde::Serialize>(&mut self, value: &T) -> Result<(), $error> {
                self.$element(value)
            }

            fn end(self) -> Result<$ok, $error> {
                self.$close()
            }
        })*
    };
    (@fields $compound:ty, $ok:ty, $error:ty, $field:ident, $close:ident; $($serde:ident;)*) => {
        $(impl ::serde::ser::$serde for $compound {
            type Ok = $ok;
            type Error = $error;

            fn serialize_field<T: ?Sized + ::serde::Serialize>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), $error> {
                self.$field(key, value)
            }

            fn end(self) -> Result<$ok, $error> {
                self.$close()
            }
        })*
    };
}

pub(in crate::plugin) use compounds;
