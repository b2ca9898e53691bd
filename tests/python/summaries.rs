//! The corner of a summary is what numpy prints.

use arraystow::{AnyArray, ChunkedArray, Storage};
use arraystow_tests::python_env;
use ndarray::{Array1, Array2, Array3, Array4, ArrayD, IxDyn};

const SCRIPT: &str = r#"
import sys, json, numpy as np, h5py
np.set_printoptions(threshold=0, edgeitems=3, linewidth=100000)
for name, file, printed in json.loads(sys.argv[1]):
    with h5py.File(file, "r") as opened:
        elements = opened["dask_arrays"][()]
    wanted = np.array2string(elements) if elements.shape else str(elements)
    assert printed == wanted, f"{name}:\n{printed}\ninstead of\n{wanted}"
"#;

#[test]
fn summaries_are_what_numpy_prints() {
    let wave = |at: usize| (at as f64 * 0.7).sin() * 10.0_f64.powi(at as i32 % 3);
    let arrays: Vec<(&str, AnyArray)> = vec![
        ("integers", ChunkedArray::from(Array2::from_shape_fn((20, 30), |(i, j)| i as i64 * 1000 - j as i64)).into()),
        (
            "bytes",
            ChunkedArray::from(Array3::from_shape_fn((2, 9, 3), |(i, j, k)| (i * 100 + j * 10 + k) as u8)).into(),
        ),
        ("bools", ChunkedArray::from(Array2::from_shape_fn((3, 3), |(i, j)| i < j)).into()),
        ("true", ChunkedArray::from(Array1::from_elem(3, true)).into()),
        ("waves", ChunkedArray::from(Array2::from_shape_fn((40, 50), |(i, j)| wave(i * 50 + j))).into()),
        ("single", ChunkedArray::from(Array1::from_shape_fn(100, |i| wave(i) as f32)).into()),
        ("tenths", ChunkedArray::from(Array1::from_shape_fn(5, |i| i as f32 / 10.0)).into()),
        ("whole", ChunkedArray::from(Array1::from_shape_fn(9, |i| i as f64)).into()),
        ("halves", ChunkedArray::from(Array1::from_shape_fn(9, |i| half::f16::from_f32(i as f32 / 4.0))).into()),
        ("small", ChunkedArray::from(Array1::from(vec![1e-7, 0.0, 3.25e-5])).into()),
        ("large", ChunkedArray::from(Array1::from(vec![1e20, -2.5e19, 0.0])).into()),
        ("wide", ChunkedArray::from(Array1::from(vec![1.0, 1234.5678])).into()),
        ("wide single", ChunkedArray::from(Array1::from(vec![0.1_f32, 123_456.7])).into()),
        ("odd", ChunkedArray::from(Array1::from(vec![1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY])).into()),
        ("only odd", ChunkedArray::from(Array1::from(vec![f64::NAN, f64::INFINITY])).into()),
        (
            "four axes",
            ChunkedArray::from(
                Array4::from_shape_fn((2, 1, 2, 8), |(i, _, k, l)| i + k * l).mapv(|number| number as u16),
            )
            .into(),
        ),
        ("none", ChunkedArray::from(ArrayD::<f64>::zeros(IxDyn(&[0]))).into()),
        ("scalar", ChunkedArray::from(ndarray::arr0(0.25)).into()),
    ];
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let mut shown = Vec::new();
    for (name, array) in arrays {
        storage.save(name, &array).unwrap();
        let loaded = storage.array(name, "").unwrap();
        let summary = loaded.summary().unwrap();
        let (line, printed) = summary.split_once('\n').unwrap();
        assert!(line.ends_with(&format!(", from \"{name}\"")), "{line}");
        let file = folder.path().join("bigdata").join(&storage.info(name).unwrap().arrays[0].file);
        shown.push((name, file, printed.to_owned()));
    }
    python_env::run(python_env::HDF5, SCRIPT, &[&serde_json::to_string(&shown).unwrap()]);
}

#[test]
fn the_source_of_an_array_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let ones = ChunkedArray::from(Array1::<f32>::ones(2000));
    storage.save("runs/1", &vec![(ones.clone(), "a"), (ones.slice(ndarray::s![..1500]).unwrap(), "b")]).unwrap();
    let line = "float32[1500] in chunks of [1500], from \"runs/1\" at \"[1][0]\"";
    assert_eq!(storage.array("runs/1", "[1][0]").unwrap().to_string(), line);
    let loaded: Vec<(ChunkedArray<f32>, String)> = storage.load("runs/1").unwrap();
    assert_eq!(loaded[1].0.to_string(), line);
    let sum = loaded[0].0.slice(ndarray::s![..1500]).unwrap() + &loaded[1].0;
    let computed = "computed from \"runs/1\" at \"[0][0]\", \"runs/1\" at \"[1][0]\"";
    assert_eq!(sum.to_string(), format!("float32[1500] in chunks of [1500], {computed}"));
    let path = folder.path().join("runs/bigdata").join(&storage.info("runs/1").unwrap().arrays[0].file);
    let file = arraystow::Hdf5File::open(&path).unwrap();
    let shown = file.array("/dask_arrays").unwrap().to_string();
    assert!(shown.ends_with(&format!(", from \"{}\" at \"/dask_arrays\"", file.location())), "{shown}");
}
