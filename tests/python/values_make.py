"""Makes HDF5 files of every kind of index, fill value and type, one array each, and lists them: name, type, or `refused`
and what the error must say."""
import ctypes, glob, itertools, os, sys
import numpy as np, h5py
from h5py import h5d, h5f, h5p, h5s, h5t

folder = sys.argv[1]
libhdf5 = ctypes.CDLL(glob.glob(os.path.join(os.path.dirname(h5py.__file__), "..", "h5py.libs", "libhdf5-*"))[0])
V110 = ("v110", "v110")
listed = []


def ok(status):
    assert status >= 0, status


def listing(name, line):
    assert name not in listed, name
    listed.append(name)
    print(name, line)


def new(name, libver=V110):
    return h5py.File(f"{folder}/{name}", "w", libver=libver)


def elements(dtype, shape):
    """Different, none of them zero (but of bool), each byte used."""
    numbers = np.arange(1, int(np.prod(shape)) + 1).reshape(shape)
    kind = np.dtype(dtype).kind
    if kind == "b":
        return numbers % 3 == 1
    if kind == "c":
        return (numbers * 1.25 - 0.5j * numbers).astype(dtype)
    if kind == "f":
        return (numbers * 1.25).astype(dtype)
    return (numbers * 0x0102030405060709).astype(np.uint64).astype(dtype)


# Every index, with every order of fixed, growing and endless axes.

SHAPES = {1: ((7,), (3,)), 2: ((5, 7), (2, 3)), 3: ((3, 5, 4), (2, 2, 3)), 4: ((3, 2, 5, 3), (2, 1, 2, 2))}


