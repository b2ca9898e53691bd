//! Attributes of new objects, and the types and spaces that they are made of.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::library::{Handle, checked, id, status};
use crate::error::{Error, Result};
use hdf5_sys::h5a::{H5Aclose, H5Acreate2, H5Awrite};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{H5S_class_t, H5Sclose, H5Screate, H5Screate_simple};
use hdf5_sys::h5t::{
    H5T_C_S1, H5T_VARIABLE, H5T_cset_t, H5T_str_t, H5Tclose, H5Tcopy, H5Tget_size, H5Tset_cset, H5Tset_size,
    H5Tset_strpad,
};
use std::ffi::{CStr, CString, c_char, c_int};

/// Adds an attribute with a value of this type and shape. The type must hold no pointer.
pub(super) fn write(object: &Handle, name: &CStr, value_type: &Handle, shape: &[usize], value: &[u8]) -> Result<()> {
    // SAFETY: a valid type.
    let size = checked("read the size of a type", || unsafe { H5Tget_size(value_type.id()) }, |size| *size > 0)?;
    let wanted = shape.iter().try_fold(size, |bytes, len| bytes.checked_mul(*len));
    if wanted != Some(value.len()) {
        return Err(Error::invalid(format!(
            "{} bytes for the attribute {name:?} of shape {shape:?}, whose elements have {size} bytes",
            value.len()
        )));
    }
    let attribute = add(object, name, value_type, shape)?;
    // SAFETY: the value has as many bytes as the attribute, and any bytes are a value of the type.
    status("write an attribute", || unsafe { H5Awrite(attribute.id(), value_type.id(), value.as_ptr().cast()) })?;
    attribute.close("close an attribute")
}

/// Adds an attribute with strings of any length, of this shape.
pub(super) fn write_texts(object: &Handle, name: &CStr, shape: &[usize], texts: &[CString]) -> Result<()> {
    if texts.len() != shape.iter().product::<usize>() {
        return Err(Error::invalid(format!("{} strings for the attribute {name:?} of shape {shape:?}", texts.len())));
    }
    let text = variable_utf8()?;
    let attribute = add(object, name, &text, shape)?;
    let pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
    // SAFETY: as many pointers to C strings as the attribute has elements, all of which outlive the call.
    status("write an attribute", || unsafe { H5Awrite(attribute.id(), text.id(), pointers.as_ptr().cast()) })?;
    attribute.close("close an attribute")
}

/// Adds an attribute without a value.
pub(super) fn add(object: &Handle, name: &CStr, value_type: &Handle, shape: &[usize]) -> Result<Handle> {
    let space = space(shape)?;
    id("add an attribute", H5Aclose, || {
        // SAFETY: valid ids and a C string.
        unsafe { H5Acreate2(object.id(), name.as_ptr(), value_type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT) }
    })
}

/// The type of an ASCII string of this many bytes, the NUL at its end included.
pub(super) fn ascii(len: usize) -> Result<Handle> {
    // SAFETY: the constant is valid once libhdf5 is initialized.
    let text = id("copy a type", H5Tclose, || unsafe { H5Tcopy(*H5T_C_S1) })?;
    // SAFETY: a valid type and a length that is not 0.
    status("set the length of a string", || unsafe { H5Tset_size(text.id(), len) })?;
    Ok(text)
}

/// The type of a UTF-8 string of this many bytes.
pub(super) fn utf8(len: usize) -> Result<Handle> {
    let text = ascii(len)?;
    // SAFETY: a valid type.
    status("set the encoding of a string", || unsafe { H5Tset_cset(text.id(), H5T_cset_t::H5T_CSET_UTF8) })?;
    Ok(text)
}

/// The type of a UTF-8 string of this many bytes, padded with NULs.
pub(super) fn padded_utf8(len: usize) -> Result<Handle> {
    let text = utf8(len)?;
    // SAFETY: a valid type.
    status("set the padding of a string", || unsafe { H5Tset_strpad(text.id(), H5T_str_t::H5T_STR_NULLPAD) })?;
    Ok(text)
}

/// The type of a UTF-8 string of any length, which in memory is a pointer.
pub(super) fn variable_utf8() -> Result<Handle> {
    utf8(H5T_VARIABLE)
}

/// A dataspace of this shape; a scalar one without axes.
pub(super) fn space(shape: &[usize]) -> Result<Handle> {
    let shape: Vec<u64> = shape.iter().map(|len| *len as u64).collect();
    id("make a dataspace", H5Sclose, || {
        // SAFETY: as many lengths as are announced; no maximum means that it is the shape itself.
        unsafe {
            match shape.as_slice() {
                [] => H5Screate(H5S_class_t::H5S_SCALAR),
                shape => H5Screate_simple(shape.len() as c_int, shape.as_ptr(), std::ptr::null()),
            }
        }
    })
}

pub(super) fn c_string(name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::invalid(format!("the name {name:?} has the character NUL")))
}

/// The path from the root of the file.
pub(super) fn c_path(path: &[String]) -> Result<CString> {
    c_string(&path.iter().flat_map(|step| ["/", step]).collect::<String>())
}
