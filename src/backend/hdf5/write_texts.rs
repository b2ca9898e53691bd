//! Writes strings of any length. libhdf5 allocates a place for each in its global heaps.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::attributes;
use super::create::NewFile;
use super::library::{id, status};
use crate::error::{Error, Result};
use hdf5_sys::h5d::{H5Dget_space, H5Dwrite};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5s::{H5S_seloper_t, H5Sclose, H5Sselect_hyperslab};
use std::ffi::{CString, c_char};

impl NewFile {
    /// Writes the strings of a region.
    pub(super) fn write_texts(&self, start: &[usize], shape: &[usize], texts: &[CString]) -> Result<()> {
        if texts.len() != shape.iter().product::<usize>() {
            return Err(Error::invalid(format!("{} strings for a region of shape {shape:?}", texts.len())));
        }
        let pointers: Vec<*const c_char> = texts.iter().map(|text| text.as_ptr()).collect();
        let wide = |lengths: &[usize]| lengths.iter().map(|len| *len as u64).collect::<Vec<_>>();
        let (start, count) = (wide(start), wide(shape));
        self.file.call(|_| {
            let text = attributes::variable_utf8()?;
            let memory = attributes::space(shape)?;
            // SAFETY: a valid dataset.
            let space = id("tell the shape of a dataset", H5Sclose, || unsafe { H5Dget_space(self.dataset.id()) })?;
            if !count.is_empty() {
                let (all, none) = (H5S_seloper_t::H5S_SELECT_SET, std::ptr::null());
                status("select a region", || {
                    // SAFETY: a valid space, and as many positions and lengths as it has axes.
                    unsafe { H5Sselect_hyperslab(space.id(), all, start.as_ptr(), none, count.as_ptr(), none) }
                })?;
            }
            status("write strings", || {
                // SAFETY: as many pointers to C strings as the spaces have elements, all of which outlive the call.
                unsafe {
                    let pointers = pointers.as_ptr().cast();
                    H5Dwrite(self.dataset.id(), text.id(), memory.id(), space.id(), H5P_DEFAULT, pointers)
                }
            })
        })
    }
}
