//! Files of numpy: `.npy`.

use crate::fault::{Fault, Outcome};
use arraystow::{AnyArray, AnyNdArray, ChunkedArray, DataType, Element, Field};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use npyz::WriterBuilder;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write};

macro_rules! read {
    ($file:ident, $order:ident, $shape:ident; $($rust:ty)*) => {{
        $(let $file = match $file.try_data::<$rust>() {
            Ok(data) => return chunked(data.collect::<Result<Vec<$rust>, _>>()?, $shape, $order),
            Err(file) => file,
        };)*
        Err(Fault::Other(format!("elements of {:?} are not supported", $file.dtype().descr())))
    }};
}

/// Reads the array of a file.
pub(super) fn read(source: &str) -> Outcome<AnyArray> {
    use num_complex::Complex;
    let wrong = |error: std::io::Error| Fault::Other(format!("{source}: {error}"));
    let file = npyz::NpyFile::new(BufReader::new(File::open(source).map_err(wrong)?)).map_err(wrong)?;
    let shape: Vec<usize> = file.shape().iter().map(|len| *len as usize).collect();
    let order = file.order();
    read! { file, order, shape;
        bool i8 i16 i32 i64 u8 u16 u32 u64 half::f16 f32 f64 Complex<f32> Complex<f64>
    }
}

fn chunked<T: Element>(elements: Vec<T>, shape: Vec<usize>, order: npyz::Order) -> Outcome<AnyArray> {
    let shape = IxDyn(&shape).set_f(order == npyz::Order::Fortran);
    let array = ArrayD::from_shape_vec(shape, elements).map_err(|error| Fault::Other(error.to_string()))?;
    Ok(ChunkedArray::from(array).into())
}

macro_rules! written {
    ($array:ident, $slabs:ident, $out:ident; $($variant:ident: $rust:ty;)*) => {
        match $array.data_type() {
            $(DataType::$variant => write_as::<$rust>($array, $slabs, $out, |slab| match slab {
                AnyNdArray::$variant(elements) => Some(elements),
                _ => None,
            }),)*
            other => write_encoded(&other, $array.shape(), $slabs, $out),
        }
    };
}

/// Writes an array, of which `slabs` are the parts along its first axis.
pub(super) fn write(
    array: &AnyArray,
    slabs: impl Iterator<Item = Outcome<AnyNdArray>>,
    out: &mut BufWriter<File>,
) -> Outcome<()> {
    use num_complex::Complex;
    written! { array, slabs, out;
        Bool: bool; Int8: i8; Int16: i16; Int32: i32; Int64: i64; UInt8: u8; UInt16: u16; UInt32: u32; UInt64: u64;
        Float16: half::f16; Float32: f32; Float64: f64; Complex64: Complex<f32>; Complex128: Complex<f64>;
    }
}

fn write_as<T: npyz::AutoSerialize + npyz::Serialize>(
    array: &AnyArray,
    slabs: impl Iterator<Item = Outcome<AnyNdArray>>,
    out: &mut BufWriter<File>,
    elements: impl Fn(AnyNdArray) -> Option<ArrayD<T>>,
) -> Outcome<()> {
    let shape: Vec<u64> = array.shape().iter().map(|len| *len as u64).collect();
    let mut writer = npyz::WriteOptions::<T>::new().default_dtype().shape(&shape).writer(out).begin_nd()?;
    for slab in slabs {
        let slab =
            elements(slab?).ok_or_else(|| Fault::Other("the array's elements are not of its data type".to_owned()))?;
        writer.extend(slab)?;
    }
    Ok(writer.finish()?)
}

