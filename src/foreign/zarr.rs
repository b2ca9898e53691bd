//! Zarr arrays of other programs.

#[cfg_attr(not(feature = "object-store"), path = "zarr/no_objects.rs")]
mod objects;

use super::array::array;
use crate::array::AnyArray;
use crate::backend::{ForeignZarr, FoundArrays};
use crate::engine::unblock;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::protocol::store::{ByteStore, FolderStore};
use crate::protocol::{Durability, spelling};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A folder with Zarr arrays of version 2 or 3 that were written by any program. The folder is local or in an object
/// store. Its arrays are [opened](Self::array) by their paths, and [listed](Self::arrays). Nothing is written.
///
/// [`docs/foreign.md`][foreign] lists the data types and codecs that are supported. For anything else, the error names
/// what is not supported.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{ArrayFormat, Storage, ZarrStore};
/// use ndarray::s;
///
/// let storage = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).open()?;
/// storage.save("grid", &ndarray::Array2::<f32>::ones((50, 60)))?;
///
/// let store = ZarrStore::open(folder.path().join("bigdata"))?; // or a URL: s3://bucket/folder
/// println!("{}", store.location()); // its absolute path, or its URL
/// let found = store.arrays("/dask_arrays")?.arrays;
/// let array = store.array(&found[0].path)?.downcast::<f32>()?;
/// assert_eq!(array.slice(s![..10, 3])?.sum()?, 10.0); // only the chunks touched are read
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The arrays must not change while they are read: such a change cannot be detected.
///
/// [foreign]: https://github.com/arraystow/arraystow/blob/main/docs/foreign.md
#[derive(Clone)]
#[must_use]
pub struct ZarrStore {
    store: ForeignZarr,
    location: String,
    limits: Limits,
}

impl ZarrStore {
    /// Opens the folder at this path or URL, as [`Storage::open`](crate::Storage::open) takes them: a Zarr group, an
    /// array, or a folder of them.
    ///
    /// # Errors
    /// `NotFound` if there is no such local folder; `InvalidInput` if it is not a folder, or the location is neither a
    /// path nor a URL; `Unsupported` if the URL is not of a supported object store.
    pub fn open(location: impl AsRef<Path>) -> Result<Self> {
        let path = location.as_ref();
        spelling::check(path)?;
        if let Some(url) = path.to_str().filter(|path| spelling::is_url(path)) {
            return Self::open_url(url);
        }
        let cannot = |error| Error::io("the folder cannot be opened", error).at_location(path.display().to_string());
        // Links in the user's path are resolved here, once; links below the folder are not followed.
        let path = std::fs::canonicalize(path).map_err(cannot)?;
        let location = path.display().to_string();
        if !path.is_dir() {
            return Err(
                Error::invalid("not a folder: give the path of a folder with Zarr arrays").at_location(location)
            );
        }
        Ok(Self::of(Arc::new(FolderStore::new(&path, Durability::default())), location))
    }

    fn of(store: Arc<dyn ByteStore>, location: String) -> Self {
        Self { store: ForeignZarr::new(store), location, limits: Limits::default() }
    }

    /// Sets the limits on what is read. The [defaults](Limits) suit the results of measurements and simulations.
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns the folder's absolute path, or its URL.
    #[must_use]
    pub fn location(&self) -> &str {
        &self.location
    }

    /// Returns the array at a path, such as `/group/temperature`, or `/` for the folder itself. The first slash is
    /// optional. The array is lazy: its metadata are read now, its chunks when they are needed. It has the names of
    /// axes, the attributes and the fill value of its metadata, as far as they are supported.
    ///
    /// # Errors
    /// `NotFound` if there is no array at that path, with suggestions of similar names; `InvalidInput` if it is a
    /// group; `Unsupported` for a data type or codec that is not supported; `Limit` if the array exceeds the limits;
    /// `Corrupt` if the metadata are damaged; `Io` or `PermissionDenied` if the disk or the network fails.
    pub fn array(&self, path: &str) -> Result<AnyArray> {
        let reader = self.store.array(path, &self.limits).map_err(|error| error.in_array(path))?;
        array(reader, path, &self.location, self.store.concurrency())
    }

    /// Lists the arrays at a path and in the groups below it, each with its data type, shape and chunks. The path `/`
    /// is the whole store. An array that cannot be read is listed with the reason. No chunk is read. The listing is
    /// [bounded](FoundArrays::is_complete).
    ///
    /// # Errors
    /// `NotFound` if there is nothing at that path; `Io` or `PermissionDenied` if the disk or the network fails.
    pub fn arrays(&self, path: &str) -> Result<FoundArrays> {
        self.store.list(path, &self.limits).map_err(|error| error.in_array(path))
    }

    /// The async form of [`array`](Self::array).
    ///
    /// # Errors
    /// As for [`array`](Self::array).
    pub fn array_async(&self, path: &str) -> impl Future<Output = Result<AnyArray>> + Send + use<> {
        let (store, path) = (self.clone(), path.to_owned());
        unblock(move || store.array(&path))
    }

    /// The async form of [`arrays`](Self::arrays).
    ///
    /// # Errors
    /// As for [`arrays`](Self::arrays).
    pub fn arrays_async(&self, path: &str) -> impl Future<Output = Result<FoundArrays>> + Send + use<> {
        let (store, path) = (self.clone(), path.to_owned());
        unblock(move || store.arrays(&path))
    }
}

impl fmt::Debug for ZarrStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZarrStore").field("location", &self.location).field("limits", &self.limits).finish()
    }
}
