"""Makes a Zarr array for each row of docs/foreign.md, in a folder; prints the rows as JSON, with the elements that zarr-python
reads of each in a file beside them."""
import json, os, sys, warnings
import numpy as np, zarr, numcodecs
import zarr.codecs as codecs
import zarr.codecs.numcodecs as of_numcodecs

warnings.simplefilter("ignore")
folder = sys.argv[1]
data = np.arange(1, 37 * 21 + 1, dtype="f4").reshape(37, 21)
zarr.open_group(f"{folder}/store", mode="w")
rows = []


def row(section, label, path, array):
    entry = dict(section=section, label=label, path=path)
    try:
        elements = np.asarray(array[...])
        if elements.dtype.kind in "biufcmMSV":
            elements = elements.astype(elements.dtype.newbyteorder("<"))
            entry["bytes"] = f"{folder}/{len(rows)}.bytes"
            entry["shape"] = list(elements.shape)
            open(entry["bytes"], "wb").write(np.ascontiguousarray(elements).tobytes())
        if elements.dtype.kind in "TO":
            entry["bytes"] = f"{folder}/{len(rows)}.bytes"
            entry["shape"] = list(elements.shape)
            texts = [str(text).encode() for text in elements.ravel()]
            open(entry["bytes"], "wb").write(b"".join(len(text).to_bytes(4, "little") + text for text in texts))
        if elements.dtype.kind == "U":
            # UTF-8 in as many bytes.
            entry["bytes"] = f"{folder}/{len(rows)}.bytes"
            entry["shape"] = list(elements.shape)
            size = elements.dtype.itemsize
            open(entry["bytes"], "wb").write(b"".join(str(text).encode().ljust(size, b"\0") for text in elements.ravel()))
    except Exception:
        pass
    rows.append(entry)


def make(section, label, version, values=data, **options):
    options = dict(chunks=(10, 8)) | options if values.ndim == 2 else options
    parent = section if version == 3 else f"of version 2/{section}"
    group = zarr.open_group(f"{folder}/store/{parent}", mode="a", zarr_format=version)
    array = group.create_array(label, shape=values.shape, dtype=values.dtype, **options)
    array[...] = values
    row(section, label, f"/{parent}/{label}", array)


V = "Codecs of version 3"
make(V, "none (bytes)", 3, compressors=None)
make(V, "bytes, big-endian", 3, serializer=codecs.BytesCodec(endian="big"))
make(V, "gzip", 3, compressors=codecs.GzipCodec(level=5))
make(V, "zstd", 3, compressors=codecs.ZstdCodec(level=3))
make(V, "zstd with checksum", 3, compressors=codecs.ZstdCodec(level=3, checksum=True))
for inner in ["blosclz", "lz4", "lz4hc", "zlib", "zstd"]:
    make(V, f"blosc with {inner}", 3, compressors=codecs.BloscCodec(cname=inner, shuffle="shuffle"))
make(V, "blosc, bits shuffled", 3, compressors=codecs.BloscCodec(cname="lz4", shuffle="bitshuffle"))
make(V, "crc32c", 3, compressors=[codecs.Crc32cCodec()])
make(V, "transpose", 3, filters=[codecs.TransposeCodec(order=(1, 0))])
make(V, "sharding", 3, shards=(20, 16))
make(V, "sharding, the index at the start", 3, shards=None, serializer=codecs.ShardingCodec(chunk_shape=(5, 4), index_location="start"), compressors=None)
make(V, "sharding with zstd and crc32c", 3, shards=(20, 16), compressors=[codecs.ZstdCodec(), codecs.Crc32cCodec()])
N = "Codecs of numcodecs, in version 3"
make(N, "zlib", 3, compressors=of_numcodecs.Zlib(level=1))
make(N, "shuffle", 3, compressors=[of_numcodecs.Shuffle(elementsize=4), codecs.ZstdCodec()])
make(N, "crc32", 3, compressors=[of_numcodecs.CRC32()])
make(N, "adler32", 3, compressors=[of_numcodecs.Adler32()])
make(N, "fletcher32", 3, compressors=[of_numcodecs.Fletcher32()])
make(N, "bitround", 3, filters=[of_numcodecs.BitRound(keepbits=10)])
make(N, "pcodec", 3, serializer=of_numcodecs.PCodec(level=8), compressors=None)
make(N, "lz4", 3, compressors=of_numcodecs.LZ4())
make(N, "bz2", 3, compressors=of_numcodecs.BZ2())
make(N, "lzma", 3, compressors=of_numcodecs.LZMA())
make(N, "delta", 3, filters=[of_numcodecs.Delta(dtype="f4")])
make(N, "fixedscaleoffset", 3, filters=[of_numcodecs.FixedScaleOffset(offset=0, scale=1, dtype="f4", astype="i4")])
W = "Codecs of version 2"
make(W, "none", 2, compressors=None)
make(W, "zlib", 2, compressors=numcodecs.Zlib(level=1))
make(W, "gzip", 2, compressors=numcodecs.GZip(level=1))
make(W, "zstd", 2, compressors=numcodecs.Zstd(level=1))
make(W, "blosc", 2, compressors=numcodecs.Blosc())
make(W, "shuffle and zlib", 2, filters=[numcodecs.Shuffle(elementsize=4)], compressors=numcodecs.Zlib())
make(W, "crc32", 2, filters=[numcodecs.CRC32()], compressors=None)
make(W, "adler32", 2, filters=[numcodecs.Adler32()], compressors=None)
make(W, "fletcher32", 2, filters=[numcodecs.Fletcher32()], compressors=None)
make(W, "bitround", 2, filters=[numcodecs.BitRound(keepbits=10)])
make(W, "lz4", 2, compressors=numcodecs.LZ4())
make(W, "bz2", 2, compressors=numcodecs.BZ2())
make(W, "lzma", 2, compressors=numcodecs.LZMA())
make(W, "delta", 2, filters=[numcodecs.Delta(dtype="f4")])
make(W, "pcodec", 2, compressors=numcodecs.PCodec())
make(W, "Fortran order", 2, order="F")
make(W, "big-endian", 2, values=data.astype(">f8"))
T = "Data types and layouts"
for name in ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64", "complex64", "complex128"]:
    make(T, name, 3, values=(data % 100).astype(name))
