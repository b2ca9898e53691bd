import sys, os, json, warnings, numpy as np
warnings.simplefilter("ignore")
cases = json.load(open(sys.argv[1]))

def h5py_(path):
    import h5py
    with h5py.File(path, "r") as file: return file["dask_arrays"][...]

def netcdf4(path):
    import netCDF4
    with netCDF4.Dataset(path) as dataset:
        dataset.set_auto_mask(False)
        assert list(dataset.variables) == ["dask_arrays"], list(dataset.variables)
        return np.asarray(dataset["dask_arrays"][...])

def xarray_hdf5(path, **options):
    import xarray
    with xarray.open_dataset(path, **options) as dataset:
        array = dataset["dask_arrays"]
        assert list(dataset.variables) == ["dask_arrays"], list(dataset.variables)
        assert len(set(array.dims)) == array.ndim and set(dataset.sizes) == set(array.dims), dataset
        return array.values

def xarray_h5netcdf(path):
    one, other = (xarray_hdf5(path, engine="h5netcdf", phony_dims=dims) for dims in ("sort", "access"))
    same(one, other)
    return one

def zarr_(path):
    import zarr
    return zarr.open_group(os.path.dirname(path), mode="r")[os.path.basename(path)][...]

def dask_(path):
    import dask.array, zarr
    return dask.array.from_zarr(zarr.open_array(path, mode="r")).compute()

def xarray_zarr(path):
    import xarray
    return xarray.open_zarr(os.path.dirname(path), consolidated=False)[os.path.basename(path)].values

def tensorstore_(path):
    import tensorstore
    driver = "zarr3" if os.path.exists(path + "/zarr.json") else "zarr"
    spec = {"driver": driver, "kvstore": {"driver": "file", "path": path + "/"}}
    return tensorstore.open(spec, read=True).result().read().result()

READERS = {
    "hdf5": [("h5py", h5py_), ("xarray, engine h5netcdf", xarray_h5netcdf),
             ("xarray, engine netcdf4", lambda path: xarray_hdf5(path, engine="netcdf4")), ("netCDF4", netcdf4)],
    "zarr3": [("zarr-python 3", zarr_), ("xarray", xarray_zarr), ("dask", dask_), ("tensorstore", tensorstore_)],
}
READERS["zarr2"] = READERS["zarr3"]
if sys.argv[2:] == ["zarr-python 2"]: READERS = {"zarr2": [("zarr-python 2", zarr_)]}

def outcome(case, read):
    wanted = others(case["dtype"]) if case["dtype"] in OTHERS else expected(case["dtype"], case["shape"])
    try: found = read(case["path"])
    except Exception as error:
        if case["damaged"]: return "noticed", repr(error)
        return "no", repr(error)
    if case["damaged"]: return "not noticed", ""
    if case["dtype"] in OTHERS: return likeness(case["dtype"], found, wanted)
    why = difference(found, wanted)
    if why is None: return "yes", ""
    if found.shape == wanted.shape and found.dtype != wanted.dtype and found.tobytes() == wanted.tobytes():
        return ("a pair of floats" if found.dtype.names else f"as {found.dtype}"), ""
    return "no", why

def apart(case, read):
    """netCDF4 may end the process."""
    into, out_of = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(out_of, json.dumps(outcome(case, read)).encode())
        os._exit(0)
    os.close(out_of)
    text = b"".join(iter(lambda: os.read(into, 4096), b""))
    os.close(into)
    os.waitpid(child, 0)
    return json.loads(text) if text else ("no", "the process ended")

for case in cases:
    readers = READERS.get(case["format"], [])
    if readers and case["plugin"]: import hdf5plugin
    for name, read in readers:
        may_end = "netcdf4" in name.lower() and (case["dtype"] == "float16" or case["dtype"] in OTHERS)
        word, why = (apart if may_end else outcome)(case, read)
        print(json.dumps([case["format"], case["row"], name, word, str(why)[:300]]))
