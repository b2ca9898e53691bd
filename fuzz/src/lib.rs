//! What strangers may hand to arraystow, as functions of bytes. A target finds something when it panics, hangs, asks for far
//! more memory than the limits allow, or reads outside its memory; errors are what is expected.

pub mod arrays;
pub mod document;
pub mod frame;
pub mod hdf5;
pub mod manifest;
pub mod memory;
#[cfg(not(fuzzing))]
pub mod smoke;
pub mod zarr;

use arraystow::Limits;

/// Small, so that a case is fast and what goes beyond is noticed.
pub fn limits() -> Limits {
    Limits::default().chunk_bytes(16 << 20).chunks(1 << 16).document_bytes(16 << 20)
}
