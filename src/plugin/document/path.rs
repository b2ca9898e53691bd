//! The place in the value, as a list on the stack: nothing is allocated unless the path is needed.

use serde::Serialize;
use std::fmt;

/// The position of a walk in the value.
#[derive(Clone, Copy)]
pub(in crate::plugin) enum Path<'p> {
    Root,
    Index(&'p Path<'p>, usize),
    Key(&'p Path<'p>, &'p str),
    /// A map key that is made text only if the path is wanted.
    Lazy(&'p Path<'p>, &'p dyn KeyText),
    /// Where a shared value was met first.
    Shared(&'p dyn KeyText),
    /// The same place, of which so much is asked for.
    Asked(&'p Path<'p>, Asked),
}

/// What a type asks for of the map or sequence that a walk is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::plugin) enum Asked {
    /// The fields of a struct.
    Fields(&'static [&'static str]),
    /// This many elements of different types.
    Elements(usize),
    /// All elements or entries, of one type.
    All,
    /// All of it, and of whatever is in it: it is buffered.
    Everything,
}

pub(in crate::plugin) trait KeyText {
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
        fn dot(parent: &Path<'_>) -> &'static str {
            match parent {
                Path::Root => "",
                Path::Shared(place) if place.text().is_empty() => "",
                Path::Asked(parent, _) => dot(parent),
                _ => ".",
            }
        }
        match self {
            Path::Root => Ok(()),
            Path::Asked(place, _) => place.fmt(f),
            Path::Shared(place) => f.write_str(&place.text()),
            Path::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Path::Key(parent, key) => write!(f, "{parent}{}{key}", dot(parent)),
            Path::Lazy(parent, key) => write!(f, "{parent}{}{}", dot(parent), key.text()),
        }
    }
}
