//! Values of a pickle without other values in them.

use std::borrow::Cow;

/// Why a string is unreadable.
pub(super) const NOT_UNICODE: &str = "has a lone surrogate, or is not UTF-8, which no Rust string can have";

/// A value without other values in it.
#[derive(Clone, Debug)]
pub(super) enum Scalar<'a> {
    None,
    Bool(bool),
    Integer(i128),
    /// An integer of more than 128 bits: two's complement, little-endian.
    Large(&'a [u8]),
    Float32(f32),
    Float64(f64),
    Complex(f64, f64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
    /// A string that no Rust string can be, and why not.
    Unreadable(&'static str),
}
