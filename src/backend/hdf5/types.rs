//! Data types as they are written to HDF5: little-endian, named and laid out as h5py writes them.
//!
//! `bool` is the enumeration FALSE, TRUE over int8; complex numbers are the compound `r`, `i`; binary16 is put together by
//! hand, since libhdf5 has it only from 1.14.4 on.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::library::{Handle, id, status};
use crate::array::DataType;
use crate::error::Result;
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5t::{
    H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_STD_U8LE,
    H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE, H5T_class_t, H5Tclose, H5Tcopy, H5Tcreate, H5Tenum_create,
    H5Tenum_insert, H5Tinsert, H5Tset_ebias, H5Tset_fields, H5Tset_precision, H5Tset_size,
};

/// The HDF5 type of a data type.
pub(super) fn create(data_type: DataType) -> Result<Handle> {
    match data_type {
        DataType::Bool => boolean(),
        DataType::Complex64 => complex(DataType::Float32),
        DataType::Complex128 => complex(DataType::Float64),
        number => real(number),
    }
}

fn real(data_type: DataType) -> Result<Handle> {
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
    if data_type == DataType::Float16 {
        // IEEE 754 binary16: the sign in bit 15, five bits of exponent from bit 10, ten of mantissa from bit 0.
        // SAFETY: a valid type.
        status("set bit fields", || unsafe { H5Tset_fields(copy.id(), 15, 10, 5, 0, 10) })?;
        // SAFETY: as above.
        status("set the precision", || unsafe { H5Tset_precision(copy.id(), 16) })?;
        // SAFETY: as above.
        status("set the exponent's bias", || unsafe { H5Tset_ebias(copy.id(), 15) })?;
        // SAFETY: as above.
        status("set the size", || unsafe { H5Tset_size(copy.id(), 2) })?;
    }
    Ok(copy)
}

fn boolean() -> Result<Handle> {
    let base = real(DataType::Int8)?;
    // SAFETY: a valid integer type.
    let boolean = id("make an enumeration", H5Tclose, || unsafe { H5Tenum_create(base.id()) })?;
    for (name, value) in [(c"FALSE", 0_i8), (c"TRUE", 1)] {
        // SAFETY: a C string and a value of the base type.
        status("name a value", || unsafe { H5Tenum_insert(boolean.id(), name.as_ptr(), (&raw const value).cast()) })?;
    }
    Ok(boolean)
}

fn complex(part: DataType) -> Result<Handle> {
    let part_type = real(part)?;
    let complex = id("make a compound type", H5Tclose, || {
        // SAFETY: a size that is not 0.
        unsafe { H5Tcreate(H5T_class_t::H5T_COMPOUND, 2 * part.size()) }
    })?;
    for (name, offset) in [(c"r", 0), (c"i", part.size())] {
        // SAFETY: a C string and a valid type that fits in at the offset.
        status("add a member", || unsafe { H5Tinsert(complex.id(), name.as_ptr(), offset, part_type.id()) })?;
    }
    Ok(complex)
}
