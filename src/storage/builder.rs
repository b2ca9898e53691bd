//! The options of a storage.

#[cfg_attr(not(feature = "object-store"), path = "builder/no_objects.rs")]
mod objects;

use super::Storage;
use super::name::Workflow;
use super::place::Place;
use crate::array::Codec;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::plugin::persistent::PersistentSerializer;
use crate::plugin::{Format, Registry};
use crate::protocol::{ArrayFormat, ArrayOptions, Durability, spelling};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A shorter one would be renewed all the time.
const SHORTEST_LEASE: Duration = Duration::from_millis(50);
/// How long a session without a program that holds it can be resumed.
const DEFAULT_SESSION_LEASE: Duration = Duration::from_secs(24 * 60 * 60);

/// The options of a [`Storage`]; see [`Storage::builder`].
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// use arraystow::{Codec, Durability, Format, Limits, Storage};
///
/// let storage = Storage::builder(folder.path())
///     .codec(Codec::gzip(4)?)
///     .format(Format::Json)
///     .durability(Durability::NotSynced)
///     .limits(Limits::default().chunks(1 << 20))
///     .open()?;
/// # storage.save("one", &1)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A storage in an object store has further options:
///
/// ```
/// # #[cfg(feature = "s3")] {
/// use arraystow::{Storage, ZarrVersion};
/// use std::time::Duration;
///
/// let storage = Storage::builder("s3://bucket/surveys")
///     .option("aws_region", "eu-central-1")
///     .zarr_version(ZarrVersion::V3)
///     .shard_bytes(64 << 20)
///     .lease(Duration::from_secs(60))
///     .open()?;
/// # }
/// # Ok::<(), arraystow::Error>(())
/// ```
#[derive(Clone)]
#[must_use]
pub struct StorageBuilder {
    root: PathBuf,
    codec: Option<Codec>,
    format: Format,
    limits: Limits,
    arrays: ArrayOptions,
    durability: Option<Durability>,
    lease: Option<Duration>,
    session_lease: Duration,
    registry: Registry,
    /// Options of the client that is made for a URL.
    options: Vec<(String, String)>,
    /// The user's own client, and the folder in its store.
    #[cfg(feature = "object-store")]
    client: Option<(Arc<dyn object_store::ObjectStore>, String)>,
}

