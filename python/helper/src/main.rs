//! What the tests of the Python package ask of Rust. The answers are JSON.
//!
//! - `helper save FOLDER` saves values of Rust's types.
//! - `helper load FOLDER NAME TYPE` loads a value that Python has saved, with its type, and prints what it is.
//! - `helper again FOLDER NAME TYPE` loads an array with its type, and saves its elements under the name with `.again`.
//! - `helper echo FOLDER NAME` does so with a value of any type.
//! - `helper talk` answers such calls line by line, each a list in JSON.
//! - `helper s3` serves S3 until its input ends.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

mod elements;

use arraystow::{ChunkedArray, Element, FixedText, Shared, Storage, Value};
use elements::{Again, Shown, shown, with_array};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use ndarray::{Array1, Array2};
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

/// An element of a plain array.
#[derive(Clone, Serialize)]
struct Station {
    name: String,
    height: f32,
}

/// What `datetime` of Python has.
#[derive(Debug, Serialize, Deserialize)]
struct Dated {
    day: Date,
    at: DateTime,
    time: Time,
    instant: Timestamp,
}

/// What a `Dataset` of xarray is saved as.
#[derive(Serialize, Deserialize)]
struct Climate {
    air: ChunkedArray<f32>,
    time: ChunkedArray<Timestamp>,
    lat: Array1<f64>,
    attrs: BTreeMap<String, String>,
}

type Pair = (i32, String);

fn load(storage: &Storage, name: &str, wanted: &str) -> Result<serde_json::Value, Box<dyn Error>> {
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
        "dated" => {
            let dated: Dated = storage.load(name)?;
            Ok(serde_json::json!(dated))
        }
        "climate" => {
            let climate: Climate = storage.load(name)?;
            Ok(serde_json::json!({
                "air": shown(&climate.air)?, "time": shown(&climate.time)?, "lat": climate.lat.to_vec(),
                "attrs": climate.attrs,
            }))
        }
        "shared" => {
            let (first, second): (Shared<Pair>, Shared<Pair>) = storage.load(name)?;
            Ok(serde_json::json!(Shared::ptr_eq(&first, &second)))
        }
        "pair" => {
            let (first, second): (Pair, Pair) = storage.load(name)?;
            Ok(serde_json::json!([first, second]))
        }
        element => with_array(storage, name, element, Shown),
    }
}

fn answer(arguments: &[&str]) -> Result<serde_json::Value, Box<dyn Error>> {
    match *arguments {
        ["save", folder] => {
            let storage = Storage::open(folder)?;
            storage.save("survey", &survey()?)?;
            storage.save("missing", &missing()?)?;
            let twice = Shared::new((1, "shared".to_owned()));
            storage.save("shared", &(twice.clone(), twice))?;
            storage.save("plain", &(1_u8, 2.5_f32, "text", b"bytes".to_vec(), (), [true, false]))?;
            let stations = Array1::from_vec(vec![Station { name: "one".into(), height: 0.5 }]);
            storage.save("records", &BTreeMap::from([("stations", stations)]))?;
        }
        ["load", folder, name, wanted] => return load(&Storage::open(folder)?, name, wanted),
        ["again", folder, name, wanted] => {
            let storage = Storage::open(folder)?;
            let again = Again { storage: &storage, name: &format!("{name}.again") };
            return with_array(&storage, name, wanted, again);
        }
        ["echo", folder, name] => {
            let storage = Storage::open(folder)?;
            let value: Value = storage.load(name)?;
            storage.save(&format!("{name}.again"), &value)?;
        }
        _ => return Err("the helper does not know this call".into()),
    }
    Ok(serde_json::Value::Null)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments.as_slice() {
        ["talk"] => {
            for line in std::io::stdin().lines() {
                let arguments: Vec<String> = serde_json::from_str(&line?)?;
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                match answer(&arguments) {
                    Ok(answer) => println!("{}", serde_json::json!({"done": answer})),
                    Err(error) => println!("{}", serde_json::json!({"failed": error.to_string()})),
                }
            }
        }
        ["s3"] => {
            let server = arraystow_s3_server::Server::start();
            println!("{}", serde_json::json!(server.options().into_iter().collect::<BTreeMap<_, _>>()));
            std::io::stdin().read_line(&mut String::new())?;
        }
        ref arguments => println!("{}", answer(arguments)?),
    }
    Ok(())
}
