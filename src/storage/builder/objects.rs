//! The functions and options of storages in object stores.

use super::StorageBuilder;
use crate::error::{Error, Result};
use crate::protocol::{ArrayFormat, Objects, open_url};
use crate::storage::Storage;
use crate::storage::objects::{DEFAULT_LEASE, ObjectFolder};
use crate::storage::place::Place;
use object_store::ObjectStore;
use std::path::PathBuf;
use std::sync::Arc;

#[cfg_attr(docsrs, doc(cfg(any(feature = "s3", feature = "gcs", feature = "azure"))))]
impl Storage {
    /// Returns a storage in an object store, with the store's options: `aws_endpoint`, `aws_access_key_id` and so on.
    /// The environment variables `AWS_*` are used as well. If these are enough, [`open`](Self::open) also takes a URL.
    ///
    /// ```
    /// use arraystow::Storage;
    ///
    /// let options = [("aws_endpoint", "https://s3.example.org"), ("aws_region", "here")];
    /// let storage = Storage::open_with("s3://bucket/surveys", options)?;
    /// assert_eq!(storage.location(), "s3://bucket/surveys");
    ///
    /// let error = Storage::open_with("s3://bucket/surveys", [("aws_endpiont", "https://s3.example.org")]).unwrap_err();
    /// assert!(error.to_string().contains("did you mean \"aws_endpoint\""));
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidInput` for an unknown option, with the nearest known one, and for an invalid value of an option;
    /// `Unsupported` for another scheme than `s3`, `gs` (feature `gcs`), `az` (feature `azure`) and `memory`.
    pub fn open_with<K, V>(url: &str, options: impl IntoIterator<Item = (K, V)>) -> Result<Self>
    where
        K: Into<String>,
        V: Into<String>,
    {
        options.into_iter().fold(Self::builder(url), |builder, (key, value)| builder.option(key, value)).open()
    }

    /// Returns a storage in a folder of any object store.
    ///
    /// ```
    /// use arraystow::Storage;
    /// use std::sync::Arc;
    ///
    /// let client = Arc::new(object_store::memory::InMemory::new());
    /// let storage = Storage::from_object_store(client, "results/2026")?;
    /// storage.save("answer", &42)?;
    /// assert_eq!(storage.load::<i32>("answer")?, 42);
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the folder's name is invalid.
    pub fn from_object_store(client: Arc<dyn ObjectStore>, folder: &str) -> Result<Self> {
        StorageBuilder::from_object_store(client, folder).open()
    }
}

#[cfg_attr(docsrs, doc(cfg(any(feature = "s3", feature = "gcs", feature = "azure"))))]
impl StorageBuilder {
    /// Returns the options of a storage in a folder of any object store; see [`Storage::from_object_store`].
    ///
    /// ```
    /// use arraystow::{Codec, StorageBuilder};
    /// use std::sync::Arc;
    ///
    /// let client = Arc::new(object_store::memory::InMemory::new());
    /// let storage = StorageBuilder::from_object_store(client, "some/folder").codec(Codec::zstd(3)?).open()?;
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    pub fn from_object_store(client: Arc<dyn ObjectStore>, folder: impl Into<String>) -> Self {
        let mut builder = Self::new(PathBuf::new());
        builder.client = Some((client, folder.into()));
        builder
    }

    /// Sets an option of the object store, such as `("aws_endpoint", "https://...")`.
    pub fn option(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.options.push((key.into(), value.into()));
        self
    }

    pub(super) fn place_of_client(&self) -> Option<Result<Arc<dyn Place>>> {
        let (client, folder) = self.client.as_ref()?;
        if let Some((key, _)) = self.options.first() {
            let text = format!("a client already has its options, so {key:?} would have no effect");
            return Some(Err(Error::invalid(text)));
        }
        let objects = Objects::new(client.clone(), folder, client.to_string());
        Some(objects.and_then(|objects| self.object_folder(objects)))
    }

    pub(super) fn place_of_url(&self) -> Result<Arc<dyn Place>> {
        let objects = open_url(&self.root.to_string_lossy(), &self.options)?;
        self.object_folder(objects)
    }

    fn object_folder(&self, objects: Objects) -> Result<Arc<dyn Place>> {
        if self.durability.is_some() {
            return Err(Error::invalid(
                "an object store is durable by itself, and has no option `durability`: leave it out",
            ));
        }
        if self.arrays.format == Some(ArrayFormat::Hdf5) {
            return Err(Error::unsupported("an object store has only Zarr arrays: choose no other format"));
        }
        let lease = self.lease.unwrap_or(DEFAULT_LEASE);
        Ok(Arc::new(ObjectFolder::new(objects, self.arrays, self.limits, lease)))
    }
}
