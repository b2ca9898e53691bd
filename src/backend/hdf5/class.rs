//! The interface between libhdf5 and a file driver: `H5FDdevelop.h` of HDF5 1.14 to 2.2, as far as it is needed.
//!
//! hdf5-metno-sys declares an older class, which is shorter. Registering that one would let libhdf5 read past its end.
#![allow(unsafe_code, reason = "declares functions of libhdf5")]
#![allow(non_camel_case_types, reason = "the names of the C header")]

use hdf5_sys::h5::{haddr_t, herr_t};
use hdf5_sys::h5f::H5F_close_degree_t;
use hdf5_sys::h5i::hid_t;
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

/// The version of [`H5FD_class_t`]; libhdf5 refuses a class of another.
pub(super) const H5FD_CLASS_VERSION: c_uint = 1;

/// libhdf5's own part of an open file, at its beginning. libhdf5 fills it in and no other code reads it, so all that
/// matters is that there is room: 80 bytes in HDF5 2.2, and some for later versions.
#[repr(C)]
pub(super) struct H5FD_t([u64; 32]);

impl H5FD_t {
    pub(super) const EMPTY: Self = Self([0; 32]);
}

pub(super) type H5FD_mem_t = c_int;
pub(super) const H5FD_MEM_SUPER: H5FD_mem_t = 1;
pub(super) const H5FD_MEM_DRAW: H5FD_mem_t = 3;
pub(super) const H5FD_MEM_OHDR: H5FD_mem_t = 6;

/// A callback that this driver does not have; as large as any pointer to a function.
pub(super) type Unused = Option<unsafe extern "C" fn()>;

#[repr(C)]
pub(super) struct H5FD_class_t {
    pub(super) version: c_uint,
    pub(super) value: c_int,
    pub(super) name: *const c_char,
    pub(super) maxaddr: haddr_t,
    pub(super) fc_degree: H5F_close_degree_t,
    pub(super) terminate: Unused,
    pub(super) sb_size: Unused,
    pub(super) sb_encode: Unused,
    pub(super) sb_decode: Unused,
    pub(super) fapl_size: usize,
    pub(super) fapl_get: Unused,
    pub(super) fapl_copy: unsafe extern "C" fn(*const c_void) -> *mut c_void,
    pub(super) fapl_free: unsafe extern "C" fn(*mut c_void) -> herr_t,
    pub(super) dxpl_size: usize,
    pub(super) dxpl_copy: Unused,
    pub(super) dxpl_free: Unused,
    pub(super) open: unsafe extern "C" fn(*const c_char, c_uint, hid_t, haddr_t) -> *mut H5FD_t,
    pub(super) close: unsafe extern "C" fn(*mut H5FD_t) -> herr_t,
    pub(super) cmp: Unused,
    pub(super) query: unsafe extern "C" fn(*const H5FD_t, *mut c_ulong) -> herr_t,
    pub(super) get_type_map: Unused,
    pub(super) alloc: Unused,
    pub(super) free: Unused,
    pub(super) get_eoa: unsafe extern "C" fn(*const H5FD_t, H5FD_mem_t) -> haddr_t,
    pub(super) set_eoa: unsafe extern "C" fn(*mut H5FD_t, H5FD_mem_t, haddr_t) -> herr_t,
    pub(super) get_eof: unsafe extern "C" fn(*const H5FD_t, H5FD_mem_t) -> haddr_t,
    pub(super) get_handle: Unused,
    pub(super) read: unsafe extern "C" fn(*mut H5FD_t, H5FD_mem_t, hid_t, haddr_t, usize, *mut c_void) -> herr_t,
    pub(super) write: unsafe extern "C" fn(*mut H5FD_t, H5FD_mem_t, hid_t, haddr_t, usize, *const c_void) -> herr_t,
    pub(super) read_vector: Unused,
    pub(super) write_vector: Unused,
    pub(super) read_selection: Unused,
    pub(super) write_selection: Unused,
    pub(super) flush: Unused,
    pub(super) truncate: unsafe extern "C" fn(*mut H5FD_t, hid_t, bool) -> herr_t,
    pub(super) lock: Unused,
    pub(super) unlock: Unused,
    pub(super) del: Unused,
    pub(super) ctl: Unused,
    pub(super) fl_map: [H5FD_mem_t; 7],
}

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<H5FD_class_t>() == 336, "the size that a C compiler gives it");

// SAFETY: the one class there is does not change, and its pointers lead to functions and to a constant name.
unsafe impl Sync for H5FD_class_t {}

unsafe extern "C" {
    pub(super) fn H5FDregister(class: *const H5FD_class_t) -> hid_t;
}
