//! The protocols of a save or a load, the options of arrays that are written through them, and the registered
//! serializers.

#[cfg_attr(not(feature = "object-store"), path = "protocols/no_objects.rs")]
mod objects;

use crate::array::Codec;
use crate::backend::{Backend, FileArrays};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plugin::document::id::PersistentId;
use crate::plugin::external::external_files::ExternalFiles;
use crate::plugin::external::registry::Registry;
use crate::plugin::external::shared_file;
use crate::plugin::external::user_serializer::PersistentSerializer;
use crate::protocol::files::{Files, Ledger};
use crate::protocol::{ArrayFormat, ArrayOptions, FileProtocol};
use std::fmt;
use std::sync::Arc;

/// The places for the arrays of a value that is serialized outside a [`Storage`](crate::Storage).
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Codec, LocalFiles, Protocols};
///
/// let files = LocalFiles::new(folder.path())?;
/// let protocols = Protocols::new().with_file(files).with_codec(Codec::zstd(3)?);
/// let bytes = arraystow::to_vec(&ndarray::Array2::<f64>::zeros((100, 100)), &protocols)?;
/// let zeros: ndarray::Array2<f64> = arraystow::from_slice(&bytes, &protocols)?;
/// assert_eq!(zeros.dim(), (100, 100));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Codec, Limits, LocalFiles, Protocols};
///
/// let limits = Limits::default().chunk_bytes(64 << 20);
/// let files = LocalFiles::new(folder.path())?;
/// let protocols = Protocols::new().with_file(files).with_codec(Codec::gzip(4)?).with_limits(limits);
/// assert!(protocols.file().is_some());
/// # #[cfg(feature = "object-store")]
/// assert!(protocols.object_store().is_none());
/// assert_eq!((protocols.codec(), protocols.limits()), (Some(Codec::gzip(4)?), limits));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Protocols {
    file: Option<Arc<dyn FileProtocol>>,
    #[cfg(feature = "object-store")]
    object_store: Option<crate::protocol::ObjectStoreProtocol>,
    arrays: ArrayOptions,
    codec: Option<Codec>,
    limits: Limits,
    registry: Registry,
    /// A place that has no protocol.
    place: Option<Arc<dyn Backend>>,
}

impl Protocols {
    /// Returns an empty set of protocols. Values without arrays can be saved with it. Other values need a protocol.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Arrays in this place alone.
    #[cfg(feature = "hdf5")]
    pub(crate) fn of_place(place: Arc<dyn Backend>, limits: Limits) -> Self {
        Self { place: Some(place), limits, ..Self::default() }
    }

    /// Adds the protocol for files: arrays become HDF5 files, or Zarr arrays in a local folder; see
    /// [`with_array_format`](Self::with_array_format).
    #[must_use]
    pub fn with_file(mut self, files: impl FileProtocol) -> Self {
        self.file = Some(Arc::new(files));
        self
    }

