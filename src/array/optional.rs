//! Numbers that may be missing: in files they are plain numbers. One of them, the fill value, stands for the missing
//! ones.

use super::any::ByOthers;
use super::encoding::Encoding;
use super::labels::Labels;
use super::number::{AnyNumber as Value, Number};
use super::source::{Elements, Reading, Source};
use super::{Attr, ChunkedArray, DataType, Element, ErasedArray, Evaluation, Region, StoredBytes, with_element};
use crate::error::{Error, Result};
use half::{bf16, f16};
use ndarray::ArcArray;
use num_complex::Complex;
use std::any::Any;
use std::sync::Arc;

/// The attribute that older programs write instead of `_FillValue`, or beside it.
const MISSING_VALUE: &str = "missing_value";

macro_rules! optional {
    ($($rust:ty: $fill:expr;)*) => {
        $(
            impl Element for Option<$rust> {
                const DATA_TYPE: DataType = <$rust as Element>::DATA_TYPE;

                fn truth(&self) -> Option<bool> {
                    self.as_ref().and_then(Element::truth)
                }

                fn by_others() -> Option<Box<dyn Any>> {
                    Some(Box::new(ByOthers::<Self> {
                        forget: |array| forget::<$rust>(array).into(),
                        remember: |array| array.erased().as_any().downcast_ref().map(remember::<$rust>),
                    }))
                }
            }

            impl Encoding for Option<$rust> {
                fn reads(stored: &DataType) -> bool {
                    <$rust>::reads(stored)
                }

                fn default_fill() -> Option<Vec<u8>> {
                    Some(bytemuck::bytes_of::<$rust>(&$fill).to_vec())
                }

                fn fill_bytes(fill: &Self) -> Result<Vec<u8>, String> {
                    Ok(bytemuck::bytes_of(&fill.unwrap_or($fill)).to_vec())
                }

                fn put(&self, out: &mut Vec<u8>) -> Result<(), String> {
                    put(*self, $fill, &[$fill], out)
                }

                fn get(stored: &DataType, bytes: &[u8]) -> Result<Self, String> {
                    let number = <$rust>::get(stored, bytes)?;
                    Ok((!is_missing(&number, &[$fill])).then_some(number))
                }

                fn put_all(elements: &[Self], missing: &[Vec<u8>], out: &mut Vec<u8>) -> Result<(), (usize, String)> {
                    put_all::<$rust>(elements, missing, out)
                }

                fn get_all(stored: &DataType, missing: &[Vec<u8>], bytes: &[u8]) -> Result<Vec<Self>, String> {
                    get_all::<$rust>(stored, missing, bytes)
                }

                fn memory(len: usize) -> Option<Vec<Self>> {
                    super::default_memory(len)
                }
            }
        )*

        /// The fill value that optional numbers of this type have by default.
        pub(super) fn default_fill_of(data_type: &DataType) -> Option<Vec<u8>> {
            $(
                if *data_type == <$rust as Element>::DATA_TYPE {
                    return Option::<$rust>::default_fill();
                }
            )*
            None
        }
    };
}

optional! {
    i8: i8::MIN;
    i16: i16::MIN;
    i32: i32::MIN;
    i64: i64::MIN;
    u8: u8::MAX;
    u16: u16::MAX;
    u32: u32::MAX;
    u64: u64::MAX;
    f16: f16::NAN;
    bf16: bf16::NAN;
    f32: f32::NAN;
    f64: f64::NAN;
    Complex<f32>: Complex::new(f32::NAN, f32::NAN);
    Complex<f64>: Complex::new(f64::NAN, f64::NAN);
}

/// Whether a number stands for a missing element. One NaN is as good as another.
#[expect(clippy::eq_op, reason = "NaN differs from itself")]
pub(super) fn is_missing<T: Element>(number: &T, missing: &[T]) -> bool {
    missing.iter().any(|fill| number == fill || (number != number && fill != fill))
}

fn put<T: Number>(element: Option<T>, fill: T, missing: &[T], out: &mut Vec<u8>) -> Result<(), String> {
    match element {
        Some(number) if is_missing(&number, missing) => Err(format!(
            "{number:?} is the fill value, which marks a missing element, and cannot be stored as Some: choose \
                another fill \
             value with with_fill()"
        )),
        Some(number) => number.put(out),
        None => fill.put(out),
    }
}

pub(super) fn numbers<T: Element>(missing: &[Vec<u8>]) -> Result<Vec<T>, String> {
    missing.iter().map(|bytes| T::get(&T::DATA_TYPE, bytes)).collect()
}

fn put_all<T: Number>(elements: &[Option<T>], missing: &[Vec<u8>], out: &mut Vec<u8>) -> Result<(), (usize, String)> {
    let missing = numbers::<T>(missing).map_err(|why| (0, why))?;
    for (index, element) in elements.iter().enumerate() {
        let put = match (missing.first(), element) {
            (Some(fill), element) => put(*element, *fill, &missing, out),
            // The array is stored without one, and so has no missing elements.
            (None, Some(number)) => number.put(out),
            (None, None) => {
                Err("it is missing, and the array has no fill value: choose one with with_fill()".to_owned())
            }
        };
        put.map_err(|why| (index, why))?;
    }
    Ok(())
}

