"""Zarr arrays as zarr-python writes them, 2.18 or 3, into a folder: sys.argv[1]. Prints the name, the type and the fill value's
bytes of each. The first 20 of 37 rows are written."""
import sys, json, warnings, numpy as np, zarr, numcodecs
warnings.simplefilter("ignore")
folder = sys.argv[1]
three = zarr.__version__.startswith("3")
types = ["bool"] + [f"{u}int{n}" for u in ("", "u") for n in (8, 16, 32, 64)] + ["float16", "float32", "float64"]
types += ["complex64", "complex128"]

def fill(dtype):
    kind = np.dtype(dtype).kind
    return {"b": True, "i": -7, "u": 7, "f": float("nan"), "c": complex(1.5, -2)}[kind]

def write(name, dtype, array):
    array[:20] = expected(dtype, (37, 21))[:20]
    filled = np.asarray(array[30, 5]).astype(dtype)
    print(json.dumps([name, dtype, filled.tobytes().hex()]))

for dtype in types:
    size, kind = np.dtype(dtype).itemsize, np.dtype(dtype).kind
    common = dict(shape=(37, 21), chunks=(10, 8), fill_value=fill(dtype), overwrite=True)
    bloscs = [numcodecs.Blosc(cname=cname, clevel=5, shuffle=shuffle)
              for cname in ("blosclz", "lz4", "lz4hc", "zlib", "zstd") for shuffle in (0, 1, 2, -1)]
    chains = {"none": ([], None), "zlib": ([], numcodecs.Zlib(level=1)), "gzip-9": ([], numcodecs.GZip(level=9)),
              "zstd": ([], numcodecs.Zstd(level=3)),
              "shuffle-zlib": ([numcodecs.Shuffle(elementsize=size)], numcodecs.Zlib(level=9)),
              "crc32": ([numcodecs.CRC32()], None), "crc32-end": ([numcodecs.CRC32(location="end")], numcodecs.GZip(level=1)),
              "adler32": ([numcodecs.Adler32()], numcodecs.Zlib(level=0)),
              "fletcher32": ([numcodecs.Fletcher32()], None),
              "all": ([numcodecs.Shuffle(elementsize=size), numcodecs.Zlib(level=1), numcodecs.Fletcher32(), numcodecs.CRC32()],
                      numcodecs.Blosc(cname="zstd", clevel=1, shuffle=0))}
    if kind == "f": chains["bitround"] = ([numcodecs.BitRound(keepbits=7)], numcodecs.Zlib(level=1))
    for number, blosc in enumerate(bloscs if dtype in ("uint8", "int16", "complex128") else bloscs[::7]):
        chains[f"blosc-{number}"] = ([], blosc)
    if three:
        from zarr.codecs import BytesCodec, TransposeCodec, ZstdCodec, Crc32cCodec
        import zarr.codecs.numcodecs as of_three
        own = {"own-zlib": dict(compressors=of_three.Zlib(level=1)),
               "own-gzip": dict(compressors=of_three.GZip(level=1)),
               "own-zstd": dict(compressors=of_three.Zstd(level=1)),
               "own-blosc": dict(compressors=of_three.Blosc(cname="zlib", clevel=1, shuffle=1)),
               "own-shuffle": dict(compressors=[of_three.Shuffle(elementsize=size), of_three.Zlib(level=1)]),
               "own-crc32": dict(compressors=[of_three.CRC32()]),
               "own-crc32-end": dict(compressors=[of_three.CRC32(location="end")]),
               "own-adler32": dict(compressors=[ZstdCodec(level=1), of_three.Adler32()]),
               "own-fletcher32": dict(compressors=[of_three.Fletcher32(), of_three.GZip(level=1)]),
               "own-crc32c": dict(compressors=[Crc32cCodec(), ZstdCodec(level=1), Crc32cCodec()]),
               "own-transposed": dict(filters=[TransposeCodec(order=(1, 0))],
                                      **({"serializer": BytesCodec(endian="big")} if size > 1 else {})),
               "own-sharded": dict(shards=(20, 16), compressors=[of_three.Shuffle(elementsize=size), of_three.Zlib(level=1)]),
               "own-dots": dict(chunk_key_encoding={"name": "default", "separator": "."}),
               "own-v2-keys": dict(chunk_key_encoding={"name": "v2", "separator": "/"})}
        if kind == "f":
            own["own-bitround"] = dict(filters=[of_three.BitRound(keepbits=7)])
        for name, options in own.items():
            name = f"three-{name}-{dtype}"
            write(name, dtype, zarr.create_array(f"{folder}/{name}", dtype=dtype, **common, **options))
    for chain, (filters, compressor) in chains.items():
        for order, endian, separator in [("C", "<", "."), ("F", ">", "/")]:
            if chain.startswith(("bitround", "blosc")) and endian == ">": continue
            name = f"v2-{chain}-{order}-{dtype}"
            stored = np.dtype(dtype).newbyteorder(endian)
            if three:
                array = zarr.create_array(f"{folder}/{name}", dtype=stored, zarr_format=2, order=order, filters=filters or None,
                    compressors=compressor, chunk_key_encoding={"name": "v2", "separator": separator}, **common)
            else:
                array = zarr.create(store=f"{folder}/{name}", dtype=stored, order=order, filters=filters or None,
                    compressor=compressor, dimension_separator=separator, **common)
            write(name, dtype, array)
