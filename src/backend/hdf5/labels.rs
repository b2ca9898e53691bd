//! Names of axes, attributes and the fill value, as h5py, netCDF and xarray read them.
//!
//! The name of an axis is a dimension scale: a dataset of that name beside the array, to which the array refers. Its
//! marks are those that netCDF writes for a dimension without coordinates.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::attributes::{self, c_string};
use super::description::DATASET;
use super::library::{Handle, id, status};
use super::types;
use crate::array::{Attr, DataType, Labels};
use crate::error::Result;
use bytemuck::{Pod, Zeroable};
use hdf5_sys::h5a::H5Awrite;
use hdf5_sys::h5r::{H5R_OBJECT1, H5Rcreate, hobj_ref_t};
use hdf5_sys::h5t::{H5T_STD_REF_OBJ, H5T_class_t, H5Tclose, H5Tcopy, H5Tcreate, H5Tinsert, H5Tvlen_create, hvl_t};
use std::ffi::{CStr, c_void};

/// What netCDF gives as the name of a scale that has no coordinates, before the dimension's length.
pub(super) const WITHOUT_COORDINATES: &str = "This is a netCDF dimension but not a netCDF variable.";

/// Writes the attributes and the fill value of an array.
pub(super) fn write_attributes(dataset: &Handle, data_type: &DataType, labels: &Labels) -> Result<()> {
    for (name, value) in labels.attrs() {
        attribute(dataset, &c_string(name)?, value)?;
    }
    time(dataset, data_type, labels)?;
    // A string of any length is one in the description only.
    match labels.fill().filter(|_| !data_type.is_text()) {
        Some(fill) => attributes::write(dataset, c"_FillValue", &types::create(data_type)?, &[1], fill),
        None => Ok(()),
    }
}

/// Writes the names of the axes of an array beside it. `new_scale` makes a dataset of that name and length without
/// elements.
pub(super) fn write_dims(
    file: &Handle,
    dataset: &Handle,
    shape: &[usize],
    labels: &Labels,
    new_scale: impl Fn(&CStr, usize) -> Result<Handle>,
) -> Result<()> {
    let Some(dims) = labels.dims() else { return Ok(()) };
    let array = reference(file, DATASET)?;
    let mut scales = Vec::with_capacity(dims.len());
    for (axis, (dim, len)) in (0_u32..).zip(dims.iter().zip(shape)) {
        let name = c_string(dim)?;
        let scale = new_scale(&name, *len)?;
        mark_scale(&scale, &name, Some(*len))?;
        list_uses(&scale, &[Used::new(array, axis)])?;
        scale.close("close a dataset")?;
        scales.push(reference(file, &name)?);
    }
    if scales.is_empty() { Ok(()) } else { list_scales(dataset, scales) }
}

/// Marks a dataset as the scale of an axis: one with coordinates, or one that has only a length.
pub(super) fn mark_scale(scale: &Handle, name: &CStr, len: Option<usize>) -> Result<()> {
    mark(scale, c"CLASS", c"DIMENSION_SCALE")?;
    match len {
        Some(len) => mark(scale, c"NAME", &c_string(&format!("{WITHOUT_COORDINATES}{len:10}"))?),
        None => mark(scale, c"NAME", name),
    }
}

/// Writes to a scale which axes it is for.
pub(super) fn list_uses(scale: &Handle, uses: &[Used]) -> Result<()> {
    attributes::write(scale, c"REFERENCE_LIST", &used_type()?, &[uses.len()], bytemuck::cast_slice(uses))
}

/// Writes what the CF conventions say of dates and durations, unless the user has said something else.
fn time(dataset: &Handle, data_type: &DataType, labels: &Labels) -> Result<()> {
    let add = |name: &CStr, value: String| match labels.attrs().contains_key(name.to_str().unwrap_or_default()) {
        true => Ok(()),
        false => attribute(dataset, name, &Attr::Text(value)),
    };
    match data_type {
        DataType::DateTime64(unit) => {
            add(c"units", format!("{} since 1970-01-01", unit.cf_name()))?;
            add(c"calendar", "proleptic_gregorian".to_owned())?;
        }
        DataType::TimeDelta64(unit) => {
            add(c"units", unit.cf_name().to_owned())?;
            // Without it, xarray reads a number with a unit of time.
            add(c"dtype", format!("timedelta64[{unit}]"))?;
        }
        _ => return Ok(()),
    }
    // The missing time. Without a mark it would be one of the year 1677.
    let missing = i64::MIN.to_le_bytes();
    let mark = |name| attributes::write(dataset, name, &types::create(data_type)?, &[1], &missing);
    match labels.fill() {
        None => mark(c"_FillValue"),
        Some(fill) if fill != missing && !labels.attrs().contains_key("missing_value") => mark(c"missing_value"),
        Some(_) => Ok(()),
    }
}

