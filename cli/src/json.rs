//! Values as JSON.
//!
//! Numbers that JSON does not have are strings: `"NaN"`, `"inf"`, `"-inf"`. A map whose keys are not all strings is a
//! list of pairs. Bytes are a list of numbers. An array is `{"$array": {...}}` with what is known of it; a small one
//! that is in the document also has its `elements`. A shared value stands where it comes first as `{"$shared": n,
//! "value": ...}`, and everywhere else as `{"$shared": n}`.

use crate::arrays::Known;
use arraystow::{AnyArray, Shared, Value, ValueInfo};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;
use std::ptr::from_ref;

/// Turns one value into JSON.
#[derive(Default)]
pub(crate) struct Converter<'a> {
    arrays: Known<'a>,
    /// The numbers of the shared values that were met.
    shared: HashMap<*const Value, usize>,
}

impl<'a> Converter<'a> {
    pub(crate) fn new(info: &'a ValueInfo) -> Self {
        Self { arrays: Known::of(info), ..Self::default() }
    }

    pub(crate) fn value(&mut self, value: &Value) -> Json {
        match value {
            Value::Null => Json::Null,
            Value::Bool(value) => json!(value),
            Value::Integer(value) => {
                let small = i64::try_from(*value).map(Json::from).or_else(|_| u64::try_from(*value).map(Json::from));
                small.unwrap_or_else(|_| json!(value.to_string()))
            }
            Value::LargeInteger(value) => json!(value.to_string()),
            Value::Float32(value) => float(f64::from(*value), value.to_string()),
            Value::Float64(value) => float(*value, value.to_string()),
            Value::Text(text) => json!(text),
            Value::Bytes(bytes) => json!(bytes),
            Value::List(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Map(entries) => self.map(entries),
            Value::Array(array) => json!({ "$array": self.array(array) }),
            Value::InlineArray(array) => {
                let elements: Vec<Json> = array.elements().iter().map(|element| self.value(element)).collect();
                json!({ "$array": { "shape": array.shape(), "elements": elements } })
            }
            Value::Shared(shared) => self.shared(shared),
            Value::WeakShared(weak) => match weak.upgrade() {
                Some(shared) => self.shared(&shared),
                None => Json::Null,
            },
            Value::External(id) => json!({ "$external": id.to_string() }),
            other => json!(other.to_string()),
        }
    }

    fn map(&mut self, entries: &[(Value, Value)]) -> Json {
        let of_texts = entries.iter().map(|(key, value)| Some((key.as_text()?, value))).collect::<Option<Vec<_>>>();
        match of_texts {
            Some(entries) => {
                let entries = entries.into_iter().map(|(key, value)| (key.to_owned(), self.value(value)));
                Json::Object(entries.collect::<Map<_, _>>())
            }
            None => entries.iter().map(|(key, value)| json!([self.value(key), self.value(value)])).collect(),
        }
    }

    fn array(&self, array: &AnyArray) -> Json {
        match self.arrays.info(array) {
            Some(info) => serde_json::to_value(info).unwrap_or_default(),
            None => json!({ "data_type": array.data_type(), "shape": array.shape() }),
        }
    }

    fn shared(&mut self, shared: &Shared<Value>) -> Json {
        // All of them live as long as the value that is converted.
        let (at, number) = (from_ref::<Value>(shared), self.shared.len());
        if let Some(number) = self.shared.get(&at) {
            return json!({ "$shared": number });
        }
        self.shared.insert(at, number);
        json!({ "$shared": number, "value": self.value(shared) })
    }
}

/// The path of an entry.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

pub(crate) fn float(value: f64, text: String) -> Json {
    // The shortest text that is read back as the same f32 or f64.
    let shortest = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
    if value.is_finite() { shortest.map_or(Json::Null, Json::Number) } else { json!(text) }
}
