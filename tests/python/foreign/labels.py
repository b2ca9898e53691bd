"""Writes arrays with names of axes, attributes and fill values, with h5py, netCDF4, xarray and zarr-python; prints as JSON what
must be found of each."""
import json, sys, warnings
import numpy as np, h5py, netCDF4, xarray as xr, zarr

warnings.simplefilter("ignore")
folder = sys.argv[1]
rows = []


def row(file, path, dims=None, fill=None, attrs=None):
    fill = "NaN" if fill is not None and np.isnan(fill) else fill
    rows.append(dict(file=file, path=path, dims=dims, fill=fill, attrs=attrs or {}))


# Every kind of attribute, with few and with many attributes, and with bytes before the file.
kinds = {
    "text": "Temperatur in \N{DEGREE SIGN}C",
    "empty": "",
    "fixed": np.bytes_("K"),
    "texts": ["a", "", "\N{GREEK SMALL LETTER PI}"],
    "fixed_texts": np.array([b"lat", b"lon"]),
    "int8": np.int8(-8),
    "int64": np.int64(-(2**62)),
    "uint64": np.uint64(2**62),
    "big": np.array([1, 2], ">i2"),
    "float16": np.float16(0.5),
    "float32": np.float32(0.1),
    "floats": np.array([0.1, -2.0]),
    "one": np.array([7], "u1"),
}
found = {
    "text": "Temperatur in \N{DEGREE SIGN}C", "empty": "", "fixed": "K", "texts": ["a", "", "\N{GREEK SMALL LETTER PI}"],
    "fixed_texts": ["lat", "lon"], "int8": -8, "int64": -(2**62), "uint64": 2**62, "big": [1, 2], "float16": 0.5,
    "float32": float(np.float32(0.1)), "floats": [0.1, -2.0], "one": 7,
}
left_out = {
    "too_large": np.uint64(2**63), "not_finite": np.inf, "truth": True, "complex": 1j, "table": np.ones((2, 2)),
    "record": np.zeros((), [("a", "i4")]), "nothing": h5py.Empty("f4"), "long": "x" * 40_000, "bytes": np.bytes_(b"\xff"),
    "a\nb": "name",
}
for libver in ["earliest", "latest"]:
    for userblock in [0, 512]:
        name = f"kinds-{libver}-{userblock}.h5"
        with h5py.File(f"{folder}/{name}", "w", libver=libver, userblock_size=userblock) as file:
            few = file.create_dataset("few", data=np.arange(3.0))
            few.attrs["units"] = "K"
            few.attrs["valid_range"] = [0.0, 300.0]
            row(name, "few", attrs={"units": "K", "valid_range": [0.0, 300.0]})
            all = file.create_dataset("group/all", data=np.arange(3, dtype="i2"))
            for key, value in (kinds | left_out).items():
                # The oldest files have no attributes so large.
                if libver == "latest" or key != "long":
                    all.attrs[key] = value
            all.attrs["reference"] = file.ref
            lists = np.empty(1, object)
            lists[0] = np.arange(3, dtype="i4")
            all.attrs.create("lists", lists, dtype=h5py.vlen_dtype("i4"))
            for number in range(100):
                all.attrs[f"number {number}"] = f"text {number}"
            row(name, "group/all", attrs=found | {f"number {number}": f"text {number}" for number in range(100)})
            many = file.create_dataset("many", data=np.arange(3.0))
            for number in range(1001):
                many.attrs[f"{number}"] = number
            row(name, "many")

            # Scales beside the array, above it, and elsewhere; labels.
            for scale, length in [("time", 2), ("group/lat", 3)]:
                file[scale] = np.arange(float(length))
                file[scale].make_scale()
            file["elsewhere/far"] = np.arange(3.0)
            file["elsewhere/far"].make_scale("far")
            data = file.create_dataset("group/data", data=np.ones((2, 3)))
            data.dims[0].attach_scale(file["time"])
            data.dims[1].attach_scale(file["group/lat"])
            row(name, "/group/data", dims=["time", "lat"])
            row(name, "/time", dims=["time"])
            file["link"] = h5py.SoftLink("/group/data")
            file["groups"] = h5py.SoftLink("/group")
            row(name, "link", dims=["time", "lat"])
            row(name, "groups/data", dims=["time", "lat"])
            other = file.create_dataset("other", data=np.ones((2, 3)))
            other.dims[0].attach_scale(file["time"])
            other.dims[1].attach_scale(file["elsewhere/far"])
            row(name, "other")
            other = file.create_dataset("other labelled", data=np.ones((2, 3)))
            other.dims[0].attach_scale(file["time"])
            other.dims[0].label, other.dims[1].label = "t", "far"
            row(name, "other labelled", dims=["time", "far"])
            labelled = file.create_dataset("labelled", data=np.ones((2, 3)))
            labelled.dims[0].label, labelled.dims[1].label = "y", "x"
            row(name, "labelled", dims=["y", "x"])
            square = file.create_dataset("square", data=np.ones((2, 2)))
            square.dims[0].attach_scale(file["time"])
            square.dims[1].attach_scale(file["time"])
            row(name, "square")
            filled = file.create_dataset("filled", data=np.ones(3, ">f4"), fillvalue=5)
            filled.attrs["_FillValue"] = np.array([-9999.0], ">f4")
            row(name, "filled", fill=-9999.0)
            other = file.create_dataset("filled otherwise", data=np.ones(3, "f4"))
            other.attrs["_FillValue"] = -9999
            row(name, "filled otherwise")

