//! The names of data types, as they are in documents, descriptions and messages.
//!
//! A number has its name in numpy, a date `datetime64[ns]`, a string `string`, or `text[16]` if it has at most 16
//! bytes. Types that are made of others are JSON objects with one member:
//! `{"record":[["x","float64"],["y","float64"]]}`, `{"enum":["uint8",[["good",0],["bad",1]]]}`,
//! `{"subarray":["float32",[3]]}`.

use super::{DataType, EnumType, Field, RecordType, SubarrayType, TimeUnit};
use crate::array::text::Parsed;
use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;

pub(super) fn write(data_type: &DataType) -> String {
    match to_json(data_type) {
        Value::String(name) => name,
        value => value.to_string(),
    }
}

/// The data type that a string names. It is not checked whether arrays can have it.
pub(super) fn read(text: &str) -> Option<DataType> {
    if text.starts_with('{') { from_json(&serde_json::from_str(text).ok()?) } else { simple(text) }
}

fn to_json(data_type: &DataType) -> Value {
    match data_type {
        DataType::DateTime64(unit) => json!(format!("datetime64[{unit}]")),
        DataType::TimeDelta64(unit) => json!(format!("timedelta64[{unit}]")),
        DataType::String => json!("string"),
        DataType::Text(bytes) => json!(format!("text[{bytes}]")),
        DataType::Bytes(bytes) => json!(format!("bytes[{bytes}]")),
        DataType::Enum(enumeration) => {
            json!({"enum": [to_json(enumeration.base()), enumeration.names().collect::<Vec<_>>()]})
        }
        DataType::Record(record) => {
            let field = |field: &Field| json!([field.name(), to_json(field.data_type())]);
            json!({"record": record.fields().iter().map(field).collect::<Vec<_>>()})
        }
        DataType::Subarray(subarray) => json!({"subarray": [to_json(subarray.element()), subarray.shape()]}),
        number => json!(number.number_name().unwrap_or_default()),
    }
}

fn from_json(value: &Value) -> Option<DataType> {
    let members = match value {
        Value::String(name) => return simple(name),
        Value::Object(members) => members,
        _ => return None,
    };
    let mut members = members.iter();
    let (Some((kind, value)), None) = (members.next(), members.next()) else { return None };
    match (kind.as_str(), value.as_array()?.as_slice()) {
        ("record", fields) => {
            let field = |field: &Value| match field.as_array()?.as_slice() {
                [Value::String(name), data_type] => Some(Field::new(name.as_str(), from_json(data_type)?)),
                _ => None,
            };
            let fields: Option<Vec<Field>> = fields.iter().map(field).collect();
            RecordType::new(fields?).ok().map(DataType::Record)
        }
        ("enum", [base, names]) => {
            let names: Vec<(String, i64)> = Deserialize::deserialize(names).ok()?;
            EnumType::new(from_json(base)?, names).ok().map(DataType::Enum)
        }
        ("subarray", [element, shape]) => {
            let shape: Vec<usize> = Deserialize::deserialize(shape).ok()?;
            SubarrayType::new(from_json(element)?, shape).ok().map(DataType::Subarray)
        }
        _ => None,
    }
}

fn simple(name: &str) -> Option<DataType> {
    let number = |data_type: &&DataType| data_type.number_name() == Some(name);
    if let Some(number) = DataType::NUMBERS.iter().find(number) {
        return Some(number.clone());
    }
    if name == "string" {
        return Some(DataType::String);
    }
    let (kind, argument) = name.strip_suffix(']')?.split_once('[')?;
    // Written one way only: no sign and no zero before it.
    let bytes = || argument.parse::<usize>().ok().filter(|bytes| bytes.to_string() == argument);
    match kind {
        "datetime64" => TimeUnit::from_name(argument).map(DataType::DateTime64),
        "timedelta64" => TimeUnit::from_name(argument).map(DataType::TimeDelta64),
        "text" => bytes().map(DataType::Text),
        "bytes" => bytes().map(DataType::Bytes),
        _ => None,
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.name())
    }
}

impl FromStr for DataType {
    type Err = Error;

    /// Parses a name, such as `float32` or `datetime64[ns]`, or the JSON text of a type that is made of others.
    /// `InvalidInput` if there is no such data type.
    fn from_str(name: &str) -> Result<Self> {
        let unknown = || {
            Error::invalid(format!(
                "there is no data type {name:?}: choose one of {}, datetime64[ns], timedelta64[ns], string, text[16], bytes[16]",
                Self::names()
            ))
        };
        Self::from_name(name).ok_or_else(unknown)
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name())
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Parsed::new("a data type, such as \"float32\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<DataType> {
        let record = RecordType::new([
            Field::new("time", DataType::DateTime64(TimeUnit::Microsecond)),
            Field::new("at", DataType::Subarray(SubarrayType::new(DataType::Float32, [3]).unwrap())),
            Field::new("who \"?\"", DataType::Text(12)),
        ]);
        let quality = EnumType::new(DataType::Int8, [("bad", -1), ("good", 0)]);
        let mut types = DataType::NUMBERS.to_vec();
        types.push(DataType::TimeDelta64(TimeUnit::Day));
        types.push(DataType::Bytes(7));
        types.push(DataType::String);
        types.push(DataType::Record(record.unwrap()));
        types.push(DataType::Enum(quality.unwrap()));
        types
    }

    #[test]
    fn every_name_is_read_as_it_is_written() {
        for data_type in examples() {
            let name = data_type.to_string();
            assert_eq!(name.parse::<DataType>().ok(), Some(data_type.clone()), "{name}");
            let json = serde_json::to_string(&data_type).unwrap();
            assert_eq!(serde_json::from_str::<DataType>(&json).ok(), Some(data_type), "{json}");
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_those_that_there_are() {
        let error = "float8".parse::<DataType>().err().map(|error| error.to_string());
        assert!(error.is_some_and(|text| text.contains("\"float8\"") && text.contains("complex128")));
        let wrong = [
            "Float32",
            "text[0]",
            "text[+1]",
            "text[99999999]",
            "datetime64[fs]",
            "{\"record\":[]}",
            "{\"record\":[[\"x\",\"float64\"],[\"x\",\"float64\"]]}",
            "{\"enum\":[\"int8\",[[\"a\",200]]]}",
            "{\"enum\":[\"float32\",[[\"a\",1]]]}",
            "{\"subarray\":[\"int8\",[0]]}",
            "{\"subarray\":[\"int8\",[4294967296,4294967296]]}",
        ];
        for name in wrong {
            assert!(name.parse::<DataType>().is_err(), "{name}");
        }
    }
}
