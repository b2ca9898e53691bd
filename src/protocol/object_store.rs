//! The protocol for object stores: a client of the store, and a folder in it.

use super::objects::Objects;
use crate::error::Result;
use object_store::ObjectStore;
use std::fmt;
use std::sync::Arc;

/// The protocol for object stores: arrays are Zarr arrays in a folder of a store.
///
/// The client is any [`ObjectStore`]: Amazon S3 and servers with its protocol, Google's and Microsoft's stores, memory.
/// [`S3Protocol`] is another name for it.
///
/// ```
/// use arraystow::{ObjectStoreProtocol, Protocols};
/// use std::sync::Arc;
///
/// let client = Arc::new(object_store::memory::InMemory::new());
/// let protocols = Protocols::new().with_object_store(ObjectStoreProtocol::new(client, "results/arrays")?);
/// let document = arraystow::to_vec(&ndarray::Array1::from_iter(0..10_000), &protocols)?;
/// let array: ndarray::Array1<i32> = arraystow::from_slice(&document, &protocols)?;
/// assert_eq!(array[9_999], 9_999);
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone)]
pub struct ObjectStoreProtocol {
    objects: Objects,
}

/// Another name for [`ObjectStoreProtocol`], whose client is then one of S3.
pub type S3Protocol = ObjectStoreProtocol;

impl ObjectStoreProtocol {
    /// Returns the protocol for a folder of the client's store. Arrays are written to `<folder>/dask_arrays/<uuid>`.
    ///
    /// # Errors
    /// `InvalidName` if the folder's name is not valid.
    pub fn new(client: Arc<dyn ObjectStore>, folder: &str) -> Result<Self> {
        let store = client.to_string();
        Ok(Self { objects: Objects::new(client, folder, store)? })
    }

    pub(crate) fn of(objects: Objects) -> Self {
        Self { objects }
    }

    pub(crate) fn objects(&self) -> &Objects {
        &self.objects
    }
}

impl fmt::Debug for ObjectStoreProtocol {
    /// Shows the place, and no credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ObjectStoreProtocol({})", self.objects.describe(""))
    }
}
