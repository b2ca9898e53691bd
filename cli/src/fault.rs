//! How the command fails.

use std::fmt;

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
                other => serde_json::json!({ "message": other.to_string() }),
            };
            eprintln!("{}", serde_json::json!({ "error": error }));
        } else {
            eprintln!("error: {self}");
        }
        code
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Library(error) => error.fmt(f),
            Self::Other(text) | Self::Usage(text) => f.write_str(text),
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
