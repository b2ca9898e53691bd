//! Values as JSON.
//!
//! Numbers that JSON does not have are strings: `"NaN"`, `"inf"`, `"-inf"`. A map whose keys are not all strings is a
//! list of pairs. Bytes are a list of numbers. An array is `{"$array": {...}}` with what is known of it; a small one
//! that is in the document also has its `elements`. A shared value stands where it comes first as `{"$shared": n,
//! "value": ...}`, and everywhere else as `{"$shared": n}`.

use arraystow::{AnyArray, ArrayInfo, Shared, Value, ValueInfo};
use serde_json::{Map, Value as Json, json};
use std::collections::HashMap;

/// Turns one value into JSON.
pub(crate) struct Converter<'a> {
    arrays: HashMap<&'a str, &'a ArrayInfo>,
    shared: Vec<Shared<Value>>,
}

impl<'a> Converter<'a> {
    pub(crate) fn new(info: &'a ValueInfo) -> Self {
        let paths = info.arrays.iter().flat_map(|array| array.paths.iter().map(move |path| (path.as_str(), array)));
        Self { arrays: paths.collect(), shared: Vec::new() }
    }

    /// The value at a path.
    pub(crate) fn value(&mut self, value: &Value, path: &str) -> Json {
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
            Value::List(values) => {
                values.iter().enumerate().map(|(index, value)| self.value(value, &format!("{path}[{index}]"))).collect()
            }
            Value::Map(entries) => self.map(entries, path),
            Value::Array(array) => json!({ "$array": self.array(array, path) }),
            Value::InlineArray(array) => {
                let elements: Vec<Json> = array.elements().iter().map(|element| self.value(element, path)).collect();
                json!({ "$array": { "shape": array.shape(), "elements": elements } })
            }
            Value::Shared(shared) => self.shared(shared, path),
            Value::WeakShared(weak) => match weak.upgrade() {
                Some(shared) => self.shared(&shared, path),
                None => Json::Null,
            },
            Value::External(id) => json!({ "$external": id.to_string() }),
            other => json!(other.to_string()),
        }
    }

    fn map(&mut self, entries: &[(Value, Value)], path: &str) -> Json {
        let of_texts = entries.iter().map(|(key, value)| Some((key.as_text()?, value))).collect::<Option<Vec<_>>>();
        match of_texts {
            Some(entries) => {
                let entries =
                    entries.into_iter().map(|(key, value)| (key.to_owned(), self.value(value, &join(path, key))));
                Json::Object(entries.collect::<Map<_, _>>())
            }
            None => entries
                .iter()
                .map(|(key, value)| {
                    let place = join(path, &key.to_string());
                    json!([self.value(key, &place), self.value(value, &place)])
                })
                .collect(),
        }
    }

    fn array(&self, array: &AnyArray, path: &str) -> Json {
        match self.arrays.get(path) {
            Some(info) => serde_json::to_value(info).unwrap_or_default(),
            None => json!({ "data_type": array.data_type(), "shape": array.shape() }),
        }
    }

    fn shared(&mut self, shared: &Shared<Value>, path: &str) -> Json {
        if let Some(number) = self.shared.iter().position(|known| Shared::ptr_eq(known, shared)) {
            return json!({ "$shared": number });
        }
        let number = self.shared.len();
        self.shared.push(shared.clone());
        json!({ "$shared": number, "value": self.value(shared, path) })
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
