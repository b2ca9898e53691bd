//! The errors of requests: their kind, and advice.

use super::Objects;
use crate::error::{Error, ErrorKind};
use crate::protocol::listing::GivenUp;
use crate::protocol::machine::NoCredentials;

/// The address where a machine in a cloud asks for its credentials.
const METADATA_ADDRESS: &str = "169.254.169.254";

/// S3's answer to a request for a missing bucket.
const NO_BUCKET: &str = "<Code>NoSuchBucket</Code>";

/// S3's answer to a request whose time is not that of the server.
const WRONG_CLOCK: &str = "<Code>RequestTimeTooSkewed</Code>";

/// The status of a request that the server does not know.
const NOT_IMPLEMENTED: &str = "501 Not Implemented";

/// The status of a request that is not permitted, and the advice in its error. The answer to a HEAD request has no
/// body, so it does not say whether the clock is the reason.
const FORBIDDEN: &str = "403 Forbidden";
const NOT_PERMITTED: &str = " (the credentials are wrong or do not allow it: check them, what they permit, and this \
    machine's clock)";

impl Objects {
    /// Returns the error of a request that failed; `what` is the participle of what it was to do.
    pub(super) fn failed(&self, what: &str, key: &str, error: object_store::Error) -> Error {
        use object_store::Error as Failure;
        let source = std::error::Error::source(&error);
        let text = source.map(ToString::to_string).unwrap_or_default();
        let given_up = source.and_then(|source| source.downcast_ref::<GivenUp>());
        let no_credentials = source.and_then(|source| source.downcast_ref::<NoCredentials>());
        let (kind, hint) = match &error {
            _ if matches!(given_up, Some(GivenUp::TooMany(_))) => {
                (ErrorKind::Limit, " (divide the values of this folder into several workflows)")
            }
            _ if no_credentials.is_some() => (ErrorKind::PermissionDenied, ""),
            // Not `NotFound`: a missing object can be a chunk of fill values.
            _ if text.contains(NO_BUCKET) => (
                ErrorKind::Io,
                " (there is no such bucket: create it, or check its \
                name)",
            ),
            _ if text.contains(WRONG_CLOCK) => {
                let hint = " (the clock of this machine and that of the server differ by too much: correct this \
                    machine's clock)";
                (ErrorKind::PermissionDenied, hint)
            }
            Failure::NotFound { .. } => (ErrorKind::NotFound, ""),
            Failure::AlreadyExists { .. } => (ErrorKind::AlreadyExists, ""),
            Failure::Precondition { .. } => (ErrorKind::Conflict, ""),
            Failure::PermissionDenied { .. } => (ErrorKind::PermissionDenied, NOT_PERMITTED),
            Failure::Unauthenticated { .. } => {
                (ErrorKind::PermissionDenied, " (the server does not accept the credentials: check them)")
            }
            Failure::NotSupported { .. } | Failure::NotImplemented { .. } => (ErrorKind::Unsupported, ""),
            Failure::Generic { .. } if text.contains(NOT_IMPLEMENTED) => (ErrorKind::Unsupported, ""),
            // For a listing and a bulk delete, the client has no kind of its own for this.
            Failure::Generic { .. } if text.contains(FORBIDDEN) => (ErrorKind::PermissionDenied, NOT_PERMITTED),
            // Without credentials, the client asks at the address where a machine in a cloud gets them.
            Failure::Generic { .. } if text.contains(METADATA_ADDRESS) => (
                ErrorKind::PermissionDenied,
                " (there are no credentials: give them as options, such as aws_access_key_id and aws_secret_access_key, or in \
                 the environment)",
            ),
            _ => (ErrorKind::Io, ""),
        };
        Error::new(kind, format!("the object cannot be {what}{hint}"))
            .with_source(self.secrets.cleaned(error))
            .at_location(self.describe(key))
    }
}