with netCDF4.Dataset(f"{folder}/netcdf4.nc", "w") as file:
    file.createDimension("time", None)
    file.createDimension("lat", 3)
    time = file.createVariable("time", "f8", ("time",))
    time.units = "days since 2026-01-01"
    time[:] = [0, 1]
    group = file.createGroup("model/run")
    group.createDimension("lon", 4)
    air = group.createVariable("air", "f4", ("time", "lat", "lon"), fill_value=-9999.0, chunksizes=(1, 3, 4), zlib=True)
    air.setncatts({"units": "K", "levels": np.array([1, 2, 3], "i4"), "scale": np.float32(0.5), "name": "\N{DEGREE SIGN}"})
    air.setncattr_string("tags", ["a", "b"])
    air[...] = np.ones((2, 3, 4))
row("netcdf4.nc", "/time", dims=["time"], attrs={"units": "days since 2026-01-01"})
attrs = {"units": "K", "levels": [1, 2, 3], "scale": 0.5, "name": "\N{DEGREE SIGN}", "tags": ["a", "b"]}
row("netcdf4.nc", "/model/run/air", dims=["time", "lat", "lon"], fill=-9999.0, attrs=attrs)

dataset = xr.Dataset(
    {
        "air": (("time", "lat"), np.array([[1, np.nan, 3], [4, 5, 6]]), {"units": "K", "valid_range": [100.0, 400.0], "n": 3}),
        "count": (("time",), np.array([1, 2], "i2"), {"flags": ["dry", "wet"]}),
        "kept": (("lat",), np.array([0, 1, 2], "i4")),
    },
    coords={"time": np.array(["2026-01-01", "2026-01-02"], "M8[ns]"), "lat": ("lat", [10.0, 20.0, 30.0], {"units": "degrees_north"})},
)
dataset["count"].encoding["_FillValue"] = np.int16(-1)
air, count = {"units": "K", "valid_range": [100.0, 400.0], "n": 3}, {"flags": ["dry", "wet"]}
for engine in ["h5netcdf", "netcdf4"]:
    name = f"xarray-{engine}.nc"
    dataset.to_netcdf(f"{folder}/{name}", engine=engine)
    row(name, "air", dims=["time", "lat"], fill=np.nan, attrs=air)
    row(name, "count", dims=["time"], fill=-1, attrs=count)
    row(name, "kept", dims=["lat"])
    row(name, "lat", dims=["lat"], fill=np.nan, attrs={"units": "degrees_north"})
for version in [2, 3]:
    name = f"xarray-{version}.zarr"
    dataset.to_zarr(f"{folder}/{name}", zarr_format=version, consolidated=False)
    row(name, "air", dims=["time", "lat"], fill=np.nan, attrs=air)
    row(name, "count", dims=["time"], fill=-1, attrs=count)
    row(name, "kept", dims=["lat"])
    row(name, "lat", dims=["lat"], fill=np.nan, attrs={"units": "degrees_north"})
    root = zarr.open_group(f"{folder}/zarr-{version}.zarr", mode="w", zarr_format=version)
    attributes = {
        "units": "K", "n": -3, "x": 0.5, "list": [1, 2], "floats": [1, 2.5], "texts": ["a", ""], "empty": [],
        "nothing": None, "truth": True, "object": {"a": 1}, "mixed": [1, "a"], "nan": float("nan"), "infinite": [float("inf"), 1.0],
        "large": 2**63, "arraystow_like": "x", "a\nb": "name", "long": "x" * 40_000,
    }
    array = root.create_array("plain", shape=(3,), dtype="i4", fill_value=7, attributes=attributes)
    kept = ["units", "n", "x", "list", "floats", "texts", "empty", "arraystow_like"]
    row(f"zarr-{version}.zarr", "plain", attrs={key: attributes[key] for key in kept} | {"floats": [1.0, 2.5]})
root = zarr.open_group(f"{folder}/zarr-3.zarr", mode="a")
root.create_array("named", shape=(3, 4), dtype="f8", dimension_names=["y", "x"], attributes={"_FillValue": -1})
row("zarr-3.zarr", "named", dims=["y", "x"], fill=-1)
root.create_array("half named", shape=(3, 4), dtype="f4", dimension_names=["y", None])
row("zarr-3.zarr", "half named")
root.create_array("square", shape=(3, 3), dtype="f4", dimension_names=["x", "x"])
row("zarr-3.zarr", "square")
print(json.dumps(rows))
