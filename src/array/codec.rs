//! How chunks are compressed, and the one grammar in which a codec is written.

use crate::error::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A codec: how the chunks of an array are compressed. A storage has a codec for new arrays, and an array can have its
/// own.
///
/// A codec is written as a name and, where it has levels, a level: `none`, `gzip:6`, `zstd:3`, `blosc`, `pcodec:8`.
/// This is the grammar of [`FromStr`], [`Display`](fmt::Display), serde and `#[stow(codec = "zstd:3")]`.
///
/// ```
/// use arraystow::Codec;
///
/// let codec = Codec::zstd(3)?;
/// assert_eq!(codec, "zstd:3".parse()?);
/// assert_eq!(codec.to_string(), "zstd:3");
/// assert_eq!((codec.name(), codec.level()), ("zstd", Some(3)));
/// assert!(Codec::zstd(23).is_err());
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Codec(CodecKind);

/// A codec by its name, with a level that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum CodecKind {
    #[default]
    None,
    Gzip(u8),
    Zstd(u8),
    Blosc,
    Pcodec(u8),
}

const NO_SUCH_CODEC: &str = r#"there is no such codec: choose "none", "gzip:1" to "gzip:12", "zstd:1" to "zstd:22", "blosc", or "pcodec:0" to "pcodec:12""#;
const GZIP_LEVELS: &str = r#"gzip has the levels 1 to 12, as in "gzip:6""#;
const ZSTD_LEVELS: &str = r#"zstd has the levels 1 to 22, as in "zstd:3""#;
const PCODEC_LEVELS: &str = r#"pcodec has the levels 0 to 12, as in "pcodec:8""#;

impl Codec {
    /// No compression: the fastest to write and to read. The default in HDF5.
    pub const NONE: Self = Self(CodecKind::None);

    /// Blosc: bytes shuffled, then LZ4. Only for Zarr, where it is the default. It is very fast and compresses smooth
    /// numbers better than zstd.
    pub const BLOSC: Self = Self(CodecKind::Blosc);

    /// Returns the codec gzip (zlib's format), in HDF5 after byte shuffling, which every HDF5 reader supports. The
    /// levels are 1 to 12. In Zarr, levels above 9 are stored as 9.
    ///
    /// ```
    /// # use arraystow::Codec;
    /// assert_eq!(Codec::gzip(4)?.to_string(), "gzip:4");
    /// assert!(Codec::gzip(100).is_err());
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there is no such level.
    pub fn gzip(level: u8) -> Result<Self> {
        Self::checked("gzip", level)
    }

    /// Returns the codec Zstandard, in HDF5 after byte shuffling. It is faster than gzip and compresses better. h5py
    /// needs `hdf5plugin` to read it. The levels are 1 to 22.
    ///
    /// # Errors
    /// `InvalidInput` if there is no such level.
    pub fn zstd(level: u8) -> Result<Self> {
        Self::checked("zstd", level)
    }