impl StorageBuilder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self {
            root,
            codec: None,
            format: Format::default(),
            limits: Limits::default(),
            arrays: ArrayOptions::default(),
            durability: None,
            lease: None,
            session_lease: DEFAULT_SESSION_LEASE,
            registry: Registry::default(),
            options: Vec::new(),
            #[cfg(feature = "object-store")]
            client: None,
        }
    }

    /// Sets the codec of arrays that are saved from now on. The default is no compression in HDF5, and
    /// [`Codec::BLOSC`] in Zarr. HDF5 has no blosc and no pcodec. Arrays that are stored already, and their later
    /// versions, keep their codec.
    pub fn codec(mut self, codec: Codec) -> Self {
        self.codec = Some(codec);
        self
    }

    /// Sets the format of documents that are saved from now on. Documents of other formats are still read.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Sets the format of new arrays in a folder. The default is HDF5, or Zarr without the feature `hdf5`. Arrays of
    /// both formats are read, whatever the option, and a save does not convert arrays that it keeps. An object store
    /// has only Zarr arrays.
    ///
    /// A Zarr array is a folder `bigdata/dask_arrays/<id>`, which zarr-python and xarray open. Each chunk is a file,
    /// and each file is synced. With many small chunks, [`shard_bytes`](Self::shard_bytes) makes fewer files.
    ///
    /// ```
    /// # #[cfg(feature = "zarr")] {
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::{ArrayFormat, Storage};
    ///
    /// let storage = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).open()?;
    /// storage.save("zeros", &ndarray::Array2::<f64>::zeros((100, 100)))?;
    /// assert_eq!(storage.info("zeros")?.arrays[0].format, ArrayFormat::Zarr);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn array_format(mut self, format: ArrayFormat) -> Self {
        self.arrays.format = Some(format);
        self
    }

    /// Sets whether saves in a folder are synced before they return. By default they are. The option is an error for an
    /// object store, which is always durable.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }

    /// Sets the duration of a save's lease in an object store: 15 minutes by default, and never less than 50 ms. A save
    /// renews its lease five times in this duration. If the lease expires, a sweep removes the arrays of the save. A
    /// save that could not renew its lease for half of the duration, because the machine slept for example, fails. The
    /// option is an error for a folder, where a file lock shows whether a save is alive.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease.max(SHORTEST_LEASE));
        self
    }

    /// Sets how long a session can be resumed after its program was killed, before a sweep removes it and its arrays: a
    /// day by default, and never less than 50 ms. A program that holds a session renews its lease five times in this
    /// duration. The age of a session is measured by the clock of the file system or of the object store. See
    /// [`Session`](crate::Session).
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// use arraystow::Storage;
    /// use std::time::Duration;
    ///
    /// let week = Duration::from_secs(7 * 24 * 60 * 60);
    /// let storage = Storage::builder(folder.path()).session_lease(week).open()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "zarr")]
    pub fn session_lease(mut self, lease: Duration) -> Self {
        self.session_lease = lease.max(SHORTEST_LEASE);
        self
    }

    /// Registers a serializer for the external objects of one type. It replaces a serializer with the same name. It
    /// also replaces one for the same type, which from then on only reads what it has written. See
    /// [`persistent`](crate::persistent).
    pub fn serializer<P: PersistentSerializer>(mut self, serializer: P) -> Self {
        self.registry.add(serializer);
        self
    }

    /// Sets the limits on what is read and written. See [`Limits`] for the defaults, and for when to change them.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the version of the Zarr format of new arrays. If their group already has the other version, they get that
    /// one.
    #[cfg(feature = "zarr")]
    pub fn zarr_version(mut self, version: crate::protocol::ZarrVersion) -> Self {
        self.arrays.zarr_version = Some(version);
        self
    }

    /// Groups chunks of new Zarr arrays into shards, which are objects or files of up to this many bytes, counted
    /// before compression. With 0, the default, each chunk is an object of its own. With shards there are fewer and
    /// larger objects, and parts of them can still be read. A save holds some shards in memory. Zarr version 2 has no
    /// shards.
    #[cfg(feature = "zarr")]
    pub fn shard_bytes(mut self, bytes: usize) -> Self {
        self.arrays.shard_bytes = Some(bytes);
        self
    }

    /// Opens the storage.
    ///
    /// # Errors
    /// `InvalidInput` if there is a file where the folder should be, or if an option is unknown or does not apply to
    /// the place; `Unsupported` if the URL is not of a supported object store, and for a codec or array format that the
    /// place does not support.
    pub fn open(self) -> Result<Storage> {
        self.registry.check()?;
        let (codec, format, registry) = (self.codec, self.format, self.registry.clone());
        let session_lease = self.session_lease;
        let place = self.place()?;
        if let Some(codec) = codec {
            place.backend(&Workflow::default()).check_codec(codec)?;
        }
        Ok(Storage { place, codec, format, registry, session_lease })
    }

    fn place(self) -> Result<Arc<dyn Place>> {
        if let Some(place) = self.place_of_client() {
            return place;
        }
        spelling::check(&self.root)?;
        // An error contains neither the URL nor options: they may hold credentials.
        if self.root.to_str().is_some_and(spelling::is_url) {
            return self.place_of_url();
        }
        self.folder()
    }

    fn folder(self) -> Result<Arc<dyn Place>> {
        if !self.options.is_empty() {
            return Err(Error::invalid("a folder has no options: those that are given are for object stores"));
        }
        if self.lease.is_some() {
            return Err(Error::invalid(
                "a folder has no leases, since file locks show whether a save is alive: leave the option out",
            ));
        }
        if let Some(format) = self.arrays.format {
            format.check_built()?;
        }
        self.arrays.check(self.arrays.format.unwrap_or(ArrayFormat::of_folders()))?;
        let durability = self.durability.unwrap_or_default();
        Ok(Arc::new(super::folder::Folder::open(&self.root, durability, self.arrays, self.limits)?))
    }
}

impl fmt::Debug for StorageBuilder {
    /// Of the options only how many there are, and no URL: both may hold credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("StorageBuilder");
        match self.root.to_str() {
            Some(root) if spelling::is_url(root) => text.field("root", &"a URL"),
            _ => text.field("root", &self.root),
        };
        text.field("codec", &self.codec).field("format", &self.format).field("limits", &self.limits);
        text.field("options", &self.options.len()).field("arrays", &self.arrays).finish()
    }
}
