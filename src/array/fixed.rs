//! Strings and bytes of a fixed length as elements.

use super::encoding::Encoding;
use super::{DataType, Element, SubarrayType};
use crate::error::{Error, Result};
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A UTF-8 string of at most `N` bytes.
///
/// In HDF5 such elements are strings of a fixed length, in Zarr and numpy null-terminated bytes (`S16`). The string
/// cannot end with the character NUL.
///
/// ```
/// use arraystow::{ChunkedArray, FixedText};
///
/// let rivers = ndarray::array!["Rhine", "Donau"].map(|name| FixedText::<16>::new(name).unwrap());
/// let rivers = ChunkedArray::from(rivers);
/// assert_eq!(rivers.compute()?[[1]].as_str(), "Donau");
/// assert!(FixedText::<4>::new("Rhine").is_err());
/// # Ok::<(), arraystow::Error>(())
/// ```
///
/// With serde it is a string.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedText<const N: usize>([u8; N]);

impl<const N: usize> FixedText<N> {
    /// Returns the string as an element.
    ///
    /// # Errors
    /// `InvalidInput` if it has more than `N` bytes, or ends with the character NUL.
    pub fn new(text: impl AsRef<str>) -> Result<Self> {
        let text = text.as_ref();
        let mut bytes = [0; N];
        match bytes.get_mut(..text.len()) {
            Some(own) if !text.ends_with('\0') => own.copy_from_slice(text.as_bytes()),
            Some(_) => return Err(Error::invalid(format!("the string {text:?} ends with the character NUL"))),
            None => {
                let len = text.len();
                return Err(Error::invalid(format!("the string {text:?} has {len} bytes, and at most {N} fit")));
            }
        }
        Ok(Self(bytes))
    }

    /// Returns the string. See [`FixedText`] for an example.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        // Always UTF-8: it was a string, or was checked.
        str::from_utf8(&self.0[..end]).unwrap_or_default()
    }
}

impl<const N: usize> Default for FixedText<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl<const N: usize> fmt::Display for FixedText<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> AsRef<str> for FixedText<N> {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl<const N: usize> TryFrom<&str> for FixedText<N> {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl<const N: usize> PartialEq<str> for FixedText<N> {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl<const N: usize> PartialEq<&str> for FixedText<N> {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl<const N: usize> Element for FixedText<N> {
    const DATA_TYPE: DataType = DataType::Text(N);
}

impl<const N: usize> Encoding for FixedText<N> {
    fn reads(stored: &DataType) -> bool {
        matches!(stored, DataType::Text(bytes) if *bytes <= N)
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    fn get(_: &DataType, bytes: &[u8]) -> Result<Self, String> {
        str::from_utf8(bytes).map_err(|error| format!("a string is not UTF-8: {error}"))?;
        let mut own = [0; N];
        own.get_mut(..bytes.len()).ok_or("a string is too long")?.copy_from_slice(bytes);
        Ok(Self(own))
    }

    fn memory(len: usize) -> Option<Vec<Self>> {
        super::default_memory(len)
    }
}

impl<const N: usize> Serialize for FixedText<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for FixedText<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text<const N: usize>;

        impl<const N: usize> Visitor<'_> for Text<N> {
            type Value = FixedText<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "a string of at most {N} bytes")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FixedText<N>, E> {
                FixedText::new(text).map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Text)
    }
}

/// `N` bytes without a meaning.
///
/// In HDF5 such elements are opaque, in Zarr raw bytes, in numpy `V16`.
///
/// ```
/// use arraystow::{ChunkedArray, FixedBytes};
///
/// let hashes = ChunkedArray::from(ndarray::array![FixedBytes([0xde, 0xad]), FixedBytes([0xbe, 0xef])]);
/// assert_eq!(hashes.compute()?[[1]].0, [0xbe, 0xef]);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FixedBytes<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for FixedBytes<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Element for FixedBytes<N> {
    const DATA_TYPE: DataType = DataType::Bytes(N);
}

impl<const N: usize> Encoding for FixedBytes<N> {
    fn reads(stored: &DataType) -> bool {
        *stored == Self::DATA_TYPE
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
        out.extend_from_slice(&self.0);
        Ok(())
    }

    fn get(_: &DataType, bytes: &[u8]) -> Result<Self, String> {
        bytes.try_into().map(Self).map_err(|_| format!("{} bytes instead of {N}", bytes.len()))
    }

    fn memory(len: usize) -> Option<Vec<Self>> {
        super::default_memory(len)
    }
}

impl<const N: usize> Serialize for FixedBytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for FixedBytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes<const N: usize>;

        impl<'de, const N: usize> Visitor<'de> for Bytes<N> {
            type Value = FixedBytes<N>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{N} bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<FixedBytes<N>, E> {
                bytes.try_into().map(FixedBytes).map_err(|_| E::invalid_length(bytes.len(), &self))
            }

            // Formats without bytes have a list of numbers.
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<FixedBytes<N>, A::Error> {
                let mut bytes = [0; N];
                for (index, byte) in bytes.iter_mut().enumerate() {
                    *byte = list.next_element()?.ok_or_else(|| A::Error::invalid_length(index, &self))?;
                }
                match list.next_element::<u8>()? {
                    None => Ok(FixedBytes(bytes)),
                    Some(_) => Err(A::Error::invalid_length(N + 1, &self)),
                }
            }
        }

        deserializer.deserialize_bytes(Bytes)
    }
}

struct Len<const N: usize>;

impl<const N: usize> Len<N> {
    const SHAPE: &'static [usize] = &[N];
}

/// Values of one type, as a field of a record.
impl<T: Element, const N: usize> Element for [T; N]
where
    [T; N]: Default,
{
    const DATA_TYPE: DataType = DataType::Subarray(SubarrayType::of_static(T::DATA_TYPE_REF, Len::<N>::SHAPE));
}

impl<T: Element, const N: usize> Encoding for [T; N]
where
    [T; N]: Default,
{
    fn reads(stored: &DataType) -> bool {
        matches!(stored, DataType::Subarray(stored) if stored.shape() == [N] && T::reads(stored.element()))
    }

    fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
        self.iter().try_for_each(|value| value.put(out))
    }

    fn get(stored: &DataType, bytes: &[u8]) -> Result<Self, String> {
        let DataType::Subarray(stored) = stored else { return Err("it is not a small array".to_owned()) };
        let mut values = Self::default();
        let parts = bytes.chunks_exact(stored.element().size().max(1));
        for (value, bytes) in values.iter_mut().zip(parts) {
            *value = T::get(stored.element(), bytes)?;
        }
        Ok(values)
    }

    fn memory(len: usize) -> Option<Vec<Self>> {
        super::default_memory(len)
    }
}
