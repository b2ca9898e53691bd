//! Names of axes, attributes and the fill value, as h5py, netCDF and xarray know them.
//!
//! The name of an axis is a dimension scale: a dataset of that name beside the array, to which the array refers. Its marks are
//! those that netCDF writes for a dimension without coordinates.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::create::space;
use super::description::DATASET;
use super::library::{Handle, id, status};
use super::types;
use crate::array::{Attr, DataType, Labels};
use crate::error::{Error, Result};
use hdf5_sys::h5a::{H5Aclose, H5Acreate2, H5Awrite};
use hdf5_sys::h5p::H5P_DEFAULT;
use hdf5_sys::h5r::{H5R_OBJECT1, H5Rcreate, hobj_ref_t};
use hdf5_sys::h5t::{
    H5T_C_S1, H5T_STD_REF_OBJ, H5T_class_t, H5T_cset_t, H5T_str_t, H5Tclose, H5Tcopy, H5Tcreate, H5Tinsert,
    H5Tset_cset, H5Tset_size, H5Tset_strpad, H5Tvlen_create, hvl_t,
};
use std::ffi::{CStr, CString, c_void};

/// What netCDF gives as the name of a scale that has no coordinates, before the dimension's length.
const WITHOUT_COORDINATES: &str = "This is a netCDF dimension but not a netCDF variable.";

/// Writes what is said of the elements beside them. `new_scale` makes a dataset of that length which holds nothing.
pub(super) fn write(
    file: &Handle,
    dataset: &Handle,
    data_type: DataType,
    shape: &[usize],
    labels: &Labels,
    new_scale: impl Fn(&CString, usize) -> Result<Handle>,
) -> Result<()> {
    for (name, value) in labels.attrs() {
        attribute(dataset, name, value)?;
    }
    if let Some(fill) = labels.fill() {
        let element = types::create(data_type)?;
        write_attribute(dataset, c"_FillValue", &element, &[1], fill.as_ptr().cast())?;
    }
    let Some(dims) = labels.dims() else { return Ok(()) };
    let mut scales = Vec::with_capacity(dims.len());
    for (axis, (dim, len)) in dims.iter().zip(shape).enumerate() {
        let name = c_string(dim)?;
        let scale = new_scale(&name, *len)?;
        mark(&scale, c"CLASS", c"DIMENSION_SCALE")?;
        mark(&scale, c"NAME", &c_string(&format!("{WITHOUT_COORDINATES}{len:10}"))?)?;
        let user = Used { dataset: reference(file, &CString::from(DATASET))?, axis: axis as u32 };
        let used = used_type()?;
        write_attribute(&scale, c"REFERENCE_LIST", &used, &[1], (&raw const user).cast())?;
        scale.close("close a dataset")?;
        scales.push(reference(file, &name)?);
    }
    if scales.is_empty() {
        return Ok(());
    }
    let lists: Vec<hvl_t> =
        scales.iter_mut().map(|scale| hvl_t { len: 1, p: std::ptr::from_mut(scale).cast() }).collect();
    let reference = reference_type()?;
    // SAFETY: a valid type.
    let list = id("make a list type", H5Tclose, || unsafe { H5Tvlen_create(reference.id()) })?;
    // Each list points to one reference in `scales`, which outlives the call.
    write_attribute(dataset, c"DIMENSION_LIST", &list, &[lists.len()], lists.as_ptr().cast())
}

/// A dataset and which of its axes the scale is for.
#[repr(C)]
struct Used {
    dataset: hobj_ref_t,
    axis: u32,
}

fn used_type() -> Result<Handle> {
    let (reference, number) = (reference_type()?, types::create(DataType::Int32)?);
    // SAFETY: a size that is not 0.
    let used =
        id("make a compound type", H5Tclose, || unsafe { H5Tcreate(H5T_class_t::H5T_COMPOUND, size_of::<Used>()) })?;
    let members = [
        (c"dataset", std::mem::offset_of!(Used, dataset), &reference),
        (c"dimension", std::mem::offset_of!(Used, axis), &number),
    ];
    for (name, offset, member) in members {
        // SAFETY: a C string and a valid type that fits in at the offset.
        status("add a member", || unsafe { H5Tinsert(used.id(), name.as_ptr(), offset, member.id()) })?;
    }
    Ok(used)
}

