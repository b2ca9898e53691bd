//! Numbers that may be missing, as xarray, netCDF4, h5py and zarr-python see them.

use arraystow::{ArrayFormat, ChunkedArray, Hdf5File, Storage, ZarrStore, ZarrVersion};
use arraystow_tests::python_env;
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Gaps {
    #[stow(dims = ["time", "place"])]
    rain: ChunkedArray<Option<f32>>,
    #[stow(dims = ["time", "place"])]
    count: ChunkedArray<Option<i32>>,
    #[stow(dims = ["place"])]
    depth: Array1<Option<u16>>,
    #[stow(dims = ["time", "place"])]
    plain: Array2<Option<f64>>,
}

fn gaps() -> Gaps {
    let rain = Array2::from_shape_fn((5, 4), |(i, j)| (i % 3 != j % 2).then_some((i * 4 + j) as f32 / 8.0));
    let count = Array2::from_shape_fn((5, 4), |(i, j)| ((i + j) % 4 != 0).then_some(i as i32 - j as i32));
    Gaps {
        rain: ChunkedArray::from_ndarray(rain, &[2, 3]).unwrap(),
        count: ChunkedArray::from_ndarray(count, &[5, 2]).unwrap().with_fill(Some(-9999)),
        depth: Array1::from_iter([Some(0), None, Some(7), Some(65534)]),
        plain: Array2::from_shape_fn((5, 4), |(i, j)| (i != j).then_some(-(i as f64))),
    }
}

/// The elements that must be there, as a Python program makes them.
const EXPECTED: &str = r#"
import sys, json, numpy as np, xarray as xr
i, j = np.indices((5, 4))
wanted = {
    "rain": ((i * 4 + j) / 8, i % 3 == j % 2, np.nan, "f4"),
    "count": (i - j, (i + j) % 4 == 0, -9999, "i4"),
    "depth": (np.array([0, 65535, 7, 65534]), np.array([False, True, False, False]), 65535, "u2"),
    "plain": (-i.astype("f8"), i == j, np.nan, "f8"),
}
folder, names = sys.argv[1], json.loads(sys.argv[2])
def seen(got, name, what):
    elements, missing, _, _ = wanted[name]
    got = got.load()
    np.testing.assert_array_equal(got.isnull().values, missing, err_msg=f"{what} {name}")
    np.testing.assert_array_equal(got.values[~missing], elements[~missing], err_msg=f"{what} {name}")
def raw(got, name, what):
    elements, missing, fill, dtype = wanted[name]
    assert got.dtype == np.dtype(dtype), (what, name, got.dtype)
    np.testing.assert_array_equal(got, np.where(missing, fill, elements).astype(dtype), err_msg=f"{what} {name}")
"#;

fn names(storage: &Storage) -> String {
    let info = storage.info("gaps").unwrap();
    let names: Vec<_> = info.arrays.iter().map(|array| (array.paths[0].clone(), array.file.clone())).collect();
    serde_json::to_string(&names.into_iter().collect::<std::collections::BTreeMap<_, _>>()).unwrap()
}

#[test]
fn zarr_readers_see_none_as_missing() {
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        let folder = tempfile::tempdir().unwrap();
        let builder = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).zarr_version(version);
        let storage = builder.open().unwrap();
        storage.save("gaps", &gaps()).unwrap();
        let script = format!(
            r#"{EXPECTED}
import zarr
group = folder + "/bigdata/dask_arrays"
dataset = xr.open_zarr(group, consolidated=False)
paths = {{dataset[name].attrs["arraystow"]["path"]: name for name in dataset.variables}}
assert sorted(paths) == sorted(wanted), paths
for path, name in paths.items():
    seen(dataset[name], path, "xarray")
    array = zarr.open_array(f"{{group}}/{{name}}", mode="r")
    raw(array[...], path, "zarr")
    np.testing.assert_array_equal(array.fill_value, np.array(wanted[path][2], wanted[path][3]))
print("seen")
"#
        );
        let arguments = [folder.path().to_str().unwrap(), &names(&storage)];
        assert!(python_env::run(python_env::READERS, &script, &arguments).contains("seen"));
    }
}

