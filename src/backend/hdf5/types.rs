//! Data types as they are written to HDF5: little-endian, named and laid out as h5py writes them.
//!
//! `bool` is the enumeration FALSE, TRUE over int8; complex numbers are the compound `r`, `i`; binary16 and bfloat16
//! are assembled by hand, since libhdf5 has them only from 1.14.4 and 2.0 on.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::attributes;
use super::library::{Handle, id, number, status};
use crate::array::{DataType, Field, RecordType, SubarrayType};
use crate::error::{Error, Result};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5t::{
    H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_STD_U8LE,
    H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE, H5T_class_t, H5Tarray_create2, H5Tclose, H5Tcopy, H5Tcreate,
    H5Tenum_create, H5Tenum_insert, H5Tequal, H5Tinsert, H5Tset_ebias, H5Tset_fields, H5Tset_precision, H5Tset_size,
    H5Tset_tag,
};
use std::ffi::{CStr, CString, c_uint};

/// The HDF5 type of a data type.
pub(super) fn create(data_type: &DataType) -> Result<Handle> {
    match data_type {
        DataType::Bool => enumeration(&DataType::Int8, [("FALSE", 0), ("TRUE", 1)]),
        DataType::Complex64 => complex(&DataType::Float32),
        DataType::Complex128 => complex(&DataType::Float64),
        // Attributes say the rest, as the CF conventions have it.
        DataType::DateTime64(_) | DataType::TimeDelta64(_) => real(&DataType::Int64),
        DataType::String => attributes::variable_utf8(),
        DataType::Text(bytes) => attributes::padded_utf8(*bytes),
        DataType::Bytes(bytes) => opaque(*bytes),
        DataType::Enum(enumeration) => self::enumeration(enumeration.base(), enumeration.names()),
        DataType::Record(record) => {
            let compound = compound(data_type.size())?;
            for (field, offset) in record.fields().iter().zip(record.offsets()) {
                let name =
                    CString::new(field.name()).map_err(|_| Error::invalid("a field's name has the character NUL"))?;
                add_member(&compound, &name, offset, &create(field.data_type())?)?;
            }
            Ok(compound)
        }
        DataType::Subarray(subarray) => {
            let element = create(subarray.element())?;
            let shape: Vec<u64> = subarray.shape().iter().map(|len| *len as u64).collect();
            id("make an array type", H5Tclose, || {
                // SAFETY: a valid type, and as many lengths as are announced.
                unsafe { H5Tarray_create2(element.id(), shape.len() as c_uint, shape.as_ptr()) }
            })
        }
        number => real(number),
    }
}

/// Whether this type of a file is the one that such elements are written as.
pub(super) fn is_written_as(data_type: &DataType, file_type: &Handle) -> Result<bool> {
    let own = create(data_type)?;
    // SAFETY: both are valid types.
    Ok(number("compare types", || unsafe { H5Tequal(own.id(), file_type.id()) })? > 0)
}

/// What the elements are stored as: dates and durations are integers.
pub(super) fn stored(data_type: &DataType) -> DataType {
    match data_type {
        DataType::DateTime64(_) | DataType::TimeDelta64(_) => DataType::Int64,
        DataType::Record(record) => {
            let fields = record.fields().iter().map(|field| Field::new(field.name(), stored(field.data_type())));
            RecordType::new(fields).map_or_else(|_| data_type.clone(), DataType::Record)
        }
        DataType::Subarray(subarray) => SubarrayType::new(stored(subarray.element()), subarray.shape().iter().copied())
            .map_or_else(|_| data_type.clone(), DataType::Subarray),
        other => other.clone(),
    }
}

fn real(data_type: &DataType) -> Result<Handle> {
    let predefined: &hid_t = match data_type {
        DataType::Int8 => H5T_STD_I8LE,
        DataType::Int16 => H5T_STD_I16LE,
        DataType::Int32 => H5T_STD_I32LE,
        DataType::Int64 => H5T_STD_I64LE,
        DataType::UInt8 => H5T_STD_U8LE,
        DataType::UInt16 => H5T_STD_U16LE,
        DataType::UInt32 => H5T_STD_U32LE,
        DataType::UInt64 => H5T_STD_U64LE,
        DataType::Float64 => H5T_IEEE_F64LE,
        _ => H5T_IEEE_F32LE,
    };
    // SAFETY: the constants are valid once libhdf5 is initialized, which the lock has seen to before this runs.
    let copy = id("copy a type", H5Tclose, || unsafe { H5Tcopy(*predefined) })?;
    // The sign's bit; where the exponent begins and how long it is; the length of the mantissa; the exponent's bias.
    let short = match data_type {
        DataType::Float16 => Some((15, 10, 5, 10, 15)),
        DataType::BFloat16 => Some((15, 7, 8, 7, 127)),
        _ => None,
    };
    if let Some((sign, exponent, exponent_len, mantissa_len, bias)) = short {
        status("set bit fields", || {
            // SAFETY: a valid type.
            unsafe { H5Tset_fields(copy.id(), sign, exponent, exponent_len, 0, mantissa_len) }
        })?;
        // SAFETY: as above.
        status("set the precision", || unsafe { H5Tset_precision(copy.id(), 16) })?;
        // SAFETY: as above.
        status("set the exponent's bias", || unsafe { H5Tset_ebias(copy.id(), bias) })?;
        // SAFETY: as above.
        status("set the size", || unsafe { H5Tset_size(copy.id(), 2) })?;
    }
    Ok(copy)
}

fn enumeration<'a>(base: &DataType, names: impl IntoIterator<Item = (&'a str, i64)>) -> Result<Handle> {
    let base_type = real(base)?;
    // SAFETY: a valid integer type.
    let enumeration = id("make an enumeration", H5Tclose, || unsafe { H5Tenum_create(base_type.id()) })?;
    for (name, value) in names {
        let name = CString::new(name).map_err(|_| Error::invalid("a name of an enumeration has the character NUL"))?;
        // The lowest bytes are the value in a shorter integer.
        let value = value.to_le_bytes();
        // SAFETY: a C string, and a value of at most 8 bytes of the little-endian base type.
        status("name a value", || unsafe { H5Tenum_insert(enumeration.id(), name.as_ptr(), value.as_ptr().cast()) })?;
    }
    Ok(enumeration)
}

fn opaque(bytes: usize) -> Result<Handle> {
    // SAFETY: a size that is not 0.
    let opaque = id("make an opaque type", H5Tclose, || unsafe { H5Tcreate(H5T_class_t::H5T_OPAQUE, bytes) })?;
    // SAFETY: a valid type and a C string.
    status("tag a type", || unsafe { H5Tset_tag(opaque.id(), c"".as_ptr()) })?;
    Ok(opaque)
}

fn complex(part: &DataType) -> Result<Handle> {
    let part_type = real(part)?;
    let complex = compound(2 * part.size())?;
    for (name, offset) in [(c"r", 0), (c"i", part.size())] {
        add_member(&complex, name, offset, &part_type)?;
    }
    Ok(complex)
}

fn compound(size: usize) -> Result<Handle> {
    // SAFETY: a size that is not 0.
    id("make a compound type", H5Tclose, || unsafe { H5Tcreate(H5T_class_t::H5T_COMPOUND, size) })
}

fn add_member(compound: &Handle, name: &CStr, offset: usize, member: &Handle) -> Result<()> {
    // SAFETY: a C string and a valid type that fits in at the offset.
    status("add a member", || unsafe { H5Tinsert(compound.id(), name.as_ptr(), offset, member.id()) })
}
