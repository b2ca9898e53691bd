//! Data types in the metadata of both versions.
//!
//! | data type | version 3 | version 2 |
//! | --- | --- | --- |
//! | numbers | `float32` | `<f4` |
//! | dates, durations | `numpy.datetime64`, `numpy.timedelta64` | `<M8[ns]`, `<m8[ns]` |
//! | strings of any length | `string` | `\|O`, with the filter `vlen-utf8` |
//! | strings of a fixed length | `null_terminated_bytes` | `\|S16` |
//! | strings of a fixed length, where another program wrote them | `fixed_length_utf32` | `<U4` |
//! | bytes | `raw_bytes` | `\|V16` |
//! | records | `structured`, or `struct` where another program wrote it | `[["x","<f8"]]` |
//! | enumerations | their integers; the description has the names | |

use super::extension::Extension;
use super::found::unknown_type;
use super::json::shown;
use super::pipeline::Packing;
use super::utf32;
use crate::array::{DataType, Field, RecordType, TimeUnit};
use crate::error::{Error, Result};
use crate::protocol::ZarrVersion;
use serde_json::{Value, json};

/// What version 2 calls elements that a filter makes bytes of.
pub(super) const OBJECTS: &str = "|O";

/// The data type as this version has it.
///
/// # Errors
/// `Unsupported` if the version has no such type.
pub(super) fn write(version: ZarrVersion, data_type: &DataType) -> Result<Value> {
    match version {
        ZarrVersion::V3 => v3(data_type),
        ZarrVersion::V2 => v2(data_type),
    }
}

fn v3(data_type: &DataType) -> Result<Value> {
    let time =
        |name: &str, unit: &TimeUnit| json!({"name": name, "configuration": {"unit": unit.name(), "scale_factor": 1}});
    let of_bytes = |name: &str, bytes: &usize| json!({"name": name, "configuration": {"length_bytes": bytes}});
    Ok(match data_type {
        DataType::DateTime64(unit) => time("numpy.datetime64", unit),
        DataType::TimeDelta64(unit) => time("numpy.timedelta64", unit),
        DataType::String => json!("string"),
        DataType::Text(bytes) => of_bytes("null_terminated_bytes", bytes),
        DataType::Bytes(bytes) => of_bytes("raw_bytes", bytes),
        DataType::Enum(enumeration) => v3(enumeration.base())?,
        DataType::Record(record) => {
            let field = |field: &Field| Ok(json!([field.name(), v3(field.data_type())?]));
            let fields = record.fields().iter().map(field).collect::<Result<Vec<_>>>()?;
            json!({"name": "structured", "configuration": {"fields": fields}})
        }
        DataType::Subarray(_) => return Err(no_subarrays()),
        number => json!(number.number_name().unwrap_or_default()),
    })
}

fn v2(data_type: &DataType) -> Result<Value> {
    Ok(match data_type {
        DataType::BFloat16 => {
            return Err(Error::unsupported("Zarr version 2 has no bfloat16: choose version 3, or float32"));
        }
        DataType::DateTime64(unit) => json!(format!("<M8[{unit}]")),
        DataType::TimeDelta64(unit) => json!(format!("<m8[{unit}]")),
        DataType::String => json!(OBJECTS),
        DataType::Text(bytes) => json!(format!("|S{bytes}")),
        DataType::Bytes(bytes) => json!(format!("|V{bytes}")),
        DataType::Enum(enumeration) => v2(enumeration.base())?,
        DataType::Record(record) => {
            let field = |field: &Field| Ok(json!([field.name(), v2(field.data_type())?]));
            json!(record.fields().iter().map(field).collect::<Result<Vec<_>>>()?)
        }
        DataType::Subarray(_) => return Err(no_subarrays()),
        number => json!(number_v2(number)),
    })
}

fn no_subarrays() -> Error {
    Error::unsupported(
        "Zarr has no elements that are small arrays: give the array another axis, or the record a field for each value, \
         or store it as HDF5",
    )
}

fn number_v2(data_type: &DataType) -> String {
    let kind = match data_type {
        DataType::Bool => 'b',
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => 'i',
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => 'u',
        DataType::Complex64 | DataType::Complex128 => 'c',
        _ => 'f',
    };
    let order = if data_type.size() == 1 { '|' } else { '<' };
    format!("{order}{kind}{}", data_type.size())
}

/// The data type that the metadata of version 3 name, and whether its elements are UTF-32.
pub(super) fn read_v3(value: Value) -> Result<(DataType, bool)> {
    let text = shown(&value);
    let is_utf32 = value["name"] == "fixed_length_utf32";
    let data_type = if is_utf32 { of_utf32(value, &text)? } else { named(value, &text)? };
    data_type.check().map_err(|error| Error::corrupt(format!("the array's data type {text} is invalid: {error}")))?;
    Ok((data_type, is_utf32))
}

fn of_utf32(value: Value, text: &str) -> Result<DataType> {
    let mut extension = Extension::read("data type", value)?;
    let bytes = length(&mut extension)?;
    extension.finish()?;
    utf32::data_type(bytes).ok_or_else(|| unknown_type(text))
}

