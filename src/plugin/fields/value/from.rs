//! Numbers, bools and strings as values.

use super::Value;

macro_rules! from {
    ($($rust:ty => $variant:ident;)*) => {
        $(impl From<$rust> for Value {
            fn from(value: $rust) -> Self {
                Self::$variant(value.into())
            }
        })*
    };
}

from! {
    bool => Bool;
    i8 => Integer;
    i16 => Integer;
    i32 => Integer;
    i64 => Integer;
    i128 => Integer;
    u8 => Integer;
    u16 => Integer;
    u32 => Integer;
    u64 => Integer;
    f32 => Float32;
    f64 => Float64;
    char => Text;
    &str => Text;
    String => Text;
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        // No machine has a `usize` of more than 64 bits.
        Self::Integer(value as i128)
    }
}
