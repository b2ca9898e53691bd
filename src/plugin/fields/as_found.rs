//! The element type of an array in a document, if no Rust type gives it.
//!
//! A document has numbers, not data types, so the type is inferred: `bool`; integers as `int64`, or `uint64` where one
//! of them needs it; floats as `float32` if all of them were written so, otherwise as `float64`; pairs of floats as
//! complex numbers.

use crate::array::DataType;
use serde_content::{Number, Value};

/// What is known of the elements so far.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ElementKind {
    Bool,
    Integer { negative: bool, large: bool },
    Float { single: bool },
    Complex { single: bool },
}

impl ElementKind {
    fn of(element: &Value<'static>) -> Option<Self> {
        match element {
            Value::Bool(_) => Some(Self::Bool),
            Value::Number(number) => Self::of_number(number),
            Value::Seq(parts) | Value::Tuple(parts) => match parts.as_slice() {
                [re, im] => match Self::of(re)?.and(Self::of(im)?)? {
                    Self::Float { single } => Some(Self::Complex { single }),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        }
    }

    fn of_number(number: &Number) -> Option<Self> {
        let integer = |negative, large| Some(Self::Integer { negative, large });
        match number {
            Number::U8(_) | Number::U16(_) | Number::U32(_) => integer(false, false),
            Number::U64(value) => integer(false, i64::try_from(*value).is_err()),
            Number::I8(value) => integer(*value < 0, false),
            Number::I16(value) => integer(*value < 0, false),
            Number::I32(value) => integer(*value < 0, false),
            Number::I64(value) => integer(*value < 0, false),
            Number::F32(_) => Some(Self::Float { single: true }),
            Number::F64(_) => Some(Self::Float { single: false }),
            _ => None,
        }
    }

    /// What holds both.
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Bool, Self::Bool) => Some(Self::Bool),
            (Self::Integer { negative: a, large: b }, Self::Integer { negative: c, large: d }) => {
                Some(Self::Integer { negative: a || c, large: b || d })
            }
            (Self::Float { single: a }, Self::Float { single: b }) => Some(Self::Float { single: a && b }),
            (Self::Complex { single: a }, Self::Complex { single: b }) => Some(Self::Complex { single: a && b }),
            _ => None,
        }
    }

    fn data_type(self) -> Option<DataType> {
        match self {
            Self::Bool => Some(DataType::Bool),
            Self::Integer { negative: true, large: true } => None,
            Self::Integer { large: true, .. } => Some(DataType::UInt64),
            Self::Integer { .. } => Some(DataType::Int64),
            Self::Float { single: true } => Some(DataType::Float32),
            Self::Float { single: false } => Some(DataType::Float64),
            Self::Complex { single: true } => Some(DataType::Complex64),
            Self::Complex { single: false } => Some(DataType::Complex128),
        }
    }
}

/// The data type that holds these elements; `float64` if there are none. None if there is no such type.
pub(in crate::plugin) fn data_type(elements: &Value<'static>) -> Option<DataType> {
    let (Value::Seq(elements) | Value::Tuple(elements)) = elements else { return None };
    let mut elements = elements.iter();
    let Some(first) = elements.next() else { return Some(DataType::Float64) };
    elements.try_fold(ElementKind::of(first)?, |kind, element| kind.and(ElementKind::of(element)?))?.data_type()
}

/// The data type of the elements of a stored array in one of serde's buffers, which has them in their own type.
pub(in crate::plugin) fn buffered(elements: &Value<'static>) -> Option<DataType> {
    let (Value::Seq(list) | Value::Tuple(list)) = elements else { return None };
    let mut types = list.iter().map(own_type);
    let first = types.next().flatten();
    if first.is_some() && types.all(|own| own == first) { first } else { data_type(elements) }
}

fn own_type(element: &Value<'static>) -> Option<DataType> {
    let Value::Number(number) = element else { return None };
    Some(match number {
        Number::I8(_) => DataType::Int8,
        Number::I16(_) => DataType::Int16,
        Number::I32(_) => DataType::Int32,
        Number::I64(_) => DataType::Int64,
        Number::U8(_) => DataType::UInt8,
        Number::U16(_) => DataType::UInt16,
        Number::U32(_) => DataType::UInt32,
        Number::U64(_) => DataType::UInt64,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    fn found(elements: &impl Serialize) -> Option<DataType> {
        let value = elements.serialize(serde_content::Serializer::new()).ok()?;
        data_type(&value.into_owned())
    }

    #[test]
    fn elements_have_the_type_that_they_show() {
        assert_eq!(found(&[true, false]), Some(DataType::Bool));
        assert_eq!(found(&[1_u8, 2]), Some(DataType::Int64));
        assert_eq!(found(&[1, u64::MAX]), Some(DataType::UInt64));
        assert_eq!(found(&(-1_i8, u64::MAX)), None);
        assert_eq!(found(&[1.0_f32]), Some(DataType::Float32));
        assert_eq!(found(&(1.0_f32, 2.0_f64)), Some(DataType::Float64));
        assert_eq!(found(&[(1.0_f32, 2.0_f32)]), Some(DataType::Complex64));
        assert_eq!(found(&[(1.0_f64, 2.0_f64)]), Some(DataType::Complex128));
        assert_eq!(found(&Vec::<i32>::new()), Some(DataType::Float64));
        assert_eq!(found(&["text"]), None);
        assert_eq!(found(&(1, 2.0)), None);
    }
}
