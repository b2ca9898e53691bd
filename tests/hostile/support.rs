//! Bounds on time and memory, and frames around documents of unknown origin.
#![allow(unsafe_code, reason = "an allocator")]

use arraystow::{Error, ErrorKind};
pub(crate) use arraystow_tests::frame::{frame, parts};
use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Debug;
use std::sync::mpsc::channel;
use std::time::Duration;

/// No test needs more in one piece; a request for more that cannot be refused aborts the tests.
const MOST_BYTES: usize = 512 << 20;

struct Bounded;

// SAFETY: the system's allocator, but for what is refused.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        if layout.size() > MOST_BYTES { std::ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as the caller promises.
        if layout.size() > MOST_BYTES { std::ptr::null_mut() } else { unsafe { System.alloc_zeroed(layout) } }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as the caller promises.
        if size > MOST_BYTES { std::ptr::null_mut() } else { unsafe { System.realloc(memory, layout, size) } }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Bounded = Bounded;

/// Runs on a thread with the stack that Rust gives its threads; panics if it takes longer than 20 seconds.
pub(crate) fn soon<R: Send + 'static>(what: &str, run: impl FnOnce() -> R + Send + 'static) -> R {
    let (send, receive) = channel();
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || drop(send.send(run()))).unwrap();
    let result = receive.recv_timeout(Duration::from_secs(20));
    match result {
        Ok(result) => {
            thread.join().unwrap();
            result
        }
        Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("{what} takes too long"),
        Err(_) => panic!("{what} panicked"),
    }
}

/// The error, which is of one of these kinds.
pub(crate) fn refused<T: Debug>(what: &str, result: Result<T, Error>, kinds: &[ErrorKind]) -> Error {
    let error = match result {
        Ok(value) => panic!("{what} was taken: {value:?}"),
        Err(error) => error,
    };
    assert!(kinds.contains(&error.kind()), "{what}: {error:?}");
    assert!(error.to_string().len() < 10_000, "{what}: an error of {} bytes", error.to_string().len());
    error
}

/// The manifest of these arrays.
pub(crate) fn manifest(arrays: &serde_json::Value) -> Vec<u8> {
    cbor4ii::serde::to_vec(Vec::new(), &serde_json::json!({"write_id": "x", "arrays": arrays})).unwrap()
}

/// A manifest's entry.
pub(crate) fn entry(file: &str, chunks: &serde_json::Value, plain: bool) -> serde_json::Value {
    serde_json::json!({
        "id": ["HDFSerializer", ["1.0.0", file]], "paths": ["field"], "data_type": "float64", "chunks": chunks,
        "bytes": 100, "digest": "00", "plain": plain,
    })
}