/// Writes elements whose bytes numpy has too: times, strings of fixed length, records.
fn write_encoded(
    data_type: &DataType,
    shape: &[usize],
    slabs: impl Iterator<Item = Outcome<AnyNdArray>>,
    out: &mut BufWriter<File>,
) -> Outcome<()> {
    let (of_one, inner) = described(data_type).ok_or_else(|| {
        Fault::Other(format!("elements of {data_type} have no type in .npy files: write a .json file"))
    })?;
    let shape: String = shape.iter().chain(&inner).map(|len| format!("{len}, ")).collect();
    let header = format!("{{'descr': {of_one}, 'fortran_order': False, 'shape': ({shape}), }}");
    out.write_all(&with_length(header))?;
    for slab in slabs {
        let AnyNdArray::Encoded(elements) = slab? else {
            return Err(Fault::Other("the array's elements are not of its data type".to_owned()));
        };
        let bytes = elements.bytes();
        out.write_all(&bytes.iter().copied().collect::<Vec<u8>>())?;
    }
    Ok(())
}

/// The type of elements as numpy writes it, and their axes; none if numpy has no such type.
fn described(data_type: &DataType) -> Option<(String, Vec<usize>)> {
    let simple = match data_type {
        DataType::Bool => "|b1".to_owned(),
        DataType::Int8 => "|i1".to_owned(),
        DataType::Int16 => "<i2".to_owned(),
        DataType::Int32 => "<i4".to_owned(),
        DataType::Int64 => "<i8".to_owned(),
        DataType::UInt8 => "|u1".to_owned(),
        DataType::UInt16 => "<u2".to_owned(),
        DataType::UInt32 => "<u4".to_owned(),
        DataType::UInt64 => "<u8".to_owned(),
        DataType::Float16 => "<f2".to_owned(),
        DataType::Float32 => "<f4".to_owned(),
        DataType::Float64 => "<f8".to_owned(),
        DataType::Complex64 => "<c8".to_owned(),
        DataType::Complex128 => "<c16".to_owned(),
        DataType::Text(len) => format!("|S{len}"),
        DataType::Bytes(len) => format!("|V{len}"),
        DataType::DateTime64(unit) => format!("<M8[{unit}]"),
        DataType::TimeDelta64(unit) => format!("<m8[{unit}]"),
        DataType::Enum(enumeration) => return described(enumeration.base()),
        DataType::Subarray(subarray) => {
            let (of_one, inner) = described(subarray.element())?;
            return Some((of_one, [subarray.shape(), &inner].concat()));
        }
        DataType::Record(record) => {
            let field = |field: &Field| {
                let (of_one, shape) = described(field.data_type())?;
                // JSON's escapes are those of Python.
                let name = serde_json::to_string(field.name()).ok()?;
                let shape: String = shape.iter().map(|len| format!("{len}, ")).collect();
                let shape = if shape.is_empty() { shape } else { format!(", ({shape})") };
                Some(format!("({name}, {of_one}{shape})"))
            };
            let fields = record.fields().iter().map(field).collect::<Option<Vec<_>>>()?;
            return Some((format!("[{}]", fields.join(", ")), Vec::new()));
        }
        _ => return None,
    };
    Some((format!("'{simple}'"), Vec::new()))
}

/// The beginning of a file: a version of the format that has room for the header, its length, and spaces so that the
/// elements are aligned. Version 3 is UTF-8.
fn with_length(header: String) -> Vec<u8> {
    const ALIGNMENT: usize = 64;
    let is_long = header.len() + ALIGNMENT > usize::from(u16::MAX);
    let (version, before) = match (header.is_ascii(), is_long) {
        (true, false) => (1, 10),
        (true, true) => (2, 12),
        (false, _) => (3, 12),
    };
    let len = (before + header.len() + 1).next_multiple_of(ALIGNMENT) - before;
    let mut bytes = [b"\x93NUMPY".as_slice(), &[version, 0]].concat();
    bytes.extend_from_slice(&(len as u32).to_le_bytes()[..before - 8]);
    bytes.extend_from_slice(header.as_bytes());
    bytes.resize(before + len - 1, b' ');
    bytes.push(b'\n');
    bytes
}
