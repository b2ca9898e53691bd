//! Elements of plain arrays that are read as another type than the stored one.

use crate::array::{AnyNumber, DataType, Element, Number, check_astype};
use crate::error::ErrorKind;
use crate::plugin::document::elements::PlainElements;
use crate::plugin::walk::errors::de_error;
use half::{bf16, f16};
use ndarray::ArrayD;
use num_complex::Complex;
use serde::de::value::SeqDeserializer;
use serde::de::{self, IntoDeserializer, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use std::marker::PhantomData;

impl PlainElements {
    /// All of them as another type.
    pub(in crate::plugin) fn converted<T: Element>(&self) -> Option<ArrayD<T>> {
        let from = T::FROM_NUMBER?;
        let element = |index| self.elements.value(index).map(|(value, _)| from(value));
        let elements: Option<Vec<T>> = (0..self.elements.len()).map(element).collect();
        ArrayD::from_shape_vec(self.shape.as_slice(), elements?).ok()
    }

    /// One element, to be read as whatever type.
    pub(in crate::plugin) fn convertible<E>(&self, index: usize) -> Option<Convertible<E>> {
        let (value, data_type) = self.elements.value(index)?;
        Some(Convertible { value, data_type, error: PhantomData })
    }
}

/// An element that is read as the type that is asked for.
pub(in crate::plugin) struct Convertible<E> {
    value: AnyNumber,
    data_type: DataType,
    error: PhantomData<E>,
}

impl<E: de::Error> Convertible<E> {
    fn to<T: Number>(&self) -> Result<T, E> {
        check_astype(&self.data_type, &T::DATA_TYPE)
            .map_err(|error| de_error(error.with_kind(ErrorKind::TypeMismatch)))?;
        Ok(T::from_value(self.value))
    }

    fn part(value: f64) -> Self {
        Self { value: AnyNumber::Float(value), data_type: DataType::Float64, error: PhantomData }
    }
}

macro_rules! convert {
    ($($method:ident $visit:ident;)*) => {
        $(#[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            visitor.$visit(self.to()?)
        })*
    };
}

impl<'de, E: de::Error> Deserializer<'de> for Convertible<E> {
    type Error = E;

    convert! {
        deserialize_bool visit_bool;
        deserialize_i8 visit_i8;
        deserialize_i16 visit_i16;
        deserialize_i32 visit_i32;
        deserialize_i64 visit_i64;
        deserialize_u8 visit_u8;
        deserialize_u16 visit_u16;
        deserialize_u32 visit_u32;
        deserialize_u64 visit_u64;
        deserialize_f32 visit_f32;
        deserialize_f64 visit_f64;
    }

    /// Types that are not elements are shown what is stored.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.value {
            AnyNumber::Int(x) => visitor.visit_i64(x),
            AnyNumber::UInt(x) => visitor.visit_u64(x),
            AnyNumber::Float(x) => visitor.visit_f64(x),
            AnyNumber::Complex(_) => self.deserialize_tuple(2, visitor),
        }
    }

    /// No element of a number is missing.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    /// As the half crate does: the bits, in a newtype.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, E> {
        let bits = match (name, &self.data_type) {
            ("f16", _) => self.to::<f16>()?.to_bits(),
            // The first versions stored the bits of a plain array, as integers.
            ("bf16", data_type) if *data_type != DataType::UInt16 => self.to::<bf16>()?.to_bits(),
            _ => return visitor.visit_newtype_struct(self),
        };
        visitor.visit_newtype_struct(bits.into_deserializer())
    }

    /// A complex number.
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, E> {
        let number: Complex<f64> = self.to()?;
        visitor.visit_seq(SeqDeserializer::new([number.re, number.im].into_iter().map(ComplexPart)))
    }

    forward_to_deserialize_any! {
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple_struct map struct enum identifier
        ignored_any
    }
}

/// One of the two parts of a complex number.
struct ComplexPart(f64);

impl<'de, E: de::Error> IntoDeserializer<'de, E> for ComplexPart {
    type Deserializer = Convertible<E>;

    fn into_deserializer(self) -> Convertible<E> {
        Convertible::part(self.0)
    }
}
