//! `import`: an array of another program as a value.

use super::Call;
use crate::fault::{Fault, Outcome};
use crate::terminal::watched;
use arraystow::{AnyArray, ChunkedArray, Element, FoundArrays, Hdf5File, ZarrStore};
use ndarray::{ArrayD, IxDyn, ShapeBuilder};
use std::fs::File;
use std::io::{BufReader, Read};

pub(super) fn run(call: &Call, source: &str, place: &str, name: &str, array: &str, force: bool) -> Outcome<()> {
    let storage = call.open(place)?;
    let found = match beginning(source)? {
        Some(beginning) if beginning.starts_with(b"\x93NUMPY") => npy(source)?,
        Some(_) => {
            let file = Hdf5File::open(source)?;
            file.array(&one_of(array, || file.arrays(""))?)?
        }
        None => {
            let store = ZarrStore::open(source)?;
            match store.array(array) {
                // The store itself is no array.
                Err(_) if array.is_empty() => store.array(&one_of(array, || store.arrays(""))?)?,
                found => found?,
            }
        }
    };
    let report =
        watched(call.quiet, || Ok(if force { storage.save(name, &found)? } else { storage.create(name, &found)? }))?;
    if call.json {
        return super::print_json(&report);
    }
    call.done(&format!("{name}: {found:?}; {report}"));
    Ok(())
}

/// The first bytes of a file; none for folders and URLs.
fn beginning(source: &str) -> Outcome<Option<Vec<u8>>> {
    let wrong = |error: std::io::Error| Fault::Other(format!("{source}: {error}"));
    if source.contains("://") || std::fs::metadata(source).map_err(wrong)?.is_dir() {
        return Ok(None);
    }
    let mut beginning = Vec::new();
    File::open(source).and_then(|file| file.take(6).read_to_end(&mut beginning)).map_err(wrong)?;
    Ok(Some(beginning))
}

/// The array that is asked for, or the only one that there is.
fn one_of(array: &str, all: impl FnOnce() -> arraystow::Result<FoundArrays>) -> Outcome<String> {
    if !array.is_empty() {
        return Ok(array.to_owned());
    }
    let paths: Vec<String> = all()?.arrays.into_iter().map(|found| found.path).collect();
    match <[String; 1]>::try_from(paths) {
        Ok([only]) => Ok(only),
        Err(several) => {
            Err(Fault::Usage(format!("choose one of the {} arrays with --array: {several:?}", several.len())))
        }
    }
}

macro_rules! npy_types {
    ($file:ident, $order:ident, $shape:ident; $($rust:ty)*) => {{
        $(let $file = match $file.try_data::<$rust>() {
            Ok(data) => return chunked(data.collect::<Result<Vec<$rust>, _>>()?, $shape, $order),
            Err(file) => file,
        };)*
        Err(Fault::Other(format!("elements of {:?} are not supported", $file.dtype().descr())))
    }};
}

fn npy(source: &str) -> Outcome<AnyArray> {
    use num_complex::Complex;
    let wrong = |error: std::io::Error| Fault::Other(format!("{source}: {error}"));
    let file = npyz::NpyFile::new(BufReader::new(File::open(source).map_err(wrong)?)).map_err(wrong)?;
    let shape: Vec<usize> = file.shape().iter().map(|len| *len as usize).collect();
    let order = file.order();
    npy_types! { file, order, shape;
        bool i8 i16 i32 i64 u8 u16 u32 u64 half::f16 f32 f64 Complex<f32> Complex<f64>
    }
}

fn chunked<T: Element>(elements: Vec<T>, shape: Vec<usize>, order: npyz::Order) -> Outcome<AnyArray> {
    let shape = IxDyn(&shape).set_f(order == npyz::Order::Fortran);
    let array = ArrayD::from_shape_vec(shape, elements).map_err(|error| Fault::Other(error.to_string()))?;
    Ok(ChunkedArray::from(array).into())
}
