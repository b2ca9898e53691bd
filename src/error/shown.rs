//! How strings from outside are shown in an error: bounded, and in one line.

use std::any::Any;
use std::fmt::{self, Write as _};

/// The most bytes of an error message. A string may quote an untrusted document, even all of it.
const MOST_BYTES: usize = 2000;

pub(super) fn shortened(text: &str) -> &str {
    &text[..text.floor_char_boundary(MOST_BYTES)]
}

/// Displays the beginning of a string, with escapes for characters that a terminal or a log would interpret. Escaping
/// is idempotent, since serde formats quote errors in their own errors.
pub(super) struct Shown<'a>(pub(super) &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = MOST_BYTES;
        for char in self.0.chars() {
            let escapes = acts(char).then(|| char.escape_default());
            let bytes = escapes.as_ref().map_or(char.len_utf8(), ExactSizeIterator::len);
            match left.checked_sub(bytes) {
                Some(fewer) => left = fewer,
                None => break,
            }
            match escapes {
                Some(escaped) => write!(f, "{escaped}")?,
                None => f.write_char(char)?,
            }
        }
        Ok(())
    }
}

/// The first characters of a string from outside, in one line.
pub(crate) fn one_line(text: &str, most_characters: usize) -> String {
    let end = text.char_indices().nth(most_characters).map_or(text.len(), |(end, _)| end);
    format!("{}{}", Shown(&text[..end]), if end < text.len() { ".." } else { "" })
}

/// Whether a character moves the cursor, ends the line, changes the text direction or is invisible. The two zero-width
/// joiners are not escaped: Persian and emoji need them.
fn acts(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
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

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text,
        _ => "no message",
    }
}
