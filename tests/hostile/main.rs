//! Input of unknown origin: each hostile input gets a typed error that names the place, in bounded time and memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![cfg(all(feature = "hdf5", feature = "object-store", unix))]

mod documents;
mod files;
mod foreign;
mod functionfuse;
mod globs;
mod hdf5_texts;
mod labels;
mod limits;
mod links;
mod names;
mod openings;
mod paths;
mod pickles;
mod runs;
mod shared;
mod support;
mod texts;
mod trees;
mod zarr;
mod zarr_codecs;
mod zarr_forms;
mod zarr_texts;
