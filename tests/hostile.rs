//! What comes from strangers: each hostile input gets a typed error that names the place, in bounded time and memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, missing_docs)]
#![cfg(all(feature = "hdf5", feature = "object-store", unix))]

mod python_env;

#[path = "hostile/documents.rs"]
mod documents;
#[path = "hostile/files.rs"]
mod files;
#[path = "hostile/globs.rs"]
mod globs;
#[path = "hostile/limits.rs"]
mod limits;
#[path = "hostile/links.rs"]
mod links;
#[path = "hostile/names.rs"]
mod names;
#[path = "hostile/runs.rs"]
mod runs;
#[path = "hostile/shared.rs"]
mod shared;
#[path = "hostile/support.rs"]
mod support;
#[path = "hostile/texts.rs"]
mod texts;
#[path = "hostile/trees.rs"]
mod trees;
#[path = "hostile/zarr.rs"]
mod zarr;
#[path = "hostile/zarr_codecs.rs"]
mod zarr_codecs;
#[path = "hostile/zarr_forms.rs"]
mod zarr_forms;
