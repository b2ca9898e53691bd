//! What a body in CBOR is read from, and what is said of one that does not fit.

use crate::plugin::format::rules::CBOR_STEPS;
use cbor4ii::core::dec::{Error, Read, Reference};
use cbor4ii::serde::DecodeError;
use std::cell::Cell;
use std::convert::Infallible;

thread_local! {
    static ANY: Cell<u16> = const { Cell::new(0) };
}

/// A `deserialize_any` in progress. cbor4ii takes a step for it and one more for the list or map that it finds; only one
/// counts, so that whether serde buffers makes no difference.
pub(in crate::plugin) struct AnyStep(());

impl AnyStep {
    #[inline]
    pub(in crate::plugin) fn new() -> Self {
        ANY.set(ANY.get().saturating_add(1));
        Self(())
    }
}

impl Drop for AnyStep {
    #[inline]
    fn drop(&mut self) {
        ANY.set(ANY.get().saturating_sub(1));
    }
}

/// A body in CBOR, which may be as deep as what is saved.
pub(in crate::plugin) struct Body<'a> {
    bytes: &'a [u8],
    steps: u16,
    /// Of a load that this one is within.
    outer: u16,
}

impl<'a> Body<'a> {
    pub(in crate::plugin) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, steps: 0, outer: ANY.get() }
    }
}

impl<'a> Read<'a> for Body<'a> {
    type Error = Infallible;

    #[inline]
    fn fill<'b>(&'b mut self, want: usize) -> Result<Reference<'a, 'b>, Infallible> {
        Ok(Reference::Long(&self.bytes[..want.min(self.bytes.len())]))
    }

    #[inline]
    fn advance(&mut self, count: usize) {
        self.bytes = &self.bytes[count.min(self.bytes.len())..];
    }

    #[inline]
    fn step_in(&mut self) -> bool {
        let free = ANY.get().saturating_sub(self.outer);
        let is_left = self.steps < CBOR_STEPS.saturating_add(free);
        self.steps += u16::from(is_left);
        is_left
    }

    #[inline]
    fn step_out(&mut self) {
        self.steps = self.steps.saturating_sub(1);
    }
}

/// An error in words: cbor4ii tells names and bytes.
pub(in crate::plugin) fn text(error: &DecodeError<Infallible>) -> String {
    match error {
        DecodeError::Custom(text) => text.to_string(),
        DecodeError::Core(Error::Mismatch { name, found } | Error::Unsupported { name, found }) => {
            format!("there is {}, and {} is expected", what_starts_with(*found), what(name))
        }
        DecodeError::Core(Error::RequireLength { name, .. }) => {
            format!("there is a list of another length than the {name} that is expected")
        }
        DecodeError::Core(Error::CastOverflow { name } | Error::ArithmeticOverflow { name, .. }) => {
            format!("there is a number that is too large or too small for {name}")
        }
        DecodeError::Core(Error::DepthOverflow { .. }) => "it is nested deeper than can be read".to_owned(),
        DecodeError::Core(Error::Eof { .. }) => "the body ends before its time".to_owned(),
        DecodeError::Core(error) => error.to_string(),
    }
}

fn what_starts_with(byte: u8) -> &'static str {
    match (byte >> 5, byte) {
        (0 | 1, _) => "an integer",
        (2, _) => "a list of bytes",
        (3, _) => "a text",
        (4, _) => "a list",
        (5, _) => "a map",
        (7, 0xf4 | 0xf5) => "a bool",
        (7, 0xf6 | 0xf7) => "nothing",
        (7, 0xf9..=0xfb) => "a number with a fraction",
        _ => "something else",
    }
}

fn what(name: &str) -> &str {
    match name {
        "str" => "a text",
        "seq" | "array" => "a list",
        "map" => "a map",
        "enum" => "the variant of an enum",
        "bytes" => "a list of bytes",
        name => name,
    }
}
