"""The same as src/main.rs, with xarray and dask."""
import sys
import tempfile

import dask.array
import numpy as np
import xarray

SHAPE = (365, 90, 180)


def air(block_info=None):
    where = block_info[None]["array-location"]
    day, row, column = (np.arange(start, end, dtype="f4") for start, end in where)
    day, lat, lon = day[:, None, None], row[None, :, None] * 2 - 89, column[None, None, :]
    season = np.cos(day * np.float32(2 * np.pi / 365))
    return (300 - 0.5 * abs(lat) - 0.2 * lat * season + lon / 90).astype("f4")


def cube():
    chunks = ((31,) * 11 + (24,), (90,), (180,))
    values = dask.array.map_blocks(air, chunks=chunks, dtype="f4")
    return xarray.Dataset(
        {"air": (("time", "lat", "lon"), values, {"units": "K", "long_name": "air temperature"})},
        coords={
            "time": ("time", np.arange(365), {"units": "days since 2001-01-01"}),
            "lat": ("lat", np.linspace(-89, 89, 90), {"units": "degrees_north"}),
            "lon": ("lon", np.linspace(0, 358, 180), {"units": "degrees_east"}),
        },
        attrs={"model": "made up"},
    )


def monthly(daily):
    means = daily.resample(time="MS").mean(keep_attrs=True)
    means.air.attrs["cell_methods"] = "time: mean"
    return means


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = sys.argv[1] if len(sys.argv) > 1 else temporary
        cube().to_zarr(f"{folder}/daily", mode="w", consolidated=False)
        daily = xarray.open_zarr(f"{folder}/daily", consolidated=False)
        monthly(daily).chunk(time=-1).to_zarr(f"{folder}/monthly", mode="w", consolidated=False)
        means = xarray.open_zarr(f"{folder}/monthly", consolidated=False)
        print(means.air)
        for month, name in (0, "January"), (6, "July"):
            berlin = means.air[month, 71, 6]
            print(f"{name}: {float(berlin):.2f} K at {float(berlin.lat)} N, {float(berlin.lon)} E")


main()
