//! The elements of arrays in memory as texts, and as JSON.

use crate::fault::{Fault, Outcome};
use arraystow::AnyNdArray;
use serde_json::Value as Json;
use std::io::Write;

/// The elements as nested lists, as JSON. Those that have no JSON are one text.
pub(crate) fn json(array: &AnyNdArray) -> Outcome<Json> {
    if let AnyNdArray::Encoded(_) = array {
        return Ok(Json::String(format!("{array:#}")));
    }
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

/// Each element as JSON. Numbers that JSON does not have are strings.
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
                other => Err(Fault::Other(format!("elements of {} are not written as text", other.data_type()))),
            }
        };
    }
    cells! {
        Bool Int8 Int16 Int32 Int64 UInt8 UInt16 UInt32 UInt64 Float16 BFloat16 Float32 Float64 Complex64 Complex128
    }
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
