//! Arrays whose element type is known only at run time.

use crate::fault::{Fault, Outcome};
use crate::text;
use arraystow::{AnyArray, AnyNdArray, ArrayInfo, DataType, Storage, ValueInfo};
use ndarray::{Slice, SliceInfoElem};
use std::collections::HashMap;

/// Evaluates an expression with a type alias for the element type, if elements of it have an order.
macro_rules! with_ordered {
    ($data_type:expr, $T:ident => $body:expr, else => $otherwise:expr) => {
        match $data_type {
            arraystow::DataType::Int8 => $crate::arrays::with_ordered!(@ i8, $T => $body),
            arraystow::DataType::Int16 => $crate::arrays::with_ordered!(@ i16, $T => $body),
            arraystow::DataType::Int32 => $crate::arrays::with_ordered!(@ i32, $T => $body),
            arraystow::DataType::Int64 => $crate::arrays::with_ordered!(@ i64, $T => $body),
            arraystow::DataType::UInt8 => $crate::arrays::with_ordered!(@ u8, $T => $body),
            arraystow::DataType::UInt16 => $crate::arrays::with_ordered!(@ u16, $T => $body),
            arraystow::DataType::UInt32 => $crate::arrays::with_ordered!(@ u32, $T => $body),
            arraystow::DataType::UInt64 => $crate::arrays::with_ordered!(@ u64, $T => $body),
            arraystow::DataType::Float16 => $crate::arrays::with_ordered!(@ half::f16, $T => $body),
            arraystow::DataType::BFloat16 => $crate::arrays::with_ordered!(@ half::bf16, $T => $body),
            arraystow::DataType::Float32 => $crate::arrays::with_ordered!(@ f32, $T => $body),
            arraystow::DataType::Float64 => $crate::arrays::with_ordered!(@ f64, $T => $body),
            _ => $otherwise,
        }
    };
    (@ $rust:ty, $T:ident => $body:expr) => {{
        type $T = $rust;
        $body
    }};
}
pub(crate) use with_ordered;

/// What is known of the arrays of a value, by their files: an array has one file at all of its places, however these
/// are written.
#[derive(Default)]
pub(crate) struct Known<'a>(HashMap<&'a str, &'a ArrayInfo>);

impl<'a> Known<'a> {
    pub(crate) fn of(info: &'a ValueInfo) -> Self {
        Self(info.arrays.iter().map(|array| (array.file.as_str(), array)).collect())
    }

    pub(crate) fn info(&self, array: &AnyArray) -> Option<&'a ArrayInfo> {
        self.0.get(array.file()?.as_str()).copied()
    }

    /// An array in one line.
    pub(crate) fn text(&self, array: &AnyArray) -> String {
        let unknown = || text::clean(&format!("{}{:?}", array.data_type(), array.shape()));
        self.info(array).map_or_else(unknown, text::array)
    }
}

/// The fill value of an array, as text. Those of records and times are not known here.
pub(crate) fn fill(array: &AnyArray) -> Option<String> {
    use num_complex::Complex;
    match array.data_type() {
        DataType::Bool => Some(array.downcast::<bool>().ok()?.fill()?.to_string()),
        DataType::Complex64 => Some(array.downcast::<Complex<f32>>().ok()?.fill()?.to_string()),
        DataType::Complex128 => Some(array.downcast::<Complex<f64>>().ok()?.fill()?.to_string()),
        other => with_ordered!(other, T => Some(array.downcast::<T>().ok()?.fill()?.to_string()), else => None),
    }
}

/// Elements of each axis of the corner.
const CORNER: usize = 6;
/// Elements of the corner.
const MOST_IN_CORNER: usize = 1000;

/// The first elements of each axis. An array of many axes has fewer of each.
pub(crate) fn corner(array: &AnyArray) -> Outcome<AnyNdArray> {
    let mut each = CORNER;
    while each > 1 && array.shape().iter().map(|len| each.min(*len)).product::<usize>() > MOST_IN_CORNER {
        each -= 1;
    }
    let corner: Vec<SliceInfoElem> = array.shape().iter().map(|len| Slice::from(..each.min(*len)).into()).collect();
    Ok(array.slice(corner)?.compute()?)
}

/// The array at a path; without one, the only array of the value.
pub(crate) fn choose(storage: &Storage, name: &str, path: Option<&str>) -> Outcome<(AnyArray, ArrayInfo)> {
    let info = storage.info(name)?;
    let path = match (path, &info.arrays[..]) {
        (Some(path), _) => path.to_owned(),
        (None, [only]) => only.paths.first().cloned().unwrap_or_default(),
        (None, []) => return Err(Fault::Other(format!("{name:?} has no stored arrays"))),
        (None, several) => {
            let paths: Vec<&str> = several.iter().filter_map(|array| array.paths.first()).map(String::as_str).collect();
            return Err(Fault::Usage(format!("{name:?} has {} arrays: choose one of {paths:?}", paths.len())));
        }
    };
    let array = storage.array(name, &path)?;
    let found = info.arrays.into_iter().find(|array| array.paths.contains(&path));
    let info = found.ok_or_else(|| Fault::Other(format!("{name:?} was changed in the meantime: try again")))?;
    Ok((array, info))
}
