"""Makes one HDF5 file with a dataset for each row of docs/foreign.md; prints the rows as JSON, with the elements that h5py reads
of each in a file beside it."""
import json, sys
from numpy.lib.recfunctions import repack_fields
import numpy as np, h5py, hdf5plugin
from h5py import h5d, h5p, h5s, h5t, h5z

folder = sys.argv[1]
file = h5py.File(f"{folder}/rows.h5", "w", libver="latest")
other = h5py.File(f"{folder}/other.h5", "w")
other["data"] = np.arange(6.0)
other.close()
data = np.arange(1, 37 * 21 + 1, dtype="f4").reshape(37, 21)
CHUNKS = dict(chunks=(10, 8))
rows = []


def row(section, label, path=None, make=None):
    path = path or f"/{section}/{label}"
    if make is not None:
        make(path)
    entry = dict(section=section, label=label, path=path)
    try:
        found = file[path]
        elements = np.asarray(found[()])
        if h5py.check_string_dtype(found.dtype) and elements.dtype.kind == "O":
            entry["bytes"] = f"{folder}/{len(rows)}.bytes"
            entry["shape"] = list(found.shape)
            open(entry["bytes"], "wb").write(b"".join(len(text).to_bytes(4, "little") + text for text in elements.ravel()))
        elif elements.dtype.kind in "biufcmMSV":
            elements = elements.astype(elements.dtype.newbyteorder("<"))
            if elements.dtype.names: elements = repack_fields(elements, recurse=True)
            entry["bytes"] = f"{folder}/{len(rows)}.bytes"
            entry["shape"] = list(found.shape)
            open(entry["bytes"], "wb").write(np.ascontiguousarray(elements).tobytes())
    except Exception:
        pass
    rows.append(entry)


def dataset(**options):
    return lambda path: file.create_dataset(path, **({"data": data} | options))


def compact(path):
    properties = h5p.create(h5p.DATASET_CREATE)
    properties.set_layout(h5d.COMPACT)
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    space, kind = h5s.create_simple(data.shape), h5t.IEEE_F32LE
    h5d.create(file.id, path.encode(), kind, space, properties, links).write(h5s.ALL, h5s.ALL, data)


def nbit(path, bits=32):
    properties = h5p.create(h5p.DATASET_CREATE)
    properties.set_chunk((10, 8))
    properties.set_filter(h5z.FILTER_NBIT, 0, ())
    links = h5p.create(h5p.LINK_CREATE)
    links.set_create_intermediate_group(True)
    kind = h5t.STD_I32LE.copy()
    kind.set_precision(bits)
    values = (data % 1000).astype("i4")
    h5d.create(file.id, path.encode(), kind, h5s.create_simple(data.shape), properties, links).write(h5s.ALL, h5s.ALL, values)


def virtual(path):
    layout = h5py.VirtualLayout((6,), "f8")
    layout[:] = h5py.VirtualSource(f"{folder}/other.h5", "data", (6,))
    file.create_virtual_dataset(path, layout)


L = "Layouts"
row(L, "in one piece", make=dataset())
row(L, "compact, in the dataset's header", make=compact)
row(L, "chunked", make=dataset(**CHUNKS))
row(L, "chunked, axes that can grow", make=dataset(maxshape=(None, None), **CHUNKS))
row(L, "chunked, partly written", make=lambda path: file.create_dataset(path, (100, 100), "f4", fillvalue=7, **CHUNKS).__setitem__((55, 55), 1))
row(L, "never written", make=lambda path: file.create_dataset(path, (20, 30), "i2", fillvalue=-3))
row(L, "no axes", make=lambda path: file.create_dataset(path, data=np.array(4.5)))
row(L, "no elements", make=dataset(data=np.zeros((0, 4))))
row(L, "no shape (empty)", make=lambda path: file.create_dataset(path, data=h5py.Empty("f4")))
row(L, "in other files (external)", make=lambda path: file.create_dataset(path, (16,), "u1", external=[("/etc/hostname", 0, 16)]))
row(L, "a view of other datasets (virtual)", make=virtual)

F = "Filters"
row(F, "gzip (deflate)", make=dataset(compression="gzip", **CHUNKS))
row(F, "shuffle", make=dataset(shuffle=True, **CHUNKS))
row(F, "fletcher32", make=dataset(fletcher32=True, **CHUNKS))
row(F, "shuffle, gzip and fletcher32", make=dataset(compression="gzip", shuffle=True, fletcher32=True, **CHUNKS))
row(F, "lzf", make=dataset(compression="lzf", **CHUNKS))
row(F, "zstd", make=dataset(**hdf5plugin.Zstd(), **CHUNKS))
row(F, "szip", make=dataset(compression="szip", **CHUNKS))
row(F, "n-bit of numbers of which every bit matters", make=nbit)
row(F, "n-bit of others", make=lambda path: nbit(path, 12))
row(F, "scale-offset", make=dataset(scaleoffset=2, **CHUNKS))
row(F, "blosc", make=dataset(**hdf5plugin.Blosc(), **CHUNKS))
row(F, "blosc2", make=dataset(**hdf5plugin.Blosc2(), **CHUNKS))
row(F, "lz4", make=dataset(**hdf5plugin.LZ4(), **CHUNKS))
row(F, "bitshuffle", make=dataset(**hdf5plugin.Bitshuffle(), **CHUNKS))
row(F, "bzip2", make=dataset(**hdf5plugin.BZip2(), **CHUNKS))

