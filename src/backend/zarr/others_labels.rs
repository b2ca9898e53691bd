//! Names of axes, attributes and the fill value of arrays that other programs have written, as xarray reads them.
//!
//! They never prevent the array from being read: what is damaged or not supported is left out.

use super::fill::Fill;
use super::fill_json::element_of_xarray;
use super::json::{Members, members};
use super::metadata::Metadata;
use super::v2;
use crate::array::{Attr, DataType, Labels, Said};
use crate::protocol::ZarrVersion;
use serde_json::{Map, Value};

/// The attribute with the names of the axes, in version 2.
const DIMENSIONS: &str = "_ARRAY_DIMENSIONS";
/// The attribute with the value that represents missing elements.
const FILL: &str = "_FillValue";

/// The labels of an array of this many axes.
pub(super) fn read(metadata: &Metadata, axes: usize, data_type: &DataType) -> Labels {
    let (dims, attributes, fill) = match metadata.version {
        ZarrVersion::V3 => of_v3(&metadata.array),
        ZarrVersion::V2 => of_v2(metadata, data_type),
    };
    let named = attributes.get(FILL).and_then(|fill| element_of_xarray(data_type, fill));
    let said = Said {
        dims: dims.as_ref().and_then(names).filter(|dims| !dims.is_empty()),
        attrs: attributes.into_iter().filter_map(|(name, value)| Some((name, attr(value)?))).collect(),
        // Strings have no missing ones: what is named is but what was not written.
        fill: named.or(fill).filter(|_| !data_type.is_text()),
    };
    Labels::of_others(said, axes, data_type)
}

type FoundLabels = (Option<Value>, Map<String, Value>, Option<Vec<u8>>);

fn of_v3(array: &[u8]) -> FoundLabels {
    let mut found = members(array, Some(&["dimension_names", "attributes"])).unwrap_or_default();
    let attributes = match found.remove("attributes") {
        Some(Value::Object(attributes)) => attributes,
        _ => Map::new(),
    };
    (found.remove("dimension_names"), attributes, None)
}

fn of_v2(metadata: &Metadata, data_type: &DataType) -> FoundLabels {
    let attributes = metadata.attributes.as_deref().and_then(|text| members(text, None)).unwrap_or_default();
    let dims = attributes.get(DIMENSIONS).cloned();
    // What xarray writes names the axes, and there the fill value is that of missing elements. Elsewhere it is but what
    // was never written.
    let fill = dims.as_ref().and_then(|_| {
        let array = Members::read(&metadata.array, v2::WANTED).ok()?;
        let fill = array.peek("fill_value").filter(|fill| !fill.is_null())?;
        Fill::read(ZarrVersion::V2, data_type, fill).ok().map(Fill::into_element)
    });
    (dims, attributes, fill)
}

/// The names of all axes; none if one of them has no name.
fn names(dims: &Value) -> Option<Vec<String>> {
    dims.as_array()?.iter().map(|dim| dim.as_str().map(str::to_owned)).collect()
}

/// The value of an attribute, as far as it is a string, a number, or a list of either.
fn attr(value: Value) -> Option<Attr> {
    match value {
        Value::String(text) => Some(Attr::Text(text)),
        Value::Number(number) => match number.as_i64() {
            Some(number) => Some(Attr::Int(number)),
            None if number.is_u64() => None,
            None => number.as_f64().map(Attr::Float),
        },
        Value::Array(list) if list.iter().any(Value::is_string) => {
            let text = |value: Value| if let Value::String(text) = value { Some(text) } else { None };
            list.into_iter().map(text).collect::<Option<_>>().map(Attr::Texts)
        }
        Value::Array(list) if list.iter().all(Value::is_i64) => {
            list.iter().map(Value::as_i64).collect::<Option<_>>().map(Attr::Ints)
        }
        Value::Array(list) if list.iter().all(|value| value.is_i64() || value.is_f64()) => {
            list.iter().map(Value::as_f64).collect::<Option<_>>().map(Attr::Floats)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_are_texts_numbers_and_lists_of_them() {
        let kept = [
            (json!("K"), Attr::from("K")),
            (json!(3), Attr::from(3_i64)),
            (json!(0.5), Attr::from(0.5)),
            (json!([1, 2]), Attr::from([1_i64, 2])),
            (json!([1, 2.5]), Attr::from([1.0, 2.5])),
            (json!(["a", ""]), Attr::from(["a", ""])),
            (json!([]), Attr::Ints(Vec::new())),
        ];
        for (value, expected) in kept {
            assert_eq!(attr(value), Some(expected));
        }
        for left_out in
            [json!(null), json!(true), json!({}), json!(u64::MAX), json!([1, "a"]), json!([[1]]), json!([null])]
        {
            assert_eq!(attr(left_out.clone()), None, "{left_out}");
        }
    }
}
