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
/// A storage in an object store has options of its own:
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

    /// The format of new arrays in a folder: by default HDF5, and Zarr without the feature `hdf5`. Arrays of both
    /// formats are read, whatever is chosen, and those that a save keeps stay as they are. An object store has Zarr
    /// arrays only.
    ///
    /// A Zarr array is a folder `bigdata/dask_arrays/<id>`, which zarr-python and xarray open. There is a file for each
    /// chunk, and each is synced: with many small chunks [`shard_bytes`](Self::shard_bytes) makes fewer of them.
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

    /// Whether saves in a folder are synced before they return; by default they are. An object store is durable by
    /// itself, and refuses the option.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = Some(durability);
        self
    }

    /// How long a save in an object store may be silent before a sweep takes it for dead and removes its arrays; 15
    /// minutes by default, never less than 50 ms. A save that is alive says so five times in that time, and one that
    /// could not for half of it (the machine slept) fails. A folder refuses the option: there the operating system
    /// knows whether a save is alive.
    pub fn lease(mut self, lease: Duration) -> Self {
        self.lease = Some(lease.max(SHORTEST_LEASE));
        self
    }

    /// How long a session whose program was killed can be resumed, before a sweep removes it and its arrays; a day by
    /// default, never less than 50 ms. A program that holds a session says so five times in that time. The age of a
    /// session is measured by the clock of the file system or of the object store. See [`Session`](crate::Session).
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

    /// Registers a serializer for the external objects of one type. It replaces one for the same type or of the same
    /// name. See [`persistent`](crate::persistent).
    pub fn serializer<P: PersistentSerializer>(mut self, serializer: P) -> Self {
        self.registry.add(serializer);
        self
    }

    /// What is refused instead of being read or written; the [defaults](Limits) are good for data of one's own.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// The version of the Zarr format that new arrays get, unless their group is of the other already.
    #[cfg(feature = "zarr")]
    pub fn zarr_version(mut self, version: crate::protocol::ZarrVersion) -> Self {
        self.arrays.zarr_version = Some(version);
        self
    }

    /// Puts chunks of new Zarr arrays together in objects or files (shards) of up to so many bytes, counted before
    /// compression; 0, as by default, for an object each. There are then fewer and larger objects, of which parts can
    /// still be read; a save holds some shards in memory. Not in version 2 of Zarr.
    #[cfg(feature = "zarr")]
    pub fn shard_bytes(mut self, bytes: usize) -> Self {
        self.arrays.shard_bytes = Some(bytes);
        self
    }

    /// The storage.
    ///
    /// # Errors
    /// `InvalidInput` if there is a file where the folder should be, an option is unknown or means nothing to the
    /// place; `Unsupported` for a URL of no object store, and for a codec or a format of arrays that the place does not
    /// have.
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
                "a folder has no lease: there the operating system knows whether a save is alive; leave the option out",
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
