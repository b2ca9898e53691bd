//! numpy's strings of a fixed length (`<U8`): UTF-32, read as UTF-8 of as many bytes.

use crate::array::DataType;
use crate::error::{Error, Result};
use serde_json::Value;

/// Bytes of a code point, and the most that UTF-8 takes for one.
const CODE_POINT: usize = size_of::<u32>();

/// The data type that strings of this many bytes of UTF-32 are read as. None unless these are whole code points.
pub(super) fn data_type(bytes: usize) -> Option<DataType> {
    bytes.is_multiple_of(CODE_POINT).then_some(DataType::Text(bytes))
}

/// Replaces each element of `size` bytes by the same string as UTF-8, with zeros behind it.
///
/// # Errors
/// `Corrupt` if a code point is not one of Unicode's characters.
pub(super) fn to_utf8(elements: &mut [u8], size: usize, is_big: bool) -> Result<()> {
    for element in elements.chunks_exact_mut(size) {
        // UTF-8 is never longer, so that what is written has been read.
        let mut end = 0;
        for at in (0..size).step_by(CODE_POINT) {
            let Some(bytes) = element[at..].first_chunk::<CODE_POINT>() else { break };
            let code = if is_big { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) };
            let character = char::from_u32(code).ok_or_else(|| {
                Error::corrupt(format!("a string has the code point {code:#x}, which is no character"))
            })?;
            let mut utf8 = [0; CODE_POINT];
            let utf8 = character.encode_utf8(&mut utf8).as_bytes();
            element[end..end + utf8.len()].copy_from_slice(utf8);
            end += utf8.len();
        }
        element[end..].fill(0);
    }
    Ok(())
}

/// The fill value of strings of `size` bytes: a string of as many code points, or 0 and null, which say that none was
/// chosen.
pub(super) fn fill(size: usize, value: &Value) -> Option<Vec<u8>> {
    let text = match value {
        Value::String(text) => text.as_str(),
        Value::Null => "",
        Value::Number(number) if number.as_f64() == Some(0.0) => "",
        _ => return None,
    };
    if text.chars().count() > size / CODE_POINT {
        return None;
    }
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(size, 0);
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf32(texts: &[&str], is_big: bool) -> Vec<u8> {
        let bytes = |c: char| if is_big { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() };
        let padded =
            |text: &&str| text.chars().chain(std::iter::repeat('\0')).take(3).flat_map(bytes).collect::<Vec<_>>();
        texts.iter().flat_map(padded).collect()
    }

    #[test]
    fn strings_of_any_characters_become_utf8() {
        let texts = ["", "a", "a\0b", "\u{10ffff}\u{10ffff}\u{10ffff}", "ü", "日本語"];
        for is_big in [false, true] {
            let mut elements = utf32(&texts, is_big);
            to_utf8(&mut elements, 12, is_big).unwrap();
            for (element, text) in elements.chunks_exact(12).zip(texts) {
                let mut wanted = text.as_bytes().to_vec();
                wanted.resize(12, 0);
                assert_eq!(element, wanted, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_character_is_an_error() {
        for code in [0xd800_u32, 0x0011_0000, u32::MAX] {
            let error = to_utf8(&mut code.to_le_bytes(), 4, false).unwrap_err();
            assert!(error.is_corrupt() && error.to_string().contains(&format!("{code:#x}")), "{error}");
        }
    }

    #[test]
    fn a_fill_value_is_a_string_that_fits() {
        use serde_json::json;
        assert_eq!(fill(8, &json!("ü")), Some("ü\0\0\0\0\0\0".as_bytes().to_vec()));
        assert_eq!(fill(8, &json!(0)), Some(vec![0; 8]));
        assert_eq!(fill(8, &json!("abc")), None);
        assert_eq!(fill(8, &json!(1)), None);
    }
}
