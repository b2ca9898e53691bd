//! Texts of any length as zarr-python, xarray and h5py write them, and as they and netCDF4 read them.

use arraystow::{
    AnyNdArray, ChunkedArray, Chunking, Codec, DataType, ErrorKind, Hdf5File, Limits, Storage, VerifyDepth, ZarrStore,
};
use arraystow_tests::python_env;
use ndarray::{Array2, ArrayD, s};

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
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

const HDF5: &str = r#"
import json, sys, numpy as np, h5py, netCDF4, xarray
folder = sys.argv[1]
texts = np.array([[("\u00e4b" * (i * j % 7)) + f"{i} {j}" * (j % 3) for j in range(11)] for i in range(9)], object)
kind, made = h5py.string_dtype(), []
for version, block in (("earliest", 0), ("latest", 0), ("earliest", 1024)):
    name = f"{version} {block}.h5"
    with h5py.File(f"{folder}/{name}", "w", libver=version, userblock_size=block) as file:
        def make(path, values=texts, dtype=kind, write=True, **options):
            dataset = file.create_dataset(path, values.shape, dtype, **options)
            if write: dataset[...] = values
            asstr = dataset.asstr()[...]
            made.append([name, path, list(np.shape(asstr)), [str(text) for text in np.ravel(asstr)]])
        make("whole")
        make("chunks", chunks=(4, 3))
        make("gzip", chunks=(4, 3), compression="gzip", shuffle=True)
        make("ascii", values=np.array(["a", "", "bc"], object), dtype=h5py.string_dtype("ascii"))
        make("scalar", values=np.array("one", object))
        make("long", values=np.array(["x" * 100_000, "y" * 70_000] * 6, object), chunks=(12,))
        make("many", values=np.array([f"text {i}" for i in range(20_000)], object), chunks=(3000,))
        make("never written", write=False)
        make("never written, in chunks", write=False, chunks=(4, 3))
        for which, fill in enumerate(["none", "", "\u00e4\u00f6 " * 3000]):
            make(f"fill {which}, never written", write=False, fillvalue=fill)
            make(f"fill {which}, never written, in chunks", write=False, chunks=(4, 3), fillvalue=fill)
            make(f"fill {which}, in chunks", chunks=(4, 3), fillvalue=fill, compression="gzip")
            partly = file.create_dataset(f"fill {which}, partly", (9, 11), kind, chunks=(4, 3), fillvalue=fill)
            partly[3, :5] = texts[3, :5]
            partly.attrs["a"] = 1
            made.append([name, partly.name, [9, 11], [str(text) for text in partly.asstr()[...].ravel()]])
        grown = file.create_dataset("grown", (3, 11), kind, maxshape=(None, 11), chunks=(4, 3))
        grown[...] = texts[:3]
        grown.resize((9, 11)); grown[5:] = texts[5:]
        wanted = grown.asstr()[...]
        made.append([name, "grown", [9, 11], [str(text) for text in wanted.ravel()]])
        overwritten = file.create_dataset("overwritten", (9, 11), kind, chunks=(4, 3))
        overwritten[...] = texts[::-1]; overwritten[...] = texts
        made.append([name, "overwritten", [9, 11], [str(text) for text in texts.ravel()]])
with netCDF4.Dataset(f"{folder}/netcdf.nc", "w") as file:
    file.createDimension("x", 9); file.createDimension("y", 11); file.createDimension("time", None)
    file.createVariable("names", str, ("x", "y"))[...] = texts
    file.createVariable("never", str, ("x", "y"))
    file.createVariable("partly", str, ("x", "y"), chunksizes=(4, 3))[2:5, 2] = texts[2:5, 2]
    file.createVariable("filled", str, ("x", "y"), chunksizes=(4, 3), fill_value="n/a")[2:5, 2] = texts[2:5, 2]
    file.createVariable("grown", str, ("time", "y"))[3:9] = texts[3:9]
    file.createGroup("within").createVariable("names", str, ("x",), zlib=True)[...] = texts[:, 3]
    for path in ("names", "never", "partly", "filled", "grown", "within/names"):
        found = file[path][...]
        made.append(["netcdf.nc", path, list(found.shape), [str(text) for text in np.ma.getdata(found).ravel()]])
for engine in ("netcdf4", "h5netcdf"):
    data = xarray.Dataset({"names": (("x", "y"), texts), "label": ("y", texts[4])}, {"x": texts[:, 2]})
    data.to_netcdf(f"{folder}/{engine}.nc", engine=engine)
    with xarray.open_dataset(f"{folder}/{engine}.nc", engine=engine) as read:
        for path in ("names", "label", "x"):
            found = read[path].values
            made.append([f"{engine}.nc", path, list(found.shape), [str(text) for text in found.ravel()]])
with h5py.File(f"{folder}/refused.h5", "w") as file:
    file.create_dataset("lists", (2,), h5py.vlen_dtype("i4"))
    file.create_dataset("records", (2,), np.dtype([("name", kind), ("x", "f4")]))
