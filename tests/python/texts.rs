//! Texts of any length as zarr-python and xarray write them.

use arraystow::{AnyNdArray, DataType, Limits, ZarrStore};
use arraystow_tests::python_env;
use ndarray::{ArrayD, s};

const SCRIPT: &str = include_str!("texts.py");

#[test]
fn texts_of_zarr_python_and_xarray_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let made = python_env::run(python_env::READERS, SCRIPT, &[folder.path().to_str().unwrap()]);
    let made: Vec<(String, Vec<usize>, Vec<String>)> = serde_json::from_str(&made).unwrap();
    assert_eq!(made.len(), 22);
    let store = ZarrStore::open(folder.path()).unwrap();
    for (path, shape, texts) in made {
        let wanted = ArrayD::from_shape_vec(shape, texts).unwrap();
        let array = store.array(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(array.data_type(), DataType::String, "{path}");
        let found = array.compute().unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(found, AnyNdArray::String(wanted.clone()), "{path}");
        if wanted.ndim() == 2 {
            let part = array.downcast::<String>().unwrap().slice(s![2..4, 3]).unwrap();
            assert_eq!(part.compute().unwrap(), wanted.slice(s![2..4, 3]).into_dyn(), "{path}");
        }
    }
    // The chunks of the long texts have 12 * 100 000 bytes.
    let limited = ZarrStore::open(folder.path()).unwrap().with_limits(Limits::default().chunk_bytes(1 << 20));
    let error = limited.array("v3/long").unwrap().compute().unwrap_err();
    assert_eq!(error.kind(), arraystow::ErrorKind::Limit, "{error}");
}
