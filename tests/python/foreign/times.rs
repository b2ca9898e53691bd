//! Points in time that xarray and netCDF4 have written as numbers.

use arraystow::{Hdf5File, ZarrStore};
use arraystow_tests::python_env;
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    file: String,
    path: String,
    /// In nanoseconds since 1970.
    times: Vec<Option<i64>>,
}

#[test]
fn times_since_a_date_are_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let rows = python_env::run(python_env::READERS, include_str!("times.py"), &[folder.path().to_str().unwrap()]);
    let rows: Vec<Row> = serde_json::from_str(&rows).unwrap();
    assert_eq!(rows.len(), 4 * 4 + 5);
    for Row { file, path, times } in rows {
        let at = folder.path().join(&file);
        let array = match file.ends_with(".zarr") {
            true => ZarrStore::open(at).unwrap().array(&path).unwrap(),
            false => Hdf5File::open(at).unwrap().array(&path).unwrap(),
        };
        let decoded = array.decode_times().unwrap();
        assert_eq!((decoded.dims(), decoded.attr("units")), (array.dims(), None), "{file} {path}");
        let expected = times.iter().map(|time| Some(Timestamp::from_nanosecond(i128::from((*time)?)).unwrap()));
        assert_eq!(
            decoded.compute().unwrap().into_raw_vec_and_offset().0,
            expected.collect::<Vec<_>>(),
            "{file} {path}"
        );
    }
}
