//! Arrays and values without their Rust types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(feature = "hdf5")]

mod samples;

mod any {
    mod arrays;
    mod paths;
}
