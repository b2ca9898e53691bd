"""Writes the seeds of the corpus that Python makes: well-formed and hostile HDF5 files, and pickles. Needs numpy, h5py, hdf5plugin."""

import io
import pathlib
import pickle
import shutil
import subprocess
import sys
import tempfile
import uuid

import h5py
import hdf5plugin
import numpy as np

FOLDER = pathlib.Path(__file__).parent / "corpus" / "hdf5"
ELEMENTS = np.arange(60, dtype="f4").reshape(10, 6)
KINDS = {
    "contiguous": {},
    "chunked": {"chunks": (4, 4)},
    "gzip": {"chunks": (4, 4), "compression": "gzip", "shuffle": True, "fletcher32": True},
    "lzf": {"chunks": (4, 4), "compression": "lzf"},
    "bzip2": {"chunks": (4, 4), **hdf5plugin.BZip2()},
    "lz4": {"chunks": (4, 4), **hdf5plugin.LZ4(nbytes=32)},
    "bitshuffle": {"chunks": (4, 4), **hdf5plugin.Bitshuffle(cname="none")},
    "bitshuffle-lz4": {"chunks": (4, 4), **hdf5plugin.Bitshuffle()},
    "bitshuffle-zstd": {"chunks": (4, 4), **hdf5plugin.Bitshuffle(cname="zstd")},
    "blosc": {"chunks": (4, 4), **hdf5plugin.Blosc()},
    "blosc2": {"chunks": (4, 4), **hdf5plugin.Blosc2()},
    "zstd": {"chunks": (4, 4), **hdf5plugin.Zstd()},
    "scale-offset": {"chunks": (4, 4), "scaleoffset": 2},
    "scale-offset-fill": {"chunks": (4, 4), "scaleoffset": 2, "fillvalue": 7},
    "resizable": {"chunks": (4, 4), "maxshape": (None, None)},
    "one-resizable": {"chunks": (4, 4), "maxshape": (None, 6)},
}


def file(name, libver="latest"):
    return h5py.File(FOLDER / f"h5py-{name}", "w", libver=libver)


FOLDER.mkdir(parents=True, exist_ok=True)
for kind, options in KINDS.items():
    with file(kind) as f:
        f.create_dataset("dask_arrays", data=ELEMENTS, **options)
with file("scale-offset-integers") as f:
    f.create_dataset("dask_arrays", data=ELEMENTS.astype("i2"), chunks=(4, 4), scaleoffset=0)
for libver in ["earliest", "latest"]:
    with file(f"labels-{libver}", libver) as f:
        d = f.create_dataset("dask_arrays", data=ELEMENTS, chunks=(4, 4))
        for name, length in [("time", 10), ("x", 6)]:
            f[name] = np.arange(float(length))
            f[name].make_scale(name)
        d.dims[0].attach_scale(f["time"])
        d.dims[1].attach_scale(f["x"])
        d.dims[1].label = "length"
        d.attrs["units"] = "K"
        d.attrs["names"] = ["a", "", "bcd"]
        d.attrs["fixed"] = np.array([b"a", b"bc"])
        d.attrs["numbers"] = np.arange(3, dtype=">i2")
        d.attrs["_FillValue"] = np.float32(-1)
        for i in range(12):
            d.attrs[f"text {i}"] = f"value {i}"
with file("earliest", "earliest") as f:
    f.create_dataset("dask_arrays", data=ELEMENTS.astype(">f8"), chunks=(4, 4))
with file("compact") as f:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple((4,))
    h5py.h5d.create(f.id, b"dask_arrays", h5py.h5t.NATIVE_INT16, space, plist).write(
        h5py.h5s.ALL, h5py.h5s.ALL, np.arange(4, dtype="i2")
    )
with file("sparse") as f:
    f.create_dataset("dask_arrays", (1000, 1000), "u1", chunks=(100, 100), fillvalue=7)[5, 5] = 1
with file("external") as f:
    f.create_dataset("dask_arrays", (16,), "u1", external=[("elsewhere", 0, 16)])
with file("virtual") as f:
    layout = h5py.VirtualLayout((3,), "i8")
    layout[:] = h5py.VirtualSource("elsewhere", "data", (3,))
    f.create_virtual_dataset("dask_arrays", layout)
