//! `import` of whole files of other programs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use arraystow::{Attr, Storage, Value};
use std::process::{Command, Output};
use tempfile::TempDir;

const NETCDF: &str = r#"
import sys, netCDF4, numpy as np
with netCDF4.Dataset(sys.argv[1], 'w') as file:
    for axis, length in (('lat', 3), ('lon', 4), ('bounds', 2)):
        file.createDimension(axis, length)
    file.createVariable('lat', 'f8', ('lat',))[:] = [10, 20, 30]
    file['lat'].units = 'degrees_north'
    air = file.createVariable('air', 'f4', ('lat', 'lon'), chunksizes=(2, 4), zlib=True, fill_value=-999)
    air[:] = np.ma.masked_greater(np.arange(12.0).reshape(3, 4), 10)
    air.units = 'K'
    file.createVariable('lat_bounds', 'f8', ('lat', 'bounds'))[:] = np.arange(6).reshape(3, 2)
    group = file.createGroup('ocean').createGroup('deep')
    group.createVariable('salt', 'i2', ('lon',))[:] = [1, 2, 3, 4]
"#;

fn arraystow(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_arraystow")).args(arguments).output().unwrap()
}

#[track_caller]
fn printed(arguments: &[&str]) -> String {
    let output = arraystow(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// A file of netCDF4, and a place.
fn netcdf() -> (TempDir, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, place) = (path("climate.nc"), path("storage"));
    arraystow_tests::python_env::run(&["numpy==2.2.6", "netCDF4==1.7.5.1.post1"], NETCDF, &[&file]);
    (folder, file, place)
}

#[test]
fn a_file_of_netcdf_is_one_value() {
    let (_folder, file, place) = netcdf();
    let said = String::from_utf8(arraystow(&["import", &file, &place, "climate"]).stderr).unwrap();
    assert!(said.starts_with("climate: 4 arrays; "), "{said}");
    let shown = printed(&["show", &place, "climate"]);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(
        lines.iter().any(|line| line.starts_with("air: float32[3, 4] ") && line.contains("axes lat, lon, units K"))
    );
    assert!(lines.contains(&"ocean:") && lines.contains(&"  deep:"), "{shown}");

    let value = Storage::open(&place).unwrap().value("climate").unwrap();
    let array = |path: &str| value.find(path).and_then(Value::as_array).unwrap();
    assert_eq!(
        array("lat").downcast::<f64>().unwrap().compute().unwrap(),
        ndarray::array![10.0, 20.0, 30.0].into_dyn()
    );
    assert_eq!(
        (array("lat").dims().unwrap(), &array("lat").attrs()["units"]),
        (&["lat".to_owned()][..], &Attr::from("degrees_north"))
    );
    let air = array("air").downcast::<f32>().unwrap();
    assert_eq!(
        (air.fill(), air.compute().unwrap()[[2, 2]], air.compute().unwrap()[[2, 3]]),
        (Some(-999.0), 10.0, -999.0)
    );
    assert_eq!(array("ocean.deep.salt").downcast::<i16>().unwrap().sum().unwrap(), 10);
    // The axis of the other arrays that has no coordinates is no array.
    assert_eq!(array("lat_bounds").dims().unwrap(), ["lat", "bounds"]);
    assert!(value.find("lon").is_none() && value.find("bounds").is_none());
}

#[test]
fn a_part_of_a_file_is_a_group_or_an_array() {
    let (_folder, file, place) = netcdf();
    let storage = Storage::open(&place).unwrap();
    printed(&["import", &file, &place, "ocean", "--array", "ocean"]);
    assert_eq!(storage.value("ocean").unwrap().as_array().map(|array| array.len()), Some(4));
    printed(&["import", &file, &place, "air", "--array", "/air"]);
    assert_eq!(storage.value("air").unwrap().as_array().map(|array| array.len()), Some(12));
    let refused = arraystow(&["import", &file, &place, "none", "--array", "aire"]);
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && error.contains("aire") && error.contains("air"), "{error}");
    assert!(!storage.contains("none").unwrap());
}

#[test]
#[cfg(feature = "zarr")]
fn a_group_of_zarr_is_one_value() {
    let folder = tempfile::tempdir().unwrap();
    let (zarr, place) = (folder.path().join("zarr"), folder.path().join("place").display().to_string());
    let script = "import sys, zarr, numpy as np\n\
                  root = zarr.open_group(sys.argv[1], mode='w')\n\
                  root.create_array('a', data=np.arange(5), dimension_names=['x'])\n\
                  root.create_group('g').create_array('b', data=np.ones((2, 2), 'f4')).attrs['units'] = 'm'\n";
    arraystow_tests::python_env::run(&["numpy==2.2.6", "zarr==3.1.6"], script, &[&zarr.display().to_string()]);
    printed(&["import", zarr.to_str().unwrap(), &place, "all"]);
    let value = Storage::open(&place).unwrap().value("all").unwrap();
    let array = |path: &str| value.find(path).and_then(Value::as_array).unwrap();
    assert_eq!((array("a").len(), array("a").dims().unwrap()), (5, &["x".to_owned()][..]));
    assert_eq!((array("g.b").shape(), &array("g.b").attrs()["units"]), (&[2, 2][..], &Attr::from("m")));
}
