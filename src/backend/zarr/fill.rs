//! The fill value: the value of elements that were never written.

use super::json::shown;
use super::utf32;
use crate::array::{DataType, Field, packed};
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use half::{bf16, f16};
use serde_json::Value;

/// The fill value's bytes, little-endian.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fill(Vec<u8>);

impl Fill {
    /// The fill value that the metadata name.
    ///
    /// What the specifications leave open is taken as zarr-python takes it: a truth value or a whole float for an
    /// integer, a string for the number that it names.
    pub(super) fn read(version: ZarrVersion, data_type: &DataType, value: &Value) -> Result<Self> {
        let bytes = match (version, value) {
            // In version 2 null says that none was chosen.
            (ZarrVersion::V2, Value::Null) if !data_type.is_text() => Some(vec![0; data_type.size()]),
            _ => element(version, data_type, value),
        };
        bytes.map(Self).ok_or_else(|| no_element(data_type, value))
    }

    /// The fill value of strings that are stored as UTF-32.
    pub(super) fn of_utf32(data_type: &DataType, value: &Value) -> Result<Self> {
        utf32::fill(data_type.size(), value).map(Self).ok_or_else(|| no_element(data_type, value))
    }

    /// The element's bytes.
    pub(super) fn into_element(self) -> Vec<u8> {
        self.0
    }

    /// The bytes of the element.
    pub(super) fn element(&self) -> &[u8] {
        &self.0
    }

    /// Fills memory with it.
    pub(super) fn fill(&self, out: &mut [u8]) {
        if self.0.iter().all(|byte| *byte == 0) {
            out.fill(0);
        } else {
            out.chunks_exact_mut(self.0.len()).for_each(|element| element.copy_from_slice(&self.0));
        }
    }
}

fn no_element(data_type: &DataType, value: &Value) -> Error {
    Error::unsupported(format!("the array has the fill value {}, which is not a {data_type}", shown(value)))
}

fn element(version: ZarrVersion, data_type: &DataType, value: &Value) -> Option<Vec<u8>> {
    match data_type {
        DataType::Bool => truth(value).map(|truth| vec![u8::from(truth)]),
        DataType::Int8 => integer(value).map(|n: i8| n.to_le_bytes().to_vec()),
        DataType::Int16 => integer(value).map(|n: i16| n.to_le_bytes().to_vec()),
        DataType::Int32 => integer(value).map(|n: i32| n.to_le_bytes().to_vec()),
        DataType::Int64 => integer(value).map(|n: i64| n.to_le_bytes().to_vec()),
        DataType::UInt8 => integer(value).map(|n: u8| n.to_le_bytes().to_vec()),
        DataType::UInt16 => integer(value).map(|n: u16| n.to_le_bytes().to_vec()),
        DataType::UInt32 => integer(value).map(|n: u32| n.to_le_bytes().to_vec()),
        DataType::UInt64 => integer(value).map(|n: u64| n.to_le_bytes().to_vec()),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => float(version, data_type.size(), value),
        DataType::BFloat16 => brain_float(version, value),
        DataType::DateTime64(_) | DataType::TimeDelta64(_) if *value == "NaT" => Some(i64::MIN.to_le_bytes().to_vec()),
        DataType::DateTime64(_) | DataType::TimeDelta64(_) => integer(value).map(|n: i64| n.to_le_bytes().to_vec()),
        DataType::String => text(version, value),
        DataType::Enum(enumeration) => element(version, enumeration.base(), value),
        // As the specification has it, and as zarr-python writes it.
        DataType::Bytes(size) if version == ZarrVersion::V3 && value.is_array() => {
            let bytes: Option<Vec<u8>> = value.as_array()?.iter().map(integer).collect();
            bytes.filter(|bytes| bytes.len() == *size)
        }
        DataType::Text(_) | DataType::Bytes(_) | DataType::Subarray(_) => base64(data_type.size(), value),
        DataType::Record(record) => match value {
            Value::Object(members) => {
                let field = |field: &Field| element(version, field.data_type(), members.get(field.name())?);
                let fields: Option<Vec<_>> = record.fields().iter().map(field).collect();
                fields.map(|fields| fields.concat())
            }
            // zarr-python writes 0 for a record of zeros.
            Value::Number(number) if number.as_f64() == Some(0.0) => Some(vec![0; data_type.size()]),
            _ => base64(data_type.size(), value),
        },
        DataType::Complex64 | DataType::Complex128 => {
            // No text but those that the specification has.
            let is_named = |text: &str| ["NaN", "Infinity", "-Infinity"].contains(&text) || text.starts_with("0x");
            let is_part = |value: &&Value| value.as_str().is_none_or(is_named);
            let part =
                |value| Some(value).filter(is_part).and_then(|value| float(version, data_type.size() / 2, value));
            match value.as_array().map(Vec::as_slice) {
                Some([re, im]) => part(re).zip(part(im)).map(|(re, im)| [re, im].concat()),
                _ => None,
            }
        }
    }
}

