//! Storages in folders and in object stores, and what lies on disk.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs
)]

#[cfg(feature = "hdf5")]
mod any;
#[cfg(all(feature = "hdf5", feature = "object-store"))]
mod bad_input;
#[cfg(all(feature = "hdf5", target_os = "linux"))]
mod bounded_memory;
#[cfg(all(feature = "hdf5", feature = "s3"))]
mod carried;
#[cfg(feature = "hdf5")]
mod conformance;
#[cfg(feature = "hdf5")]
mod file_protocol;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod folder;
#[cfg(feature = "hdf5")]
mod golden;
#[cfg(all(feature = "derive", feature = "hdf5", feature = "jiff", feature = "zarr"))]
mod golden_elements;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod names;
#[cfg(all(feature = "hdf5", feature = "object-store"))]
mod pickled;
#[cfg(all(feature = "hdf5", feature = "zarr"))]
mod previews;
#[cfg(feature = "zarr")]
mod queries;
#[cfg(all(feature = "hdf5", feature = "s3"))]
mod renames;
#[cfg(any(feature = "hdf5", feature = "zarr"))]
mod reports;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "s3")]
mod secrets;
#[cfg(all(feature = "derive", feature = "hdf5", feature = "s3"))]
mod sessions;
#[cfg(all(feature = "hdf5", feature = "tracing"))]
mod traces;
#[cfg(feature = "zarr")]
mod zarr_folders;
