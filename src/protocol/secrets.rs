//! Keeps credentials out of errors, because a store's answer may repeat them.

use std::error::Error;
use std::fmt::{self, Write};
use std::sync::Arc;

/// The replacement of a secret.
const HIDDEN: &str = "***";
/// The length of the shortest secret that is replaced. Shorter secrets would match in any text.
const SHORTEST: usize = 4;
/// The parts of a refused request that S3's answers repeat, for any client.
const REPEATED: [&str; 6] = [
    "AWSAccessKeyId",
    "StringToSign",
    "StringToSignBytes",
    "SignatureProvided",
    "CanonicalRequest",
    "CanonicalRequestBytes",
];

/// Strings that no error may contain.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Arc<[String]>);

impl Secrets {
    pub(super) fn new(secrets: impl IntoIterator<Item = String>) -> Self {
        Self(secrets.into_iter().filter(|secret| secret.len() >= SHORTEST).collect())
    }

    /// Returns the error as it is if it contains no secret, and otherwise its text without the secrets.
    pub(super) fn cleaned(&self, error: impl Error + Send + Sync + 'static) -> Box<dyn Error + Send + Sync> {
        let mut text = String::new();
        let mut next: Option<&dyn Error> = Some(&error);
        while let Some(error) = next {
            // Writing to a `String` does not fail.
            let _ = write!(text, "{error} {error:?} ");
            next = error.source();
        }
        if self.without(&text) == text { Box::new(error) } else { Box::new(Cleaned(self.without(&error.to_string()))) }
    }

    fn without(&self, text: &str) -> String {
        let mut text = self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
        for name in REPEATED {
            let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
            let mut from = 0;
            while let Some(start) = text[from..].find(&begin).map(|at| from + at + begin.len()) {
                let stop = text[start..].find(&end).map_or(text.len(), |at| start + at);
                text.replace_range(start..stop, HIDDEN);
                from = start + HIDDEN.len();
            }
        }
        text
    }
}

/// The message of an error, without secrets.
#[derive(Debug)]
struct Cleaned(String);

impl fmt::Display for Cleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Cleaned {}
