"""Opens what main.rs has saved with xarray, and computes the means of the months again: `check.py FOLDER`."""
import sys

import numpy as np
import xarray


def opened(workflow):
    """The Zarr arrays of a workflow are one dataset. Each has the path in the value as an attribute."""
    group = xarray.open_zarr(f"{sys.argv[1]}/{workflow}/bigdata/dask_arrays", consolidated=False)
    dataset = group.rename_vars({name: group[name].attrs["arraystow"]["path"] for name in group.variables})
    dataset = dataset.set_coords(["time", "lat", "lon"])
    return xarray.decode_cf(dataset.set_xindex("time").set_xindex("lat").set_xindex("lon"))


daily, monthly = opened("daily"), opened("monthly")
assert daily.air.units == monthly.air.units == "K" and daily.air.dims == ("time", "lat", "lon")
again = daily.air.astype("f8").resample(time="MS").mean()
assert (again.time.values == monthly.time.values).all()
np.testing.assert_allclose(again.values, monthly.air.values, rtol=1e-6)
print(monthly.air.sel(lat=53, lon=12).values.round(2))
