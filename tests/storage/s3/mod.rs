//! A storage on an S3 server, over real HTTP: the same promises as in a folder.

mod async_forms;
mod commit;
mod conformance;
mod copy;
mod damage;
mod environment;
mod faults;
mod forks;
mod leases;
mod listings;
mod memory;
mod places;
mod requests;
mod saved_before;
mod storage;
mod support;