#[test]
fn hdf5_readers_see_none_as_missing() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("gaps", &gaps()).unwrap();
    let script = format!(
        r#"{EXPECTED}
import h5py, netCDF4
assert sorted(names) == sorted(wanted), names
for name, (elements, missing, fill, dtype) in wanted.items():
    path = f"{{folder}}/bigdata/{{names[name]}}"
    for engine in ["h5netcdf", "netcdf4"]:
        with xr.open_dataset(path, engine=engine) as dataset:
            seen(dataset["dask_arrays"], name, engine)
    with h5py.File(path) as file:
        raw(file["dask_arrays"][...], name, "h5py")
        stored = file["dask_arrays"].attrs["_FillValue"]
        assert stored.dtype == np.dtype(dtype), stored
        np.testing.assert_array_equal(stored, np.array([fill], dtype))
    with netCDF4.Dataset(path) as file:
        got = file["dask_arrays"][...]
        np.testing.assert_array_equal(np.ma.getmaskarray(got) | np.isnan(np.ma.getdata(got).astype("f8")), missing)
        np.testing.assert_array_equal(np.ma.getdata(got)[~missing], elements[~missing])
print("seen")
"#
    );
    let arguments = [folder.path().to_str().unwrap(), &names(&storage)];
    assert!(python_env::run(python_env::READERS, &script, &arguments).contains("seen"));
}

#[test]
fn arrays_of_xarray_are_read_with_their_gaps() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
import sys, numpy as np, xarray as xr, netCDF4
folder = sys.argv[1]
values = np.array([[1.5, np.nan, 3.0], [np.nan, 5.0, 6.25]], "f4")
array = xr.DataArray(values, dims=("y", "x"), name="a")
whole = array.round().to_dataset()
whole.to_netcdf(folder + "/integers.nc", encoding={"a": {"dtype": "i2", "_FillValue": -99}}, engine="netcdf4")
array.to_dataset().to_netcdf(folder + "/floats.nc", engine="netcdf4")
for version in [2, 3]:
    whole.to_zarr(f"{folder}/v{version}", encoding={"a": {"dtype": "i2", "_FillValue": -99}}, zarr_format=version)
with netCDF4.Dataset(folder + "/old.nc", "w") as file:
    file.createDimension("x", 4)
    old = file.createVariable("a", "i4", ("x",), fill_value=False)
    old.missing_value = np.int32(-1)
    old[:] = [3, -1, 0, -1]
print("written")
"#;
    let path = folder.path().to_str().unwrap();
    assert!(python_env::run(python_env::READERS, script, &[path]).contains("written"));
    let integers = ndarray::array![[Some(2_i16), None, Some(3)], [None, Some(5), Some(6)]].into_dyn();
    let floats = ndarray::array![[Some(1.5_f32), None, Some(3.0)], [None, Some(5.0), Some(6.25)]].into_dyn();
    let file = |name: &str| Hdf5File::open(folder.path().join(name)).unwrap();
    let read = file("integers.nc").array("/a").unwrap().downcast::<Option<i16>>().unwrap();
    assert_eq!(read.compute().unwrap(), integers);
    let read = file("floats.nc").array("/a").unwrap().downcast::<Option<f32>>().unwrap();
    assert_eq!(read.compute().unwrap(), floats);
    let read = file("old.nc").array("/a").unwrap().downcast::<Option<i32>>().unwrap();
    assert_eq!(read.compute().unwrap(), ndarray::array![Some(3), None, Some(0), None].into_dyn());
    for version in ["v2", "v3"] {
        let store = ZarrStore::open(folder.path().join(version)).unwrap();
        let read = store.array("a").unwrap().downcast::<Option<i16>>().unwrap();
        assert_eq!(read.compute().unwrap(), integers, "{version}");
    }
}
