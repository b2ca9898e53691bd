//! `serve`: the values of a storage as live pages for a browser, read-only.
//!
//! Order of modules: `answer` < `guard`, `address`, `view` < `pages` < `work` < `server`.

mod address;
mod answer;
mod guard;
mod pages;
mod server;
mod view;
mod work;

pub(crate) use server::Server;