    /// Sets the format of new arrays that are stored through the protocol for files. The default is HDF5, or Zarr
    /// without the feature `hdf5`. Arrays of both formats are read.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::{ArrayFormat, LocalFiles, Protocols};
    ///
    /// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
    /// # #[cfg(feature = "zarr")] {
    /// let protocols = protocols.with_array_format(ArrayFormat::Zarr);
    /// let bytes = arraystow::to_vec(&ndarray::Array2::<f64>::zeros((100, 100)), &protocols)?;
    /// assert!(folder.path().join("dask_arrays/zarr.json").exists());
    /// # let zeros: ndarray::Array2<f64> = arraystow::from_slice(&bytes, &protocols)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn with_array_format(mut self, format: ArrayFormat) -> Self {
        self.arrays.format = Some(format);
        self
    }

    pub(crate) fn with_array_options(mut self, options: ArrayOptions) -> Self {
        self.arrays = options;
        self
    }

    /// Sets the version of the Zarr format of new arrays. The default is [`V3`](crate::ZarrVersion::V3). See
    /// [`with_shard_bytes`](Self::with_shard_bytes) for an example.
    #[cfg(feature = "zarr")]
    #[must_use]
    pub fn with_zarr_version(mut self, version: crate::protocol::ZarrVersion) -> Self {
        self.arrays.zarr_version = Some(version);
        self
    }

    /// Groups chunks of new Zarr arrays into shards of up to `bytes` bytes, counted before compression. With the
    /// default, 0, each chunk is a key or file of its own. With shards there are fewer and larger files, and parts of
    /// them can still be read.
    ///
    /// ```
    /// use arraystow::{ChunkedArray, ObjectStoreProtocol, Protocols, ZarrVersion};
    /// use std::sync::Arc;
    ///
    /// let client = Arc::new(object_store::memory::InMemory::new());
    /// let protocols = Protocols::new()
    ///     .with_object_store(ObjectStoreProtocol::new(client, "arrays")?)
    ///     .with_zarr_version(ZarrVersion::V3)
    ///     .with_shard_bytes(1 << 20);
    /// let array = ChunkedArray::<f64>::zeros(&[1000, 1000], &[100, 100])?;
    /// let document = arraystow::to_vec(&array, &protocols)?;
    /// # let _ = document;
    /// # Ok::<(), arraystow::Error>(())
    /// ```
    #[cfg(feature = "zarr")]
    #[must_use]
    pub fn with_shard_bytes(mut self, bytes: usize) -> Self {
        self.arrays.shard_bytes = Some(bytes);
        self
    }

    /// Sets the codec of new arrays. The default is no compression in HDF5, and [`Codec::BLOSC`] in Zarr.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Sets the limits on what is read and written. See [`Limits`] for the defaults, and for when to change them.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Registers a serializer for the external objects of one type. It replaces a serializer with the same name. It
    /// also replaces one for the same type, which from then on only reads what it has written. See
    /// [`persistent`](crate::persistent).
    #[must_use]
    pub fn with_serializer<P: PersistentSerializer>(mut self, serializer: P) -> Self {
        self.registry.add(serializer);
        self
    }

    pub(crate) fn with_registry(mut self, registry: Registry) -> Self {
        self.registry = registry;
        self
    }

    /// Removes what belongs to a persistent id: an array, or an external object of a registered serializer.
    ///
    /// This is for documents without a manifest, which [`serialize`](crate::serialize) makes. A storage removes arrays
    /// itself.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::{ChunkedArray, LocalFiles, PersistentId, Protocols};
    ///
    /// let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
    /// let ramp = ChunkedArray::from_ndarray(ndarray::Array1::from_iter(0..1000), &[100])?;
    /// let mut json = Vec::new();
    /// arraystow::serialize(&ramp, &mut serde_json::Serializer::new(&mut json), &protocols)?;
    ///
    /// let id: PersistentId = serde_json::from_slice(&json)?;
    /// protocols.remove_object(&id)?;
    /// assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound` if it does not exist (object stores do not always report this); `Unsupported` if its serializer is
    /// not registered; `Io` or a related kind if the disk or the network fails; any error of the serializer.
    pub fn remove_object(&self, id: &PersistentId) -> Result<()> {
        let removed = match id {
            id if id.is_array() => self.backend().ok_or_else(no_protocol).and_then(|backend| backend.remove(id.file())),
            id if id.is_shared() => self.files().and_then(|files| shared_file::remove(id, &files)),
            id => {
                let serializer = self.registry.of_id(id)?;
                self.files().and_then(|files| {
                    serializer.remove(&ExternalFiles::new(id.clone(), files, self.limits, Ledger::of_stored(None)))
                })
            }
        };
        removed.map_err(|error| error.in_array(id.file()))
    }

    pub(crate) fn files(&self) -> Result<Files> {
        if let Some(file) = &self.file {
            return Ok(Files::File(file.clone()));
        }
        self.object_files().ok_or_else(no_protocol)
    }

    /// Returns the backend of arrays, if there is a protocol.
    pub(crate) fn backend(&self) -> Option<Arc<dyn Backend>> {
        if let Some(place) = &self.place {
            return Some(place.clone());
        }
        if let Some(files) = &self.file {
            return Some(Arc::new(FileArrays::new(files.clone(), self.arrays, self.limits)));
        }
        self.object_backend()
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Returns the protocol for files, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Arc<dyn FileProtocol>> {
        self.file.as_ref()
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns the codec of new arrays, if one was set.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }
}

impl fmt::Debug for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map(|file| file.describe(""));
        let mut text = f.debug_struct("Protocols");
        self.debug_objects(text.field("file", &file));
        text.field("codec", &self.codec).field("limits", &self.limits).finish()
    }
}

/// The error of an operation without the protocol that it needs.
pub(crate) fn no_protocol() -> Error {
    Error::unsupported(
        "there is no protocol for arrays: add one, as in Protocols::new().with_file(LocalFiles::new(folder)?)",
    )
}
