//! Zarr arrays in object stores.

use super::ZarrStore;
use crate::error::Result;
use crate::protocol::{Objects, open_url};
use object_store::ObjectStore;
use std::sync::Arc;

#[cfg_attr(docsrs, doc(cfg(any(feature = "s3", feature = "gcs", feature = "azure"))))]
impl ZarrStore {
    pub(super) fn open_url(url: &str) -> Result<Self> {
        Self::open_with::<String, String>(url, [])
    }

    /// Opens the folder at a URL, with options of the object store; see
    /// [`Storage::open_with`](crate::Storage::open_with).
    ///
    /// # Errors
    /// As for [`Storage::open_with`](crate::Storage::open_with).
    pub fn open_with<K, V>(url: &str, options: impl IntoIterator<Item = (K, V)>) -> Result<Self>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let options: Vec<_> = options.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
        let objects = open_url(url, &options)?;
        let location = objects.describe("");
        Ok(Self::of(Arc::new(objects), location))
    }

    /// Opens a folder of any object store.
    ///
    /// ```
    /// use arraystow::{Storage, ZarrStore};
    /// use std::sync::Arc;
    ///
    /// let client = Arc::new(object_store::memory::InMemory::new());
    /// Storage::from_object_store(client.clone(), "grids")?.save("ones", &ndarray::Array2::<f32>::ones((50, 60)))?;
    ///
    /// let store = ZarrStore::from_object_store(client, "grids/bigdata/dask_arrays")?;
    /// let found = store.arrays("/")?.arrays;
    /// assert_eq!(store.array(&found[0].path)?.shape(), [50, 60]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidName` if the folder's name is invalid.
    pub fn from_object_store(client: Arc<dyn ObjectStore>, folder: &str) -> Result<Self> {
        let name = client.to_string();
        let objects = Objects::new(client, folder, name)?;
        let location = objects.describe("");
        Ok(Self::of(Arc::new(objects), location))
    }
}