with file("links") as f:
    f["dask_arrays"] = h5py.SoftLink("/loop")
    f["loop"] = h5py.SoftLink("/dask_arrays")
    f["other"] = h5py.ExternalLink("elsewhere", "/dask_arrays")

# Some of each kind of block: heaps, trees of names and attributes, indices with pages and nested blocks, nested types.
with file("many") as f:
    d = f.create_dataset("dask_arrays", data=ELEMENTS)
    for i in range(30):
        d.attrs[f"attribute {i}"] = "text" * i
        f[f"link {i}"] = h5py.SoftLink("/")
    d.attrs["arraystow"] = np.bytes_(b"{}")
with file("large-attributes") as f:
    d = f.create_dataset("dask_arrays", data=ELEMENTS)
    for i in range(10):
        d.attrs[f"attribute {i}"] = np.zeros(50 * i)
    d.attrs["arraystow"] = np.bytes_(b" " * 3000)
with file("names", "earliest") as f:
    for i in range(40):
        f.create_group(f"group {i}")
    f.create_dataset("dask_arrays", data=np.arange(100, dtype="u1"), chunks=(1,))
with file("types") as f:
    f["type"] = np.dtype([("a", "f8"), ("b", [("c", "i4", (3, 2))])])
    f["dask_arrays"] = ELEMENTS
    f["dask_arrays"].attrs.create("typed", np.zeros(3), dtype="f4")
    f["dask_arrays"].attrs.create("committed", np.zeros((), f["type"].dtype), dtype=f["type"])
    f["dask_arrays"].attrs["enumeration"] = np.bool_(True)
with file("extensible") as f:
    f.create_dataset("dask_arrays", data=np.arange(300, dtype="u1"), chunks=(1,), maxshape=(None,))
with file("fixed") as f:
    f.create_dataset("dask_arrays", data=np.arange(1100, dtype="u2").astype("u1"), chunks=(1,), shuffle=True)
with file("records") as f:
    f.create_dataset("dask_arrays", data=np.ones((14, 14), "u1"), chunks=(1, 1), maxshape=(None, None))

# The small files of the test `hostile::trees`, one for each kind of block.
WALKS = """
arrays-few attribute-records-shared chunk-records-circle chunks-circle-of-two chunks-twice attribute-type-of-itself
extensible-without-end fixed-without-end free-pieces-circle header-circle-of-two link-records-shared names-circle-of-two
names-shared type-is-elsewhere
"""
SCRIPTS = [pathlib.Path(__file__).parent.parent / "tests" / "hostile" / name for name in ("blocks.py", "trees.py")]
with tempfile.TemporaryDirectory() as folder:
    script = "".join(path.read_text() for path in SCRIPTS)
    subprocess.run([sys.executable, "-c", script, folder], check=True)
    for name in WALKS.split():
        shutil.copy(pathlib.Path(folder) / name, FOLDER / f"walks-{name}")


# Pickles, with the first byte by which the target `document` knows them.
class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        return ("HDFSerializer", ("0.0.0", value.hex)) if isinstance(value, uuid.UUID) else None


class Mine:
    def __init__(self):
        self.field = uuid.UUID(int=1)


shared = ["shared", (1, 2)]
PLAIN = {
    "name": "text", "number": -1.5, "bytes": b"\x00\xff", "wide": 2**64 - 1, "nested": {"loose": None},
    "value": [True, [2**140, -(2**30)], {"a": {3}, 5: frozenset(), b"k": bytearray(b"b")}, 1 + 2j, shared, shared],
    "small": np.arange(3, dtype="u2"), "plain": np.asfortranarray(np.ones((2, 3))), "text": np.array(["a", "bc"]),
    "scalars": [np.float32(1.5), np.int64(-1), np.bool_(True), np.str_("x")], "chunked": uuid.UUID(int=2),
}
for protocol in range(2, 6):
    stream = io.BytesIO()
    Pickler(stream, protocol).dump(PLAIN | {"rest": Mine()} if protocol == 4 else PLAIN)
    (FOLDER.parent / "document" / f"pickle{protocol}").write_bytes(b"\x07" + stream.getvalue())
