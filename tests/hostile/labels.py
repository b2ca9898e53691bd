"""HDF5 files whose attributes and dimension scales say what is not true."""
import struct, sys
import h5py, numpy as np

folder = sys.argv[1]
ELEMENTS = np.arange(12.0).reshape(3, 4)


def make(name, libver, attributes):
    path = f"{folder}/{name}-{libver}"
    with h5py.File(path, "w", libver=libver) as file:
        data = file.create_dataset("data", data=ELEMENTS)
        for scale, length in [("y", 3), ("x", 4)]:
            file[scale] = np.arange(float(length))
            file[scale].make_scale()
        data.dims[0].attach_scale(file["y"])
        data.dims[1].attach_scale(file["x"])
        attributes(data)
    return path


def patch(path, change):
    contents = bytearray(open(path, "rb").read())
    change(contents)
    open(path, "wb").write(contents)


def places(contents, length):
    """Where elements of this many parts lie: the length, the address of a heap, the object in it."""
    found = []
    heap = contents.find(b"GCOL")
    while heap >= 0:
        head = struct.pack("<IQ", length, heap)
        at = contents.find(head)
        while at >= 0:
            found.append(at)
            at = contents.find(head, at + 1)
        heap = contents.find(b"GCOL", heap + 1)
    assert found, length
    return found


TEXT = "seventeen letters"


def text(data):
    data.attrs["text"] = TEXT


def texts(data):
    data.attrs["texts"] = [TEXT] * 1000


for libver in ["earliest", "latest"]:
    for name, offset, value in [
        ("length-huge", 0, struct.pack("<I", 2**32 - 1)),
        ("length-longer", 0, struct.pack("<I", 18)),
        ("heap-beyond", 4, struct.pack("<Q", 2**40)),
        ("heap-last", 4, struct.pack("<Q", 2**64 - 1)),
        ("heap-none", 4, struct.pack("<Q", 8)),
        ("object-none", 12, struct.pack("<I", 9999)),
        ("object-free", 12, struct.pack("<I", 0)),
    ]:
        # Later headers have checksums.
        if libver == "latest":
            break
        def change(contents):
            for at in places(contents, len(TEXT)):
                contents[at + offset : at + offset + len(value)] = value
        patch(make(name, libver, text), change)
    for name, offset, value in [
        ("heap-huge", 8, struct.pack("<Q", 2**60)),
        ("heap-short", 8, struct.pack("<Q", 16)),
        ("heap-version", 4, b"\x07"),
        ("object-huge", 16 + 8, struct.pack("<Q", 2**63)),
        ("object-long", 16 + 8, struct.pack("<Q", 2**32)),
    ]:
        def change(contents):
            heap = contents.find(b"GCOL")
            while heap >= 0:
                contents[heap + offset : heap + offset + len(value)] = value
                heap = contents.find(b"GCOL", heap + 1)
        patch(make(name, libver, text), change)

    # A thousand texts, each of which is the longest that there is.
    def change(contents):
        for at in places(contents, len(TEXT)):
            contents[at : at + 4] = struct.pack("<I", 30_000)
    if libver == "earliest":
        patch(make("many-long", libver, texts), change)
    # References that lead nowhere, and to what is no scale.
    def change(contents):
        for at in places(contents, 1):
            heap = struct.unpack("<Q", contents[at + 4 : at + 12])[0]
            for object in range(heap + 16, heap + 200, 24):
                contents[object + 16 : object + 24] = struct.pack("<Q", 0x60)
    patch(make("scales-nowhere", libver, lambda data: None), change)

    def many(data):
        for number in range(20_000 if libver == "latest" else 1500):
            data.attrs[f"{number}"] = 1
    make("many-attributes", libver, many)

    def names(data):
        for name in [b"\xff\xfe", b"\x1b[31mred", b"line\nbreak", b"n" * 5000, b" "]:
            h5py.h5a.create(data.id, name, h5py.h5t.IEEE_F64LE, h5py.h5s.create(h5py.h5s.SCALAR))
    make("names", libver, names)

with h5py.File(f"{folder}/many-links-latest", "w", libver="latest") as file:
    data = file.create_dataset("data", data=ELEMENTS)
    for number in range(60_000):
        file.id.links.create_hard(b"link %06d" % number, file.id, b"data")
    file["y"] = np.arange(3.0)
    file["y"].make_scale()
    data.dims[0].attach_scale(file["y"])
    data.attrs["units"] = "K"
print("made")
