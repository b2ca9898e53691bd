//! Errors with serde, for the reports that contain faults.

use super::{Error, ErrorKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// The fields of an error. The cause is its text.
#[derive(Serialize, Deserialize)]
#[serde(rename = "Error")]
struct Fields<'a> {
    kind: ErrorKind,
    message: Cow<'a, str>,
    cause: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    array: Option<Cow<'a, str>>,
    document: Option<Cow<'a, str>>,
    location: Option<Cow<'a, str>>,
    left_behind: Cow<'a, [String]>,
}

impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = &*self.inner;
        Fields {
            kind: inner.kind,
            message: Cow::Borrowed(&inner.message),
            cause: inner.source.as_ref().map(|cause| Cow::Owned(cause.to_string())),
            path: inner.path.as_deref().map(Cow::Borrowed),
            array: inner.array.as_deref().map(Cow::Borrowed),
            document: inner.document.as_deref().map(Cow::Borrowed),
            location: inner.location.as_deref().map(Cow::Borrowed),
            left_behind: Cow::Borrowed(&inner.left_behind),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        let mut error = Self::new(fields.kind, fields.message);
        if let Some(cause) = fields.cause {
            error = error.with_source(cause.into_owned());
        }
        Ok(error.edit(|inner| {
            inner.path = fields.path.map(Cow::into_owned);
            inner.array = fields.array.map(Cow::into_owned);
            inner.document = fields.document.map(Cow::into_owned);
            inner.location = fields.location.map(Cow::into_owned);
            inner.left_behind = fields.left_behind.into_owned();
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_survive_serde() {
        let cause = std::io::Error::other("the disk\nis full");
        let error = Error::io("array was not written", cause).at_path("runs[3].field").in_array("0b0e");
        let error = error.context("save failed".into()).in_document("a/b").leaving(["x".to_owned(), "y".to_owned()]);
        for error in [error, Error::corrupt("no checksum"), Error::limit("x".repeat(100_000))] {
            let text = serde_json::to_string(&error).unwrap();
            let back: Error = serde_json::from_str(&text).unwrap();
            assert_eq!(back.to_string(), error.to_string(), "{text}");
            assert_eq!((back.kind(), back.path(), back.array()), (error.kind(), error.path(), error.array()));
            assert_eq!((back.document(), back.location()), (error.document(), error.location()));
            assert_eq!(back.left_behind(), error.left_behind());
            assert_eq!(back.get_ref().map(ToString::to_string), error.get_ref().map(ToString::to_string));
            assert_eq!(serde_json::to_string(&back).unwrap(), text);
        }
    }

    #[test]
    fn fields_that_are_missing_are_an_error() {
        let error = serde_json::from_str::<Error>(r#"{"kind":"corrupt","message":"x"}"#).unwrap_err();
        assert!(error.to_string().contains("missing field `left_behind`"), "{error}");
    }
}
