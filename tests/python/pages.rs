//! The Python code of the pages runs on what the Rust code beside it saves.

use arraystow::{ArrayFormat, ChunkedArray, Element, FixedText, Storage};
use arraystow_tests::python_env;
use ndarray::{Array1, ArrayD};
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Climate {
    #[stow(dims = ["time", "lat", "lon"], units = "K")]
    air: ChunkedArray<f32>,
    #[stow(dims = ["time"], units = "days since 2000-01-01")]
    time: Array1<i64>,
    #[stow(dims = ["lat"], units = "degrees_north")]
    lat: Array1<f64>,
    #[stow(dims = ["lon"], units = "degrees_east")]
    lon: Array1<f64>,
}

fn climate() -> Climate {
    let air = ChunkedArray::from_fn(&[360, 90, 180], &[30, 90, 180], |region| {
        let start = region.start();
        ArrayD::from_shape_fn(region.shape(), |at| {
            300.0 - ((start[1] + at[1]) as f32 - 45.0).abs() + (start[0] + at[0]) as f32 / 100.0
        })
    });
    Climate {
        air: air.unwrap().with_fill(f32::NAN),
        time: Array1::from_iter(0..360),
        lat: Array1::linspace(-89.0, 89.0, 90),
        lon: Array1::linspace(0.0, 358.0, 180),
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
#[repr(u8)]
enum Quality {
    #[default]
    Good = 0,
    Doubtful = 1,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Element)]
struct Reading {
    station: FixedText<8>,
    hour: u32,
    kelvin: f64,
    quality: Quality,
}

#[derive(Serialize, Deserialize)]
struct Campaign {
    readings: ChunkedArray<Reading>,
}

fn campaign() -> Campaign {
    let readings = Array1::from_shape_fn(24_000, |hour| Reading {
        station: FixedText::new("Davos").unwrap(),
        hour: hour as u32,
        kelvin: 270.0 + (hour % 24) as f64,
        quality: if hour % 10 == 9 { Quality::Doubtful } else { Quality::Good },
    });
    Campaign { readings: ChunkedArray::from_ndarray(readings, &[1000]).unwrap() }
}

/// Runs each block of Python of a page in the folder `folder`, with the files of the value `name` in the storage that the
/// block is about.
fn run_page(page: &str, folder: &std::path::Path, name: &str) {
    let files = |storage: &str| {
        let info = Storage::open(folder.join(storage)).unwrap().info(name).unwrap();
        let files: std::collections::BTreeMap<_, _> =
            info.arrays.iter().map(|array| (array.paths[0].clone(), array.file.clone())).collect();
        serde_json::to_string(&files).unwrap()
    };
    let blocks: Vec<_> = page.split("```python\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(!blocks.is_empty());
    for block in blocks {
        let files = files(if block.contains("results/") { "results" } else { "hdf5" });
        let script = format!("import os, sys\nos.chdir(sys.argv[1])\nfile_of = {files}\n{block}\nprint('ran')");
        let printed = python_env::run(python_env::READERS, &script, &[folder.to_str().unwrap()]);
        assert!(printed.ends_with("ran\n"), "{printed}");
    }
}

#[test]
fn python_code_of_the_page_on_labelled_cubes() {
    let folder = tempfile::tempdir().unwrap();
    let zarr = Storage::builder(folder.path().join("results")).array_format(ArrayFormat::Zarr).open().unwrap();
    // Values with an axis of the same name and of other lengths, and arrays that were first in another value.
    zarr.save("first", &climate()).unwrap();
    zarr.save("climate", &zarr.load::<Climate>("first").unwrap()).unwrap();
    zarr.save("other", &climate().air.along(&[0]).unwrap().mean()).unwrap();
    zarr.save("longer", &ChunkedArray::<f32>::zeros(&[5], &[5]).unwrap().with_dims(["time"]).unwrap()).unwrap();
    zarr.rename("climate", "renamed").unwrap();
    zarr.rename("renamed", "climate").unwrap();
    Storage::open(folder.path().join("hdf5")).unwrap().save("climate", &climate()).unwrap();
    run_page(include_str!("../../docs/labelled-cubes.md"), folder.path(), "climate");
}

#[test]
fn python_code_of_the_page_on_tables() {
    let folder = tempfile::tempdir().unwrap();
    Storage::open(folder.path().join("hdf5")).unwrap().save("campaign", &campaign()).unwrap();
    run_page(include_str!("../../docs/tables.md"), folder.path(), "campaign");
}
