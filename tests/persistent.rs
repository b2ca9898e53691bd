//! Objects of any type outside the document: in folders and in object stores, through every step that knows no Rust type.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(all(feature = "hdf5", feature = "s3"))]

mod support;

mod persistent {
    mod damage;
    mod failures;
    mod golden;
    mod objects;
    mod sample;
    mod without_types;
}
