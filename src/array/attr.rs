//! Values of an array's attributes.

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};

/// The value of an attribute of an array: a string, a number, or a list of strings or numbers.
///
/// Attributes are stored as attributes of the HDF5 dataset or Zarr array, where h5py, xarray and netCDF read them. The
/// CF conventions define common attributes: `units`, `long_name`, `standard_name`.
///
/// ```
/// use arraystow::{Attr, ChunkedArray};
///
/// let air = ChunkedArray::<f32>::zeros(&[10], &[5])?.with_attr("units", "K")?.with_attr("valid_range", [150.0, 350.0])?;
/// assert_eq!(air.attr("units"), Some(&Attr::from("K")));
/// assert_eq!(air.attr("units").and_then(Attr::as_str), Some("K"));
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// Floats are equal if their bits are equal. With serde, a value is a string, a number or a list.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Attr {
    /// An integer.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Text(String),
    /// A list of integers. An empty list is one of these if a format does not record the type of its elements.
    Ints(Vec<i64>),
    /// A list of floating-point numbers.
    Floats(Vec<f64>),
    /// A list of strings.
    Texts(Vec<String>),
}

impl Attr {
    /// Returns the string, if the value is one.
    ///
    /// ```
    /// assert_eq!(arraystow::Attr::from("K").as_str(), Some("K"));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the number as `f64`, if the value is one. An integer beyond 2^53 becomes the nearest `f64`.
    ///
    /// ```
    /// assert_eq!(arraystow::Attr::from(3_i64).as_f64(), Some(3.0));
    /// ```
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Returns the integer, if the value is one.
    ///
    /// ```
    /// assert_eq!(arraystow::Attr::from(3_i64).as_i64(), Some(3));
    /// ```
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Bytes in memory and, about, in a file.
    pub(crate) fn byte_len(&self) -> usize {
        match self {
            Self::Int(_) | Self::Float(_) => 8,
            Self::Text(text) => text.len(),
            Self::Ints(list) => list.len().saturating_mul(8),
            Self::Floats(list) => list.len().saturating_mul(8),
            // Strings of one length in a file.
            Self::Texts(list) => list.iter().map(String::len).max().unwrap_or(0).max(1).saturating_mul(list.len()),
        }
    }

    /// Whether no number is NaN or infinite.
    pub(crate) fn is_finite(&self) -> bool {
        match self {
            Self::Float(number) => number.is_finite(),
            Self::Floats(list) => list.iter().all(|number| number.is_finite()),
            _ => true,
        }
    }

    /// Whether a string has the character NUL, which ends a string in HDF5.
    pub(crate) fn has_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.contains('\0'),
            Self::Texts(texts) => texts.iter().any(|text| text.contains('\0')),
            _ => false,
        }
    }
}

fn bits(list: &[f64]) -> impl Iterator<Item = u64> {
    list.iter().map(|number| number.to_bits())
}

impl PartialEq for Attr {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Ints(a), Self::Ints(b)) => a == b,
            (Self::Floats(a), Self::Floats(b)) => bits(a).eq(bits(b)),
            (Self::Texts(a), Self::Texts(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Attr {}

impl Hash for Attr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Int(number) => number.hash(state),
            Self::Float(number) => number.to_bits().hash(state),
            Self::Text(text) => text.hash(state),
            Self::Ints(list) => list.hash(state),
            Self::Floats(list) => bits(list).for_each(|number| number.hash(state)),
            Self::Texts(list) => list.hash(state),
        }
    }
}

impl<'de> Deserialize<'de> for Attr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AttrVisitor { lists: true })
    }
}

/// The most values in a list. The size of all attributes of an array allows for fewer.
const MOST_VALUES: usize = 32 << 10;

/// Reads a value.
#[derive(Clone, Copy)]
struct AttrVisitor {
    /// Whether it may be a list.
    lists: bool,
}

