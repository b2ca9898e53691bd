//! PROTOCOLS: access to bytes, in files and object stores. They know nothing of arrays.

mod array_format;
#[cfg(feature = "object-store")]
mod client;
#[cfg_attr(not(feature = "hdf5"), allow(dead_code, reason = "only folders are written to"))]
pub(crate) mod disk;
#[cfg(any(feature = "s3", feature = "gcs", feature = "azure"))]
mod endpoint;
#[cfg(feature = "faults")]
pub mod faults;
mod file;
mod file_bytes;
pub(crate) mod files;
#[cfg(feature = "object-store")]
mod listing;
mod local;
#[cfg(feature = "object-store")]
mod machine;
#[cfg(feature = "object-store")]
mod object_store;
#[cfg(feature = "object-store")]
mod objects;
#[cfg(feature = "hdf5")]
mod one_file;
#[cfg(feature = "object-store")]
mod runtime;
#[cfg(feature = "object-store")]
mod secrets;
pub(crate) mod spelling;
#[cfg(feature = "zarr")]
pub(crate) mod store;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
pub(crate) mod unsynced;
#[cfg(feature = "object-store")]
mod url;
#[cfg(feature = "zarr")]
mod zarr;

pub use array_format::ArrayFormat;
pub(crate) use array_format::ArrayOptions;
pub(crate) use disk::DiskFile;
pub use disk::Durability;
pub use file::{FileHandle, FileProtocol, OpenMode};
pub(crate) use file_bytes::{FileBytes, calling, local_folder, local_path};
pub use files::{FileReader, FileWriter};
pub use local::LocalFiles;
#[cfg(feature = "object-store")]
pub use object_store::{ObjectStoreProtocol, S3Protocol};
#[cfg(feature = "hdf5")]
pub(crate) use one_file::{OneFile, regular_file};
#[cfg(feature = "zarr")]
pub(crate) use zarr::ZarrOptions;
#[cfg(feature = "zarr")]
pub use zarr::ZarrVersion;
#[cfg(feature = "object-store")]
pub(crate) use {
    client::CONCURRENCY,
    objects::{Listing, ObjectVersion, Objects, Replace},
    runtime::{handle, wait},
    url::open as open_url,
};
