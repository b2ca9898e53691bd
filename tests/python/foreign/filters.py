"""Writes datasets with every filter of h5py and hdf5plugin, of many types and shapes, and the elements that h5py reads of each
without a filter into another file. Prints the paths."""
import json, sys
import numpy as np, h5py, hdf5plugin
from h5py import h5d, h5p, h5s, h5t, h5z

folder = sys.argv[1]
random = np.random.default_rng(12)
packed, plain = h5py.File(f"{folder}/packed.h5", "w", libver="latest"), h5py.File(f"{folder}/plain.h5", "w")
paths = []

filters = {
    "gzip": dict(compression="gzip", shuffle=True),
    "lzf": dict(compression="lzf"),
    "lzf shuffle fletcher32": dict(compression="lzf", shuffle=True, fletcher32=True),
    "zstd": dict(**hdf5plugin.Zstd(clevel=5)),
    "bzip2": dict(**hdf5plugin.BZip2(blocksize=1)),
    "bzip2 shuffle": dict(shuffle=True, **hdf5plugin.BZip2()),
    "lz4": dict(**hdf5plugin.LZ4()),
    "lz4 of small blocks": dict(fletcher32=True, **hdf5plugin.LZ4(nbytes=100)),
}
for cname in ["none", "lz4", "zstd"]:
    filters[f"bitshuffle {cname}"] = dict(**hdf5plugin.Bitshuffle(cname=cname))
    filters[f"bitshuffle {cname} of small blocks"] = dict(**hdf5plugin.Bitshuffle(nelems=128, cname=cname))
for cname in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]:
    for shuffle in [0, 1, 2]:
        filters[f"blosc {cname} {shuffle}"] = dict(**hdf5plugin.Blosc(cname=cname, clevel=5, shuffle=shuffle))
shapes = [((37, 21), (10, 8)), ((1000,), (7,)), ((5000, 13), (2500, 13)), ((3,), (3,)), ((40,), (40,))]
types = ["?", "u1", "<i2", ">i4", "<u8", "<f2", ">f4", "<f8", "<c8"]


def kinds(shape, dtype):
    """Smooth, random and constant elements."""
    count = np.prod(shape)
    smooth = (np.arange(count) // 5 % 120).astype(dtype).reshape(shape)
    bits = random.integers(0, 256, size=count * np.dtype(dtype).itemsize, dtype="u1")
    any = (bits[:count] % 2).astype(dtype) if dtype == "?" else bits.view(dtype)
    return {"smooth": smooth, "random": any.reshape(shape), "constant": np.full(shape, 1, dtype)}


def add(path, data, all_bits=False, **options):
    packed.create_dataset(path, data=data, **options)
    # libhdf5 1.14.6 cannot read numbers of which scale-offset keeps all bits; they are as they were.
    plain.create_dataset(path, data=data if all_bits else packed[path][()])
    paths.append(path)


for name, options in filters.items():
    for dtype in types:
        for number, (shape, chunks) in enumerate(shapes):
            # All types in all filters, and all shapes in all filters, but not all three.
            if number in (0, 1 + (types.index(dtype) + len(name)) % 4):
                for kind, data in kinds(shape, dtype).items():
                    add(f"{name}/{dtype.strip('<>?') or 'bool'} {number} {kind}", data, chunks=chunks, **options)

# scale-offset, with and without a fill value among the elements, and with more bits than needed.
for dtype in ["i1", "u1", "<i2", ">i2", "<u4", ">i4", "<i8", "<u8"]:
    least = np.iinfo(dtype).min
    for shape, chunks in shapes:
        count = int(np.prod(shape))
        data = (np.arange(count) % 50).astype(dtype).reshape(shape) + np.array(3, dtype)
        name = f"scale-offset/{dtype.strip('<>')} {dtype[0]} {count}"
        add(f"{name} smooth", data, chunks=chunks, scaleoffset=0)
        add(f"{name} low", data - np.array(50, dtype) if least < 0 else data + np.array(200, dtype), chunks=chunks, scaleoffset=0)
        add(f"{name} bits", data, chunks=chunks, scaleoffset=7)
        add(f"{name} filled", np.where(data % 7 == 0, 100, data).astype(dtype), chunks=chunks, scaleoffset=0, fillvalue=100)
        add(f"{name} constant", np.full(shape, 5, dtype), chunks=chunks, scaleoffset=0)
        add(f"{name} only fill", np.full(shape, 9, dtype), chunks=chunks, scaleoffset=0, fillvalue=9)
        # libhdf5 computes wrongly with small signed integers from all over their range.
        wide = kinds(shape, dtype)["random"]
        if dtype[-2:] in ["i1", "i2"]:
            add(f"{name} random", wide // 4, chunks=chunks, scaleoffset=0)
        else:
            wide.flat[::3] = np.iinfo(dtype).min
            wide.flat[1::3] = np.iinfo(dtype).max
            add(f"{name} random", wide, True, chunks=chunks, scaleoffset=0)
        add(f"{name} gzip", data, chunks=chunks, scaleoffset=0, compression="gzip", shuffle=True)
for dtype in ["<f4", ">f4", "<f8", ">f8"]:
    for shape, chunks in shapes:
        data = (random.normal(size=shape) * 100).astype(dtype)
        name = f"scale-offset/{dtype.strip('<>')} {dtype[0]} {data.size}"
        for digits in [0, 1, 3]:
            add(f"{name} {digits}", data, chunks=chunks, scaleoffset=digits)
        add(f"{name} filled", np.where(data > 50, -99, data).astype(dtype), chunks=chunks, scaleoffset=2, fillvalue=-99)
        add(f"{name} huge", (data * 1e30).astype(dtype), True, chunks=chunks, scaleoffset=3)

properties = h5p.create(h5p.DATASET_CREATE)
properties.set_chunk((10, 8))
properties.set_filter(h5z.FILTER_NBIT, 0, ())
for kind in [h5t.STD_I32LE, h5t.IEEE_F64BE]:
    path = f"n-bit {kind.dtype}"
    data = np.arange(777.0).reshape(37, 21)
    h5d.create(packed.id, path.encode(), kind, h5s.create_simple(data.shape), properties).write(h5s.ALL, h5s.ALL, data)
    plain.create_dataset(path, data=data.astype(kind.dtype))
    paths.append(path)
packed.close()
plain.close()
print(json.dumps(paths))
