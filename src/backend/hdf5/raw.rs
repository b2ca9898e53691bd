//! Attributes of variable length, as they are in the file: their lengths and places.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::library::{Handle, id, status};
use crate::error::Result;
use hdf5_sys::h5::herr_t;
use hdf5_sys::h5a::H5Aread;
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5t::{
    H5T_NATIVE_UCHAR, H5T_cdata_t, H5T_class_t, H5T_pers_t, H5Tclose, H5Tcreate, H5Tregister, H5Tunregister,
    H5Tvlen_create,
};
use std::ffi::{CStr, c_void};

/// Bytes of an element as it is in the file, where addresses have 8 bytes.
pub(super) const BYTES: usize = 16;

/// Where an element of variable length is.
pub(super) struct HeapPlace {
    /// Of how many parts it is made.
    pub(super) count: u32,
    /// The collection of a global heap.
    pub(super) address: u64,
    /// Its object in the collection.
    pub(super) object: u32,
}

impl HeapPlace {
    /// The place that the bytes of an element are.
    pub(super) fn of(bytes: &[u8; BYTES]) -> Self {
        let [a, b, c, d, address @ .., e, f, g, h] = *bytes;
        Self {
            count: u32::from_le_bytes([a, b, c, d]),
            address: u64::from_le_bytes(address),
            object: u32::from_le_bytes([e, f, g, h]),
        }
    }
}

const NAME: &CStr = c"arraystow: as it lies in the file";

/// The places of the elements of an attribute of this many elements of variable length.
///
/// libhdf5 gives the bytes of an element only as a conversion sees them. One that leaves them as they are is known to
/// it for the time of this call.
pub(super) fn places(attribute: &Handle, count: usize) -> Result<Vec<HeapPlace>> {
    // SAFETY: the constant is valid once libhdf5 is initialized.
    let variable = id("make a list type", H5Tclose, || unsafe { H5Tvlen_create(*H5T_NATIVE_UCHAR) })?;
    // SAFETY: a size that is not 0.
    let opaque = id("make an opaque type", H5Tclose, || unsafe { H5Tcreate(H5T_class_t::H5T_OPAQUE, BYTES) })?;
    let mut bytes = vec![0_u8; count.saturating_mul(BYTES)];
    let soft = H5T_pers_t::H5T_PERS_SOFT;
    status("add a conversion", || {
        // SAFETY: a C string, valid types, and a function of the signature that is asked for.
        unsafe { H5Tregister(soft, NAME.as_ptr(), variable.id(), opaque.id(), Some(as_it_is)) }
    })?;
    let read = status("read an attribute", || {
        // SAFETY: room for so many elements of the opaque type as the attribute has.
        unsafe { H5Aread(attribute.id(), opaque.id(), bytes.as_mut_ptr().cast()) }
    });
    status("remove a conversion", || {
        // SAFETY: as it was added.
        unsafe { H5Tunregister(soft, NAME.as_ptr(), variable.id(), opaque.id(), Some(as_it_is)) }
    })?;
    read?;
    Ok(bytes.as_chunks::<BYTES>().0.iter().map(HeapPlace::of).collect())
}

/// Converts nothing: what is in the file is what is wanted.
extern "C" fn as_it_is(
    _: hid_t,
    _: hid_t,
    _: *mut H5T_cdata_t,
    _: usize,
    _: usize,
    _: usize,
    _: *mut c_void,
    _: *mut c_void,
    _: hid_t,
) -> herr_t {
    0
}
