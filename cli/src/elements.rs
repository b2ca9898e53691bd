//! The elements of arrays in memory as texts, and as JSON.

use crate::fault::{Fault, Outcome};
use arraystow::{AnyArray, AnyNdArray, DataType, EncodedNdArray, TimeUnit};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value as Json, json};
use std::io::Write;

/// The elements as nested lists, as JSON.
pub(crate) fn json(array: &AnyNdArray) -> Outcome<Json> {
    let mut text = Vec::new();
    nested(array.shape(), &json_texts(array)?, &mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Writes texts of elements in C order as nested lists.
pub(crate) fn nested(shape: &[usize], texts: &[String], out: &mut impl Write) -> Outcome<()> {
    let Some((len, row)) = shape.split_first() else {
        return Ok(write!(out, "{}", texts.first().map_or("", String::as_str))?);
    };
    write!(out, "[")?;
    for index in 0..*len {
        write!(out, "{}", if index > 0 { "," } else { "" })?;
        let each = texts.len() / len;
        nested(row, &texts[index * each..(index + 1) * each], out)?;
    }
    Ok(write!(out, "]")?)
}

/// Each element as JSON. Numbers that JSON does not have are strings, and so are times; records are maps.
pub(crate) fn json_texts(array: &AnyNdArray) -> Outcome<Vec<String>> {
    let number = |text: String| if text.contains(['N', 'i']) { format!("\"{text}\"") } else { text };
    macro_rules! floats {
        ($elements:ident) => {
            Ok($elements.iter().map(|x| number(format!("{x:?}"))).collect())
        };
    }
    macro_rules! pairs {
        ($elements:ident) => {
            Ok($elements
                .iter()
                .map(|x| format!("[{},{}]", number(format!("{:?}", x.re)), number(format!("{:?}", x.im))))
                .collect())
        };
    }
    match array {
        AnyNdArray::String(texts) => Ok(texts.iter().map(serde_json::to_string).collect::<Result<_, _>>()?),
        AnyNdArray::Encoded(elements) => Ok(encoded(elements)?.iter().map(Json::to_string).collect()),
        AnyNdArray::Float16(elements) => floats!(elements),
        AnyNdArray::BFloat16(elements) => floats!(elements),
        AnyNdArray::Float32(elements) => floats!(elements),
        AnyNdArray::Float64(elements) => floats!(elements),
        AnyNdArray::Complex64(elements) => pairs!(elements),
        AnyNdArray::Complex128(elements) => pairs!(elements),
        other => texts(other),
    }
}

/// The elements as strings, in C order.
pub(crate) fn texts(array: &AnyNdArray) -> Outcome<Vec<String>> {
    macro_rules! cells {
        ($($variant:ident)*) => {
            match array {
                $(AnyNdArray::$variant(elements) => Ok(elements.iter().map(ToString::to_string).collect()),)*
                AnyNdArray::Encoded(elements) => Ok(encoded(elements)?.into_iter().map(text).collect()),
                other => Err(Fault::Other(format!("elements of {} are not written as text", other.data_type()))),
            }
        };
    }
    cells! {
        Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float16 BFloat16 Float32 Float64 Complex64 Complex128
        String
    }
}

/// A text by itself, and anything else as JSON.
fn text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// Elements that are neither numbers nor strings of any length, as JSON, in C order.
fn encoded(array: &EncodedNdArray) -> Outcome<Vec<Json>> {
    let bytes = array.bytes();
    let elements = bytes.rows().into_iter().map(|bytes| bytes.to_vec());
    Ok(match array.data_type() {
        DataType::Text(_) => elements
            .map(|bytes| {
                let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                json!(String::from_utf8_lossy(&bytes[..end]))
            })
            .collect(),
        DataType::Bytes(_) => {
            elements.map(|bytes| json!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())).collect()
        }
        DataType::DateTime64(unit) => elements.map(|bytes| json!(time(&bytes, *unit, date))).collect(),
        DataType::TimeDelta64(unit) => elements.map(|bytes| json!(time(&bytes, *unit, |_, _| None))).collect(),
        DataType::Enum(enumeration) => {
            let name = |number: &Json| number.as_i64().and_then(|number| enumeration.name_of(number));
            let numbers = others(enumeration.base(), &elements.flatten().collect::<Vec<_>>())?;
            numbers.into_iter().map(|number| name(&number).map_or(number.clone(), |name| json!(name))).collect()
        }
        DataType::Record(record) => {
            let mut records = vec![Map::new(); elements.len()];
            for field in record.fields() {
                for (record, value) in records.iter_mut().zip(values(&array.field(field.name())?)?) {
                    record.insert(field.name().to_owned(), value);
                }
            }
            records.into_iter().map(Json::Object).collect()
        }
        DataType::Subarray(subarray) => {
            let each = subarray.shape().iter().product::<usize>().max(1);
            let values = others(subarray.element(), &elements.flatten().collect::<Vec<_>>())?;
            values.chunks(each).map(|values| lists(subarray.shape(), values)).collect()
        }
        other => return Err(Fault::Other(format!("elements of {other} are not written as text"))),
    })
}

/// Elements of any kind as JSON, in C order.
fn values(array: &AnyNdArray) -> Outcome<Vec<Json>> {
    match array {
        AnyNdArray::Encoded(elements) => encoded(elements),
        other => Ok(json_texts(other)?.iter().map(|text| serde_json::from_str(text)).collect::<Result<_, _>>()?),
    }
}

/// Elements of another type with these bytes, as JSON.
fn others(data_type: &DataType, bytes: &[u8]) -> Outcome<Vec<Json>> {
    let count = bytes.len() / data_type.size().max(1);
    values(&AnyArray::from_bytes(data_type.clone(), &[count], &[count.max(1)], bytes)?.compute()?)
}

/// Values in C order as nested lists.
fn lists(shape: &[usize], values: &[Json]) -> Json {
    match shape.split_first() {
        None => values.first().cloned().unwrap_or_default(),
        Some((len, row)) => values.chunks((values.len() / (*len).max(1)).max(1)).map(|part| lists(row, part)).collect(),
    }
}

/// A count of units; as `known` writes it, if it can.
fn time(bytes: &[u8], unit: TimeUnit, known: impl Fn(i64, TimeUnit) -> Option<String>) -> String {
    match bytes.first_chunk::<8>().map_or(0, |bytes| i64::from_le_bytes(*bytes)) {
        i64::MIN => "NaT".to_owned(),
        count => known(count, unit).unwrap_or_else(|| format!("{count} {unit}")),
    }
}

/// A point in time as numpy writes it: without a zone, and with the digits of its unit.
fn date(count: i64, unit: TimeUnit) -> Option<String> {
    let time = Timestamp::from_nanosecond(i128::from(unit.nanoseconds()) * i128::from(count)).ok()?;
    let form = match unit {
        TimeUnit::Day => "%Y-%m-%d",
        TimeUnit::Hour | TimeUnit::Minute => "%Y-%m-%dT%H:%M",
        TimeUnit::Second => "%Y-%m-%dT%H:%M:%S",
        TimeUnit::Millisecond => "%Y-%m-%dT%H:%M:%S.%3f",
        TimeUnit::Microsecond => "%Y-%m-%dT%H:%M:%S.%6f",
        _ => "%Y-%m-%dT%H:%M:%S.%9f",
    };
    Some(time.to_zoned(TimeZone::UTC).strftime(form).to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use ndarray::array;
    use serde_json::json;

    #[test]
    fn elements_are_nested_lists() {
        let numbers = AnyNdArray::from(array![[1.5_f32, f32::NAN], [f32::INFINITY, 0.1]]);
        assert_eq!(json(&numbers).unwrap(), json!([[1.5, "NaN"], ["inf", 0.1]]));
        assert_eq!(json(&AnyNdArray::from(ndarray::arr0(true))).unwrap(), json!(true));
        let none = AnyNdArray::from(ndarray::Array2::<u8>::zeros((2, 0)));
        assert_eq!(json(&none).unwrap(), json!([[], []]));
        assert_eq!(json(&AnyNdArray::from(array!["a\"".to_owned()])).unwrap(), json!(["a\""]));
    }
}
