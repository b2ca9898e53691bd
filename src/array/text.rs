//! Deserializes values from a string with their `FromStr`.

use serde::de::{Error, Visitor};
use std::fmt::{self, Display};
use std::marker::PhantomData;
use std::str::FromStr;

/// Visits a string and parses it.
pub(super) struct Parsed<T> {
    expecting: &'static str,
    value: PhantomData<T>,
}

impl<T> Parsed<T> {
    /// `expecting` describes the string, with an example.
    pub(super) fn new(expecting: &'static str) -> Self {
        Self { expecting, value: PhantomData }
    }
}

impl<T: FromStr<Err: Display>> Visitor<'_> for Parsed<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}
