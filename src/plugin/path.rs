//! The place in the object, as a list on the stack: nothing is allocated unless the path is wanted.

use serde::Serialize;
use std::fmt;

/// Where in the object a walk is.
#[derive(Clone, Copy)]
pub(super) enum Path<'p> {
    Root,
    Index(&'p Path<'p>, usize),
    Key(&'p Path<'p>, &'p str),
    /// A map key that is made text only if the path is wanted.
    Lazy(&'p Path<'p>, &'p dyn KeyText),
    /// Where a shared value was met first.
    Shared(&'p dyn KeyText),
}

pub(super) trait KeyText {
    fn text(&self) -> String;
}

impl<K: Serialize + ?Sized> KeyText for &K {
    fn text(&self) -> String {
        match serde_json::to_value(self) {
            Ok(serde_json::Value::String(text)) => text,
            Ok(value) => value.to_string(),
            Err(_) => "?".to_owned(),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = |parent: &Path<'_>| match parent {
            Path::Root => "",
            Path::Shared(place) if place.text().is_empty() => "",
            _ => ".",
        };
        match self {
            Path::Root => Ok(()),
            Path::Shared(place) => f.write_str(&place.text()),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Path::Key(parent, key) => write!(f, "{parent}{}{key}", dot(parent)),
            Path::Lazy(parent, key) => write!(f, "{parent}{}{}", dot(parent), key.text()),
        }
    }
}
