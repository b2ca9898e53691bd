//! Names of axes, attributes and fill values, with every backend.

use crate::places::everywhere;
use arraystow::{AnyArray, ArrayFormat, Attr, ChunkedArray, ErrorKind, Protocols, Storage, VerifyDepth};
use ndarray::{Array1, Array2, s};
use serde::{Deserialize, Serialize};

fn grid() -> ChunkedArray<f32> {
    let elements = Array2::from_shape_fn((6, 8), |(i, j)| (i * 8 + j) as f32);
    ChunkedArray::from_ndarray(elements, &[4, 4]).unwrap()
}

fn labelled() -> ChunkedArray<f32> {
    let grid = grid().with_dims(["lat", "lon"]).unwrap().with_attr("units", "K").unwrap();
    let grid = grid.with_attr("valid_range", [150.0, 350.5]).unwrap().with_attr("level", 3_i64).unwrap();
    grid.with_attr("flags", ["low", "", "higher"])
        .unwrap()
        .with_attr("empty", "")
        .unwrap()
        .with_attr("none", Vec::<i64>::new())
        .unwrap()
        .with_fill(-9999.0)
}

#[test]
fn labels_are_loaded_as_they_were_saved() {
    everywhere(|what, storage| {
        let array = labelled();
        storage.save("grid", &array).unwrap();
        let loaded: ChunkedArray<f32> = storage.load("grid").unwrap();
        assert_eq!(loaded.dims(), array.dims(), "{what}");
        assert_eq!(loaded.attrs(), array.attrs(), "{what}");
        assert_eq!(loaded.fill(), Some(-9999.0), "{what}");
        assert_eq!(loaded.compute().unwrap(), grid().compute().unwrap(), "{what}");
        assert!(storage.verify("grid", VerifyDepth::Deep).unwrap().is_sound(), "{what}");

        let info = &storage.info("grid").unwrap().arrays[0];
        assert_eq!((info.dims.as_deref(), &info.attrs), (array.dims(), array.attrs()), "{what}");
        let any: AnyArray = storage.array("grid", "").unwrap();
        assert_eq!((any.dims(), any.attrs()), (array.dims(), array.attrs()), "{what}");
    });
}

#[test]
fn an_array_is_kept_as_long_as_its_labels_are() {
    everywhere(|what, storage| {
        storage.save("grid", &labelled()).unwrap();
        let loaded: ChunkedArray<f32> = storage.load("grid").unwrap();
        let report = storage.save("grid", &loaded).unwrap();
        assert_eq!((report.arrays_written, report.arrays_kept), (0, 1), "{what}");
        let report = storage.save("other", &loaded).unwrap();
        assert_eq!((report.arrays_written, report.arrays_linked), (0, 1), "{what}");
        let linked: ChunkedArray<f32> = storage.load("other").unwrap();
        assert_eq!((linked.dims(), linked.attrs()), (loaded.dims(), loaded.attrs()), "{what}");

        let changed = loaded.with_attr("units", "degC").unwrap();
        let report = storage.save("grid", &changed).unwrap();
        assert_eq!((report.arrays_written, report.arrays_kept), (1, 0), "{what}");
        let again: ChunkedArray<f32> = storage.load("grid").unwrap();
        assert_eq!(again.attr("units"), Some(&Attr::from("degC")), "{what}");
        assert_eq!(again.compute().unwrap(), grid().compute().unwrap(), "{what}");
    });
}

#[test]
fn a_document_without_a_manifest_has_labels_too() {
    let folder = tempfile::tempdir().unwrap();
    let protocols = Protocols::new().with_file(arraystow::LocalFiles::new(folder.path()).unwrap());
    let bytes = arraystow::to_vec(&labelled(), &protocols).unwrap();
    let loaded: ChunkedArray<f32> = arraystow::from_slice(&bytes, &protocols).unwrap();
    assert_eq!((loaded.dims(), loaded.attrs(), loaded.fill()), (labelled().dims(), labelled().attrs(), Some(-9999.0)));

    let mut json = Vec::new();
    arraystow::serialize(&labelled(), &mut serde_json::Serializer::new(&mut json), &protocols).unwrap();
    let mut reader = serde_json::Deserializer::from_slice(&json);
    let loaded: ChunkedArray<f32> = arraystow::deserialize(&mut reader, &protocols).unwrap();
    assert_eq!((loaded.dims(), loaded.attrs(), loaded.fill()), (labelled().dims(), labelled().attrs(), Some(-9999.0)));
}

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Climate {
    #[stow(dims = ["time", "lat", "lon"], units = "K", attrs(long_name = "air temperature", valid_min = -90.5, level = 2))]
    air: ChunkedArray<f32>,
    #[stow(dims = ["lat"], units = "degrees_north")]
    lat: Array1<f64>,
    #[stow(units = "m")]
    height: Vec<ChunkedArray<i16>>,
}

