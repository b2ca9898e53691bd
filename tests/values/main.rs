//! Values and what becomes of them: options of fields, shared references, objects of other types, types that change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(all(feature = "derive", feature = "hdf5", feature = "s3"))]

mod auto_traits;
mod derive;
mod elements;
mod extremes;
mod labels;
mod optional;
mod persistent;
mod places;
mod plain;
mod plain_records;
mod round_trips;
mod schema_evolution;
mod shared;
mod texts;
mod untyped;