/// A bfloat16, which is the upper half of a binary32.
fn brain_float(version: ZarrVersion, value: &Value) -> Option<Vec<u8>> {
    let is_bytes = value.as_str().is_some_and(|text| text.starts_with("0x"));
    if is_bytes {
        return float(version, 2, value);
    }
    let bytes = float(version, 8, value)?;
    let number = f64::from_le_bytes(bytes.try_into().ok()?);
    Some(bf16::from_f64(number).to_le_bytes().to_vec())
}

/// A string. In version 2 null and 0 say that none was chosen.
fn text(version: ZarrVersion, value: &Value) -> Option<Vec<u8>> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Null | Value::Number(_) if version == ZarrVersion::V2 && value.as_f64().unwrap_or(0.0) == 0.0 => "",
        _ => return None,
    };
    let mut bytes = Vec::new();
    packed::push(text.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

/// Bytes, of which zeros at the end may be missing.
fn base64(size: usize, value: &Value) -> Option<Vec<u8>> {
    let mut bytes = STANDARD.decode(value.as_str()?).ok().filter(|bytes| bytes.len() <= size)?;
    bytes.resize(size, 0);
    Some(bytes)
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Null => Some(false),
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => Some(number.as_f64() != Some(0.0)),
        Value::String(text) => Some(!text.is_empty()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// An integer that the type has, and no other number.
fn integer<T: TryFrom<i128>>(value: &Value) -> Option<T> {
    let number = match value {
        Value::Bool(truth) => i128::from(*truth),
        Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => i128::from(number),
            (_, Some(number), _) => i128::from(number),
            (_, _, Some(number)) if number.fract() == 0.0 => number as i128,
            _ => return None,
        },
        Value::String(text) => text.trim().parse().ok()?,
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    T::try_from(number).ok()
}

/// A float of that many bytes.
fn float(version: ZarrVersion, size: usize, value: &Value) -> Option<Vec<u8>> {
    let number = match value {
        Value::Bool(truth) => f64::from(u8::from(*truth)),
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => match text.strip_prefix("0x") {
            // The bytes themselves, of whatever NaN.
            Some(digits) if version == ZarrVersion::V3 => {
                let is_whole = digits.len() == 2 * size && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
                let bits = u64::from_str_radix(digits, 16).ok().filter(|_| is_whole)?;
                return Some(bits.to_le_bytes()[..size].to_vec());
            }
            _ => text.trim().parse().ok()?,
        },
        Value::Null | Value::Array(_) | Value::Object(_) => return None,
    };
    // All NaN but those given by their bytes are the one that the specification names.
    Some(match size {
        2 if number.is_nan() => 0x7e00_u16.to_le_bytes().to_vec(),
        4 if number.is_nan() => 0x7fc0_0000_u32.to_le_bytes().to_vec(),
        8 if number.is_nan() => 0x7ff8_0000_0000_0000_u64.to_le_bytes().to_vec(),
        2 => f16::from_f64(number).to_le_bytes().to_vec(),
        4 => (number as f32).to_le_bytes().to_vec(),
        _ => number.to_le_bytes().to_vec(),
    })
}
