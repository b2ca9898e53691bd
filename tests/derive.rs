//! What options of fields do, through the public API only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(all(feature = "derive", feature = "hdf5"))]

mod derive {
    mod astype;
    mod forms;
    mod keeping;
    mod saving;
    mod shared;
    mod support;
}
