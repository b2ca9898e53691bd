//! The protocols that a save or a load may use, and how arrays are to be written through them.

use super::FileProtocol;
use super::array_format::{ArrayFormat, ArrayOptions};
use super::files::{FileReader, FileWriter, Files, Ledger};
use crate::array::Codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// Where arrays go when a value is serialized outside a [`Storage`](crate::Storage).
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
    /// The registered serializers, of which this layer knows nothing.
    serializers: Option<Arc<dyn Any + Send + Sync>>,
    /// What the object may touch that is being written or read.
    ledger: Option<Arc<Ledger>>,
}

impl Protocols {
    /// No protocol yet: values without arrays can be saved, others need one.
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

    /// Adds the protocol for object stores: arrays become Zarr arrays. With both protocols, FILE is taken.
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

    /// The format of new arrays that go through the FILE protocol; by default HDF5, and Zarr without the feature `hdf5`. Arrays
    /// of both are read.
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

    /// The version of the Zarr format that new arrays get; [`V3`](crate::ZarrVersion::V3) by default.
    #[cfg(feature = "zarr")]
    #[must_use]
    pub fn with_zarr_version(mut self, version: crate::protocol::ZarrVersion) -> Self {
        self.arrays.zarr_version = Some(version);
        self
    }

    /// Puts chunks of new Zarr arrays together in objects (shards) of up to so many bytes, counted before compression; 0, as
    /// by default, for an object each. Fewer and larger objects, of which parts can still be read.
    #[cfg(feature = "zarr")]
    #[must_use]
    pub fn with_shard_bytes(mut self, bytes: usize) -> Self {
        self.arrays.shard_bytes = Some(bytes);
        self
    }

    /// How chunks are compressed from now on; by default not at all in HDF5, with [`Codec::BLOSC`] in Zarr.
    #[must_use]
    pub fn with_codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// What is refused instead of being read or written; the [defaults](Limits) are good for data of one's own.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Makes a file for the object that a [`PersistentSerializer`](crate::PersistentSerializer) is asked to write. Its name
    /// is the object's id, or [begins with it](crate::PersistentId::with_extension); it lies beside the arrays, and the
    /// manifest lists it.
    ///
    /// # Errors
    /// `InvalidName` for another name; `Unsupported` without a protocol; `Io` and its kin if the disk or the network fails.
    pub fn create_file(&self, name: &str) -> Result<FileWriter> {
        FileWriter::create(self.files()?, name, self.ledger.clone())
    }

    /// Opens a file of the object that a [`PersistentSerializer`](crate::PersistentSerializer) is asked to read. Works as
    /// long as the object is stored: an object may keep the protocols and open its files when it needs them.
    ///
    /// # Errors
    /// `NotFound` if the object was written without such a file; `Gone` if it was removed since; `Corrupt` if it is not as
    /// long as it was written; `Io` and its kin if the disk or the network fails.
    pub fn open_file(&self, name: &str) -> Result<FileReader> {
        FileReader::open(self.files()?, name, self.ledger.clone())
    }

    /// Removes a file of a persistent object.
    ///
    /// # Errors
    /// `NotFound` if there is none (object stores do not tell); `Io` and its kin if the disk or the network fails.
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

    /// The FILE protocol, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&Arc<dyn FileProtocol>> {
        self.file.as_ref()
    }

    /// The protocol for object stores, if there is one.
    #[cfg(feature = "object-store")]
    #[must_use]
    pub fn object_store(&self) -> Option<&super::ObjectStoreProtocol> {
        self.object_store.as_ref()
    }

    pub(crate) fn array_options(&self) -> ArrayOptions {
        self.arrays
    }

    /// What is refused.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// How chunks are compressed, if that was chosen.
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

/// The error where something needs a protocol and there is none.
pub(crate) fn no_protocol() -> Error {
    Error::unsupported(
        "there is no protocol for arrays: add one, as in Protocols::new().with_file(LocalFiles::new(folder)?)",
    )
}
