//! Arrays of every element type, by the names that the tests use for them.

use crate::Reading;
use arraystow::{ChunkedArray, Element, FixedBytes, FixedText, Storage};
use half::{bf16, f16};
use jiff::{SignedDuration, Timestamp};
use ndarray::ArrayD;
use num_complex::Complex;
use std::error::Error;
use std::fmt::Debug;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
#[repr(u8)]
enum Quality {
    #[default]
    Good = 0,
    Doubtful = 7,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Inner {
    flag: bool,
    x: f32,
}

/// A record with everything that a record can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Sample {
    count: i16,
    inner: Inner,
    at: [f32; 3],
    quality: Quality,
    time: Timestamp,
    key: FixedBytes<3>,
    name: FixedText<6>,
    weight: bf16,
}

/// What is done with an array whose element type is known.
pub(crate) trait Work {
    type Output;

    fn with<T: Element + Clone + Debug>(self, array: &ChunkedArray<T>) -> arraystow::Result<Self::Output>;
}

/// Loads the value of that name as an array of the named element type, and does the work with it.
pub(crate) fn with_array<W: Work>(
    storage: &Storage,
    name: &str,
    wanted: &str,
    work: W,
) -> Result<W::Output, Box<dyn Error>> {
    macro_rules! of {
        ($rust:ty) => {
            Ok(work.with(&storage.load::<ChunkedArray<$rust>>(name)?)?)
        };
    }
    match wanted {
        "optional" => of!(Option<i16>),
        "bool" => of!(bool),
        "int8" => of!(i8),
        "int16" => of!(i16),
        "int32" => of!(i32),
        "int64" => of!(i64),
        "uint8" => of!(u8),
        "uint16" => of!(u16),
        "uint32" => of!(u32),
        "uint64" => of!(u64),
        "float16" => of!(f16),
        "bfloat16" => of!(bf16),
        "float32" => of!(f32),
        "float64" => of!(f64),
        "complex64" => of!(Complex<f32>),
        "complex128" => of!(Complex<f64>),
        "string" => of!(String),
        "text" => of!(FixedText<6>),
        "bytes" => of!(FixedBytes<3>),
        "date" => of!(Option<Timestamp>),
        "span" => of!(Option<SignedDuration>),
        "quality" => of!(Quality),
        "reading" => of!(Reading),
        "sample" => of!(Sample),
        other => Err(format!("the helper does not know the type {other}").into()),
    }
}

/// Describes an array: the same text for the same element.
pub(crate) struct Shown;

impl Work for Shown {
    type Output = serde_json::Value;

    fn with<T: Element + Clone + Debug>(self, array: &ChunkedArray<T>) -> arraystow::Result<serde_json::Value> {
        shown(array)
    }
}

/// The elements as texts, with the names of the axes and the attributes.
pub(crate) fn shown<T: Element + Debug>(array: &ChunkedArray<T>) -> arraystow::Result<serde_json::Value> {
    let elements: ArrayD<T> = array.compute()?;
    let texts: Vec<String> = elements.iter().map(|element| format!("{element:?}")).collect();
    Ok(serde_json::json!({"shape": array.shape(), "elements": texts, "dims": array.dims(), "attrs": array.attrs()}))
}

/// Computes an array, and saves its elements under another name.
pub(crate) struct Again<'a> {
    pub(crate) storage: &'a Storage,
    pub(crate) name: &'a str,
}

impl Work for Again<'_> {
    type Output = serde_json::Value;

    fn with<T: Element + Clone + Debug>(self, array: &ChunkedArray<T>) -> arraystow::Result<serde_json::Value> {
        let elements: ArrayD<T> = array.compute()?;
        let texts: Vec<String> = elements.iter().map(|element| format!("{element:?}")).collect();
        let chunk: Vec<usize> = array.shape().iter().map(|length| length.div_ceil(2).max(1)).collect();
        self.storage.save(self.name, &ChunkedArray::from_ndarray(elements, chunk)?)?;
        Ok(texts.into())
    }
}
