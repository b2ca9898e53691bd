//! The untrusted inputs of arraystow, as functions of bytes. A target fails if it panics, hangs, allocates far more
//! memory than the limits allow, or reads outside its memory. Errors are expected.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs,
    reason = "a panic is how a target fails"
)]

pub mod arrays;
pub mod blocks;
pub mod document;
pub mod frame;
pub mod hdf5;
pub mod manifest;
pub mod memory;
pub mod packed;
pub mod random;
pub mod recipe;
#[cfg(not(fuzzing))]
pub mod smoke;
pub mod zarr;
pub mod zarr_changes;

use arraystow::Limits;

/// The stack of a case, in bytes: the default of Rust's threads.
const STACK: usize = 2 << 20;

/// Runs a case on a thread with a small stack. A stack overflow ends the program.
///
/// # Panics
/// If the case panics.
pub fn case(run: impl Fn(&[u8]) + Sync, input: &[u8]) {
    let ended = std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        thread.spawn_scoped(scope, || run(input)).expect("no thread can be started").join()
    });
    if let Err(panic) = ended {
        std::panic::resume_unwind(panic);
    }
}

/// Small limits, so that a case is fast and exceeding them is noticed.
pub fn limits() -> Limits {
    Limits::default().chunk_bytes(16 << 20).chunks(1 << 16).document_bytes(16 << 20)
}