impl<'de> DeserializeSeed<'de> for AttrVisitor {
    type Value = Attr;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Attr, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AttrVisitor {
    type Value = Attr;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.lists {
            "a string, a number, or a list of strings or of numbers"
        } else {
            "a string or a number"
        })
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Attr, E> {
        Ok(Attr::Int(number))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Attr, E> {
        Ok(i64::try_from(number).map_or(Attr::Float(number as f64), Attr::Int))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Attr, E> {
        Ok(Attr::Float(number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Attr, E> {
        Ok(Attr::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Attr, A::Error> {
        if !self.lists {
            return Err(A::Error::custom("a list in an attribute contains another list"));
        }
        let mut attr = Attr::Ints(Vec::new());
        let mut count = 0;
        while let Some(value) = list.next_element_seed(Self { lists: false })? {
            count += 1;
            if count > MOST_VALUES {
                return Err(A::Error::custom(format!("a list in an attribute has more than {MOST_VALUES} values")));
            }
            match (&mut attr, value) {
                (Attr::Ints(list), Attr::Int(number)) => list.push(number),
                (Attr::Floats(list), Attr::Float(number)) => list.push(number),
                (Attr::Floats(list), Attr::Int(number)) => list.push(number as f64),
                (Attr::Texts(list), Attr::Text(text)) => list.push(text),
                (Attr::Ints(list), Attr::Float(number)) => {
                    let floats = list.iter().map(|number| *number as f64).chain([number]);
                    attr = Attr::Floats(floats.collect());
                }
                (Attr::Ints(list), Attr::Text(text)) if list.is_empty() => attr = Attr::Texts(vec![text]),
                _ => return Err(A::Error::custom("a list in an attribute has both strings and numbers")),
            }
        }
        Ok(attr)
    }
}

impl fmt::Display for Attr {
    /// The text itself; numbers and lists as Rust shows them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Text(text) => f.pad(text),
            Self::Ints(list) => write!(f, "{list:?}"),
            Self::Floats(list) => write!(f, "{list:?}"),
            Self::Texts(list) => write!(f, "{list:?}"),
        }
    }
}

macro_rules! from {
    ($($from:ty => $variant:ident, |$value:ident| $into:expr;)*) => {
        $(impl From<$from> for Attr {
            fn from($value: $from) -> Self {
                Self::$variant($into)
            }
        })*
    };
}

from! {
    &str => Text, |text| text.to_owned();
    String => Text, |text| text;
    i32 => Int, |number| number.into();
    u32 => Int, |number| number.into();
    i64 => Int, |number| number;
    f32 => Float, |number| number.into();
    f64 => Float, |number| number;
    Vec<i64> => Ints, |list| list;
    Vec<f64> => Floats, |list| list;
    Vec<String> => Texts, |list| list;
    &[i64] => Ints, |list| list.to_vec();
    &[f64] => Floats, |list| list.to_vec();
    &[&str] => Texts, |list| list.iter().map(|text| (*text).to_owned()).collect();
}

impl<const N: usize> From<[i64; N]> for Attr {
    fn from(list: [i64; N]) -> Self {
        Self::Ints(list.to_vec())
    }
}

impl<const N: usize> From<[f64; N]> for Attr {
    fn from(list: [f64; N]) -> Self {
        Self::Floats(list.to_vec())
    }
}

impl<const N: usize> From<[&str; N]> for Attr {
    fn from(list: [&str; N]) -> Self {
        Self::Texts(list.iter().map(|text| (*text).to_owned()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_themselves_after_json_and_cbor() {
        let all = [
            Attr::from("K"),
            Attr::from(3_i64),
            Attr::from(2.5),
            Attr::from(-0.0),
            Attr::from([1_i64, -2]),
            Attr::from([0.5, -0.0]),
            Attr::from(["a", ""]),
        ];
        for attr in all {
            let json = serde_json::to_string(&attr).ok();
            assert_eq!(json.and_then(|json| serde_json::from_str::<Attr>(&json).ok()), Some(attr.clone()));
            let cbor = cbor4ii::serde::to_vec(Vec::new(), &attr).ok();
            assert_eq!(cbor.and_then(|cbor| cbor4ii::serde::from_slice::<Attr>(&cbor).ok()), Some(attr));
        }
    }

    #[test]
    fn lists_are_of_one_kind() {
        let read = |json: &str| serde_json::from_str::<Attr>(json).ok();
        assert_eq!(read("[1, 2.5]"), Some(Attr::from([1.0, 2.5])));
        assert_eq!(read("[]"), Some(Attr::Ints(Vec::new())));
        for wrong in ["[1, \"a\"]", "[\"a\", 1]", "[[1]]", "[null]", "true", "{}"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn floats_are_compared_by_their_bits() {
        assert_eq!(Attr::from(f64::NAN), Attr::from(f64::NAN));
        assert_ne!(Attr::from(0.0), Attr::from(-0.0));
        assert_ne!(Attr::from(1.0), Attr::from(1_i64));
    }
}
