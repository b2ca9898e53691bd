//! The fill value: what stands for elements that were never written.

use super::json::shown;
use crate::array::DataType;
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use half::f16;
use serde_json::Value;

/// The fill value's bytes, little-endian.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fill(Vec<u8>);

impl Fill {
    /// The fill value that the metadata name.
    ///
    /// What the specifications leave open is taken as zarr-python takes it: a truth value or a whole float for an integer, a
    /// text for the number that it names.
    pub(super) fn read(version: ZarrVersion, data_type: DataType, value: &Value) -> Result<Self> {
        let bytes = match (version, value) {
            // In version 2 null says that none was chosen.
            (ZarrVersion::V2, Value::Null) => Some(vec![0; data_type.size()]),
            _ => element(version, data_type, value),
        };
        bytes.map(Self).ok_or_else(|| {
            Error::unsupported(format!("the array has the fill value {}, which is no {data_type}", shown(value)))
        })
    }

    /// The element's bytes.
    pub(super) fn into_element(self) -> Vec<u8> {
        self.0
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

fn element(version: ZarrVersion, data_type: DataType, value: &Value) -> Option<Vec<u8>> {
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