/// Writes the scale of each axis to the array's dataset.
pub(super) fn list_scales(dataset: &Handle, mut scales: Vec<hobj_ref_t>) -> Result<()> {
    let one = |scale: &mut hobj_ref_t| hvl_t { len: 1, p: std::ptr::from_mut(scale).cast() };
    let lists: Vec<hvl_t> = scales.iter_mut().map(one).collect();
    let reference = reference_type()?;
    // SAFETY: a valid type.
    let list = id("make a list type", H5Tclose, || unsafe { H5Tvlen_create(reference.id()) })?;
    let attribute = attributes::add(dataset, c"DIMENSION_LIST", &list, &[lists.len()])?;
    // SAFETY: as many lists as the attribute has, each of one reference in `scales`, which outlives the call.
    status("write an attribute", || unsafe { H5Awrite(attribute.id(), list.id(), lists.as_ptr().cast()) })?;
    attribute.close("close an attribute")
}

/// A dataset, and the axis of it that a scale is for.
#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(super) struct Used {
    dataset: hobj_ref_t,
    axis: u32,
    padding: u32,
}

impl Used {
    pub(super) fn new(dataset: hobj_ref_t, axis: u32) -> Self {
        Self { dataset, axis, padding: 0 }
    }
}

fn used_type() -> Result<Handle> {
    let (reference, number) = (reference_type()?, types::create(&DataType::Int32)?);
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
pub(super) fn reference(file: &Handle, name: &CStr) -> Result<hobj_ref_t> {
    let mut reference: hobj_ref_t = 0;
    status("refer to an object", || {
        // SAFETY: a valid file, a C string, and room for a reference of this kind; -1 stands for no region.
        unsafe { H5Rcreate((&raw mut reference).cast::<c_void>(), file.id(), name.as_ptr(), H5R_OBJECT1, -1) }
    })?;
    Ok(reference)
}

pub(super) fn attribute(dataset: &Handle, name: &CStr, value: &Attr) -> Result<()> {
    let of = |data_type: &DataType, shape: &[usize], value: &[u8]| {
        attributes::write(dataset, name, &types::create(data_type)?, shape, value)
    };
    match value {
        Attr::Text(text) => texts(dataset, name, &[], std::slice::from_ref(text)),
        Attr::Int(number) => of(&DataType::Int64, &[], bytemuck::bytes_of(number)),
        Attr::Float(number) => of(&DataType::Float64, &[], bytemuck::bytes_of(number)),
        Attr::Ints(list) => of(&DataType::Int64, &[list.len()], bytemuck::cast_slice(list)),
        Attr::Floats(list) => of(&DataType::Float64, &[list.len()], bytemuck::cast_slice(list)),
        Attr::Texts(list) => texts(dataset, name, &[list.len()], list),
    }
}

/// Writes strings of one length, that of the longest, padded with NULs.
fn texts(dataset: &Handle, name: &CStr, shape: &[usize], list: &[String]) -> Result<()> {
    let longest = list.iter().map(String::len).max().unwrap_or(0).max(1);
    attributes::write(dataset, name, &attributes::padded_utf8(longest)?, shape, &padded(list, longest))
}

/// Strings of this length, padded with NULs.
pub(super) fn padded(list: &[String], len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len.saturating_mul(list.len())];
    for (room, text) in bytes.chunks_exact_mut(len).zip(list) {
        room[..text.len()].copy_from_slice(text.as_bytes());
    }
    bytes
}

/// Writes a mark of a dimension scale. libhdf5 only knows a scale by ASCII strings that end with a NUL.
fn mark(scale: &Handle, name: &CStr, value: &CStr) -> Result<()> {
    let bytes = value.to_bytes_with_nul();
    attributes::write(scale, name, &attributes::ascii(bytes.len())?, &[], bytes)
}
