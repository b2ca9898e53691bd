//! `browse`: the values of a storage in a terminal, read-only.
//!
//! Order of modules: `lines`, `list`, `terminal` < `hang_up`, `picture` < `app`.

mod app;
mod hang_up;
mod lines;
mod list;
mod picture;
mod terminal;

pub(crate) use app::{Stop, run};