    /// Returns the codec pcodec, which compresses smooth numbers best by far, and is as slow as gzip. Only for Zarr.
    /// Arrays of `bool`, 8-bit integers and complex numbers, which it does not support, are compressed with
    /// [`BLOSC`](Self::BLOSC). The levels are 0 to 12.
    ///
    /// ```
    /// # use arraystow::Codec;
    /// assert_eq!(Codec::pcodec(8)?.to_string(), "pcodec:8");
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` if there is no such level.
    pub fn pcodec(level: u8) -> Result<Self> {
        Self::checked("pcodec", level)
    }

    fn checked(name: &str, level: u8) -> Result<Self> {
        Self::with_level(name.as_bytes(), level).map_err(|rule| Error::invalid(format!("{rule}, not {level}")))
    }

    /// Returns the name without the level: `none`, `gzip`, `zstd`, `blosc` or `pcodec`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            CodecKind::None => "none",
            CodecKind::Gzip(_) => "gzip",
            CodecKind::Zstd(_) => "zstd",
            CodecKind::Blosc => "blosc",
            CodecKind::Pcodec(_) => "pcodec",
        }
    }

    /// Returns the level, if the codec has levels.
    #[must_use]
    pub const fn level(self) -> Option<u8> {
        match self.0 {
            CodecKind::Gzip(level) | CodecKind::Zstd(level) | CodecKind::Pcodec(level) => Some(level),
            CodecKind::None | CodecKind::Blosc => None,
        }
    }

    pub(crate) const fn kind(self) -> CodecKind {
        self.0
    }

    /// Parses a codec. The error is the rule that the string violates. The function is `const`, so that an invalid
    /// codec in a macro's attribute is a compile error.
    #[doc(hidden)]
    pub const fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.as_bytes();
        let mut colon = 0;
        while colon < text.len() && text[colon] != b':' {
            colon += 1;
        }
        let (name, rest) = text.split_at(colon);
        match (name, rest) {
            (b"none", []) => Ok(Self::NONE),
            (b"blosc", []) => Ok(Self::BLOSC),
            (b"none", _) => Err(r#"none has no levels: write "none""#),
            (b"blosc", _) => Err(r#"blosc has no levels: write "blosc""#),
            // No codec has a level of more than two digits.
            (_, [b':', ones @ b'0'..=b'9']) => Self::with_level(name, *ones - b'0'),
            (_, [b':', tens @ b'1'..=b'9', ones @ b'0'..=b'9']) => {
                Self::with_level(name, (*tens - b'0') * 10 + (*ones - b'0'))
            }
            _ => Self::with_level(name, u8::MAX),
        }
    }

    const fn with_level(name: &[u8], level: u8) -> Result<Self, &'static str> {
        match (name, level) {
            (b"gzip", 1..=12) => Ok(Self(CodecKind::Gzip(level))),
            (b"zstd", 1..=22) => Ok(Self(CodecKind::Zstd(level))),
            (b"pcodec", 0..=12) => Ok(Self(CodecKind::Pcodec(level))),
            (b"gzip", _) => Err(GZIP_LEVELS),
            (b"zstd", _) => Err(ZSTD_LEVELS),
            (b"pcodec", _) => Err(PCODEC_LEVELS),
            _ => Err(NO_SUCH_CODEC),
        }
    }
}

impl FromStr for Codec {
    type Err = Error;

    /// Parses `none`, `gzip:6`, `zstd:3`, `blosc`, `pcodec:8`.
    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text).map_err(|rule| Error::invalid(format!("{rule}, not {text:?}")))
    }
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level() {
            Some(level) => write!(f, "{}:{level}", self.name()),
            None => f.write_str(self.name()),
        }
    }
}

impl Serialize for Codec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Codec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(super::text::Parsed::new("a codec, such as \"zstd:3\""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every codec there is.
    fn all() -> impl Iterator<Item = Codec> {
        let levels = |codec: fn(u8) -> Result<Codec>| (0..=u8::MAX).filter_map(move |level| codec(level).ok());
        [Codec::NONE, Codec::BLOSC]
            .into_iter()
            .chain(levels(Codec::gzip))
            .chain(levels(Codec::zstd))
            .chain(levels(Codec::pcodec))
    }

    #[test]
    fn every_codec_is_read_as_it_is_written() {
        assert_eq!(all().count(), 2 + 12 + 22 + 13);
        for codec in all() {
            let text = codec.to_string();
            assert_eq!(text.parse::<Codec>().ok(), Some(codec), "{text}");
            let json = serde_json::to_string(&codec).ok();
            assert_eq!(json, Some(format!("{text:?}")));
            assert_eq!(serde_json::from_str::<Codec>(&format!("{text:?}")).ok(), Some(codec));
        }
    }

    #[test]
    fn what_is_no_codec_is_refused_with_what_there_is() {
        for (text, rule) in [
            ("", NO_SUCH_CODEC),
            ("lz4", NO_SUCH_CODEC),
            ("ZSTD:3", NO_SUCH_CODEC),
            (" zstd:3", NO_SUCH_CODEC),
            ("zstd", ZSTD_LEVELS),
            ("zstd:", ZSTD_LEVELS),
            ("zstd:0", ZSTD_LEVELS),
            ("zstd:03", ZSTD_LEVELS),
            ("zstd:23", ZSTD_LEVELS),
            ("zstd:255", ZSTD_LEVELS),
            ("zstd:300", ZSTD_LEVELS),
            ("zstd 3", NO_SUCH_CODEC),
            ("zstd:3 ", ZSTD_LEVELS),
            ("gzip:fast", GZIP_LEVELS),
            ("gzip:-1", GZIP_LEVELS),
            ("gzip:13", GZIP_LEVELS),
            ("pcodec:13", PCODEC_LEVELS),
            ("blosc:3", r#"blosc has no levels: write "blosc""#),
            ("none:0", r#"none has no levels: write "none""#),
        ] {
            assert_eq!(Codec::parse(text), Err(rule), "{text:?}");
            let error = text.parse::<Codec>().err().map(|error| error.to_string());
            assert_eq!(error, Some(format!("{rule}, not {text:?}")));
        }
    }
}
