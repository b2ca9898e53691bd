//! A climate cube with names and units, its monthly means, and xarray: `cargo run -p arraystow-example-climate`.
//!
//! With a folder as its argument, the program leaves the storage there. `check.py FOLDER` then opens it with xarray,
//! without arraystow.
#![allow(clippy::print_stdout, reason = "an example")]

use arraystow::{ArrayFormat, ChunkedArray, Storage};
use ndarray::{Array1, ArrayD, s};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// The days of the months of a year without a leap day.
const MONTHS: [usize; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const SHAPE: [usize; 3] = [365, 90, 180];

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Climate {
    model: String,
    #[stow(dims = ["time", "lat", "lon"], units = "K", attrs(long_name = "air temperature"))]
    air: ChunkedArray<f32>,
    #[stow(dims = ["time"], units = "days since 2001-01-01")]
    time: Array1<i64>,
    #[stow(dims = ["lat"], units = "degrees_north")]
    lat: Array1<f64>,
    #[stow(dims = ["lon"], units = "degrees_east")]
    lon: Array1<f64>,
}

/// Made chunk by chunk: the cube may be larger than memory.
fn air(region: &arraystow::Region) -> ArrayD<f32> {
    let start = region.start();
    ArrayD::from_shape_fn(region.shape(), |at| {
        let (day, lat) = ((start[0] + at[0]) as f32, (start[1] + at[1]) as f32 * 2.0 - 89.0);
        let (season, lon) = ((day * std::f32::consts::TAU / 365.0).cos(), (start[2] + at[2]) as f32);
        300.0 - 0.5 * lat.abs() - 0.2 * lat * season + lon / 90.0
    })
}

fn cube() -> Outcome<Climate> {
    Ok(Climate {
        model: "made up".into(),
        air: ChunkedArray::from_fn(&SHAPE, &[31, 90, 180], air)?,
        time: Array1::from_iter(0..365),
        lat: Array1::linspace(-89.0, 89.0, 90),
        lon: Array1::linspace(0.0, 358.0, 180),
    })
}

/// The means of the months. Lazy: computed while they are saved, chunk by chunk.
fn monthly(daily: &Climate) -> Outcome<Climate> {
    let time = daily.air.axis("time").ok_or("the cube has no axis of time")?;
    let starts: Vec<usize> = MONTHS.iter().scan(0, |next, days| Some(std::mem::replace(next, *next + days))).collect();
    let means = starts.iter().zip(MONTHS).map(|(&start, days)| {
        let month = daily.air.slice(s![start..start + days, .., ..])?;
        month.along(&[time])?.keep_axes().mean().astype::<f32>()
    });
    let means = ChunkedArray::concatenate(time, means.collect::<arraystow::Result<Vec<_>>>()?)?;
    Ok(Climate {
        model: daily.model.clone(),
        air: means.with_attr("cell_methods", "time: mean")?,
        time: starts.iter().map(|start| daily.time[*start]).collect(),
        lat: daily.lat.clone(),
        lon: daily.lon.clone(),
    })
}

fn main() -> Outcome<()> {
    let temporary = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map_or_else(|| temporary.path().to_owned(), PathBuf::from);
    let storage = Storage::builder(&folder).array_format(ArrayFormat::Zarr).open()?;
    storage.save("daily/climate", &cube()?)?;

    let daily: Climate = storage.load("daily/climate")?; // reads the coordinates, and no chunk of `air`
    storage.save("monthly/climate", &monthly(&daily)?)?;

    let monthly: Climate = storage.load("monthly/climate")?;
    println!("{:?}", monthly.air);
    for (month, name) in [(0, "January"), (6, "July")] {
        let berlin = monthly.air.slice(s![month, 71, 6])?.compute()?;
        println!("{name}: {:.2} K at {} N, {} E", berlin.sum(), monthly.lat[71], monthly.lon[6]);
    }
    Ok(())
}
