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
    /// Bytes shuffled, then Zstandard of this level, 1 to 22: faster and smaller; h5py needs `hdf5plugin` for it.
    Zstd(u8),
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
            _ => Ok(()),
        }
    }
}