fn climate() -> Climate {
    Climate {
        air: ChunkedArray::from_ndarray(ndarray::Array3::ones((3, 6, 8)), &[1, 6, 8]).unwrap(),
        lat: Array1::linspace(-75.0, 75.0, 6),
        height: vec![ChunkedArray::from(ndarray::array![1_i16, 2]).with_attr("units", "km").unwrap()],
    }
}

#[test]
fn the_options_of_a_field_label_its_arrays() {
    everywhere(|what, storage| {
        storage.save("climate", &climate()).unwrap();
        let loaded: Climate = storage.load("climate").unwrap();
        assert_eq!(loaded.air.dims().unwrap(), ["time", "lat", "lon"], "{what}");
        assert_eq!(loaded.air.attr("units"), Some(&Attr::from("K")), "{what}");
        assert_eq!(loaded.air.attr("valid_min"), Some(&Attr::from(-90.5)), "{what}");
        assert_eq!(loaded.air.attr("level"), Some(&Attr::from(2_i64)), "{what}");
        // What the array itself says goes before.
        assert_eq!(loaded.height[0].attr("units"), Some(&Attr::from("km")), "{what}");
        assert_eq!(loaded.lat, climate().lat, "{what}");
        // A small plain array with labels is an array of its own.
        let info = storage.info("climate").unwrap();
        let lat = info.arrays.iter().find(|array| array.paths == ["lat"]).unwrap();
        assert_eq!(lat.dims.as_deref(), Some(&["lat".to_owned()][..]), "{what}");
        assert!(lat.plain, "{what}");

        let report = storage.save("climate", &loaded).unwrap();
        assert_eq!(report.arrays_kept, 2, "{what}: what the fields say is what is stored");
    });
}

#[test]
fn names_that_do_not_fit_are_refused_with_the_place() {
    #[arraystow::stow]
    #[derive(Serialize)]
    struct Wrong {
        #[stow(dims = ["x"])]
        field: AnyArray,
    }
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    let error = storage.save("wrong", &Wrong { field: grid().into() }).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("field") && error.to_string().contains("one name for each axis"), "{error}");
    assert!(!storage.contains("wrong").unwrap());
}

#[test]
fn operations_keep_what_stays_true() {
    let array = labelled();
    let dims = |array: &ChunkedArray<f32>| array.dims().map(<[String]>::to_vec);
    let part = array.slice(s![1, ..]).unwrap();
    assert_eq!((dims(&part), part.attrs(), part.fill()), (Some(vec!["lon".to_owned()]), array.attrs(), array.fill()));
    let new_axis = array.slice(s![.., .., ndarray::NewAxis]).unwrap();
    assert_eq!((dims(&new_axis), new_axis.attrs()), (None, array.attrs()));
    let recut = array.rechunk(&[2, 2]).unwrap();
    assert_eq!((dims(&recut), recut.attrs(), recut.fill()), (dims(&array), array.attrs(), array.fill()));
    assert_eq!(dims(&recut.rechunk(array.grid()).unwrap()), dims(&array));
    let mapped = array.map(|x| x + 1.0);
    assert_eq!((dims(&mapped), mapped.attrs().len(), mapped.fill()), (dims(&array), 0, None));
    let converted = array.astype::<i32>().unwrap();
    assert_eq!((converted.dims(), converted.attrs(), converted.fill()), (array.dims(), array.attrs(), Some(-9999)));

    let unnamed = grid();
    let both = unnamed.zip_with(&array, |x, y| x + y).unwrap();
    assert_eq!((dims(&both), both.attrs().len()), (dims(&array), 0));
    let other = array.with_dims(["y", "x"]).unwrap();
    assert_eq!(dims(&(&array + 1.0)), dims(&array));
    assert_eq!(dims(&(&unnamed * &array)), dims(&array));
    let error = (&array + &other).compute().unwrap_err();
    assert!(error.to_string().contains("without_dims"), "{error}");
    let error = array.zip_with(&other, |x, y| x + y).unwrap_err();
    assert!(error.to_string().contains("without_dims"), "{error}");
}

#[test]
fn an_array_says_where_it_was_first_written() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).open().unwrap();
    storage.save("spring/survey", &[grid()]).unwrap();
    let file = storage.info("spring/survey").unwrap().arrays[0].file.clone();
    let metadata = folder.path().join("spring/bigdata/dask_arrays").join(file).join("zarr.json");
    let metadata: serde_json::Value = serde_json::from_slice(&std::fs::read(metadata).unwrap()).unwrap();
    assert_eq!(metadata["attributes"]["arraystow"]["document"], "spring/survey");
    assert_eq!(metadata["attributes"]["arraystow"]["path"], "[0]");
}
