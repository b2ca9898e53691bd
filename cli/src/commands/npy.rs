//! Files of numpy: `.npy`.

use crate::fault::{Fault, Outcome};
use arraystow::{AnyArray, AnyNdArray, ChunkedArray, DataType, Element};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use npyz::WriterBuilder;
use std::fs::File;
use std::io::{BufReader, BufWriter};

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
            other => Err(Fault::Other(format!("elements of {other} cannot be written to .npy: write a .csv file"))),
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
