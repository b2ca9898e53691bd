# The blocks of HDF5 files, to be changed: `trees.py` goes on here. The argument is the folder.
import struct, sys
import h5py
import numpy as np

folder = sys.argv[1]
NOWHERE = b"\xff" * 8


def make(name, libver, fill):
    path = f"{folder}/{name}"
    with h5py.File(path, "w", libver=libver) as f:
        fill(f)
    return bytearray(open(path, "rb").read())


def chunked(f):
    f.create_dataset("dask_arrays", data=np.arange(64, dtype="f8"), chunks=(8,))


def write(name, b):
    # The superblock says where the file ends.
    if b[8] == 0:
        struct.pack_into("<Q", b, 40, len(b))
    else:
        struct.pack_into("<Q", b, 28, len(b))
        seal(b, 0, 48)
    open(f"{folder}/{name}", "wb").write(b)


def u64(b, at):
    return struct.unpack_from("<Q", b, at)[0]


def find(b, signature, start=0):
    at = b.find(signature, start)
    assert at >= 0, signature
    return at


def lookup3(data):
    m = 0xFFFFFFFF
    rot = lambda x, k: ((x << k) | (x >> (32 - k))) & m
    a = b = c = (0xDEADBEEF + len(data)) & m
    n, i = len(data), 0
    while n > 12:
        x, y, z = struct.unpack_from("<III", data, i)
        a, b, c = (a + x) & m, (b + y) & m, (c + z) & m
        a = (a - c) & m; a ^= rot(c, 4); c = (c + b) & m
        b = (b - a) & m; b ^= rot(a, 6); a = (a + c) & m
        c = (c - b) & m; c ^= rot(b, 8); b = (b + a) & m
        a = (a - c) & m; a ^= rot(c, 16); c = (c + b) & m
        b = (b - a) & m; b ^= rot(a, 19); a = (a + c) & m
        c = (c - b) & m; c ^= rot(b, 4); b = (b + a) & m
        i += 12; n -= 12
    if n == 0:
        return c
    x, y, z = struct.unpack("<III", bytes(data[i:]).ljust(12, b"\0"))
    a, b, c = (a + x) & m, (b + y) & m, (c + z) & m
    c ^= b; c = (c - rot(b, 14)) & m
    a ^= c; a = (a - rot(c, 11)) & m
    b ^= a; b = (b - rot(a, 25)) & m
    c ^= b; c = (c - rot(b, 16)) & m
    a ^= c; a = (a - rot(c, 4)) & m
    b ^= a; b = (b - rot(a, 14)) & m
    c ^= b; c = (c - rot(b, 24)) & m
    return c


def seal(b, at, end):
    """Puts the checksum of a block into its last four bytes."""
    struct.pack_into("<I", b, end - 4, lookup3(bytes(b[at:end - 4])))


