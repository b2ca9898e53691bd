//! Attributes and dimension scales that say what is not true. The array is read in spite of them.

use crate::support::soon;
use arraystow::{AnyArray, Hdf5File, ZarrStore};
use arraystow_tests::python_env;
use ndarray::Array2;

const MAKE: &str = include_str!("labels.py");

fn elements(array: &AnyArray) -> Vec<f64> {
    array.downcast::<f64>().unwrap().compute().unwrap().iter().copied().collect()
}

#[test]
fn labels_of_hdf5_files_are_never_fatal() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(python_env::run(python_env::HDF5, MAKE, &[folder.path().to_str().unwrap()]), "made\n");
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let array = soon(&name, move || Hdf5File::open(path).unwrap().array("data").unwrap());
        assert_eq!(elements(&array), (0..12).map(f64::from).collect::<Vec<_>>(), "{name}");
        let (dims, attrs) = (array.dims().map(<[String]>::to_vec), array.attrs());
        let kind = name.rsplit_once('-').unwrap().0;
        match kind {
            // The scales are sound, the text is not.
            "length-huge" | "length-longer" | "heap-beyond" | "heap-last" | "heap-none" | "object-none"
            | "object-free" => {
                assert_eq!(dims, Some(vec!["y".to_owned(), "x".to_owned()]), "{name}");
                assert!(attrs.is_empty(), "{name}: {attrs:?}");
            }
            "names" => {
                assert_eq!(attrs.keys().map(String::as_str).collect::<Vec<_>>(), [" "], "{name}");
            }
            "many-links" => assert_eq!(attrs["units"].as_str(), Some("K")),
            _ => assert!(attrs.is_empty(), "{name}: {attrs:?}"),
        }
        if ["scales-nowhere", "many-links"].contains(&kind) {
            assert_eq!(dims, None, "{name}");
        }
        files += 1;
    }
    assert_eq!(files, 25);
}

#[test]
fn labels_of_zarr_arrays_are_never_fatal() {
    let folder = tempfile::tempdir().unwrap();
    let many: String = (0..70_000).map(|number| format!("\"{number}\": [], ")).collect();
    let long = format!("\"long\": [{}1], ", "1,".repeat(100_000));
    let deep = format!("\"deep\": {}{}, ", "[".repeat(120), "]".repeat(120));
    let twice = "\"units\": \"m\", ".to_owned();
    let cases = [
        ("sound", String::new(), Some("K")),
        ("many", many, None),
        ("long", long, None),
        ("deep", deep, Some("K")),
        ("twice", twice, None),
        ("odd", "\"a\\nb\": 1, \"\": 2, \"n\": NaN, \"x\": 1e400, ".to_owned(), None),
    ];
    for (name, more, units) in cases {
        for version in [2, 3] {
            let place = folder.path().join(format!("{name} {version}"));
            std::fs::create_dir_all(place.join("c")).unwrap();
            let attributes = format!("{{{more}\"units\": \"K\", \"_ARRAY_DIMENSIONS\": [\"y\", 7]}}");
            if version == 2 {
                let array = r#"{"zarr_format": 2, "shape": [3, 4], "chunks": [3, 4], "dtype": "<f8", "compressor": null,
"fill_value": 5, "filters": null, "order": "C"}"#;
                std::fs::write(place.join(".zarray"), array).unwrap();
                std::fs::write(place.join(".zattrs"), attributes).unwrap();
            } else {
                let array = format!(
                    r#"{{"zarr_format": 3, "node_type": "array", "shape": [3, 4], "data_type": "float64", "fill_value": 5,
"chunk_grid": {{"name": "regular", "configuration": {{"chunk_shape": [3, 4]}}}}, "codecs": [{{"name": "bytes",
"configuration": {{"endian": "little"}}}}], "chunk_key_encoding": {{"name": "default"}}, "dimension_names": ["y", {{}}],
"attributes": {attributes}}}"#
                );
                std::fs::write(place.join("zarr.json"), array).unwrap();
            }
            let what = format!("{name} of version {version}");
            let opened = soon(&what, move || ZarrStore::open(place).unwrap().array("/"));
            // A number that is none of JSON's is damage, as before.
            let array = match opened {
                Err(error) if name == "odd" => {
                    assert!(error.is_corrupt(), "{error}");
                    continue;
                }
                opened => opened.unwrap(),
            };
            assert_eq!(array.downcast::<f64>().unwrap().compute().unwrap(), Array2::from_elem((3, 4), 5.0).into_dyn());
            assert_eq!(array.attrs().get("units").and_then(|units| units.as_str()), units, "{what}");
            assert_eq!(array.dims(), None, "{what}");
        }
    }
}
