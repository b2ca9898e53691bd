//! Finds the data type for a type of a file.
//!
//! A type is supported if h5py reads it as values of one of the data types. Anything else is an error that names the
//! type.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::composite::{self, base_of, member_count};
use super::elements::{ByteOrder, StoredElements};
use super::library::{Handle, checked, id, locked, number, status};
use crate::array::DataType;
use crate::error::{Error, Result};
use hdf5_sys::h5::H5free_memory;
use hdf5_sys::h5t::{
    H5T_class_t, H5T_norm_t, H5T_order_t, H5T_sign_t, H5Tclose, H5Tenum_valueof, H5Tget_class, H5Tget_ebias,
    H5Tget_fields, H5Tget_member_class, H5Tget_member_index, H5Tget_member_name, H5Tget_member_offset,
    H5Tget_member_type, H5Tget_nmembers, H5Tget_norm, H5Tget_offset, H5Tget_order, H5Tget_precision, H5Tget_sign,
    H5Tget_size,
};
use std::ffi::{CStr, c_int, c_uint};

/// `H5T_COMPLEX`, which only libhdf5 2 has, and hdf5-metno-sys only with it.
const COMPLEX: c_int = 11;
/// As h5py, MATLAB and Julia name the parts of complex numbers.
const PARTS: [[&CStr; 2]; 3] = [[c"r", c"i"], [c"re", c"im"], [c"real", c"imag"]];
/// The most members of a record that an error message names, and the most letters of each name.
const MOST_NAMED: usize = 8;
const LONGEST_NAME: usize = 40;

/// How elements of that type are stored.
pub(super) fn recognize(file_type: &Handle) -> Result<StoredElements> {
    let size = size_of(file_type)?;
    let class = class_of(file_type);
    let elements = match class {
        H5T_class_t::H5T_INTEGER => integer(file_type, size)?,
        H5T_class_t::H5T_FLOAT => float(file_type, size)?,
        H5T_class_t::H5T_BITFIELD => bits(file_type, size)?,
        H5T_class_t::H5T_ENUM => match boolean(file_type, size)? {
            Some(elements) => Some(elements),
            None => composite::enumeration(file_type, size, recognize)?,
        },
        H5T_class_t::H5T_COMPOUND => match complex_record(file_type, size)? {
            Some(elements) => Some(elements),
            None => composite::record(file_type, size, recognize)?,
        },
        H5T_class_t::H5T_STRING => composite::text(file_type, size)?,
        H5T_class_t::H5T_OPAQUE => composite::opaque(file_type, size)?,
        H5T_class_t::H5T_ARRAY => composite::subarray(file_type, size, recognize)?,
        class if class as c_int == COMPLEX => complex_number(file_type, size)?,
        _ => None,
    };
    match elements {
        Some(elements) => Ok(elements),
        None => Err(Error::unsupported(format!(
            "the dataset holds {}, which is not a data type of arraystow; convert it to one of {}",
            described(file_type, class, size)?,
            DataType::names()
        ))),
    }
}

/// What elements of that type are called in an error message.
fn described(file_type: &Handle, class: H5T_class_t, size: usize) -> Result<String> {
    Ok(match class {
        H5T_class_t::H5T_INTEGER => numbers("integers", file_type, size)?,
        H5T_class_t::H5T_FLOAT => numbers("floating-point numbers", file_type, size)?,
        H5T_class_t::H5T_BITFIELD => numbers("bitfields", file_type, size)?,
        H5T_class_t::H5T_ENUM => format!("an enumeration of {size} bytes each"),
        H5T_class_t::H5T_COMPOUND => record(file_type, size)?,
        class if class as c_int == COMPLEX => format!("complex numbers of {size} bytes each"),
        class => format!("{} of {size} bytes each", name_of(class)),
    })
}

fn name_of(class: H5T_class_t) -> &'static str {
    match class {
        H5T_class_t::H5T_TIME => "times",
        H5T_class_t::H5T_STRING => "strings",
        H5T_class_t::H5T_OPAQUE => "opaque elements (such as h5py's dates and times)",
        H5T_class_t::H5T_VLEN => "sequences of variable length",
        H5T_class_t::H5T_REFERENCE => "references",
        H5T_class_t::H5T_ARRAY => "arrays",
        _ => "elements of an unknown kind",
    }
}

fn size_of(file_type: &Handle) -> Result<usize> {
    // SAFETY: a valid type.
    checked("tell the size of a type", || unsafe { H5Tget_size(file_type.id()) }, |size| *size > 0)
}

fn class_of(file_type: &Handle) -> H5T_class_t {
    // SAFETY: a valid type.
    locked(|| unsafe { H5Tget_class(file_type.id()) })
}

