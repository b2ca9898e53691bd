//! Arrays whose element type is known only at run time.

use crate::fault::{Fault, Outcome};
use arraystow::{AnyArray, AnyNdArray, ArrayInfo, Storage};
use ndarray::{Slice, SliceInfoElem};

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
