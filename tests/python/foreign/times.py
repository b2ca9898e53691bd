"""Times as xarray and netCDF4 store them. Prints, for each array, its times in nanoseconds since 1970."""

import json
import sys

import netCDF4
import numpy as np
import xarray as xr

folder = sys.argv[1]
rows = []
NAT = np.datetime64("NaT", "ns")


def row(file, path, times):
    times = np.asarray(times, "M8[ns]")
    rows.append({"file": file, "path": path, "times": [None if np.isnat(time) else int(time.astype("i8")) for time in times]})


days = np.array(["2026-01-01", "2026-02-03T04:05:06.789", "1850-03-01", NAT], "M8[ns]")
steps = np.arange("2000-01-01T00:30", "2000-01-03", np.timedelta64(90, "m"), "M8[ns]")
dataset = xr.Dataset({"days": ("n", days), "steps": ("m", steps), "hours": ("m", steps), "floats": ("m", steps)})
dataset.hours.encoding.update(units="hours since 1900-01-01", dtype="f8")
dataset.floats.encoding.update(units="seconds since 2000-01-01 12:00:00", dtype="f4", _FillValue=-1.0)
for engine in ["h5netcdf", "netcdf4"]:
    name = f"{engine}.nc"
    dataset.to_netcdf(f"{folder}/{name}", engine=engine)
    decoded = xr.open_dataset(f"{folder}/{name}", engine=engine)
    for path in dataset.data_vars:
        row(name, path, decoded[path].values)
for version in [2, 3]:
    name = f"{version}.zarr"
    dataset.to_zarr(f"{folder}/{name}", zarr_format=version, consolidated=False)
    decoded = xr.open_zarr(f"{folder}/{name}", consolidated=False)
    for path in dataset.data_vars:
        row(name, path, decoded[path].values)

cases = {
    "days": ("days since 1850-01-01", None, [0, 1, 64_000]),
    "noon": ("hours since 1582-10-15 12:00:00 +01:30", "proleptic_gregorian", [3_000_000, 3_000_001, -0.5 + 4e6]),
    "old": ("hours since 1-1-1 00:00:0.0", "standard", [17_522_904, 17_522_910, 17_600_000]),
    "before": ("days since 0001-01-01", "proleptic_gregorian", [730_119, 730_120, 739_000]),
    "short": ("microseconds since 1999-12-31T23:59:59.5", "gregorian", [500_000, 1, -1]),
}
with netCDF4.Dataset(f"{folder}/cases.nc", "w") as file:
    file.createDimension("n", 3)
    for name, (units, calendar, counts) in cases.items():
        variable = file.createVariable(name, "f8" if name == "noon" else "i8", ("n",))
        variable.units = units
        if calendar:
            variable.calendar = calendar
        variable[:] = counts
        times = netCDF4.num2date(counts, units, calendar or "standard")
        row("cases.nc", name, [np.datetime64(time.isoformat(), "ns") for time in times])
print(json.dumps(rows))
