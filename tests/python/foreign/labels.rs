//! Names of axes, attributes and fill values that h5py, netCDF4, xarray and zarr-python have written.

use arraystow::{AnyArray, DataType, Hdf5File, Storage, ZarrStore};
use arraystow_tests::python_env;
use serde::Deserialize;
use serde_json::{Value, json};

const ROWS: &str = include_str!("labels.py");

#[derive(Deserialize)]
struct Row {
    file: String,
    path: String,
    dims: Option<Vec<String>>,
    fill: Value,
    attrs: Value,
}

/// The fill value as JSON has it.
fn fill(array: &AnyArray) -> Value {
    let of = |fill: Option<f64>| match fill {
        Some(fill) if fill.is_nan() => json!("NaN"),
        fill => json!(fill),
    };
    match array.data_type() {
        DataType::Int16 => of(array.downcast::<i16>().unwrap().fill().map(f64::from)),
        DataType::Int32 => of(array.downcast::<i32>().unwrap().fill().map(f64::from)),
        DataType::Float32 => of(array.downcast::<f32>().unwrap().fill().map(f64::from)),
        _ => of(array.downcast::<f64>().unwrap().fill()),
    }
}

#[test]
fn names_attributes_and_fill_values_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let rows = python_env::run(python_env::READERS, ROWS, &[folder.path().to_str().unwrap()]);
    let rows: Vec<Row> = serde_json::from_str(&rows).unwrap();
    assert!(rows.len() > 70, "{}", rows.len());
    let storage = Storage::open(folder.path().join("storage")).unwrap();
    for row in rows {
        let (what, path) = (format!("{} {}", row.file, row.path), folder.path().join(&row.file));
        let array = match row.file.ends_with(".zarr") {
            true => ZarrStore::open(path).unwrap().array(&row.path),
            false => Hdf5File::open(path).unwrap().array(&row.path),
        };
        let array = array.unwrap();
        assert_eq!(array.dims().map(<[String]>::to_vec), row.dims, "{what}");
        assert_eq!(fill(&array), json!(row.fill.as_f64().map_or(row.fill.clone(), Value::from)), "{what}");
        assert_eq!(serde_json::to_value(array.attrs()).unwrap(), row.attrs, "{what}");
        // What is read can be written.
        storage.save("copy", &array).unwrap();
        let copy: AnyArray = storage.load("copy").unwrap();
        assert_eq!((copy.dims(), copy.attrs(), fill(&copy)), (array.dims(), array.attrs(), fill(&array)), "{what}");
    }
}