def write(dataset, how):
    data = elements(dataset.dtype, dataset.shape)
    if how == "whole":
        dataset[...] = data
    elif how == "partly":
        # One corner, the opposite one, and a line in between.
        corner = tuple(slice(0, (n + 1) // 2) for n in dataset.shape)
        dataset[corner] = data[corner]
        last = tuple(n - 1 for n in dataset.shape)
        dataset[last] = data[last]
        line = tuple(n // 2 for n in dataset.shape[:-1])
        dataset[line] = data[line]
    elif how == "resized":
        dataset[...] = data
        # Down and up again on every axis that can: what was cut off is the fill value.
        for axis, most in enumerate(dataset.maxshape):
            if most != dataset.shape[axis]:
                length = dataset.shape[axis]
                dataset.resize(max(1, length - 2), axis)
                dataset.resize(length + (1 if axis % 2 else 0), axis)
        first = (0,) * len(dataset.shape)
        dataset[first] = data[first]


for rank, (shape, chunks) in SHAPES.items():
    for axes in itertools.product("=+*", repeat=rank):
        # Of four axes, a selection: at least two of them fixed.
        if rank == 4 and axes.count("=") < 2:
            continue
        grown = {"=": lambda n, c: n, "+": lambda n, c: n + 2 * c + 1, "*": lambda n, c: None}
        maxshape = tuple(grown[a](n, c) for a, n, c in zip(axes, shape, chunks))
        name = "index-" + "".join(axes).replace("=", "f").replace("+", "g").replace("*", "e")
        for libver, options, how in itertools.product(
            [("earliest", "v110"), V110],
            [{}, dict(compression="gzip", shuffle=True)],
            ["partly", "whole", "resized"],
        ):
            if rank == 4 and (how == "whole" or libver[0] == "earliest" and options):
                continue
            full = f"{name}-{libver[0]}-{'filtered' if options else 'plain'}-{how}"
            with new(full, libver) as file:
                dataset = file.create_dataset(
                    "dask_arrays", shape, "<i4", maxshape=maxshape, chunks=chunks, fillvalue=-7, **options
                )
                write(dataset, how)
            listing(full, "int32")
        if "*" not in axes:
            # The implicit index, and the same chunks in a B-tree.
            for libver, how in itertools.product([("earliest", "v110"), V110], ["partly", "whole", "resized"]):
                full = f"{name}-{libver[0]}-early-{how}"
                with new(full, libver) as file:
                    plist = h5p.create(h5p.DATASET_CREATE)
                    plist.set_chunk(chunks)
                    plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
                    plist.set_fill_value(np.array(-7, "<i4"))
                    space = h5s.create_simple(shape, maxshape)
                    dataset = h5py.Dataset(h5d.create(file.id, b"dask_arrays", h5t.STD_I32LE, space, plist))
                    write(dataset, how)
                listing(full, "int32")

for name, shape, options in [
    ("single", (3, 4), dict(chunks=(3, 4))),
    ("single-filtered", (3, 4), dict(chunks=(3, 4), compression="gzip")),
    ("single-larger", (3, 4), dict(chunks=(3, 4), maxshape=(3, 9))),
    ("chunk-larger", (3, 4), dict(chunks=(5, 7), maxshape=(None, 9))),
    ("chunk-larger-btree", (3, 4), dict(chunks=(5, 7), maxshape=(None, None))),
]:
    with new(f"index-{name}") as file:
        write(file.create_dataset("dask_arrays", shape, "<i4", **options), "whole")
    listing(f"index-{name}", "int32")

# Chunks beyond the edge, which are left unfiltered if that is wanted.
ENDLESS = h5s.UNLIMITED
for index, maxshape in [("fixed", (5, 7)), ("extensible", (5, ENDLESS)), ("btree2", (ENDLESS, ENDLESS))]:
    for how in ["partly", "whole", "resized"]:
        full = f"index-edges-{index}-{how}"
        with new(full) as file:
            plist = h5p.create(h5p.DATASET_CREATE)
            plist.set_chunk((2, 3))
            plist.set_shuffle()
            plist.set_deflate(5)
            ok(libhdf5.H5Pset_chunk_opts(ctypes.c_int64(plist.id), 2))
            space = h5s.create_simple((5, 7), maxshape)
            dataset = h5py.Dataset(h5d.create(file.id, b"dask_arrays", h5t.STD_I32LE, space, plist))
            write(dataset, how)
        listing(full, "int32")

# Behind a block of the user's, from which on all addresses count (MATLAB writes such files).
for index, options in [
    ("contiguous", {}),
    ("btree1", dict(libver=("earliest", "v110"), chunks=(2, 3))),
    ("extensible", dict(chunks=(2, 3), maxshape=(5, None))),
    ("implicit", dict(chunks=(2, 3), early=True)),
]:
    libver, early = options.pop("libver", V110), options.pop("early", False)
    with h5py.File(f"{folder}/index-behind-{index}", "w", libver=libver, userblock_size=512) as file:
        if early:
            plist = h5p.create(h5p.DATASET_CREATE)
            plist.set_chunk(options["chunks"])
            plist.set_alloc_time(h5d.ALLOC_TIME_EARLY)
            space = h5s.create_simple((5, 7))
            dataset = h5py.Dataset(h5d.create(file.id, b"dask_arrays", h5t.STD_I32LE, space, plist))
        else:
            dataset = file.create_dataset("dask_arrays", (5, 7), "<i4", **options)
        write(dataset, "whole")
    listing(f"index-behind-{index}", "int32")

# Far out in an extensible array, in its secondary blocks and in their pages: what the other axes may grow to, not what
# they are, numbers its chunks.
for name, shape, maxshape in [
    ("first", (100, 3), (None, 4_000)),
    ("last", (3, 100), (4_000, None)),
    ("middle", (2, 100, 2), (40, None, 100)),
]:
    for options, how in itertools.product([{}, dict(compression="gzip")], ["partly", "whole"]):
        full = f"index-far-{name}-{'filtered' if options else 'plain'}-{how}"
        with new(full) as file:
            dataset = file.create_dataset(
                "dask_arrays", shape, "<i2", maxshape=maxshape, chunks=(1,) * len(shape), fillvalue=5, **options
            )
            write(dataset, how)
        listing(full, "int16")

# A few chunks of an array that may grow far along the other axis too: their numbers are far apart.
with new("index-wide") as file:
    dataset = file.create_dataset("dask_arrays", (4, 4), "<i4", maxshape=(2**20, None), chunks=(1, 1), fillvalue=5)
    write(dataset, "partly")
listing("index-wide", "int32")

# Fill values of every type, in both orders, wherever elements may be missing.

LAYOUTS = {
    "contiguous": (("earliest", "v110"), {}),
    "btree1": (("earliest", "v110"), dict(chunks=(2, 3))),
    "fixed": (V110, dict(chunks=(2, 3))),
    "extensible": (V110, dict(chunks=(2, 3), maxshape=(5, None))),
    "btree2": (V110, dict(chunks=(2, 3), maxshape=(None, None), compression="gzip")),
    "single": (V110, dict(chunks=(5, 7))),
    "compact": (V110, dict(compact=True)),
}


def creation(options):
    plist = h5p.create(h5p.DATASET_CREATE)
    if "chunks" in options:
        plist.set_chunk(options["chunks"])
    if "compression" in options:
        plist.set_deflate(5)
    if "compact" in options:
        plist.set_layout(h5d.COMPACT)
    return plist


def create(file, file_type, plist, options):
    maxshape = tuple(ENDLESS if n is None else n for n in options.get("maxshape", (5, 7)))
    space = h5s.create_simple((5, 7), maxshape)
    return h5py.Dataset(h5d.create(file.id, b"dask_arrays", file_type, space, plist))


TYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
for dtype, order in itertools.product(TYPES, "<>"):
    if order == ">" and np.dtype(dtype).itemsize == 1:
        continue
    stored = np.dtype(dtype).newbyteorder(order)
    fill = elements(dtype, (1,)).astype(stored)[0]
    for layout, (libver, options) in LAYOUTS.items():
        for how in ["never", "partly"]:
            if how == "partly" and layout in ["contiguous", "single", "compact"]:
                continue
            full = f"fill-{dtype}-{'big' if order == '>' else 'little'}-{layout}-{how}"
            with new(full, libver) as file:
                plist = creation(options)
                plist.set_fill_value(np.array(fill, stored))
                dataset = create(file, h5t.py_create(stored, logical=True), plist, options)
                if how == "partly":
                    dataset[:3, 2:4] = elements(dtype, (3, 2))
            listing(full, dtype)

# When they are filled, by when they get their place.
TIMES = {"alloc": h5d.FILL_TIME_ALLOC, "never": h5d.FILL_TIME_NEVER, "ifset": h5d.FILL_TIME_IFSET}
PLACES = {"early": h5d.ALLOC_TIME_EARLY, "late": h5d.ALLOC_TIME_LATE, "incr": h5d.ALLOC_TIME_INCR}
for (time, fill_time), (place, alloc_time), value, layout, how in itertools.product(
    TIMES.items(), PLACES.items(), ["set", "default", "undefined"], LAYOUTS, ["unwritten", "partly"]
):
    if value == "undefined" and time == "alloc" or layout == "compact" and place != "early":
        continue  # libhdf5 makes no such dataset.
    libver, options = LAYOUTS[layout]
    full = f"time-{time}-{place}-{value}-{layout}-{how}"
    plist = creation(options)
    plist.set_fill_time(fill_time)
    plist.set_alloc_time(alloc_time)
    if value == "set":
        plist.set_fill_value(np.array(7, ">i4"))
    elif value == "undefined":
        ok(libhdf5.H5Pset_fill_value(ctypes.c_int64(plist.id), ctypes.c_int64(h5t.STD_I32BE.id), None))
    with new(full, libver) as file:
        dataset = create(file, h5t.STD_I32BE, plist, options)
        if how == "partly":
            dataset[:2, :3] = elements("int32", (2, 3))
    listing(full, "int32")

for value in [None, 7]:
    with new(f"time-scalar-{value}") as file:
        file.create_dataset("dask_arrays", (), ">i4", fillvalue=value)
    listing(f"time-scalar-{value}", "int32")

# Types. What h5py does not read as the value that it is gets its own file of it.


def typed(name, file_type, data, dtype, expected=None):
    for layout in ["contiguous", "chunked", "unwritten"]:
        full = f"type-{name}-{layout}"
        with new(full, "latest") as file:
            plist = h5p.create(h5p.DATASET_CREATE)
            if layout == "chunked":
                plist.set_chunk((2,))
                plist.set_shuffle()
                plist.set_deflate(5)
            if layout == "unwritten":
                second = data[1:2].tobytes()
                ok(libhdf5.H5Pset_fill_value(ctypes.c_int64(plist.id), ctypes.c_int64(file_type.id), second))
            dataset = h5d.create(file.id, b"dask_arrays", file_type, h5s.create_simple((len(data),)), plist)
            if layout != "unwritten":
                dataset.write(h5s.ALL, h5s.ALL, data, mtype=file_type)
        if expected is not None:
            values = np.asarray(expected, dtype)
            np.save(f"{folder}/{full}.npy", np.full_like(values, values[1]) if layout == "unwritten" else values)
        listing(full, dtype)


def refused(name, file_type, *words, kind="refused"):
    full = f"type-{name}"
    with new(full, "latest") as file:
        h5d.create(file.id, b"dask_arrays", file_type, h5s.create_simple((3,)))
    listing(full, f"{kind} " + "|".join(words))


def another(name, file_type, *words):
    """Elements that are not numbers."""
    refused(name, file_type, *words, kind="another")


def precision(base, bits, offset=0):
    copy = base.copy()
    ok(libhdf5.H5Tset_precision(ctypes.c_int64(copy.id), ctypes.c_size_t(bits)))
    ok(libhdf5.H5Tset_offset(ctypes.c_int64(copy.id), ctypes.c_size_t(offset)))
    return copy


def record(size, *members):
    made = h5t.create(h5t.COMPOUND, size)
    for name, offset, kind in members:
        made.insert(name, offset, kind)
    return made


for bits, single, dtype in [(32, "f4", "complex64"), (64, "f8", "complex128")]:
    half = bits // 8
    values = elements(dtype, (5,))
    for order, mark in [("LE", "<"), ("BE", ">")]:
        native = getattr(h5t, f"COMPLEX_IEEE_F{bits}{order}")
        part = getattr(h5t, f"IEEE_F{bits}{order}")
        stored = values.astype(np.dtype(dtype).newbyteorder(mark))
        typed(f"complex-native-{bits}-{order}", native, stored.copy(), dtype)
        typed(f"complex-r-i-{bits}-{order}", record(2 * half, (b"r", 0, part), (b"i", half, part)), stored.copy(), dtype)
        for real, imaginary in [("re", "im"), ("real", "imag")]:
            made = record(2 * half, (real.encode(), 0, part), (imaginary.encode(), half, part))
            typed(f"complex-{real}-{bits}-{order}", made, stored.copy(), dtype, expected=values)
        swapped = np.zeros(5, [("i", f"{mark}f{half}"), ("r", f"{mark}f{half}")])
        swapped["r"], swapped["i"] = values.real, values.imag
        made = record(2 * half, (b"i", 0, part), (b"r", half, part))
        typed(f"complex-swapped-{bits}-{order}", made, swapped, dtype, expected=values)
        size = 3 * half + 4
        padded = np.zeros(
            5, dict(names=["r", "i"], formats=[f"{mark}f{half}"] * 2, offsets=[4, 2 * half + 4], itemsize=size)
        )
        padded["r"], padded["i"] = values.real, values.imag
        made = record(size, (b"r", 4, part), (b"i", 2 * half + 4, part))
        typed(f"complex-padded-{bits}-{order}", made, padded, dtype, expected=values)

for base in ["I8LE", "U8LE", "I16LE", "U16BE", "I32BE", "U64LE"]:
    integer = np.dtype({"I": "i", "U": "u"}[base[0]] + str(int(base[1:-2]) // 8)).newbyteorder(
        ">" if base.endswith("BE") else "<"
    )
    made = h5t.enum_create(getattr(h5t, f"STD_{base}"))
    names = [(b"FALSE", 0), (b"TRUE", 1)]
    for name, value in names if base != "U8LE" else names[::-1]:
        made.enum_insert(name, value)
    truth = np.array([False, True, True, False, True])
    typed(f"bool-{base}", made, truth.astype(integer), "bool", expected=truth)

for bits in [8, 16, 32, 64]:
    for order, mark in [("LE", "<"), ("BE", ">")]:
        values = elements(f"uint{bits}", (5,))
        stored = values.astype(f"{mark}u{bits // 8}")
        typed(f"bitfield-{bits}-{order}", getattr(h5t, f"STD_B{bits}{order}"), stored, f"uint{bits}", expected=values)
truth = np.array([0, 1, 1, 0, 1], "u1")
typed("bitfield-one-bit", precision(h5t.STD_B8LE, 1), truth, "bool", expected=truth == 1)

for order, mark in [("LE", "<"), ("BE", ">")]:
    upper = np.array([0x3F80, 0x4000, 0xC040, 0x7F80, 0x0001], f"{mark}u2")
    made = getattr(h5t, f"IEEE_F32{order}").copy()
    made.set_fields(15, 7, 8, 0, 7)
    ok(libhdf5.H5Tset_precision(ctypes.c_int64(made.id), ctypes.c_size_t(16)))
    made.set_ebias(127)
    made.set_size(2)
    values = (upper.astype("u4") << 16).view("f4")
    typed(f"bfloat16-{order}", made, upper, "float32", expected=values)

with new("type-committed") as file:
    file["kind"] = np.dtype(">c8")
    file.create_dataset("dask_arrays", data=elements("complex64", (5,)), dtype=file["kind"])
listing("type-committed", "complex64")

biased = h5t.IEEE_F32LE.copy()
biased.set_ebias(130)
letters = h5t.enum_create(h5t.STD_I8LE)
for value, name in enumerate([b"A", b"B", b"C"]):
    letters.enum_insert(name, value)
reversed_bool = h5t.enum_create(h5t.STD_I8LE)
for name, value in [(b"FALSE", 1), (b"TRUE", 0)]:
    reversed_bool.enum_insert(name, value)
opaque = h5t.create(h5t.OPAQUE, 8)
refused("bias", biased, "floating-point", "32 bits", "bias 130", "float64")
refused("long-double", h5t.NATIVE_LDOUBLE, "floating-point", "80 bits")
refused("bits-12", precision(h5t.STD_I16LE, 12, 4), "integers of 12 bits", "from bit 4 on", "int16")
refused("bitfield-3", precision(h5t.STD_B8LE, 3), "bitfields of 3 bits", "uint8")
another("enumeration", letters, '"enum"')
another("bool-reversed", reversed_bool, '"enum"')
another("opaque", opaque, 'bytes[8]')
refused("time", h5t.UNIX_D32LE, "times")
another("string", h5t.C_S1, 'text[1]')
refused("reference", h5t.STD_REF_OBJ, "references")
another("array", h5t.array_create(h5t.STD_I8LE, (3,)), 'subarray')
refused("sequence", h5t.vlen_create(h5t.STD_I8LE), "variable length")
refused("complex-half", h5t.COMPLEX_IEEE_F16LE, "complex numbers of 4 bytes")
another("complex-of-integers", record(8, (b"r", 0, h5t.STD_I32LE), (b"i", 4, h5t.STD_I32LE)), "record")
another("complex-mixed", record(12, (b"r", 0, h5t.IEEE_F32LE), (b"i", 4, h5t.IEEE_F64LE)), "record")
another("record", record(8, (b"x", 0, h5t.IEEE_F32LE), (b"y", 4, h5t.IEEE_F32LE)), "record")