fn get_all<T: Number>(stored: &DataType, missing: &[Vec<u8>], bytes: &[u8]) -> Result<Vec<Option<T>>, String> {
    let missing = numbers::<T>(missing)?;
    let size = stored.size().max(1);
    let mut elements = Vec::new();
    elements.try_reserve_exact(bytes.len() / size).map_err(|_| "there is no memory for it".to_owned())?;
    for element in bytes.chunks_exact(size) {
        let number = T::get(stored, element)?;
        elements.push((!is_missing(&number, &missing)).then_some(number));
    }
    Ok(elements)
}

impl Labels {
    /// The bytes of the elements that represent missing ones: first the one that is written, then those that others
    /// have written.
    pub(crate) fn missing(&self, data_type: &DataType) -> Vec<Vec<u8>> {
        let others = match self.attrs().get(MISSING_VALUE) {
            Some(Attr::Int(number)) => vec![Value::Int(*number)],
            Some(Attr::Ints(numbers)) => numbers.iter().copied().map(Value::Int).collect(),
            Some(Attr::Float(number)) => vec![Value::Float(*number)],
            Some(Attr::Floats(numbers)) => numbers.iter().copied().map(Value::Float).collect(),
            _ => Vec::new(),
        };
        let others = others.into_iter().filter_map(|value| bytes_of(data_type, value));
        self.fill().map(<[u8]>::to_vec).into_iter().chain(others).collect()
    }
}

/// The bytes of a number in this type. A number that is beyond the range of the type, or has a fraction that it does
/// not have, is none of its elements.
pub(super) fn bytes_of(data_type: &DataType, value: Value) -> Option<Vec<u8>> {
    let wide = |value: Value| match value {
        Value::Int(x) => Some(i128::from(x)),
        Value::UInt(x) => Some(i128::from(x)),
        Value::Float(x) if x.fract() == 0.0 && x.abs() < 1e30 => Some(x as i128),
        Value::Float(_) | Value::Complex(_) => None,
    };
    with_element!(data_type, T => {
        let number = T::from_value(value);
        let is_it = match number.to_value() {
            own @ (Value::Int(_) | Value::UInt(_)) => wide(own) == wide(value),
            Value::Float(own) => own.is_finite() || !matches!(value, Value::Float(x) if x.is_finite()),
            Value::Complex(_) => true,
        };
        is_it.then(|| bytemuck::bytes_of(&number).to_vec())
    }, else => None)
}

/// Where the array is stored, if the same numbers stand for missing ones there.
fn stored_alike<T: Element>(array: &ChunkedArray<T>) -> Option<Arc<dyn StoredBytes>> {
    let missing = array.labels().missing(&T::DATA_TYPE);
    ErasedArray::stored(array).filter(|stored| stored.labels().missing(&T::DATA_TYPE) == missing)
}

/// The array as one of plain numbers.
fn forget<T: Number>(array: &ChunkedArray<Option<T>>) -> ChunkedArray<T>
where
    Option<T>: Element,
{
    let plain = match stored_alike(array) {
        Some(stored) => ChunkedArray::from_stored(array.grid().clone(), stored),
        None => array.mapped(Arc::new(Plain(array.clone()))),
    };
    plain.with_meta(array.meta().clone())
}

/// The array with missing elements.
fn remember<T: Number>(array: &ChunkedArray<T>) -> ChunkedArray<Option<T>>
where
    Option<T>: Element,
{
    let optional = match stored_alike(array) {
        Some(stored) => ChunkedArray::from_stored(array.grid().clone(), stored),
        None => array.mapped(Arc::new(Optional(array.clone()))),
    };
    optional.with_meta(array.meta().clone())
}

fn shaped<T: Element>(region: &Region, elements: Vec<T>) -> Result<Elements<T>> {
    ArcArray::from_shape_vec(region.shape(), elements).map_err(|error| Error::invalid(error.to_string()))
}

/// The numbers of an array, with the fill value for the missing ones.
struct Plain<T>(ChunkedArray<Option<T>>)
where
    Option<T>: Element;

impl<T: Number> Source<T> for Plain<T>
where
    Option<T>: Element,
{
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<T>> {
        let mut numbers = Vec::new();
        let array: &dyn ErasedArray = &self.0;
        array.region_bytes(evaluation, region, &mut |bytes| {
            let read = super::decode::<T>(&T::DATA_TYPE, bytes).map_err(Error::corrupt)?;
            numbers.extend_from_slice(&read);
            Ok(())
        })?;
        shaped(region, numbers)
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.0, Reading::OncePerChunk);
    }
}

/// The numbers of an array, of which those that represent missing ones are missing.
struct Optional<T: Element>(ChunkedArray<T>);

impl<T: Number> Source<Option<T>> for Optional<T>
where
    Option<T>: Element,
{
    fn produce(&self, evaluation: &Evaluation, region: &Region) -> Result<Elements<Option<T>>> {
        let missing = numbers::<T>(&self.0.labels().missing(&T::DATA_TYPE)).map_err(Error::corrupt)?;
        let elements = self.0.produce(evaluation, region)?;
        let element = |number: &T| (!is_missing(number, &missing)).then_some(*number);
        shaped(region, elements.iter().map(element).collect())
    }

    fn inputs(&self, visit: &mut dyn FnMut(&dyn ErasedArray, Reading)) {
        visit(&self.0, Reading::OncePerChunk);
    }
}
