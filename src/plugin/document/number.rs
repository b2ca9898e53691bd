//! One number of an array that is in a document, as a Rust type.

use crate::array::{DataType, Element};
use serde::de::DeserializeOwned;
use serde_content::{Deserializer, Number, Value};

/// The number, if it is one of that type. A format may write it as another type that it fits into: JSON has no single
/// precision, and CBOR has only as many bytes as an integer needs.
pub(in crate::plugin) fn number<X: Element + DeserializeOwned>(
    value: Value<'static>,
) -> Result<X, serde_content::Error> {
    let value = match X::DATA_TYPE {
        DataType::Float32 | DataType::Complex64 => single(value),
        _ => value,
    };
    // Beyond that a float is refused where another is asked for: the conversion has to be asked for.
    let is_float = matches!(X::DATA_TYPE, DataType::Float32 | DataType::Complex64) && has_double(&value);
    let deserializer = Deserializer::new(value);
    X::deserialize(if is_float { deserializer } else { deserializer.coerce_numbers() })
}

/// The number, or the one of these bytes for one that is missing.
pub(in crate::plugin) fn optional_number<X: Element + DeserializeOwned>(
    value: Value<'static>,
    fill: Option<&[u8]>,
) -> Result<X, serde_content::Error> {
    let is_missing = |fill: &[u8]| X::get(&X::DATA_TYPE, fill).map_err(serde::de::Error::custom);
    match (value, fill) {
        (Value::Option(None) | Value::Unit, Some(fill)) => is_missing(fill),
        (Value::Option(Some(value)), Some(fill)) => present(number(*value)?, fill),
        (value, Some(fill)) => present(number(value)?, fill),
        (value, None) => number(value),
    }
}

/// An element that may be missing: JSON and pickle have a unit in the place of one that is.
pub(in crate::plugin) fn optional(value: Value<'static>) -> Value<'static> {
    if value == Value::Unit { Value::Option(None) } else { value }
}

/// A number that is there, which must not be the one that represents missing ones.
fn present<X: Element>(number: X, fill: &[u8]) -> Result<X, serde_content::Error> {
    match X::fill_bytes(&number) {
        Ok(bytes) if bytes == fill => Err(serde::de::Error::custom(format_args!(
            "{number:?} is the fill value, which marks a missing element, and cannot be read as Some"
        ))),
        _ => Ok(number),
    }
}

/// Numbers of double precision that may have been written as ones of single precision, as such: they are equal to one,
/// or have the same decimal digits.
fn single(value: Value<'static>) -> Value<'static> {
    match value {
        Value::Number(Number::F64(double)) => {
            let single = double as f32;
            let is_it = f64::from(single) == double || double.is_nan() || single.to_string().parse() == Ok(double);
            Value::Number(if is_it { Number::F32(single) } else { Number::F64(double) })
        }
        Value::Seq(parts) => Value::Seq(parts.into_iter().map(single).collect()),
        Value::Tuple(parts) => Value::Tuple(parts.into_iter().map(single).collect()),
        other => other,
    }
}

/// Numbers of double precision as the nearest ones of single precision.
pub(in crate::plugin) fn rounded(value: Value<'static>) -> Value<'static> {
    match value {
        Value::Number(Number::F64(double)) => Value::Number(Number::F32(double as f32)),
        Value::Seq(parts) => Value::Seq(parts.into_iter().map(rounded).collect()),
        Value::Tuple(parts) => Value::Tuple(parts.into_iter().map(rounded).collect()),
        other => other,
    }
}

fn has_double(value: &Value<'static>) -> bool {
    match value {
        Value::Number(Number::F64(_)) => true,
        Value::Seq(parts) | Value::Tuple(parts) => parts.iter().any(has_double),
        _ => false,
    }
}
