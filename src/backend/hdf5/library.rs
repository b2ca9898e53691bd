//! libhdf5 as a whole: its process-wide lock, its ids and its error messages.
//!
//! Every call of the library goes through [`id`], [`number`] or [`status`], which take the lock, check the answer and
//! turn the library's error stack into the text of an [`Error`]; nothing is ever printed. The lock is reentrant. It
//! must not be held while waiting for another thread.
#![allow(unsafe_code, reason = "calls libhdf5")]

use crate::error::{Error, ErrorKind, Result};
use hdf5_sys::h5::{H5get_libversion, herr_t};
use hdf5_sys::h5e::{H5E_DEFAULT, H5E_WALK_DOWNWARD, H5E_error2_t, H5Ewalk2};
use hdf5_sys::h5i::hid_t;
use std::ffi::{CStr, c_int, c_uint, c_void};
use std::sync::OnceLock;

/// How an id of one kind is closed.
pub(super) type Close = unsafe extern "C" fn(hid_t) -> herr_t;

/// An id of libhdf5; closed when dropped. Where closing may fail, call [`close`](Self::close) instead.
pub(super) struct Handle {
    id: hid_t,
    close: Close,
}

impl Handle {
    pub(super) fn id(&self) -> hid_t {
        self.id
    }

    pub(super) fn close(mut self, what: &str) -> Result<()> {
        let id = std::mem::replace(&mut self.id, NO_ID);
        // SAFETY: `close` is the function that closes ids of this kind; the id is not used again.
        status(what, || unsafe { (self.close)(id) })
    }
}

const NO_ID: hid_t = -1;

impl Drop for Handle {
    fn drop(&mut self) {
        if self.id != NO_ID {
            // SAFETY: `close` is the function that closes ids of this kind; the id is not used again.
            locked(|| unsafe { (self.close)(self.id) });
        }
    }
}

/// Runs several calls under one hold of the lock.
pub(super) fn locked<R>(work: impl FnOnce() -> R) -> R {
    hdf5::sync::sync(work)
}

/// A stack that is large enough for whatever `watch` lets pass: libhdf5 goes down into trees and types by calling
/// itself.
const STACK: usize = 16 << 20;

/// The room that is enough: twice what the deepest types take. Less than a main thread and the engine's threads have,
/// since a new stack for each file costs as much as a small array.
const ENOUGH: usize = 7 << 20;

/// Runs calls that read a file of unknown origin: on a stack of their own, if this thread's has less room.
pub(super) fn on_large_stack<R>(work: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(ENOUGH, STACK, work)
}

/// A call that makes an id.
pub(super) fn id(what: &str, close: Close, call: impl FnOnce() -> hid_t) -> Result<Handle> {
    checked(what, call, |id| *id >= 0).map(|id| Handle { id, close })
}

/// A call that answers with a number, negative if it fails.
pub(super) fn number(what: &str, call: impl FnOnce() -> c_int) -> Result<usize> {
    checked(what, call, |number| *number >= 0).map(|number| number.unsigned_abs() as usize)
}

/// A call that does something.
pub(super) fn status(what: &str, call: impl FnOnce() -> herr_t) -> Result<()> {
    number(what, call).map(|_| ())
}

/// Any call, with its own test of success. `what` completes 'libhdf5 cannot ...'.
pub(super) fn checked<R>(what: &str, call: impl FnOnce() -> R, succeeded: impl FnOnce(&R) -> bool) -> Result<R> {
    locked(|| {
        let answer = call();
        if succeeded(&answer) { Ok(answer) } else { Err(failure(what)) }
    })
}

/// libhdf5's messages about the call that has just failed: the outermost and the innermost one.
fn failure(what: &str) -> Error {
    unsafe extern "C" fn note(_: c_uint, error: *const H5E_error2_t, notes: *mut c_void) -> herr_t {
        // SAFETY: `notes` is the Vec that H5Ewalk2 was given below, and no other code uses it meanwhile.
        let notes = unsafe { &mut *notes.cast::<Vec<String>>() };
        // SAFETY: libhdf5 gives a valid record for the time of the call.
        let description = unsafe { error.as_ref() }.map_or(std::ptr::null(), |error| error.desc);
        if !description.is_null() {
            // SAFETY: a description that is not null is a C string.
            notes.push(unsafe { CStr::from_ptr(description) }.to_string_lossy().into_owned());
        }
        0
    }
    let mut notes: Vec<String> = Vec::new();
    // SAFETY: `note` has the signature that is asked for and `notes` outlives the call. The caller holds the lock.
    unsafe { H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, Some(note), (&raw mut notes).cast()) };
    let reason = match notes.as_slice() {
        [] => "no reason is given".to_owned(),
        [only] => only.clone(),
        [first, .., last] => format!("{first}: {last}"),
    };
    Error::new(ErrorKind::Io, format!("libhdf5 cannot {what} ({reason})"))
}

/// Fails for a libhdf5 that has another interface than the one declared in `class`. (Within these versions, libhdf5
/// itself refuses a class of another version.)
pub(super) fn check_version() -> Result<()> {
    static VERSION: OnceLock<(c_uint, c_uint, c_uint)> = OnceLock::new();
    let version = *VERSION.get_or_init(|| {
        let (mut major, mut minor, mut release) = (0, 0, 0);
        // SAFETY: the three pointers are valid for the call.
        locked(|| unsafe { H5get_libversion(&raw mut major, &raw mut minor, &raw mut release) });
        (major, minor, release)
    });
    match version {
        (1, 14.., _) | (2, ..) => Ok(()),
        (major, minor, release) => Err(Error::unsupported(format!(
            "libhdf5 {major}.{minor}.{release} is not supported: link 1.14 or later, or build with the feature `static`"
        ))),
    }
}

unsafe extern "C" {
    // hdf5-metno-sys declares both with a pointer to an int.
    fn H5PLget_loading_state(mask: *mut c_uint) -> herr_t;
    fn H5PLset_loading_state(mask: c_uint) -> herr_t;
}

/// Runs calls that would otherwise search the disk for filter plugins and load them. What the program has set comes
/// back afterwards: it may use plugins for files of its own.
pub(super) fn without_plugins<R>(work: impl FnOnce() -> Result<R>) -> Result<R> {
    locked(|| {
        let mut before: c_uint = 0;
        // SAFETY: the pointer is valid for the call.
        status("tell whether plugins are on", || unsafe { H5PLget_loading_state(&raw mut before) })?;
        // SAFETY: takes any mask.
        status("turn plugins off", || unsafe { H5PLset_loading_state(0) })?;
        let result = work();
        // SAFETY: takes any mask.
        status("turn plugins on again", || unsafe { H5PLset_loading_state(before) })?;
        result
    })
}
