"""Makes Zarr arrays of texts as zarr-python and xarray write them; prints their paths, shapes and texts as JSON."""
import json, sys, warnings
import numpy as np, zarr, numcodecs, xarray

warnings.simplefilter("ignore")
folder = sys.argv[1]
texts = np.array([[("\u00e4b" * (i * j % 7)) + f"{i} {j}" * (j % 3) for j in range(11)] for i in range(9)], object)
made = []


def note(path, values):
    values = np.asarray(values)
    made.append([path, list(values.shape), [str(text) for text in values.ravel()]])


def make(path, version, values=texts, dtype=np.dtypes.StringDType(), write=True, **options):
    group = zarr.open_group(f"{folder}/v{version}", mode="a", zarr_format=version)
    array = group.create_array(path, shape=values.shape, dtype=dtype, chunks=(4, 3) if values.ndim == 2 else values.shape, **options)
    if write: array[...] = values
    note(f"v{version}/{path}", array[...])


import zarr.codecs as codecs
make("plain", 3, compressors=None)
make("zstd", 3)
make("gzip", 3, compressors=codecs.GzipCodec(level=5))
make("blosc", 3, compressors=codecs.BloscCodec(cname="lz4", shuffle="shuffle", typesize=4))
make("checked", 3, compressors=[codecs.ZstdCodec(), codecs.Crc32cCodec()])
make("shards", 3, shards=(8, 6))
make("no axes", 3, values=np.array("one", object))
make("never written", 3, write=False, fill_value="\u00fcber all")
make("long", 3, values=np.array([["x" * 100_000] * 5] * 4, object))
make("plain", 2, compressors=None)
make("zstd", 2, compressors=numcodecs.Zstd())
make("zlib", 2, compressors=numcodecs.Zlib())
make("blosc", 2, compressors=numcodecs.Blosc())
make("fortran", 2, order="F")
make("never written", 2, write=False, fill_value="none")
make("no fill value", 2, write=False, fill_value=None)
for version in (2, 3):
    rows = np.array([f"row {i}" for i in range(9)], object)
    data = xarray.Dataset({"names": (("x", "y"), texts), "one": ((), np.array("text", object))}, coords={"x": rows})
    data.to_zarr(f"{folder}/xarray{version}", zarr_format=version, consolidated=False)
    for name in data.variables: note(f"xarray{version}/{name}", data[name].values)
json.dump(made, sys.stdout)
