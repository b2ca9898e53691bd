//! An element as the fill value of new metadata.

use super::fill::Fill;
use crate::array::{DataType, packed};
use crate::protocol::ZarrVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use half::{bf16, f16};
use serde_json::{Number, Value, json};

/// An element, as the member `fill_value` of either version has it.
pub(super) fn fill_of_element(data_type: &DataType, element: &[u8]) -> Option<Value> {
    Some(match data_type {
        DataType::Complex64 | DataType::Complex128 => {
            let (re, im) = parts(data_type, element)?;
            json!([number(re), number(im)])
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => number(float(element)?),
        DataType::BFloat16 => number(brain_float(element)?),
        DataType::Enum(enumeration) => fill_of_element(enumeration.base(), element)?,
        DataType::String => json!(str::from_utf8(packed::only(element)?).ok()?),
        DataType::Text(_) => json!(STANDARD.encode(without_zeros(element))),
        DataType::Bytes(_) | DataType::Record(_) | DataType::Subarray(_) => json!(STANDARD.encode(element)),
        whole => integer(whole, element)?,
    })
}

/// An element, as xarray has it in the attribute `_FillValue` of version 3: of a float, the bytes of an `f64`, in
/// base64.
pub(super) fn fill_for_xarray(data_type: &DataType, element: &[u8]) -> Option<Value> {
    let encoded = |number: f64| Value::String(STANDARD.encode(number.to_le_bytes()));
    Some(match data_type {
        DataType::Complex64 | DataType::Complex128 => {
            let (re, im) = parts(data_type, element)?;
            json!([encoded(re), encoded(im)])
        }
        DataType::Float16 | DataType::Float32 | DataType::Float64 => encoded(float(element)?),
        DataType::BFloat16 => encoded(brain_float(element)?),
        DataType::Enum(enumeration) => fill_for_xarray(enumeration.base(), element)?,
        // xarray has none for them.
        DataType::String
        | DataType::Text(_)
        | DataType::Bytes(_)
        | DataType::Record(_)
        | DataType::Subarray(_)
        | DataType::DateTime64(_)
        | DataType::TimeDelta64(_) => return None,
        whole => integer(whole, element)?,
    })
}

/// The element that the attribute `_FillValue` names: as xarray writes it, or as a plain number.
pub(super) fn element_of_xarray(data_type: &DataType, value: &Value) -> Option<Vec<u8>> {
    let decoded = |value: &Value| {
        let bytes = value.as_str().and_then(|text| STANDARD.decode(text).ok());
        match bytes.and_then(|bytes| bytes.try_into().ok()) {
            Some(bytes) => number(f64::from_le_bytes(bytes)),
            None => value.clone(),
        }
    };
    let plain = match (data_type, value) {
        (DataType::Float16 | DataType::BFloat16 | DataType::Float32 | DataType::Float64, value) => decoded(value),
        (DataType::Complex64 | DataType::Complex128, Value::Array(parts)) => parts.iter().map(decoded).collect(),
        (_, value) => value.clone(),
    };
    Fill::read(ZarrVersion::V3, data_type, &plain).ok().map(Fill::into_element)
}

fn number(number: f64) -> Value {
    match Number::from_f64(number) {
        Some(number) => Value::Number(number),
        None if number.is_nan() => json!("NaN"),
        None if number > 0.0 => json!("Infinity"),
        None => json!("-Infinity"),
    }
}

/// The parts of a complex number.
fn parts(data_type: &DataType, element: &[u8]) -> Option<(f64, f64)> {
    let (re, im) = element.split_at_checked(data_type.size() / 2)?;
    Some((float(re)?, float(im)?))
}

/// A float of 2, 4 or 8 bytes.
fn float(bytes: &[u8]) -> Option<f64> {
    match *bytes {
        [a, b] => Some(f16::from_le_bytes([a, b]).to_f64()),
        [a, b, c, d] => Some(f32::from_le_bytes([a, b, c, d]).into()),
        _ => bytes.try_into().ok().map(f64::from_le_bytes),
    }
}

fn brain_float(bytes: &[u8]) -> Option<f64> {
    bytes.try_into().ok().map(|bytes| bf16::from_le_bytes(bytes).to_f64())
}

/// A string, without the zeros at its end.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    &bytes[..end]
}

fn integer(data_type: &DataType, element: &[u8]) -> Option<Value> {
    if *data_type == DataType::Bool {
        return Some(json!(*element.first()? != 0));
    }
    let is_time = matches!(data_type, DataType::DateTime64(_) | DataType::TimeDelta64(_));
    let signed = is_time || matches!(data_type, DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64);
    let is_negative = signed && element.last()? & 0x80 != 0;
    let mut wide = [if is_negative { 0xff } else { 0 }; 8];
    wide.get_mut(..element.len())?.copy_from_slice(element);
    Some(if signed { json!(i64::from_le_bytes(wide)) } else { json!(u64::from_le_bytes(wide)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fill_values_are_read_as_they_are_written() {
        let elements: [(DataType, Vec<u8>); 8] = [
            (DataType::Bool, vec![1]),
            (DataType::Int8, vec![0x80]),
            (DataType::Int64, i64::MIN.to_le_bytes().to_vec()),
            (DataType::UInt64, u64::MAX.to_le_bytes().to_vec()),
            (DataType::Float16, f16::from_f64(-0.5).to_le_bytes().to_vec()),
            (DataType::Float32, f32::NAN.to_le_bytes().to_vec()),
            (DataType::Float64, f64::NEG_INFINITY.to_le_bytes().to_vec()),
            (DataType::Complex64, [1.5_f32.to_le_bytes(), f32::INFINITY.to_le_bytes()].concat()),
        ];
        for version in [ZarrVersion::V2, ZarrVersion::V3] {
            for (data_type, element) in &elements {
                let read = fill_of_element(data_type, element).map(|value| Fill::read(version, data_type, &value));
                let mut bytes = vec![0xaa; element.len()];
                assert!(read.is_some_and(|fill| fill.map(|fill| fill.fill(&mut bytes)).is_ok()), "{data_type}");
                assert_eq!(bytes, *element, "{data_type}");
                let for_xarray = fill_for_xarray(data_type, element);
                let read = for_xarray.and_then(|fill| element_of_xarray(data_type, &fill));
                assert_eq!(read.as_ref(), Some(element), "{data_type}");
            }
        }
    }

    #[test]
    fn a_float_is_encoded_for_xarray() {
        // struct.pack("<d", -9999.0), in base64.
        let fill = fill_for_xarray(&DataType::Float32, &(-9999.0_f32).to_le_bytes());
        assert_eq!(fill, Some(json!("AAAAAICHw8A=")));
    }
}
