//! Many numbers of one type, shown to a visitor one after the other.
//!
//! The type is checked once for all of them, so that the compiler can generate a plain loop.

use serde::de::{self, DeserializeSeed, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::marker::PhantomData;
use std::slice::Iter;

/// A number that serde knows.
pub(in crate::plugin) trait Scalar: Copy {
    fn show<'de, V: Visitor<'de>, E: de::Error>(self, visitor: V) -> Result<V::Value, E>;
}

macro_rules! scalars {
    ($($rust:ty: $visit:ident;)*) => {
        $(impl Scalar for $rust {
            #[inline(always)]
            fn show<'de, V: Visitor<'de>, E: de::Error>(self, visitor: V) -> Result<V::Value, E> {
                visitor.$visit(self)
            }
        })*
    };
}

// One copy of a visitor's loop is compiled for each of them: the types of most large arrays.
scalars! {
    u8: visit_u8;
    i32: visit_i32;
    i64: visit_i64;
    f32: visit_f32;
    f64: visit_f64;
}

/// The sequence of these numbers.
pub(in crate::plugin) struct Numbers<'a, T, E> {
    left: Iter<'a, T>,
    error: PhantomData<E>,
}

impl<'a, T, E> Numbers<'a, T, E> {
    pub(in crate::plugin) fn of(numbers: &'a [T]) -> Self {
        Self { left: numbers.iter(), error: PhantomData }
    }
}

impl<'de, T: Scalar, E: de::Error> SeqAccess<'de> for Numbers<'_, T, E> {
    type Error = E;

    #[inline(always)]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, E> {
        match self.left.next() {
            Some(number) => seed.deserialize(OneNumber { number: *number, error: PhantomData }).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

struct OneNumber<T, E> {
    number: T,
    error: PhantomData<E>,
}

impl<'de, T: Scalar, E: de::Error> de::Deserializer<'de> for OneNumber<T, E> {
    type Error = E;

    #[inline(always)]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        self.number.show(visitor)
    }

    /// No element of a number is missing.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
