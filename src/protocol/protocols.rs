//! The protocols of a save or a load, and the options of arrays that are written through them.

use super::FileProtocol;
use super::array_format::{ArrayFormat, ArrayOptions};
use super::files::{FileReader, FileWriter, Files, Ledger};
use crate::array::Codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use std::any::Any;
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
#[derive(Clone, Default)]
pub struct Protocols {
    file: Option<Arc<dyn FileProtocol>>,
    #[cfg(feature = "object-store")]
    object_store: Option<super::ObjectStoreProtocol>,
    arrays: ArrayOptions,
    codec: Option<Codec>,
    limits: Limits,
    /// The registered serializers. This layer does not use them.
    serializers: Option<Arc<dyn Any + Send + Sync>>,
    /// The files of the external object that is being written or read.
    ledger: Option<Arc<Ledger>>,
}

impl Protocols {
    /// Returns no protocol. Values without arrays can be saved, others need a protocol.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the FILE protocol: arrays become HDF5 files, or Zarr arrays in a local folder; see
    /// [`with_array_format`](Self::with_array_format).
    #[must_use]
    pub fn with_file(mut self, files: impl FileProtocol) -> Self {
        self.file = Some(Arc::new(files));
        self
    }

    /// Adds the protocol for object stores: arrays become Zarr arrays. If there are both protocols, FILE is used.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn with_object_store(mut self, object_store: super::ObjectStoreProtocol) -> Self {
        self.object_store = Some(object_store);
        self
    }

    /// The same as [`with_object_store`](Self::with_object_store).
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn with_s3(self, s3: super::S3Protocol) -> Self {
        self.with_object_store(s3)
    }

    /// The same of a storage.
    #[cfg(feature = "object-store")]
    pub(crate) fn with_objects(mut self, objects: super::Objects) -> Self {
        self.object_store = Some(super::ObjectStoreProtocol::of(objects));
        self
    }

    /// Sets the format of new arrays that go through the FILE protocol. The default is HDF5, or Zarr without the
    /// feature `hdf5`. Arrays of both formats are read.
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

    /// Sets the version of the Zarr format of new arrays. The default is [`V3`](crate::ZarrVersion::V3).
    #[cfg(feature = "zarr")]
    #[must_use]
    pub fn with_zarr_version(mut self, version: crate::protocol::ZarrVersion) -> Self {
        self.arrays.zarr_version = Some(version);
        self
    }

    /// Puts chunks of new Zarr arrays together in shards of up to `bytes` bytes, counted before compression. The
    /// default, 0, is one key or file a chunk. Shards are fewer and larger, and parts of them can still be read.
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

    /// Sets the limits on what is read and written. The [defaults](Limits) suit data that you trust.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes a file for the external object that a [`PersistentSerializer`](crate::PersistentSerializer) is writing.
    ///
    /// The name is the object's id, or [begins with it](crate::PersistentId::with_extension). The file lies beside the
    /// arrays, and the manifest lists it.
    ///
    /// # Errors
    /// `InvalidName` for any other name; `Unsupported` without a protocol; `Io` or a related kind if the disk or the
    /// network fails.
    pub fn create_file(&self, name: &str) -> Result<FileWriter> {
        FileWriter::create(self.files()?, name, self.ledger.clone())
    }

    /// Opens a file of the external object that a [`PersistentSerializer`](crate::PersistentSerializer) is reading.
    ///
    /// This works as long as the object is stored: an object may keep the protocols and open its files later.
    ///
    /// # Errors
    /// `NotFound` if the object was written without this file; `Gone` if the file was removed since; `Corrupt` if its
    /// length has changed; `Io` or a related kind if the disk or the network fails.
    pub fn open_file(&self, name: &str) -> Result<FileReader> {
        FileReader::open(self.files()?, name, self.ledger.clone())
    }

    /// Removes a file of an external object.
    ///
    /// # Errors
    /// `NotFound` if the file does not exist (never in object stores); `Io` or a related kind if the disk or the
    /// network fails.
    pub fn remove_file(&self, name: &str) -> Result<()> {
        self.files()?.remove(name)
    }

    pub(crate) fn files(&self) -> Result<Files> {
        if let Some(file) = &self.file {
            return Ok(Files::File(file.clone()));
        }
        #[cfg(feature = "object-store")]
        if let Some(object_store) = &self.object_store {
            return Ok(Files::Objects(object_store.objects().clone()));
        }
        Err(no_protocol())
    }

    /// The same protocols for the files of one object.
    pub(crate) fn for_object(&self, ledger: Arc<Ledger>) -> Self {
        Self { ledger: Some(ledger), ..self.clone() }
    }

    pub(crate) fn serializers(&self) -> Option<&Arc<dyn Any + Send + Sync>> {
        self.serializers.as_ref()
    }

    pub(crate) fn set_serializers(&mut self, serializers: Arc<dyn Any + Send + Sync>) {
        self.serializers = Some(serializers);
    }

    /// Returns the FILE protocol, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Arc<dyn FileProtocol>> {
        self.file.as_ref()
    }

    /// Returns the protocol for object stores, if there is one.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn object_store(&self) -> Option<&super::ObjectStoreProtocol> {
        self.object_store.as_ref()
    }

    pub(crate) fn array_options(&self) -> ArrayOptions {
        self.arrays
    }

    /// Returns the limits.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Returns the codec of new arrays, if one was chosen.
    #[must_use]
    pub fn codec(&self) -> Option<Codec> {
        self.codec
    }
}

impl fmt::Debug for Protocols {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file.as_ref().map(|file| file.describe(""));
        let mut text = f.debug_struct("Protocols");
        text.field("file", &file);
        #[cfg(feature = "object-store")]
        text.field("object_store", &self.object_store);
        text.field("codec", &self.codec).field("limits", &self.limits).finish()
    }
}

/// The error of an operation without the protocol that it needs.
pub(crate) fn no_protocol() -> Error {
    Error::unsupported(
        "there is no protocol for arrays: add one, as in Protocols::new().with_file(LocalFiles::new(folder)?)",
    )
}
