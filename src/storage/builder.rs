//! The options of a storage.

use super::Storage;
use super::folder::Folder;
use crate::array::Codec;
use crate::error::{Error, Result};
use crate::plugin::Format;
use std::path::PathBuf;
use std::sync::Arc;

/// The options of a [`Storage`]; see [`Storage::builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct StorageBuilder {
    root: PathBuf,
    codec: Option<Codec>,
    format: Format,
}

impl StorageBuilder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, codec: None, format: Format::default() }
    }

    /// How the chunks of arrays saved from now on are compressed.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
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
        if let Some(codec) = self.codec {
            codec.check()?;
        }
        Ok(Storage { place: Arc::new(Folder::open(&self.root)?), codec: self.codec, format: self.format })
    }
}
