//! PROTOCOLS: how bytes are reached. They know files and objects, not arrays.

mod file;
#[cfg(unix)]
mod local;
#[cfg(feature = "object-store")]
mod objects;
mod protocols;
#[cfg(feature = "object-store")]
mod runtime;
#[cfg(feature = "object-store")]
mod s3;
#[cfg(feature = "object-store")]
mod secrets;
#[cfg(feature = "object-store")]
mod url;
#[cfg(feature = "object-store")]
mod zarr;

pub use file::{FileHandle, FileProtocol, Mode};
#[cfg(unix)]
pub use local::LocalFiles;
pub use protocols::Protocols;
#[cfg(feature = "object-store")]
pub use s3::S3Protocol;
#[cfg(feature = "object-store")]
pub use zarr::ZarrVersion;
#[cfg(feature = "object-store")]
pub(crate) use {
    objects::{CONCURRENCY, Listing, Objects, Replace, Version},
    runtime::{handle, wait},
    url::open as open_url,
    zarr::ZarrOptions,
};
