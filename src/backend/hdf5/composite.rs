//! Data types of a file that consist of other types, or are not numbers.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::elements::{ByteOrder, StoredElements, TextEnd};
use super::library::{Handle, id, locked, number, status};
use crate::array::{DataType, EnumType, TimeUnit};
use crate::error::Result;
use hdf5_sys::h5::H5free_memory;
use hdf5_sys::h5t::{
    H5T_str_t, H5Tclose, H5Tget_array_dims2, H5Tget_array_ndims, H5Tget_member_name, H5Tget_member_offset,
    H5Tget_member_type, H5Tget_member_value, H5Tget_nmembers, H5Tget_strpad, H5Tget_super, H5Tget_tag,
    H5Tis_variable_str,
};
use std::ffi::{CStr, c_char, c_uint};

/// The most members of a compound type, and the most names of an enumeration, that are read.
const MOST_MEMBERS: usize = 1000;

/// How the types are read that others are made of.
pub(super) type Recognize = fn(&Handle) -> Result<StoredElements>;

/// Strings of a fixed length, or of any.
pub(super) fn text(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    // SAFETY: a valid type.
    let is_variable = number("look for variable length", || unsafe { H5Tis_variable_str(file_type.id()) })? != 0;
    if is_variable {
        return Ok(Some(StoredElements::texts_of_any_length()));
    }
    if DataType::Text(size).check().is_err() {
        return Ok(None);
    }
    // SAFETY: a valid type.
    let end = match locked(|| unsafe { H5Tget_strpad(file_type.id()) }) {
        H5T_str_t::H5T_STR_NULLPAD => TextEnd::Zeros,
        H5T_str_t::H5T_STR_NULLTERM => TextEnd::Zero,
        H5T_str_t::H5T_STR_SPACEPAD => TextEnd::Spaces,
        _ => return Ok(None),
    };
    Ok(Some(StoredElements::texts(size, end)))
}

/// Bytes; or numpy's dates and durations, which h5py marks by a tag.
pub(super) fn opaque(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    // SAFETY: a valid opaque type.
    let tag = owned_text(|| unsafe { H5Tget_tag(file_type.id()) }).unwrap_or_default();
    let data_type = match tag.strip_prefix("NUMPY:").map(|tag| tag.trim_start_matches(['<', '>', '='])) {
        Some(time) => {
            let unit = |kind: &str| time.strip_prefix(kind)?.strip_suffix(']').and_then(TimeUnit::from_name);
            let found = unit("M8[").map(DataType::DateTime64).or_else(|| unit("m8[").map(DataType::TimeDelta64));
            match found.filter(|_| size == size_of::<i64>()) {
                Some(found) => found,
                None => return Ok(None),
            }
        }
        None => DataType::Bytes(size),
    };
    if data_type.check().is_err() {
        return Ok(None);
    }
    if tag.starts_with("NUMPY:>") {
        return Ok(Some(StoredElements::real(data_type, size, ByteOrder::Big)));
    }
    Ok(Some(StoredElements::bytes(data_type)))
}

/// Integers with names.
pub(super) fn enumeration(file_type: &Handle, size: usize, recognize: Recognize) -> Result<Option<StoredElements>> {
    let count = member_count(file_type)?;
    let base = recognize(&base_of(file_type)?)?;
    if count > MOST_MEMBERS || base.size != size || size > size_of::<i64>() {
        return Ok(None);
    }
    let mut names = Vec::with_capacity(count);
    for index in 0..count {
        let Some(name) = member_name(file_type, index) else { return Ok(None) };
        let mut stored = [0_u8; 8];
        status("tell a value of an enumeration", || {
            // SAFETY: a valid enumeration, a name that it has, and room for a value of at most 8 bytes.
            unsafe { H5Tget_member_value(file_type.id(), index as c_uint, stored.as_mut_ptr().cast()) }
        })?;
        let mut value = vec![0; base.data_type.size()];
        base.decode(&stored[..size], &mut value)?;
        names.push((name, value));
    }
    // Read by their own type, which has all of its values.
    let Ok(any) = EnumType::new(base.data_type.clone(), [("?", 0)]) else { return Ok(None) };
    let named = names.into_iter().filter_map(|(name, value)| Some((name, any.value_of(&value)?)));
    let found = EnumType::new(base.data_type.clone(), named.collect::<Vec<_>>());
    Ok(found.ok().map(|found| base.named(DataType::Enum(found))))
}

/// Compound elements, whose members are read by these rules again.
pub(super) fn record(file_type: &Handle, size: usize, recognize: Recognize) -> Result<Option<StoredElements>> {
    let count = member_count(file_type)?;
    if count > MOST_MEMBERS {
        return Ok(None);
    }
    let mut members = Vec::with_capacity(count);
    for index in 0..count {
        let Some(name) = member_name(file_type, index) else { return Ok(None) };
        let member = id("tell the type of a member", H5Tclose, || {
            // SAFETY: a valid compound type, and a member that it has.
            unsafe { H5Tget_member_type(file_type.id(), index as c_uint) }
        })?;
        // SAFETY: as above.
        let offset = locked(|| unsafe { H5Tget_member_offset(file_type.id(), index as c_uint) });
        members.push((name, offset, recognize(&member)?));
    }
    Ok(StoredElements::record(size, &members))
}

/// Small arrays.
pub(super) fn subarray(file_type: &Handle, size: usize, recognize: Recognize) -> Result<Option<StoredElements>> {
    // SAFETY: a valid array type.
    let axes = number("count axes", || unsafe { H5Tget_array_ndims(file_type.id()) })?;
    let mut shape = [0_u64; 32];
    if axes > shape.len() {
        return Ok(None);
    }
    // SAFETY: a valid array type, and room for as many lengths as it has axes.
    number("tell the shape of a type", || unsafe { H5Tget_array_dims2(file_type.id(), shape.as_mut_ptr()) })?;
    let part = recognize(&base_of(file_type)?)?;
    let shape: Vec<usize> = shape[..axes].iter().map(|len| usize::try_from(*len).unwrap_or(usize::MAX)).collect();
    Ok(StoredElements::subarray(&part, size, &shape))
}

/// The type that another one is made of.
pub(super) fn base_of(file_type: &Handle) -> Result<Handle> {
    // SAFETY: a valid type.
    id("tell the base of a type", H5Tclose, || unsafe { H5Tget_super(file_type.id()) })
}

pub(super) fn member_count(file_type: &Handle) -> Result<usize> {
    // SAFETY: a valid type with members.
    number("count the members of a type", || unsafe { H5Tget_nmembers(file_type.id()) })
}

/// The name of a member, if it is UTF-8.
fn member_name(file_type: &Handle, index: usize) -> Option<String> {
    // SAFETY: a valid type with members, and a member that it has.
    owned_text(|| unsafe { H5Tget_member_name(file_type.id(), index as c_uint) })
}

/// A string that libhdf5 has made for the caller, if there is one and it is UTF-8.
fn owned_text(call: impl FnOnce() -> *mut c_char) -> Option<String> {
    locked(|| {
        let text = call();
        if text.is_null() {
            return None;
        }
        // SAFETY: a C string of libhdf5's, which is given back once and not used afterwards.
        let owned = unsafe { CStr::from_ptr(text) }.to_str().ok().map(str::to_owned);
        // SAFETY: as above.
        unsafe { H5free_memory(text.cast()) };
        owned
    })
}
