//! STORAGE: named documents and their arrays under one root.

mod array;
mod async_forms;
mod builder;
mod copy;
mod early;
mod entry;
mod folder;
mod glob;
mod intent;
mod leftover;
mod list;
mod load;
mod missing;
mod name;
#[cfg(feature = "object-store")]
mod objects;
#[cfg(feature = "hdf5")]
mod pack;
mod place;
mod preview;
mod query;
mod read;
mod remove;
mod rename;
mod repair;
mod replace;
mod report;
mod rewrite;
mod save;
#[cfg(feature = "zarr")]
mod session;
mod sources;
mod superseded;
mod sweep;
mod update;
mod verify;
mod version;

pub use builder::StorageBuilder;
pub use entry::{ArrayInfo, ExternalObjectInfo, ListEntry, ValueInfo};
pub use leftover::{Leftover, LeftoverKind};
#[cfg(feature = "hdf5")]
pub use pack::PackedFile;
pub use preview::{ArrayAction, ArrayPreview, SavePreview};
pub use query::{Comparison, Query, QueryMatch};
pub use repair::{Repair, RepairedArray};
pub use report::SaveReport;
#[cfg(feature = "zarr")]
pub use session::{AnySlot, MissingRegion, Receipt, Session, Slot, Ticket};
pub use sweep::Sweep;
pub use verify::{Verification, VerifyDepth};
pub use version::Version;

use crate::array::Codec;
use crate::error::Result;
use crate::plugin::{Format, Protocols, Registry};
use name::Workflow;
use place::Place;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A storage of named values in a folder: `<root>/<workflow>/<name>` is a value's document, and its arrays are in
/// `<root>/<workflow>/bigdata/`, as HDF5 files by default, or as Zarr without the feature `hdf5`.
///
/// A name has one or more segments: `survey`, `global/egm96`, `a/b/c`. The segments before the last are the workflow. A
/// segment is not empty, does not begin with `.`, contains no control character, `\` or `:`, and is not `bigdata`.
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("surveys");
/// use arraystow::{ChunkedArray, Storage};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Survey {
///     name: String,
///     height: ChunkedArray<f32>,
/// }
///
/// let storage = Storage::open(folder)?;
/// let height = ChunkedArray::from_fn(&[721, 1440], &[128, 128], |region| {
///     ndarray::ArrayD::<f32>::zeros(region.shape())
/// })?;
/// storage.save("global/flat", &Survey { name: "flat".into(), height })?;
///
/// let survey: Survey = storage.load("global/flat")?;
/// assert_eq!(survey.height.max()?, 0.0);
/// storage.remove("global/flat")?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// For an object store, the code is the same, with a URL instead of a folder. Arrays are then Zarr arrays in
/// `<folder>/<workflow>/bigdata/dask_arrays/`.
///
/// A clone is another handle on the same storage. Any number of threads and processes may use one folder.
#[derive(Clone)]
pub struct Storage {
    place: Arc<dyn Place>,
    /// Chosen by the user, or left to the place.
    codec: Option<Codec>,
    format: Format,
    /// Serializers of external objects.
    registry: Registry,
    /// How long a session may be silent.
    #[cfg_attr(not(feature = "zarr"), allow(dead_code, reason = "sessions need Zarr"))]
    session_lease: Duration,
}

impl Storage {
    /// Opens the storage in this folder, or at this URL, with the defaults: arrays are not compressed in folders and
    /// compressed with blosc in object stores, and documents are CBOR. Nothing is created or written before the first
    /// save.
    ///
    /// # Errors
    /// `InvalidInput` if there is a file where the folder should be, or if the string is neither a path nor a URL
    /// (`s3:/bucket`, `~/data`); `Unsupported` if the URL is not of a supported object store.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        Self::builder(folder).open()
    }

    /// Returns a builder, which opens a storage with options.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::{Codec, Format, Storage};
    ///
    /// let storage = Storage::builder(folder.path()).codec(Codec::gzip(4)?).format(Format::Json).open()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn builder(folder: impl AsRef<Path>) -> StorageBuilder {
        StorageBuilder::new(folder.as_ref().to_owned())
    }

    /// How the arrays and external objects of a workflow are written and read.
    fn protocols(&self, workflow: &Workflow) -> Protocols {
        let protocols = self.place.protocols(workflow).with_registry(self.registry.clone());
        match self.codec {
            Some(codec) => protocols.with_codec(codec),
            None => protocols,
        }
    }

    /// Returns the folder's absolute path, or the URL.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// let storage = arraystow::Storage::open(folder.path())?;
    /// assert!(std::path::Path::new(storage.location()).is_absolute());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn location(&self) -> &str {
        self.place.location()
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Storage")
            .field("location", &self.location())
            .field("codec", &self.codec)
            .finish_non_exhaustive()
    }
}