/// The order of the bytes, if it is one of the two that are known. For one byte it does not matter.
fn order_of(file_type: &Handle, size: usize) -> Option<ByteOrder> {
    // SAFETY: a valid type.
    match locked(|| unsafe { H5Tget_order(file_type.id()) }) {
        _ if size == 1 => Some(ByteOrder::Little),
        H5T_order_t::H5T_ORDER_LE => Some(ByteOrder::Little),
        H5T_order_t::H5T_ORDER_BE => Some(ByteOrder::Big),
        _ => None,
    }
}

/// How many bits of a number matter, and which is the first.
fn bits_of(file_type: &Handle) -> Result<(usize, usize)> {
    // SAFETY: a valid type.
    let precision = checked("tell a precision", || unsafe { H5Tget_precision(file_type.id()) }, |bits| *bits > 0)?;
    // SAFETY: as above.
    let offset = number("tell an offset", || unsafe { H5Tget_offset(file_type.id()) })?;
    Ok((precision, offset))
}

/// What numbers are called in an error message.
fn numbers(what: &str, file_type: &Handle, size: usize) -> Result<String> {
    let (precision, offset) = bits_of(file_type)?;
    let mut text = format!("{what} of {precision} bits, from bit {offset} on, in {size} bytes each");
    if class_of(file_type) == H5T_class_t::H5T_FLOAT {
        let layout = float_layout(file_type)?;
        text += &format!(" (exponent: {} bits, bias {}; mantissa: {} bits)", layout[2], layout[5], layout[4]);
    }
    Ok(text)
}

fn integer(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    // SAFETY: a valid type.
    let signed = match locked(|| unsafe { H5Tget_sign(file_type.id()) }) {
        H5T_sign_t::H5T_SGN_NONE => false,
        H5T_sign_t::H5T_SGN_2 => true,
        _ => return Ok(None),
    };
    let data_type = match (size, signed) {
        (1, true) => DataType::Int8,
        (2, true) => DataType::Int16,
        (4, true) => DataType::Int32,
        (8, true) => DataType::Int64,
        (1, false) => DataType::UInt8,
        (2, false) => DataType::UInt16,
        (4, false) => DataType::UInt32,
        (8, false) => DataType::UInt64,
        _ => return Ok(None),
    };
    let all_bits = bits_of(file_type)? == (size * 8, 0);
    Ok(order_of(file_type, size).filter(|_| all_bits).map(|order| StoredElements::real(data_type, size, order)))
}

/// Bitfields are unsigned integers, as h5py has them; those of a single bit are `bool`.
fn bits(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    let Some(order) = order_of(file_type, size) else { return Ok(None) };
    let data_type = match (size, bits_of(file_type)?) {
        (1, (1, 0)) => DataType::Bool,
        (1, (8, 0)) => DataType::UInt8,
        (2, (16, 0)) => DataType::UInt16,
        (4, (32, 0)) => DataType::UInt32,
        (8, (64, 0)) => DataType::UInt64,
        _ => return Ok(None),
    };
    Ok(Some(StoredElements::real(data_type, size, order)))
}

/// Where the sign, the exponent (with its length) and the mantissa (with its length) are, and the exponent's bias.
fn float_layout(file_type: &Handle) -> Result<[usize; 6]> {
    let [mut sign, mut exponent, mut exponent_len, mut mantissa, mut mantissa_len] = [0_usize; 5];
    status("tell bit fields", || {
        // SAFETY: a valid type and valid pointers.
        unsafe {
            let (exponent, exponent_len) = (&raw mut exponent, &raw mut exponent_len);
            let (mantissa, mantissa_len) = (&raw mut mantissa, &raw mut mantissa_len);
            H5Tget_fields(file_type.id(), &raw mut sign, exponent, exponent_len, mantissa, mantissa_len)
        }
    })?;
    // SAFETY: a valid type.
    let bias = locked(|| unsafe { H5Tget_ebias(file_type.id()) });
    Ok([sign, exponent, exponent_len, mantissa, mantissa_len, bias])
}

fn float(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    let data_type = match (size, float_layout(file_type)?) {
        (2, [15, 10, 5, 0, 10, 15]) => DataType::Float16,
        // The upper half of binary32.
        (2, [15, 7, 8, 0, 7, 127]) => DataType::BFloat16,
        (4, [31, 23, 8, 0, 23, 127]) => DataType::Float32,
        (8, [63, 52, 11, 0, 52, 1023]) => DataType::Float64,
        _ => return Ok(None),
    };
    // SAFETY: a valid type.
    let implied = locked(|| unsafe { H5Tget_norm(file_type.id()) }) == H5T_norm_t::H5T_NORM_IMPLIED;
    let ieee = implied && bits_of(file_type)? == (size * 8, 0);
    Ok(order_of(file_type, size).filter(|_| ieee).map(|order| StoredElements::real(data_type, size, order)))
}

