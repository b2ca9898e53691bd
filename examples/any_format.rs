//! Any serde format works: a document in readable JSON, with its arrays in HDF5 files beside it.
//!
//! `cargo run --release -p arraystow-examples --example any_format`
#![allow(clippy::print_stdout)]

use arraystow::{ChunkedArray, LocalFiles, Protocols};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Debug)]
struct Experiment {
    title: String,
    runs: Vec<Run>,
}

#[derive(Serialize, Deserialize, Debug)]
struct Run {
    temperature_k: f64,
    /// Stays lazy.
    field: ChunkedArray<f32>,
    /// A plain array: diverted too, and in memory after loading.
    mask: Array2<bool>,
    /// Small enough to stay in the document.
    position: ndarray::Array1<f64>,
}

fn run(temperature_k: f64) -> Result<Run, arraystow::Error> {
    let field = ChunkedArray::from_fn(&[300, 400], &[100, 100], move |region| {
        let (row, column) = (region.start()[0], region.start()[1]);
        ndarray::ArrayD::from_shape_fn(region.shape(), |at| {
            let (y, x) = ((row + at[0]) as f64, (column + at[1]) as f64);
            (temperature_k * (-(x * x + y * y) / 4e4).exp()) as f32
        })
    })?;
    Ok(Run {
        temperature_k,
        field,
        mask: Array2::from_shape_fn((300, 400), |(i, j)| i * i + j * j < 40_000),
        position: ndarray::array![0.5, 1.5, -2.0],
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let protocols = Protocols::new().with_file(LocalFiles::new(folder.path())?);
    let experiment = Experiment { title: "two temperatures".into(), runs: vec![run(290.0)?, run(310.0)?] };

    let mut text = Vec::new();
    arraystow::serialize(&experiment, &mut serde_json::Serializer::pretty(&mut text), &protocols)?;
    let text = String::from_utf8(text)?;
    println!("{text}\n");

    println!("and beside it, in {}:", folder.path().display());
    for entry in std::fs::read_dir(folder.path())? {
        let entry = entry?;
        println!("  {}  {} bytes", entry.file_name().display(), entry.metadata()?.len());
    }

    let loaded: Experiment = arraystow::deserialize(&mut serde_json::Deserializer::from_str(&text), &protocols)?;
    let hottest = loaded.runs[1].field.max()?;
    println!("\nloaded again: {:?}, hottest {hottest} K", loaded.runs[1].field);
    Ok(())
}
