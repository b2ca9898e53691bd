//! The options of a storage.

use super::Storage;
use crate::array::Codec;
use crate::error::{Error, Result};
use crate::plugin::Format;
use std::path::PathBuf;

/// The options of a [`Storage`]; see [`Storage::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct StorageBuilder {
    root: PathBuf,
    codec: Codec,
    format: Format,
}

impl StorageBuilder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, codec: Codec::default(), format: Format::default() }
    }

    /// How the chunks of arrays saved from now on are compressed.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = codec;
        self
    }

    /// The format of documents saved from now on; those of other formats are read all the same.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// The storage.
    ///
    /// # Errors
    /// `InvalidInput` if there is a file where the folder should be, or the codec's level does not exist; `Unsupported`
    /// for a URL.
    pub fn open(self) -> Result<Storage> {
        if let Some((scheme, _)) = self.root.to_str().and_then(|root| root.split_once("://")) {
            return Err(Error::unsupported(format!(
                "{scheme}:// is no place that this version of arraystow can store at: give a folder"
            )));
        }
        if self.root.as_os_str().is_empty() {
            return Err(Error::invalid("a storage needs a folder: \".\" is the current one"));
        }
        if std::fs::metadata(&self.root).is_ok_and(|metadata| !metadata.is_dir()) {
            return Err(Error::invalid("there is a file where the storage's folder should be")
                .at_location(self.root.display().to_string()));
        }
        self.codec.check()?;
        // Made absolute once: a later change of the working directory must not move the storage.
        let root = std::path::absolute(&self.root).map_err(|error| Error::io("cannot find the folder", error))?;
        Ok(Storage { root, codec: self.codec, format: self.format })
    }
}
