//! `browse`: the values of a storage in a terminal, read-only.
//!
//! Order of modules: `lines`, `list`, `terminal` < `picture` < `app`.

mod app;
mod lines;
mod list;
mod picture;
mod terminal;

pub(crate) use app::{Stop, run};
