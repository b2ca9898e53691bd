//! The data model and what computes it, through the public API only; no file is touched.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![allow(clippy::reversed_empty_ranges, clippy::modulo_one, reason = "the odd cases are what is tested")]

mod axes;
mod combining;
mod distribution;
mod errors;
mod expressions;
mod grids;
mod limits;
mod making;
mod missing;
mod operations;
mod reductions;
mod reshaping;
mod sharing;
mod slicing;
mod summaries;
mod support;
mod tasks;
mod threads;
mod versions;
