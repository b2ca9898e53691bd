//! Other programs open what is saved, and what they write is opened: h5py in folders, zarr-python, xarray and dask on
//! an S3 server and in folders.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(all(feature = "hdf5", feature = "s3"))]

mod foreign;
mod functionfuse;
mod growing;
mod hdf5;
mod labels;
mod layout;
mod operations;
mod optional;
mod packed;
mod pages;
mod plain;
mod summaries;
mod texts;
mod values;
mod zarr;