fn named(value: Value, text: &str) -> Result<DataType> {
    let mut extension = Extension::read("data type", value)?;
    let unknown = || unknown_type(text);
    let name = extension.name.clone();
    let data_type = match &*name {
        "numpy.datetime64" => DataType::DateTime64(unit(&mut extension)?),
        "numpy.timedelta64" => DataType::TimeDelta64(unit(&mut extension)?),
        "string" => DataType::String,
        "null_terminated_bytes" => DataType::Text(length(&mut extension)?),
        "raw_bytes" => DataType::Bytes(length(&mut extension)?),
        "structured" | "struct" => {
            let Some(Value::Array(fields)) = extension.take("fields") else { return Err(unknown()) };
            let fields = fields.into_iter().map(|field| {
                let (name, data_type) = match field {
                    Value::Array(pair) => pair.try_into().ok().map(|[name, data_type]: [Value; 2]| (name, data_type)),
                    Value::Object(mut members) => members.remove("name").zip(members.remove("data_type")),
                    _ => None,
                }
                .ok_or_else(unknown)?;
                Ok(Field::new(name.as_str().ok_or_else(unknown)?, named(data_type, text)?))
            });
            record(fields.collect::<Result<Vec<_>>>()?)?
        }
        bits if bits.starts_with('r') => {
            let bits = bits.get(1..).and_then(|bits| bits.parse::<usize>().ok()).filter(|bits| bits % 8 == 0);
            DataType::Bytes(bits.ok_or_else(unknown)? / 8)
        }
        number => number_named(number).ok_or_else(unknown)?,
    };
    extension.finish()?;
    Ok(data_type)
}

fn number_named(name: &str) -> Option<DataType> {
    DataType::NUMBERS.iter().find(|number| number.number_name() == Some(name)).cloned()
}

fn unit(extension: &mut Extension) -> Result<TimeUnit> {
    let scale = extension.take("scale_factor").unwrap_or_else(|| json!(1));
    if scale != 1 {
        return Err(extension.unknown_value("scale_factor", &scale));
    }
    let unit = extension.take("unit").unwrap_or_default();
    unit.as_str().and_then(TimeUnit::from_name).ok_or_else(|| extension.unknown_value("unit", &unit))
}

fn length(extension: &mut Extension) -> Result<usize> {
    let len = extension.take("length_bytes").unwrap_or_default();
    let bytes = len.as_u64().and_then(|bytes| usize::try_from(bytes).ok());
    bytes.ok_or_else(|| extension.unknown_value("length_bytes", &len))
}

fn record(fields: Vec<Field>) -> Result<DataType> {
    RecordType::new(fields)
        .map(DataType::Record)
        .map_err(|error| Error::unsupported(format!("the array holds records that arraystow does not read: {error}")))
}

/// The data type that the metadata of version 2 name, and the order of its bytes.
pub(super) fn read_v2(dtype: &Value) -> Result<(DataType, Packing)> {
    let unknown = || unknown_type(&shown(dtype));
    let (data_type, packing) = match utf32_from_dtype(dtype) {
        Some(of_utf32) => of_utf32,
        None => {
            let (data_type, is_big) = from_dtype(dtype).ok_or_else(unknown)?;
            (data_type, if is_big { Packing::BigEndian } else { Packing::LittleEndian })
        }
    };
    data_type.check().map_err(|_| unknown())?;
    Ok((data_type, packing))
}

/// numpy's `<U8` or `>U8`, of this many code points.
fn utf32_from_dtype(dtype: &Value) -> Option<(DataType, Packing)> {
    let (order, code_points) = dtype.as_str()?.split_once('U')?;
    let packing = match order {
        "<" => Packing::Utf32Little,
        ">" => Packing::Utf32Big,
        _ => return None,
    };
    let bytes = code_points.parse::<usize>().ok()?.checked_mul(4)?;
    Some((utf32::data_type(bytes)?, packing))
}

fn from_dtype(dtype: &Value) -> Option<(DataType, bool)> {
    if let Value::Array(fields) = dtype {
        let field = |field: &Value| match field.as_array()?.as_slice() {
            // Numbers that are big-endian would each have to be turned around.
            [Value::String(name), dtype] => match from_dtype(dtype)? {
                (data_type, false) => Some(Field::new(name.as_str(), data_type)),
                (_, true) => None,
            },
            _ => None,
        };
        return Some((record(fields.iter().map(field).collect::<Option<_>>()?).ok()?, false));
    }
    let dtype = dtype.as_str()?;
    let rest = dtype.get(1..)?;
    let bytes = |digits: &str| digits.parse::<usize>().ok();
    let unit = || rest.get(2..)?.strip_prefix('[')?.strip_suffix(']').and_then(TimeUnit::from_name);
    let data_type = match rest.split_at_checked(1)? {
        ("S", digits) => DataType::Text(bytes(digits)?),
        ("V", digits) => DataType::Bytes(bytes(digits)?),
        ("M", time) if time.starts_with('8') => DataType::DateTime64(unit()?),
        ("m", time) if time.starts_with('8') => DataType::TimeDelta64(unit()?),
        _ => DataType::NUMBERS
            .iter()
            .find(|number| is_in_v2(number) && number_v2(number).get(1..) == Some(rest))?
            .clone(),
    };
    let has_no_order = data_type.size() == 1 || matches!(data_type, DataType::Text(_) | DataType::Bytes(_));
    match dtype.as_bytes().first()? {
        b'<' => Some((data_type, false)),
        b'>' => Some((data_type, !has_no_order)),
        b'|' if has_no_order => Some((data_type, false)),
        _ => None,
    }
}

fn is_in_v2(number: &DataType) -> bool {
    *number != DataType::BFloat16
}

/// What stands for the data type where elements are only bytes: what zarrs, which encodes them, understands.
pub(super) fn for_encoding(version: ZarrVersion, data_type: &DataType) -> Option<Value> {
    let is_known = data_type.is_text() || data_type.number_name().is_some();
    let size = data_type.size();
    (!is_known).then(|| match version {
        ZarrVersion::V3 => json!(format!("r{}", 8 * size)),
        ZarrVersion::V2 => json!(format!("|V{size}")),
    })
}
