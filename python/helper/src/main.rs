//! `helper save FOLDER` saves values of Rust's types; `helper load FOLDER NAME TYPE` loads one that Python has saved with
//! its type and prints what it is as JSON; `helper echo FOLDER NAME` saves it again, under the name with `.again`.
//! `helper s3` serves S3 until its input ends.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use arraystow::{ChunkedArray, Element, FixedText, Shared, Storage, Value};
use ndarray::{Array1, Array2, ArrayD};
use num_complex::Complex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::error::Error;

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Reading {
    time: i64,
    value: f32,
    name: FixedText<8>,
}

#[derive(Serialize, Deserialize)]
enum Method {
    Exact,
    Approximate { tolerance: f64 },
}

#[derive(Serialize, Deserialize)]
struct Survey {
    name: String,
    count: u64,
    spacing: f32,
    note: Option<String>,
    method: Method,
    tags: BTreeMap<String, i32>,
    height: ChunkedArray<f32>,
    small: Array1<i16>,
    plain: Array2<f64>,
    complex: ChunkedArray<Complex<f64>>,
    texts: ChunkedArray<String>,
    readings: ChunkedArray<Reading>,
}

fn survey() -> arraystow::Result<Survey> {
    let height = Array2::from_shape_fn((30, 20), |(i, j)| (i * 20 + j) as f32);
    let complex = Array1::from_shape_fn(7, |i| Complex::new(i as f64, -(i as f64)));
    let texts = ["", "ü", "a long string"].map(str::to_owned);
    let name = FixedText::new("name")?;
    let reading = |i: usize| Reading { time: i as i64, value: i as f32 / 2.0, name };
    Ok(Survey {
        name: "north".into(),
        count: u64::MAX,
        spacing: 0.25,
        note: None,
        method: Method::Approximate { tolerance: 0.5 },
        tags: BTreeMap::from([("a".into(), -1), ("b".into(), 2)]),
        height: ChunkedArray::from_ndarray(height, &[10, 20])?.with_dims(["lat", "lon"])?.with_attr("units", "m")?,
        small: Array1::from_vec(vec![1, -2, 3]),
        plain: Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f64),
        complex: ChunkedArray::from_ndarray(complex, &[4])?,
        texts: ChunkedArray::from_ndarray(Array1::from_iter(texts), &[2])?,
        readings: ChunkedArray::from_ndarray(Array1::from_shape_fn(5, reading), &[2])?,
    })
}

#[derive(Serialize, Deserialize)]
struct Missing {
    depth: ChunkedArray<Option<i16>>,
    air: ChunkedArray<f32>,
    plain: ChunkedArray<i16>,
    vectors: ChunkedArray<[f32; 3]>,
}

fn missing() -> arraystow::Result<Missing> {
    let vectors = Array2::from_shape_fn((4, 2), |(i, j)| [i as f32, j as f32, 9.0]);
    Ok(Missing {
        depth: ChunkedArray::from(ndarray::array![Some(12_i16), None, Some(7)]).with_fill(Some(-1)),
        air: ChunkedArray::from(ndarray::array![1.0_f32, -9999.0, 3.0]).with_fill(-9999.0),
        plain: ChunkedArray::from(ndarray::array![1_i16, -1]),
        vectors: ChunkedArray::from_ndarray(vectors, &[2, 2])?.with_dims(["y", "x"])?,
    })
}

/// The same string for the same elements.
fn shown<T: Element + std::fmt::Debug>(array: &ChunkedArray<T>) -> arraystow::Result<serde_json::Value> {
    let elements: ArrayD<T> = array.compute()?;
    let texts: Vec<String> = elements.iter().map(|element| format!("{element:?}")).collect();
    Ok(serde_json::json!({"shape": array.shape(), "elements": texts, "dims": array.dims(), "attrs": array.attrs()}))
}

fn load(storage: &Storage, name: &str, wanted: &str) -> Result<serde_json::Value, Box<dyn Error>> {
    macro_rules! array {
        ($rust:ty) => {
            Ok(shown(&storage.load::<ChunkedArray<$rust>>(name)?)?)
        };
    }
    match wanted {
        "survey" => {
            let survey: Survey = storage.load(name)?;
            let tolerance = match survey.method {
                Method::Exact => None,
                Method::Approximate { tolerance } => Some(tolerance),
            };
            Ok(serde_json::json!({
                "name": survey.name, "count": survey.count, "spacing": survey.spacing, "note": survey.note,
                "tolerance": tolerance, "tags": survey.tags, "small": survey.small.to_vec(),
                "height": shown(&survey.height)?, "plain": survey.plain.sum(), "complex": shown(&survey.complex)?,
                "texts": shown(&survey.texts)?, "readings": shown(&survey.readings)?,
            }))
        }
        "optional" => array!(Option<i16>),
        "bool" => array!(bool),
        "int8" => array!(i8),
        "int16" => array!(i16),
        "int32" => array!(i32),
        "int64" => array!(i64),
        "uint8" => array!(u8),
        "uint16" => array!(u16),
        "uint32" => array!(u32),
        "uint64" => array!(u64),
        "float16" => array!(half::f16),
        "float32" => array!(f32),
        "float64" => array!(f64),
        "complex64" => array!(Complex<f32>),
        "complex128" => array!(Complex<f64>),
        "string" => array!(String),
        other => Err(format!("the helper does not know the type {other}").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["save", folder] => {
            let storage = Storage::open(folder)?;
            storage.save("survey", &survey()?)?;
            storage.save("missing", &missing()?)?;
            let twice = Shared::new((1, "shared".to_owned()));
            storage.save("shared", &(twice.clone(), twice))?;
            storage.save("plain", &(1_u8, 2.5_f32, "text", b"bytes".to_vec(), (), [true, false]))?;
        }
        ["load", folder, name, wanted] => println!("{}", load(&Storage::open(folder)?, name, wanted)?),
        ["echo", folder, name] => {
            let storage = Storage::open(folder)?;
            let value: Value = storage.load(name)?;
            storage.save(&format!("{name}.again"), &value)?;
        }
        ["s3"] => {
            let server = arraystow_s3_server::Server::start();
            println!("{}", serde_json::json!(server.options().into_iter().collect::<BTreeMap<_, _>>()));
            std::io::stdin().read_line(&mut String::new())?;
        }
        _ => return Err("helper save FOLDER | load FOLDER NAME TYPE | echo FOLDER NAME".into()),
    }
    Ok(())
}
