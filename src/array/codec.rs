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
    /// Refuses a level that does not exist.
    pub(crate) fn check(self) -> crate::Result<()> {
        match self {
            Self::Gzip(level) if !(1..=12).contains(&level) => {
                Err(crate::Error::invalid(format!("gzip has the levels 1 to 12, not {level}")))
            }
            Self::Zstd(level) if !(1..=22).contains(&level) => {
                Err(crate::Error::invalid(format!("zstd has the levels 1 to 22, not {level}")))
            }
            Self::Pcodec(level) if level > 12 => {
                Err(crate::Error::invalid(format!("pcodec has the levels 0 to 12, not {level}")))
            }
            _ => Ok(()),
        }
    }
}
