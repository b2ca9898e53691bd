//! The formats of arrays, and the options of new arrays.

#[cfg(feature = "zarr")]
use super::zarr::{ZarrOptions, ZarrVersion};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The format that arrays are stored in.
///
/// The option sets the format of new arrays. A folder may hold arrays of both formats, and both are read. An object
/// store holds only Zarr arrays.
///
/// ```
/// use arraystow::ArrayFormat;
///
/// let format: ArrayFormat = "zarr".parse()?;
/// assert_eq!(format, ArrayFormat::Zarr);
/// assert_eq!(format.to_string(), "zarr");
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ArrayFormat {
    /// HDF5: a file for each array. Needs the feature `hdf5`.
    Hdf5,
    /// Zarr: a folder for each array, in it a file for each chunk. Needs the feature `zarr`.
    Zarr,
}

impl ArrayFormat {
    const ALL: [Self; 2] = [Self::Hdf5, Self::Zarr];

    /// Returns the default format of new arrays in a folder: HDF5, if it is built in.
    pub(crate) const fn of_folders() -> Self {
        if cfg!(feature = "zarr") && !cfg!(feature = "hdf5") { Self::Zarr } else { Self::Hdf5 }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Hdf5 => "hdf5",
            Self::Zarr => "zarr",
        }
    }

    /// Fails if the format is not built in.
    pub(crate) fn check_built(self) -> Result<()> {
        let is_built = match self {
            Self::Hdf5 => cfg!(feature = "hdf5"),
            Self::Zarr => cfg!(feature = "zarr"),
        };
        if is_built { Ok(()) } else { Err(self.not_built()) }
    }

    /// The error for arrays of a format that is not built in.
    pub(crate) fn not_built(self) -> Error {
        Error::unsupported(format!("arrays of the format {self} need the feature `{self}` of arraystow"))
    }
}

impl fmt::Display for ArrayFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ArrayFormat {
    type Err = Error;

    /// # Errors
    /// `InvalidInput` for any other string than `hdf5` and `zarr`.
    fn from_str(text: &str) -> Result<Self> {
        let known = Self::ALL.into_iter().find(|format| format.name() == text);
        known.ok_or_else(|| Error::invalid(format!("{text:?} is not an array format: write \"hdf5\" or \"zarr\"")))
    }
}

/// The options of new arrays that were chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ArrayOptions {
    pub(crate) format: Option<ArrayFormat>,
    #[cfg(feature = "zarr")]
    pub(crate) zarr_version: Option<ZarrVersion>,
    #[cfg(feature = "zarr")]
    pub(crate) shard_bytes: Option<usize>,
}

impl ArrayOptions {
    /// Fails if an option has no meaning for arrays of this format.
    pub(crate) fn check(&self, format: ArrayFormat) -> Result<()> {
        #[cfg(feature = "zarr")]
        if format == ArrayFormat::Hdf5 {
            let refuse = |option: &str| {
                Err(Error::invalid(format!(
                    "the option {option} is for Zarr arrays, but new arrays are HDF5 files here: remove it, or choose \
                     ArrayFormat::Zarr"
                )))
            };
            if self.zarr_version.is_some() {
                return refuse("zarr_version");
            }
            if self.shard_bytes.is_some() {
                return refuse("shard_bytes");
            }
        }
        let _ = format;
        Ok(())
    }

    #[cfg(feature = "zarr")]
    pub(crate) fn zarr(&self) -> ZarrOptions {
        ZarrOptions {
            version: self.zarr_version.unwrap_or_default(),
            shard_bytes: self.shard_bytes.unwrap_or_default(),
        }
    }
}
