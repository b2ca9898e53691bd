//! Sizes and times as people read them.

use arraystow::{ArrayInfo, Attr, Codec};
use jiff::tz::TimeZone;
use std::time::SystemTime;

/// Bytes in decimal units: `4.2 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["kB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64;
    let mut unit = "";
    for next in UNITS {
        // 999.95 would be printed as 1000.0.
        if value < 999.95 && !unit.is_empty() {
            break;
        }
        (value, unit) = (value / 1000.0, next);
    }
    format!("{value:.1} {unit}")
}

/// A time in UTC, to the second; a dash where it is not known.
pub(crate) fn time(time: Option<SystemTime>) -> String {
    let known = time.and_then(|time| jiff::Timestamp::try_from(time).ok());
    known.map_or_else(|| "-".to_owned(), |time| time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%SZ").to_string())
}

/// One array in one line: `float32[721, 1440] in chunks of [128, 128], 4.2 MB, gzip:6 1.1 MB, units m`.
pub(crate) fn array(info: &ArrayInfo) -> String {
    let mut text = format!("{}{:?}", info.data_type, info.shape());
    match info.grid.chunk_shape() {
        _ if info.shape().is_empty() => {}
        Some(chunk) => text += &format!(" in chunks of {chunk:?}"),
        None => text += &format!(" in {:?} irregular chunks", info.grid.chunks_per_axis()),
    }
    let elements = element_bytes(info);
    text += &format!(", {}", bytes(elements));
    match info.codec {
        Some(codec) if codec != Codec::NONE => text += &format!(", {codec} {}", bytes(info.bytes)),
        _ if info.bytes < elements / 100 * 95 => text += &format!(", stored in {}", bytes(info.bytes)),
        _ => {}
    }
    if let Some(dims) = &info.dims {
        text += &format!(", axes {}", dims.join(", "));
    }
    for (name, attr) in &info.attrs {
        text += &format!(", {name} {}", attribute(attr));
    }
    clean(&text)
}

/// Bytes of the elements of an array.
pub(crate) fn element_bytes(info: &ArrayInfo) -> u64 {
    (info.grid.len() as u64).saturating_mul(info.data_type.size() as u64)
}

pub(crate) fn attribute(attr: &Attr) -> String {
    match attr {
        Attr::Text(text) if !text.is_empty() && !text.contains([' ', ',', '"']) => text.clone(),
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// A text in which the characters are escaped that a terminal obeys or does not show.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        if acts(character) {
            cleaned.extend(character.escape_default());
        } else {
            cleaned.push(character);
        }
    }
    cleaned
}

/// Whether a character moves the cursor, ends the line, changes the direction of the text or is invisible: the same
/// characters that the library escapes in its errors. The two zero-width joiners stay: Persian and emoji need them.
pub(crate) fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// The same, of which the lines stay lines.
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let texts = [0, 999, 1000, 999_949, 999_950, 4_152_960, u64::MAX].map(bytes);
        assert_eq!(texts, ["0 B", "999 B", "1.0 kB", "999.9 kB", "1.0 MB", "4.2 MB", "18.4 EB"]);
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(clean("a\u{1b}[31m\u{9b}é\n"), "a\\u{1b}[31m\\u{9b}é\\n");
    }

    #[test]
    fn invisible_characters_and_those_of_the_direction_are_escaped() {
        assert_eq!(clean("a\u{202e}b\u{200b}\u{feff}\u{2066}"), "a\\u{202e}b\\u{200b}\\u{feff}\\u{2066}");
        assert_eq!(clean("می\u{200c}خواهم"), "می\u{200c}خواهم");
    }

    #[test]
    fn times_are_in_utc() {
        assert_eq!(time(Some(SystemTime::UNIX_EPOCH)), "1970-01-01 00:00:00Z");
        assert_eq!(time(None), "-");
    }
}