/// h5py's `bool`: an enumeration of FALSE = 0 and TRUE = 1, over integers of any kind.
fn boolean(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    // SAFETY: a valid enumeration.
    let members = number("count the members of a type", || unsafe { H5Tget_nmembers(file_type.id()) })?;
    let base = base_of(file_type)?;
    let Some(order) = order_of(&base, size).filter(|_| members == 2 && size <= 8) else { return Ok(None) };
    if class_of(&base) != H5T_class_t::H5T_INTEGER || bits_of(&base)? != (size * 8, 0) {
        return Ok(None);
    }
    for (name, expected) in [(c"FALSE", 0), (c"TRUE", 1)] {
        let mut value = [0_u8; 8];
        let found = status("look for the value of a name", || {
            // SAFETY: a valid enumeration, a C string, and room for a value of at most 8 bytes.
            unsafe { H5Tenum_valueof(file_type.id(), name.as_ptr(), value.as_mut_ptr().cast()) }
        });
        if order == ByteOrder::Big {
            value[..size].reverse();
        }
        if found.is_err() || u64::from_le_bytes(value) != expected {
            return Ok(None);
        }
    }
    Ok(Some(StoredElements::real(DataType::Bool, size, order)))
}

/// The complex numbers of HDF5 2: the real part, then the imaginary one.
fn complex_number(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    let part = base_of(file_type)?;
    if class_of(&part) != H5T_class_t::H5T_FLOAT {
        return Ok(None);
    }
    let part = float(&part, size_of(&part)?)?;
    Ok(part.and_then(|part| StoredElements::complex(&part, size, [0, part.size])))
}

/// Complex numbers as a record of their two parts, in either order and with gaps.
fn complex_record(file_type: &Handle, size: usize) -> Result<Option<StoredElements>> {
    if member_count(file_type)? != 2 {
        return Ok(None);
    }
    let member = |name: &CStr| {
        // SAFETY: a valid record and a C string.
        number("look for a member", || unsafe { H5Tget_member_index(file_type.id(), name.as_ptr()) }).ok()
    };
    let find = |[real, imaginary]: [&CStr; 2]| member(real).zip(member(imaginary));
    let Some((real, imaginary)) = PARTS.into_iter().find_map(find) else { return Ok(None) };
    let (Some((part, at)), Some((other, other_at))) =
        (float_member(file_type, real)?, float_member(file_type, imaginary)?)
    else {
        return Ok(None);
    };
    if part != other {
        return Ok(None);
    }
    Ok(StoredElements::complex(&part, size, [at, other_at]))
}

/// A member that is a floating-point number, and its offset.
fn float_member(file_type: &Handle, index: usize) -> Result<Option<(StoredElements, usize)>> {
    let index = index as c_uint;
    // SAFETY: a valid record, and a member that it has.
    let (class, offset) =
        locked(|| unsafe { (H5Tget_member_class(file_type.id(), index), H5Tget_member_offset(file_type.id(), index)) });
    // Before its type is asked for: one of another kind may be nested deeply.
    if class != H5T_class_t::H5T_FLOAT {
        return Ok(None);
    }
    // SAFETY: as above.
    let member = id("tell the type of a member", H5Tclose, || unsafe { H5Tget_member_type(file_type.id(), index) })?;
    Ok(float(&member, size_of(&member)?)?.map(|elements| (elements, offset)))
}

/// What a record is called in an error message: by its members.
fn record(file_type: &Handle, size: usize) -> Result<String> {
    let count = member_count(file_type)?;
    let names: Vec<String> = (0..count.min(MOST_NAMED)).map(|index| member_name(file_type, index)).collect();
    let more = if count > MOST_NAMED { ", .." } else { "" };
    Ok(format!("records of the members {}{more}, {size} bytes each", names.join(", ")))
}

fn member_name(file_type: &Handle, index: usize) -> String {
    locked(|| {
        // SAFETY: a valid record, and a member that it has.
        let name = unsafe { H5Tget_member_name(file_type.id(), index as c_uint) };
        if name.is_null() {
            return "?".to_owned();
        }
        // SAFETY: a C string of libhdf5's, which is given back once and not used afterwards.
        let text: String = unsafe { CStr::from_ptr(name) }.to_string_lossy().chars().take(LONGEST_NAME).collect();
        // SAFETY: as above.
        unsafe { H5free_memory(name.cast()) };
        format!("{text:?}")
    })
}
