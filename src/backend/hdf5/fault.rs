//! What went wrong with a file, as an [`Error`].

use crate::error::Error;
use std::io;

/// An I/O error. A file that ends too early is a damaged one.
pub(super) fn io_error(what: &str, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            Error::corrupt("the file is shorter than it says; restore it from a copy").with_source(error)
        }
        io::ErrorKind::Unsupported => Error::unsupported(what).with_source(error),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            Error::io(format!("{what}: no space is left; free some and save again"), error)
        }
        _ => Error::io(what, error),
    }
}
