//! Packed strings: the bytes of elements that are strings of any length.
//!
//! Each string is its length in four bytes, little-endian, then its UTF-8. The strings of a chunk follow each other in
//! C order.

use crate::error::{Error, Result};

/// Bytes of a length.
const LENGTH: usize = 4;

/// Takes the first text, with its length and without. Returns the bytes behind it, too.
fn split(packed: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (len, rest) = packed.split_first_chunk::<LENGTH>()?;
    let len = usize::try_from(u32::from_le_bytes(*len)).ok()?;
    let (text, rest) = rest.split_at_checked(len)?;
    Some((packed.get(..LENGTH + len)?, text, rest))
}

/// Appends a string.
pub(crate) fn push(text: &[u8], out: &mut Vec<u8>) -> Result<()> {
    let len = u32::try_from(text.len()).map_err(|_| Error::limit("a string has 4 GiB or more"))?;
    out.try_reserve(LENGTH.saturating_add(text.len())).map_err(|_| Error::limit("there is no memory for strings"))?;
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(text);
    Ok(())
}

/// The one text that these bytes are.
pub(crate) fn only(packed: &[u8]) -> Option<&[u8]> {
    split(packed).filter(|(_, _, rest)| rest.is_empty()).map(|(_, text, _)| text)
}

/// The strings, which must be `count`, each with its length or without.
fn list(packed: &[u8], count: usize, with_length: bool) -> Result<Vec<&[u8]>> {
    // Each has its length at least, so that the memory is bounded by that of the bytes.
    let damaged = || Error::corrupt(format!("it does not hold the {count} strings that it should"));
    if count > packed.len() / LENGTH {
        return Err(damaged());
    }
    let mut texts = Vec::new();
    texts.try_reserve_exact(count).map_err(|_| Error::limit("there is no memory for a chunk of strings"))?;
    let mut left = packed;
    for _ in 0..count {
        let (whole, text, rest) = split(left).ok_or_else(damaged)?;
        texts.push(if with_length { whole } else { text });
        left = rest;
    }
    if left.is_empty() { Ok(texts) } else { Err(damaged()) }
}

/// The strings, which must be `count`.
pub(crate) fn texts(packed: &[u8], count: usize) -> Result<Vec<&[u8]>> {
    list(packed, count, false)
}

/// The strings, which must be `count`, each with its length before it.
#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub(crate) fn with_lengths(packed: &[u8], count: usize) -> Result<Vec<&[u8]>> {
    list(packed, count, true)
}

/// All strings.
pub(crate) fn all(packed: &[u8]) -> Result<Vec<&[u8]>, String> {
    let (mut texts, mut left) = (Vec::new(), packed);
    while !left.is_empty() {
        let (_, text, rest) = split(left).ok_or("a string is cut off")?;
        texts.push(text);
        left = rest;
    }
    Ok(texts)
}

/// Where each string ends, its length before it counted in. Stops at a string that is cut off.
pub(crate) fn ends(packed: &[u8]) -> Vec<usize> {
    let (mut ends, mut left) = (Vec::new(), packed);
    while let Some((whole, _, rest)) = split(left) {
        ends.push(ends.last().copied().unwrap_or(0) + whole.len());
        left = rest;
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_as_they_were_packed() {
        let mut packed = Vec::new();
        for text in ["", "Rhein", "ü"] {
            push(text.as_bytes(), &mut packed).unwrap();
        }
        assert_eq!(texts(&packed, 3).unwrap(), [&b""[..], b"Rhein", "ü".as_bytes()]);
        assert_eq!(with_lengths(&packed, 3).unwrap().concat(), packed);
        assert_eq!(ends(&packed), [4, 13, 19]);
        assert_eq!(only(&packed[4..13]), Some(&b"Rhein"[..]));
        assert_eq!(only(&packed), None);
    }

    #[test]
    fn what_is_cut_off_or_too_long_is_refused() {
        let mut packed = Vec::new();
        push(b"abc", &mut packed).unwrap();
        for damaged in
            [&packed[..6], &packed[..3], &[], &[0xff, 0xff, 0xff, 0xff, 1], &[packed.as_slice(), b"x"].concat()]
        {
            assert!(texts(damaged, 1).is_err(), "{damaged:?}");
        }
        assert!(texts(&packed, usize::MAX).is_err());
        assert!(texts(&packed, 0).is_err());
    }
}