fn reference_type() -> Result<Handle> {
    // SAFETY: the constant is valid once libhdf5 is initialized.
    id("copy a type", H5Tclose, || unsafe { H5Tcopy(*H5T_STD_REF_OBJ) })
}

/// A reference to the object of that name in the file.
fn reference(file: &Handle, name: &CString) -> Result<hobj_ref_t> {
    let mut reference: hobj_ref_t = 0;
    status("refer to an object", || {
        // SAFETY: a valid file, a C string, and room for a reference of this kind; -1 stands for no region.
        unsafe { H5Rcreate((&raw mut reference).cast::<c_void>(), file.id(), name.as_ptr(), H5R_OBJECT1, -1) }
    })?;
    Ok(reference)
}

fn attribute(dataset: &Handle, name: &str, value: &Attr) -> Result<()> {
    let of = |data_type, shape: &[usize], data: *const c_void| {
        write_attribute(dataset, &c_string(name)?, &types::create(data_type)?, shape, data)
    };
    match value {
        Attr::Text(value) => text(dataset, name, value),
        Attr::Int(number) => of(DataType::Int64, &[], std::ptr::from_ref(number).cast()),
        Attr::Float(number) => of(DataType::Float64, &[], std::ptr::from_ref(number).cast()),
        Attr::Ints(list) => of(DataType::Int64, &[list.len()], list.as_ptr().cast()),
        Attr::Floats(list) => of(DataType::Float64, &[list.len()], list.as_ptr().cast()),
        Attr::Texts(list) => {
            let longest = list.iter().map(String::len).max().unwrap_or(0).max(1);
            let mut bytes = Vec::with_capacity(longest * list.len());
            for text in list {
                bytes.extend_from_slice(text.as_bytes());
                bytes.resize(bytes.len().next_multiple_of(longest).max(longest), 0);
            }
            write_attribute(dataset, &c_string(name)?, &text_type(longest)?, &[list.len()], bytes.as_ptr().cast())
        }
    }
}

fn text(object: &Handle, name: &str, value: &str) -> Result<()> {
    // An empty text is one NUL.
    let bytes = if value.is_empty() { b"\0" } else { value.as_bytes() };
    write_attribute(object, &c_string(name)?, &text_type(bytes.len())?, &[], bytes.as_ptr().cast())
}

/// A text of a dimension scale. Other than ASCII with a NUL at its end, libhdf5 does not take it for one.
fn mark(scale: &Handle, name: &CStr, value: &CStr) -> Result<()> {
    let bytes = value.to_bytes_with_nul();
    let ascii = string_type(bytes.len())?;
    write_attribute(scale, name, &ascii, &[], bytes.as_ptr().cast())
}

/// UTF-8 of so many bytes, which NULs fill up.
fn text_type(len: usize) -> Result<Handle> {
    let text = string_type(len)?;
    // SAFETY: a valid type.
    status("set the encoding of a string", || unsafe { H5Tset_cset(text.id(), H5T_cset_t::H5T_CSET_UTF8) })?;
    // SAFETY: as above.
    status("set the padding of a string", || unsafe { H5Tset_strpad(text.id(), H5T_str_t::H5T_STR_NULLPAD) })?;
    Ok(text)
}

/// ASCII of so many bytes, which end with a NUL.
fn string_type(len: usize) -> Result<Handle> {
    // SAFETY: the constant is valid once libhdf5 is initialized.
    let text = id("copy a type", H5Tclose, || unsafe { H5Tcopy(*H5T_C_S1) })?;
    // SAFETY: a valid type and a length that is not 0.
    status("set the length of a string", || unsafe { H5Tset_size(text.id(), len) })?;
    Ok(text)
}

/// `data` has as many values of that type as the shape says.
fn write_attribute(
    object: &Handle,
    name: &CStr,
    value_type: &Handle,
    shape: &[usize],
    data: *const c_void,
) -> Result<()> {
    let space = space(shape)?;
    let attribute = id("add an attribute", H5Aclose, || {
        // SAFETY: valid ids and a C string.
        unsafe { H5Acreate2(object.id(), name.as_ptr(), value_type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT) }
    })?;
    // SAFETY: the caller gives as many values of the type as the dataspace has.
    status("write an attribute", || unsafe { H5Awrite(attribute.id(), value_type.id(), data) })?;
    attribute.close("close an attribute")
}

fn c_string(name: &str) -> Result<CString> {
    CString::new(name).map_err(|_| Error::invalid(format!("the name {name:?} has the character NUL")))
}
