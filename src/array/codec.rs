//! How chunks are compressed.

/// How the chunks of an array are compressed. Chosen per storage; every array remembers its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Codec {
    /// Not at all: the fastest to write and to read.
    #[default]
    None,
    /// Bytes shuffled, then gzip (zlib's format) of this level, 1 to 12: every HDF5 reader opens it.
    Gzip(u8),
    /// Bytes shuffled, then Zstandard of this level, 1 to 22: faster and smaller; h5py needs `hdf5plugin` for it. In Zarr
    /// without the shuffling.
    Zstd(u8),
    /// Blosc: bytes shuffled, then LZ4. Only in Zarr, where it is what is used if nothing is chosen: it costs next
    /// to nothing and gets smooth numbers smaller than zstd does.
    Blosc,
    /// Pcodec of this level, 0 to 12: by far the smallest for smooth numbers, and as slow as gzip. Only in Zarr; arrays of
    /// `bool`, 8-bit integers and complex numbers, which it does not have, get [`Blosc`](Self::Blosc).
    Pcodec(u8),
}

impl Codec {
    /// The rule that a level breaks, if there is no such level. `const`, so that a macro's user has it when he compiles.
    #[doc(hidden)]
    #[must_use]
    pub const fn broken_rule(self) -> Option<&'static str> {
        match self {
            Self::Gzip(1..=12) | Self::Zstd(1..=22) | Self::Pcodec(0..=12) | Self::None | Self::Blosc => None,
            Self::Gzip(_) => Some("gzip has the levels 1 to 12"),
            Self::Zstd(_) => Some("zstd has the levels 1 to 22"),
            Self::Pcodec(_) => Some("pcodec has the levels 0 to 12"),
        }
    }

    /// Refuses a level that does not exist.
    pub(crate) fn check(self) -> crate::Result<()> {
        let (Self::Gzip(level) | Self::Zstd(level) | Self::Pcodec(level)) = self else { return Ok(()) };
        self.broken_rule().map_or(Ok(()), |rule| Err(crate::Error::invalid(format!("{rule}, not {level}"))))
    }
}
