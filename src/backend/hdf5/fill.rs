//! What elements read as that were never written.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::library::{Handle, status};
use crate::error::{Error, Result};
use hdf5_sys::h5::herr_t;
use hdf5_sys::h5d::H5D_fill_value_t;
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5p::{H5P_DEFAULT, H5Pencode2, H5Pfill_value_defined, H5Pget_fill_value};
use std::ffi::{c_int, c_void};

/// What elements that were never written read as.
pub(super) enum Fill {
    Zero,
    /// This element, as it would be stored.
    Value(Vec<u8>),
    /// Nothing: there is no fill value, and it is not left out for good.
    Undefined,
}

unsafe extern "C" {
    // In hdf5-metno-sys the time is an enum, and a file may hold any number.
    fn H5Pget_fill_time(properties: hid_t, time: *mut c_int) -> herr_t;
}

/// `H5D_FILL_TIME_NEVER`.
const NEVER: c_int = 1;
/// How libhdf5 calls the fill value among the properties of a dataset.
const NAME: &[u8] = b"fill_value\0";

/// What libhdf5 gives for elements that were never written, of `size` bytes each. Where it leaves the reader's memory
/// as it is, that is taken to be zero, as h5py has it. The dataset must be known to have no external files.
pub(super) fn fill(properties: &Handle, element_type: &Handle, size: usize) -> Result<Fill> {
    let mut time = 0;
    // SAFETY: a valid list and a valid pointer.
    status("tell when elements are filled", || unsafe { H5Pget_fill_time(properties.id(), &raw mut time) })?;
    let mut defined = H5D_fill_value_t::H5D_FILL_VALUE_DEFAULT;
    // SAFETY: as above.
    status("look for a fill value", || unsafe { H5Pfill_value_defined(properties.id(), &raw mut defined) })?;
    match defined {
        _ if time == NEVER => Ok(Fill::Zero),
        H5D_fill_value_t::H5D_FILL_VALUE_USER_DEFINED => {
            let len = len(properties)?;
            if len != Some(size as u64) {
                return Err(Error::corrupt("the fill value is not an element of the dataset"));
            }
            let mut value = vec![0; size];
            status("tell the fill value", || {
                // SAFETY: a valid list and type, room for one element of this type, and a value of that length.
                unsafe { H5Pget_fill_value(properties.id(), element_type.id(), value.as_mut_ptr().cast()) }
            })?;
            Ok(Fill::Value(value))
        }
        H5D_fill_value_t::H5D_FILL_VALUE_UNDEFINED => Ok(Fill::Undefined),
        _ => Ok(Fill::Zero),
    }
}

/// How long the fill value is that the file has. libhdf5 gives as many bytes as an element has, whether there are so
/// many or not, and has the length only where it writes down all properties.
fn len(properties: &Handle) -> Result<Option<u64>> {
    let mut len = 0;
    let encode = |buffer: *mut c_void, len: &mut usize| {
        // SAFETY: a valid list, and null or room for as many bytes as `len` says.
        status("write down properties", || unsafe { H5Pencode2(properties.id(), buffer, len, H5P_DEFAULT) })
    };
    encode(std::ptr::null_mut(), &mut len)?;
    let mut bytes = vec![0_u8; len];
    encode(bytes.as_mut_ptr().cast(), &mut len)?;
    // By name, and what comes before it (times, and external files, of which there are none) is nothing that a file
    // chooses.
    let Some(at) = bytes.windows(NAME.len()).position(|name| name == NAME) else { return Ok(None) };
    // The two times, and the length.
    let len = bytes.get(at + NAME.len() + 2..).and_then(|rest| rest.first_chunk::<8>());
    Ok(len.map(|len| u64::from_le_bytes(*len)))
}
