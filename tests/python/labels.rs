//! Names of axes, attributes and fill values, as xarray, netCDF4 and h5py see them.

use arraystow::{ArrayFormat, ChunkedArray, Storage, ZarrVersion};
use arraystow_tests::python_env;
use ndarray::{Array1, Array3};
use serde::{Deserialize, Serialize};

#[arraystow::stow]
#[derive(Serialize, Deserialize)]
struct Climate {
    #[stow(dims = ["time", "lat", "lon"], units = "K", attrs(long_name = "air temperature", level = 2))]
    air: ChunkedArray<f32>,
    #[stow(dims = ["time", "lat", "lon"], units = "mm")]
    rain: ChunkedArray<i16>,
    #[stow(dims = ["lat"], units = "degrees_north")]
    lat: Array1<f64>,
}

fn climate() -> Climate {
    let air =
        Array3::from_shape_fn((3, 4, 5), |(i, j, k)| if (i, j, k) == (0, 1, 2) { -9999.0 } else { (i + j * k) as f32 });
    let rain = Array3::from_shape_fn((3, 4, 5), |(i, j, k)| if k == 4 { -1 } else { (i * j * k) as i16 });
    Climate {
        air: ChunkedArray::from_ndarray(air, &[1, 4, 5]).unwrap().with_fill(-9999.0),
        rain: ChunkedArray::from_ndarray(rain, &[2, 2, 5])
            .unwrap()
            .with_fill(-1)
            .with_attr("flags", ["", "dry", "", "drenched"])
            .unwrap(),
        lat: Array1::linspace(-60.0, 60.0, 4),
    }
}

/// The elements that must be there, as a Python program makes them.
const EXPECTED: &str = r#"
import sys, json, numpy as np, xarray as xr
i, j, k = np.indices((3, 4, 5))
air = (i + j * k).astype("f4"); air[0, 1, 2] = np.nan
rain = (i * j * k).astype("f4"); rain[..., 4] = np.nan
lat = np.linspace(-60, 60, 4)
folder, names = sys.argv[1], json.loads(sys.argv[2])
def check(got, want, dims, units, what):
    assert got.dims == dims, (what, got.dims)
    assert got.attrs["units"] == units, (what, got.attrs)
    np.testing.assert_array_equal(got.values, want, err_msg=what)
"#;

fn names(storage: &Storage) -> String {
    let info = storage.info("climate").unwrap();
    let names: Vec<_> = info.arrays.iter().map(|array| (array.paths[0].clone(), array.file.clone())).collect();
    serde_json::to_string(&names.into_iter().collect::<std::collections::BTreeMap<_, _>>()).unwrap()
}

#[test]
fn a_struct_with_dims_is_one_data_set() {
    for version in [ZarrVersion::V2, ZarrVersion::V3] {
        let folder = tempfile::tempdir().unwrap();
        let builder = Storage::builder(folder.path()).array_format(ArrayFormat::Zarr).zarr_version(version);
        let storage = builder.open().unwrap();
        storage.save("climate", &climate()).unwrap();
        let script = format!(
            r#"{EXPECTED}
dataset = xr.open_zarr(folder + "/bigdata/dask_arrays", consolidated=False)
paths = {{name: dataset[name].attrs["arraystow"]["path"] for name in dataset.variables}}
assert all(dataset[name].attrs["arraystow"]["document"] == "climate" for name in paths)
dataset = dataset.rename_vars(paths).set_coords("lat").set_xindex("lat")
assert dict(dataset.sizes) == dict(time=3, lat=4, lon=5), dataset.sizes
assert dataset.lat.dtype == np.float64
check(dataset.air, air, ("time", "lat", "lon"), "K", "air")
check(dataset.rain, rain, ("time", "lat", "lon"), "mm", "rain")
check(dataset.lat, lat, ("lat",), "degrees_north", "lat")
assert dataset.air.attrs["long_name"] == "air temperature" and dataset.air.attrs["level"] == 2
assert dataset.rain.attrs["flags"] == ["", "dry", "", "drenched"]
# The coordinate serves to select.
assert float(dataset.air.sel(lat=20, time=1, lon=4)) == 9.0
print("one data set")
"#
        );
        let printed =
            python_env::run(python_env::READERS, &script, &[folder.path().to_str().unwrap(), &names(&storage)]);
        assert!(printed.contains("one data set"));
    }
}

#[test]
fn hdf5_files_have_dimension_scales_and_attributes() {
    let folder = tempfile::tempdir().unwrap();
    let storage = Storage::open(folder.path()).unwrap();
    storage.save("climate", &climate()).unwrap();
    let script = format!(
        r#"{EXPECTED}
import h5py, netCDF4
path = lambda name: f"{{folder}}/bigdata/{{names[name]}}"
for engine in ["h5netcdf", "netcdf4"]:
    for name, want, dims, units in [("air", air, ("time", "lat", "lon"), "K"), ("rain", rain, ("time", "lat", "lon"), "mm"),
                                    ("lat", lat, ("lat",), "degrees_north")]:
        dataset = xr.open_dataset(path(name), engine=engine)
        assert list(dataset.variables) == ["dask_arrays"], list(dataset.variables)
        check(dataset["dask_arrays"], want, dims, units, f"{{engine}} {{name}}")
with h5py.File(path("air")) as file:
    data = file["dask_arrays"]
    dims = [dim[0].name for dim in data.dims]
    assert dims == ["/time", "/lat", "/lon"], dims
    assert data.dims[1][0].shape == (4,)
    assert data.attrs["units"].decode() == "K" and data.attrs["level"] == 2 and data.attrs["_FillValue"].tolist() == [-9999.0]
    assert data.attrs["_FillValue"].dtype == np.float32
    description = json.loads(data.attrs["arraystow"])
    assert (description["document"], description["path"]) == ("climate", "air")
with h5py.File(path("rain")) as file:
    assert [str(flag) for flag in file["dask_arrays"].attrs["flags"].astype(str)] == ["", "dry", "", "drenched"]
with netCDF4.Dataset(path("rain")) as file:
    data = file["dask_arrays"]
    assert data.dimensions == ("time", "lat", "lon") and data.units == "mm"
    assert np.ma.getmaskarray(data[...]).sum() == 12
print("seen")
"#
    );
    let printed = python_env::run(python_env::READERS, &script, &[folder.path().to_str().unwrap(), &names(&storage)]);
    assert!(printed.contains("seen"));
}