T = "Data types"
for name in ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64"]:
    row(T, name, make=dataset(data=(data % 100).astype(name)))
row(T, "complex64, as a record of r and i", make=dataset(data=(data * (1 + 2j)).astype("c8")))
row(T, "complex128, as a record of r and i", make=dataset(data=data * (1 + 2j)))
row(T, "big-endian numbers", make=dataset(data=data.astype(">f8")))
row(T, "enumerations other than bool", make=dataset(data=np.array([1, 2]), dtype=h5py.enum_dtype({"A": 1, "B": 2})))
row(T, "strings of variable length", make=dataset(data=["a", "", "\u00e4bc"]))
row(T, "strings of fixed length", make=dataset(data=np.array([b"a", b"b"])))
row(T, "records", make=dataset(data=np.zeros(3, [("a", "i4"), ("b", "f4")])))
inner = np.dtype([("flag", "?"), ("x", ">f4")], align=True)
nested = np.dtype([("n", ">i2"), ("inner", inner), ("name", "S5"), ("z", ">c16"), ("at", ">u2", (2, 3)), ("time", "u1")], align=True)
mixed = np.zeros(7, nested)
for field, values in [("n", range(-3, 4)), ("name", [b"", b"a b", b"12345", b"x", b" y", b"z", b"1"]), ("z", np.arange(7) * (1 - 2j)), ("time", range(7))]:
    mixed[field] = values
mixed["inner"]["flag"], mixed["inner"]["x"] = np.arange(7) % 2 == 0, np.linspace(-1, 1, 7)
mixed["at"] = np.arange(42).reshape(7, 2, 3)
row(T, "records, big-endian, nested and with gaps", make=dataset(data=mixed, chunks=(3,)))
row(T, "records, compressed", make=dataset(data=mixed, chunks=(3,), compression="gzip", shuffle=True))
row(T, "enumerations, big-endian", make=dataset(data=np.array([-300, 2, 7]), dtype=h5py.enum_dtype({"A": -300, "B": 2, "C": 7}, ">i2")))
def padded(padding):
    def make(path):
        text = h5py.h5t.C_S1.copy()
        text.set_size(6)
        text.set_strpad(padding)
        space = h5py.h5s.create_simple((4,))
        group = file.require_group(path.rpartition("/")[0])
        made = h5py.h5d.create(group.id, path.rpartition("/")[2].encode(), text, space)
        made.write(h5py.h5s.ALL, h5py.h5s.ALL, np.array([b"", b"ab", b" c d", b"12345"], "S6"))
    return make
row(T, "strings padded with spaces", make=padded(h5py.h5t.STR_SPACEPAD))
row(T, "strings with a NUL at their end", make=padded(h5py.h5t.STR_NULLTERM))
row(T, "opaque (dates and times)", make=lambda path: file.create_dataset(path, data=np.array([0], "M8[ns]").astype(h5py.opaque_dtype("M8[ns]"))))
row(T, "sequences of variable length", make=lambda path: file.create_dataset(path, (2,), h5py.vlen_dtype("i4")))
row(T, "arrays as elements", make=lambda path: file.create_dataset(path, (2,), np.dtype(("f4", (3,)))))
row(T, "references", make=lambda path: file.create_dataset(path, (2,), h5py.ref_dtype))
row(T, "a float of 16 bytes", make=dataset(data=data.astype("longdouble")))

P = "Paths"
file["Paths/group/another/name with spaces"] = data
row(P, "a dataset in nested groups", "/Paths/group/another/name with spaces")
file["Paths/soft"] = h5py.SoftLink("/Paths/group/another/name with spaces")
file["Paths/relative"] = h5py.SoftLink("group/another")
row(P, "through a soft link within the file", "/Paths/soft")
row(P, "through a relative soft link to a group", "/Paths/relative/name with spaces")
file["Paths/group/circle"] = file["Paths"]
row(P, "through a cycle of hard links", "/Paths/group/circle/group/circle/soft")
file["Paths/round"] = h5py.SoftLink("/Paths/round")
row(P, "through a cycle of soft links", "/Paths/round/x")
file["Paths/elsewhere"] = h5py.ExternalLink(f"{folder}/other.h5", "data")
row(P, "through a link to another file", "/Paths/elsewhere")
file.close()
print(json.dumps(rows))
