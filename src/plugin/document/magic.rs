//! The bytes that documents begin with, and the errors about damaged documents.

use crate::error::Error;

/// Like PNG's: a byte that is not ASCII, the name, and line ends that a text transfer would alter.
pub(super) const MAGIC: &[u8; 8] = b"\x89ASTOW\r\n";

/// How many bytes of the magic are enough to recognize it after damage.
const ENOUGH: usize = 5;

/// Whether this is the magic, or so nearly that it was.
pub(super) fn is_nearly(start: &[u8]) -> bool {
    agreeing(start, MAGIC) >= ENOUGH
}

/// The number of bytes that are the same.
pub(super) fn agreeing(bytes: &[u8], expected: &[u8]) -> usize {
    bytes.iter().zip(expected).filter(|(byte, expected)| byte == expected).count()
}

/// The error for a document that ends too early.
pub(super) fn truncated(bytes: u64) -> Error {
    const WHAT_TO_DO: &str = "restore it from a copy, save the value again, or remove it";
    match bytes {
        0 => Error::corrupt(format!("the document is empty: {WHAT_TO_DO}")),
        bytes => Error::corrupt(format!("the document ends after {bytes} bytes, before its end: {WHAT_TO_DO}")),
    }
}

pub(super) fn altered(part: &str) -> Error {
    Error::corrupt(format!(
        "the document's {part} is not what was written (its checksum differs): restore it from a copy"
    ))
}