make(T, "no axes", 3, values=np.array(4.5))
make(T, "no elements", 3, values=np.zeros((0, 4)), chunks=(1, 4))
make(T, "chunks that were never written", 3, values=np.full((37, 21), 7, "i4"), fill_value=7)
make(T, "chunk keys with dots", 3, chunk_key_encoding={"name": "default", "separator": "."})
make(T, "strings", 3, values=np.array(["a", "", "\u00e4bc"], dtype=np.dtypes.StringDType()))
labels = np.array([["a", "", "\u00e4bc"], ["\U0001f30d\U0001f30d\U0001f30d\U0001f30d", "x y", "\u65e5\u672c"]])
make(T, "strings of fixed length", 3, values=labels, chunks=(2, 2))
make(T, "strings of fixed length, big-endian", 3, values=labels, chunks=(1, 2), serializer=codecs.BytesCodec(endian="big"))
make(T, "strings of fixed length, in shards", 3, values=labels, chunks=(1, 1), shards=(2, 3), fill_value="\u00e4bc")
make(T, "dates and times", 3, values=np.array(["2026-01-01"], "M8[s]"))
make(T, "records", 3, values=np.zeros(3, [("a", "i4"), ("b", "f4")]))
dates = np.array(["2026-01-01", "NaT", "1900-05-05"], "M8[ms]")
mixed = np.zeros(5, [("n", "<i2"), ("inner", [("flag", "?"), ("x", "<f4")]), ("name", "S5"), ("z", "<c16"), ("time", "<M8[s]")])
mixed["n"], mixed["inner"]["x"], mixed["z"] = np.arange(-2, 3), np.linspace(-1, 1, 5), np.arange(5) * (1 - 2j)
mixed["name"], mixed["inner"]["flag"], mixed["time"] = [b"", b"a b", b"12345", b"x", b"y"], np.arange(5) % 2 == 0, np.arange(5)
make(T, "durations", 3, values=np.array([1, -5], "m8[us]"))
make(T, "bytes that end with zeros", 3, values=np.array([b"a", b"", b"bcd"]))
make(T, "raw bytes", 3, values=np.array([b"\0ab", b"xyz"], "V3"))
make(T, "records in records", 3, values=mixed, chunks=(2,))
# zarr-python has it only from 3.2 on.
grid, place = "chunks of different lengths (rectilinear)", f"{folder}/store/{T}/chunks of different lengths (rectilinear)"
edges = [[1, [10, 3], 6], [5, 16]]
metadata = dict(
    zarr_format=3, node_type="array", shape=[37, 21], data_type="float32", fill_value=0, codecs=[{"name": "bytes", "configuration": {"endian": "little"}}],
    chunk_grid={"name": "rectilinear", "configuration": {"kind": "inline", "chunk_shapes": edges}}, chunk_key_encoding={"name": "default"},
)
for i, (top, bottom) in enumerate([(0, 1), (1, 11), (11, 21), (21, 31), (31, 37)]):
    os.makedirs(f"{place}/c/{i}")
    for j, (left, right) in enumerate([(0, 5), (5, 21)]):
        open(f"{place}/c/{i}/{j}", "wb").write(np.ascontiguousarray(data[top:bottom, left:right]).tobytes())
json.dump(metadata, open(f"{place}/zarr.json", "w"))
row(T, grid, f"/{T}/{grid}", data)
make("Data types of version 2", "dates, big-endian", 2, values=dates.astype(">M8[ms]"), compressors=None)
make("Data types of version 2", "durations", 2, values=np.array([1, -5], "m8[D]"))
make("Data types of version 2", "bytes that end with zeros", 2, values=np.array([b"a", b"", b"bcd"]))
make("Data types of version 2", "raw bytes", 2, values=np.array([b"\0ab", b"xyz"], "V3"))
# zarr-python 3.1 writes no records in records there.
flat = np.zeros(5, [("n", "<i2"), ("name", "S5"), ("z", "<c16"), ("time", "<M8[s]")])
for name in flat.dtype.names: flat[name] = mixed[name]
make("Data types of version 2", "records", 2, values=flat, chunks=(2,), compressors=None)
make("Data types of version 2", "strings", 2, values=np.array(["a", "", "\u00e4bc"], dtype=np.dtypes.StringDType()))
make("Data types of version 2", "strings of fixed length", 2, values=labels, chunks=(2, 2))
make("Data types of version 2", "strings of fixed length, big-endian", 2, values=labels.astype(">U4"), chunks=(1, 2), order="F")

print(json.dumps(rows))
