//! Data types as HDF5 has them: little-endian, named and laid out as h5py writes them.
//!
//! `bool` is the enumeration FALSE, TRUE over int8; complex numbers are the compound `r`, `i`; binary16 is put together by
//! hand, since libhdf5 has it only from 1.14.4 on.
#![allow(unsafe_code, reason = "calls libhdf5")]

use super::library::{Handle, checked, id, number, status};
use crate::array::DataType;
use crate::error::{Error, Result};
use hdf5_sys::h5i::hid_t;
use hdf5_sys::h5t::{
    H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_STD_I8LE, H5T_STD_I16LE, H5T_STD_I32LE, H5T_STD_I64LE, H5T_STD_U8LE,
    H5T_STD_U16LE, H5T_STD_U32LE, H5T_STD_U64LE, H5T_class_t, H5T_order_t, H5Tclose, H5Tcopy, H5Tcreate,
    H5Tenum_create, H5Tenum_insert, H5Tequal, H5Tget_class, H5Tget_size, H5Tinsert, H5Tset_ebias, H5Tset_fields,
    H5Tset_order, H5Tset_precision, H5Tset_size,
};

/// The order of the bytes of a number in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// The HDF5 type of a data type.
pub(super) fn create(data_type: DataType, order: ByteOrder) -> Result<Handle> {
    match data_type {
        DataType::Bool => boolean(order),
        DataType::Complex64 => complex(DataType::Float32, order),
        DataType::Complex128 => complex(DataType::Float64, order),
        number => real(number, order),
    }
}

/// Which data type a type of a file is, and in which byte order.
pub(super) fn recognize(file_type: &Handle) -> Result<(DataType, ByteOrder)> {
    // SAFETY: a valid type.
    let size = checked("tell the size of a type", || unsafe { H5Tget_size(file_type.id()) }, |size| *size > 0)?;
    for data_type in DataType::ALL.into_iter().filter(|data_type| data_type.size() == size) {
        for order in [ByteOrder::Little, ByteOrder::Big] {
            let ours = create(data_type, order)?;
            // SAFETY: two valid types.
            if number("compare types", || unsafe { H5Tequal(ours.id(), file_type.id()) })? > 0 {
                return Ok((data_type, order));
            }
        }
    }
    // SAFETY: a valid type.
    let class = match unsafe { H5Tget_class(file_type.id()) } {
        H5T_class_t::H5T_INTEGER => "integers",
        H5T_class_t::H5T_FLOAT => "floating-point numbers",
        H5T_class_t::H5T_STRING => "strings",
        H5T_class_t::H5T_COMPOUND => "records",
        H5T_class_t::H5T_ENUM => "an enumeration",
        H5T_class_t::H5T_VLEN => "sequences",
        H5T_class_t::H5T_REFERENCE => "references",
        H5T_class_t::H5T_ARRAY => "arrays",
        _ => "elements of an unusual kind",
    };
    Err(Error::unsupported(format!(
        "the dataset holds {class} of {size} bytes each, of a type that arraystow does not know; \
         convert it to one of {}",
        DataType::ALL.map(DataType::name).join(", ")
    )))
}

fn real(data_type: DataType, order: ByteOrder) -> Result<Handle> {
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
    if order == ByteOrder::Big {
        // SAFETY: a valid type.
        status("set the byte order", || unsafe { H5Tset_order(copy.id(), H5T_order_t::H5T_ORDER_BE) })?;
    }
    Ok(copy)
}

fn boolean(order: ByteOrder) -> Result<Handle> {
    let base = real(DataType::Int8, order)?;
    // SAFETY: a valid integer type.
    let boolean = id("make an enumeration", H5Tclose, || unsafe { H5Tenum_create(base.id()) })?;
    for (name, value) in [(c"FALSE", 0_i8), (c"TRUE", 1)] {
        // SAFETY: a C string and a value of the base type.
        status("name a value", || unsafe { H5Tenum_insert(boolean.id(), name.as_ptr(), (&raw const value).cast()) })?;
    }
    Ok(boolean)
}

fn complex(part: DataType, order: ByteOrder) -> Result<Handle> {
    let part_type = real(part, order)?;
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