json.dump(made, sys.stdout)
"#;

#[test]
fn texts_of_h5py_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let made = python_env::run(python_env::READERS, HDF5, &[folder.path().to_str().unwrap()]);
    let made: Vec<(String, String, Vec<usize>, Vec<String>)> = serde_json::from_str(&made).unwrap();
    assert_eq!(made.len(), 81);
    for (name, path, shape, texts) in made {
        let file = Hdf5File::open(folder.path().join(&name)).unwrap();
        let wanted = ArrayD::from_shape_vec(shape, texts).unwrap();
        let array = file.array(&path).unwrap_or_else(|error| panic!("{name} {path}: {error}"));
        assert_eq!(array.data_type(), DataType::String, "{name} {path}");
        let found = array.compute().unwrap_or_else(|error| panic!("{name} {path}: {error}"));
        assert_eq!(found, AnyNdArray::String(wanted.clone()), "{name} {path}");
        if wanted.ndim() == 2 {
            let part = array.downcast::<String>().unwrap().slice(s![2..4, 3]).unwrap();
            assert_eq!(part.compute().unwrap(), wanted.slice(s![2..4, 3]).into_dyn(), "{name} {path}");
        }
    }
    let limited = Hdf5File::open(folder.path().join("latest 0.h5")).unwrap();
    let limited = limited.with_limits(Limits::default().chunk_bytes(1 << 19));
    let error = limited.array("long").unwrap().compute().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
    let refused = [("refused.h5", "lists"), ("refused.h5", "records")];
    for (file, path) in refused {
        let error = Hdf5File::open(folder.path().join(file)).unwrap().array(path).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{path}: {error}");
    }
}

fn text(i: usize) -> String {
    match i % 5 {
        0 => String::new(),
        1 => "\u{1f30d} x".repeat(i),
        2 => "long ".repeat(i * i),
        _ => format!("station {i}"),
    }
}

#[test]
fn h5py_and_netcdf_read_texts_as_they_were_saved() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::builder(folder.path()).codec(Codec::gzip(3).unwrap()).open().unwrap();
    let elements = Array2::from_shape_fn((13, 7), |(i, j)| text(7 * i + j));
    let array = ChunkedArray::from_ndarray(elements.clone(), &[4, 3]).unwrap().with_dims(["row", "column"]).unwrap();
    let whole = array.rechunk(Chunking::Whole).unwrap();
    let irregular = array.rechunk(Chunking::Irregular(vec![vec![10, 3], vec![1, 6]])).unwrap();
    let one = ChunkedArray::from(ndarray::arr0("one".to_owned()));
    storage.save("it", &(array.with_fill("none".to_owned()), whole, irregular, one)).unwrap();
    assert!(storage.verify("it", VerifyDepth::Deep).unwrap().is_sound());
    type It = (ChunkedArray<String>, ChunkedArray<String>, ChunkedArray<String>, ChunkedArray<String>);
    let loaded: It = storage.load("it").unwrap();
    for array in [&loaded.0, &loaded.1, &loaded.2] {
        assert_eq!(array.compute().unwrap(), elements.clone().into_dyn());
    }
    assert_eq!((loaded.3.compute().unwrap()[[]].as_str(), loaded.0.fill().as_deref()), ("one", Some("none")));

    let script = r#"
import json, sys, h5py, netCDF4, xarray
read = []
for path in sys.argv[1:]:
    with h5py.File(path) as file:
        dataset = file["dask_arrays"]
        info = h5py.check_string_dtype(dataset.dtype)
        assert (info.encoding, info.length) == ("utf-8", None), info
        texts = dataset.asstr()[...]
        shape = list(dataset.shape)
        read.append([shape, [str(text) for text in (texts.ravel() if shape else [texts])]])
    with netCDF4.Dataset(path) as file:
        found = file["dask_arrays"][...]
        assert [str(text) for text in (found.ravel() if shape else [found])] == read[-1][1], found
    with xarray.open_dataset(path, engine="h5netcdf", phony_dims="sort") as data:
        found = data["dask_arrays"].values
        assert [str(text) for text in (found.ravel() if shape else [found])] == read[-1][1], found
json.dump(read, sys.stdout)
"#;
    let files = storage.info("it").unwrap().arrays;
    let files: Vec<String> = files
        .iter()
        .map(|array| folder.path().join("bigdata").join(&array.file))
        .map(|path| path.display().to_string())
        .collect();
    let read = python_env::run(python_env::READERS, script, &files.iter().map(String::as_str).collect::<Vec<_>>());
    let read: Vec<(Vec<usize>, Vec<String>)> = serde_json::from_str(&read).unwrap();
    assert_eq!(read.len(), 4);
    for (shape, texts) in &read[..3] {
        assert_eq!(ArrayD::from_shape_vec(shape.as_slice(), texts.clone()).unwrap(), elements.clone().into_dyn());
    }
    assert_eq!(read[3].1, ["one"]);
}
