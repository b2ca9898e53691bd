//! A storage on an S3 server, over real HTTP: the same promises as in a folder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, missing_docs)]
#![cfg(feature = "s3")]

mod s3 {
    mod async_forms;
    mod commit;
    mod conformance;
    mod copy;
    mod damage;
    mod environment;
    mod faults;
    mod forks;
    mod listings;
    mod memory;
    mod places;
    mod requests;
    mod saved_before;
    mod storage;
    mod support;
}
