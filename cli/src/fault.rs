//! How the command fails.

use crate::text::clean_lines;
use serde_json::{Value as Json, json};
use std::fmt;
use std::io::Write;

/// The exit code of a command that was interrupted.
pub(crate) const CANCELLED: u8 = 130;

/// Why the command did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An error of the library: exit code 1.
    Library(arraystow::Error),
    /// The command itself has a reason: exit code 1.
    Other(String),
    /// The arguments do not fit each other, or a confirmation is missing: exit code 2.
    Usage(String),
    /// Everything was done, and something is not as it should be. It is printed already: exit code 3.
    Found,
    /// The reader of the output has closed it, as `head` does: exit code 0.
    Closed,
}

pub(crate) type Outcome<T> = Result<T, Fault>;

/// The fault of a command that needs a feature of this package.
#[cfg_attr(
    all(feature = "browse", feature = "npy", feature = "pictures", feature = "serve", feature = "zarr"),
    allow(dead_code, reason = "nothing is lacking")
)]
pub(crate) fn lacks(feature: &str) -> Fault {
    Fault::Other(format!("this program was built without the feature `{feature}` of arraystow-cli"))
}

/// Prints a line to stderr. A stderr that is closed is no reason to stop.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Prints an error to stderr as JSON.
pub(crate) fn print_json_error(error: &Json) {
    say(&json!({ "error": error }).to_string());
}

impl Fault {
    /// Prints the reason to stderr, and gives the exit code.
    pub(crate) fn report(&self, json: bool) -> u8 {
        let code = match self {
            Self::Closed => return 0,
            Self::Found => return 3,
            Self::Library(error) if error.is_cancelled() => CANCELLED,
            Self::Library(_) | Self::Other(_) => 1,
            Self::Usage(_) => 2,
        };
        if json {
            let error = match self {
                Self::Library(error) => serde_json::to_value(error).unwrap_or_default(),
                other => json!({ "message": other.to_string() }),
            };
            print_json_error(&error);
        } else {
            say(&format!("error: {self}"));
        }
        code
    }

    /// What a command ends with that prints what it has found. An output that its reader has closed does not hide that
    /// something was found.
    pub(crate) fn of_found(printed: Outcome<()>, is_found: bool) -> Outcome<()> {
        match printed {
            Ok(()) | Err(Self::Closed) if is_found => Err(Self::Found),
            printed => printed,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(error) => error.fmt(f),
            // It may quote a storage.
            Self::Other(text) | Self::Usage(text) => f.write_str(&clean_lines(text)),
            Self::Found | Self::Closed => Ok(()),
        }
    }
}

impl From<arraystow::Error> for Fault {
    fn from(error: arraystow::Error) -> Self {
        Self::Library(error)
    }
}

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe { Self::Closed } else { Self::Other(error.to_string()) }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        std::io::Error::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_storage_are_escaped() {
        let fault = Fault::Other("elements of {\u{202e}a\u{1b}[31m} are no numbers".to_owned());
        assert_eq!(fault.to_string(), "elements of {\\u{202e}a\\u{1b}[31m} are no numbers");
    }

    #[test]
    fn what_was_found_is_not_lost_with_the_output() {
        let closed = || Err(Fault::Closed);
        assert!(matches!(Fault::of_found(closed(), true), Err(Fault::Found)));
        assert!(matches!(Fault::of_found(closed(), false), Err(Fault::Closed)));
        assert!(matches!(Fault::of_found(Ok(()), true), Err(Fault::Found)));
        let other = Fault::of_found(Err(Fault::Other("full".to_owned())), true);
        assert!(matches!(other, Err(Fault::Other(_))));
    }
}
