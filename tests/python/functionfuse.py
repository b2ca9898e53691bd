"""FunctionFuse's storage in a folder, written anew from what it does: `save` and `read_task` of pickles with a SHA-1 behind,
whose dask arrays lie in HDF5 files. Commands: `write`, `compare`, `read`."""

import hashlib
import io
import os
import pickle
import random
import sys
import uuid

import dask.array as da
import h5py
import numpy as np


class Pickler(pickle.Pickler):
    def __init__(self, stream, protocol, folder):
        super().__init__(stream, protocol)
        self.folder = folder

    def persistent_id(self, value):
        if type(value) is not da.Array:
            return None
        name = str(uuid.uuid4())
        with h5py.File(os.path.join(self.folder, name), "w") as file:
            da.store(value, file.create_dataset("dask_arrays", value.shape, value.dtype, chunks=value.chunksize))
        return "HDFSerializer", ("0.0.0", name)


class Unpickler(pickle.Unpickler):
    def __init__(self, stream, folder):
        super().__init__(stream)
        self.folder = folder

    def persistent_load(self, pid):
        name, (_, file) = pid
        if name != "HDFSerializer":
            raise pickle.UnpicklingError(f"unsupported persistent object {name}")
        dataset = h5py.File(os.path.join(self.folder, file), "r")["dask_arrays"]
        return da.from_array(dataset, chunks=dataset.chunks)


def save(root, workflow, name, value, protocol):
    folder = os.path.join(root, workflow, "bigdata")
    os.makedirs(folder, exist_ok=True)
    stream = io.BytesIO()
    Pickler(stream, protocol, folder).dump(value)
    pickled = stream.getvalue()
    with open(os.path.join(root, workflow, name), "wb") as file:
        file.write(pickled + hashlib.sha1(pickled).digest())


def read_task(root, workflow, name):
    with open(os.path.join(root, workflow, name), "rb") as file:
        document = file.read()
    pickled, checksum = document[:-20], document[-20:]
    if hashlib.sha1(pickled).digest() != checksum:
        raise ValueError("Pickle hash does not match!")
    return Unpickler(io.BytesIO(pickled), os.path.join(root, workflow, "bigdata")).load()


class Run:
    def __init__(self):
        self.field = da.arange(100, chunks=10)
        self.steps = [1, 2]


def plain():
    """A bit of everything that is plain data."""
    shared = ["shared", (1, 2)]
    return {
        "nothing": None,
        "bools": [True, False],
        "integers": [0, 1, -1, 255, 256, 65535, 65536, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 2**63, 2**64 - 1],
        "wide": [2**127 - 1, -(2**127), 2**64, 2**128 - 1, -(2**64)],
        "larger": [2**128, -(2**127) - 1, 3**300, -(3**200)],
        "floats": [0.0, -0.0, 1.5, 1e308, float("inf"), float("-inf"), float("nan")],
        "texts": ["", "text", "\u00fc\u4e2d\U0001f600", "x" * 300, "x" * 70000],
        "bytes": [b"", b"\x00\xff", b"x" * 300, bytearray(b"abc"), bytearray()],
        "lists": [[], [[]], [1, [2, [3]]], list(range(3000))],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
        "sets": [set(), {1, 2, 3}, frozenset(), frozenset({"a"}), {(1, 2)}],
        "dicts": [{}, {1: 2, "a": b"b", 1.5: None, b"k": True}, {str(i): i for i in range(2000)}],
        "complex": [1 + 2j, complex(0, -1.5)],
        "shared": [shared, shared, shared],
        "scalars": [
            np.bool_(True), np.int8(-5), np.int16(-300), np.int32(-70000), np.int64(-(2**40)), np.uint8(200), np.uint64(2**63),
            np.float16(1.5), np.float32(0.1), np.float64(0.1), np.complex64(1 + 2j), np.complex128(3j), np.str_("t\u00fc"),
            np.bytes_(b"ab"), np.array([2.5], dtype=">f8")[0],
        ],
        "small": [
            np.arange(6, dtype="i4").reshape(2, 3), np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)), np.zeros((0, 2)),
            np.array([True, False]), np.arange(4, dtype=">f8"), np.array(["a", "bcd"]), np.array(7, dtype="u2"),
            np.array([1j, 2], dtype="c8"),
        ],
    }


def some(chance, depth):
    """A random value."""
    kind = chance.randrange(12 if depth else 7)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        return chance.randrange(-(2 ** chance.randrange(1, 140)), 2 ** chance.randrange(1, 140))
    if kind == 2:
        return chance.choice([chance.random(), chance.gauss(0, 1e300), -0.0, float("inf")])
    if kind == 3:
        return "".join(chr(chance.choice([65, 0xE9, 0x4E2D, 0x1F600])) for _ in range(chance.randrange(300)))
    if kind == 4:
        return chance.randbytes(chance.randrange(300))
    if kind == 5:
        return chance.choice([np.float32, np.int16, np.uint32, np.float64])(chance.randrange(1000))
    if kind == 6:
        return da.from_array(np.array(chance.choices(range(100), k=12), dtype="f4").reshape(3, 4), chunks=(2, 2))
    parts = [some(chance, depth - 1) for _ in range(chance.randrange(6))]
    if kind == 7:
        return tuple(parts)
    if kind == 8:
        return {chance.randrange(1000) for _ in range(5)}
    if kind == 9:
        return {chance.choice([str(n), n, b"%d" % n]): part for n, part in enumerate(parts)}
    return parts + parts[:1]


def is_wide(value):
    return value >= 2**128 or value < -(2**127)


def common(value):
    """What is the same of a value that went through Rust: a tuple, a set or a small array is a list there."""
    if isinstance(value, da.Array):
        # Rust stores small arrays in other chunks where those at the edges would be mostly empty.
        return ["array", str(value.dtype), value.shape, value.compute().tolist()]
    if isinstance(value, dict) and "$arraystow::inline" in value:
        inline = value["$arraystow::inline"]
        return ["small", list(inline["dim"]), [common(element) for element in inline["data"]]]
    if isinstance(value, np.ndarray):
        return ["small", list(value.shape), [common(element) for element in value.ravel().tolist()]]
    if isinstance(value, np.generic):
        return common(value.item())
    if isinstance(value, (list, tuple, set, frozenset)):
        elements = [common(element) for element in value]
        # The order of a set is not kept.
        return sorted(elements) if all(type(element) is int for element in elements) else elements
    if isinstance(value, dict):
        return [[common(key), common(part)] for key, part in value.items()]
    if isinstance(value, complex):
        return [repr(value.real), repr(value.imag)]
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int) and not isinstance(value, bool) and is_wide(value):
        return str(value)
    return bytes(value) if isinstance(value, bytearray) else value


def write(root):
    chance = random.Random(7)
    arrays = {
        "field": da.arange(100, chunks=10, dtype="f8").reshape(10, 10),
        "runs": [{"mask": da.ones(7, chunks=3, dtype=bool)}, {"mask": None}],
        3: da.zeros((2, 3), chunks=(2, 2), dtype="c8"),
    }
    for protocol in range(2, 6):
        save(root, "flow", f"plain{protocol}", plain(), protocol)
        save(root, "flow", f"arrays{protocol}", arrays, protocol)
        for n in range(10):
            save(root, "flow", f"random{protocol}-{n}", some(chance, 4), protocol)
    save(root, "classes", "object", {"run": Run(), "steps": 2}, 4)


def difference(one, other):
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return next(difference(*parts) for parts in zip(one, other) if parts[0] != parts[1])
    return f"{one!r} {other!r}"[:1000]


def compare(root):
    names = [name for name in sorted(os.listdir(os.path.join(root, "flow"))) if name != "bigdata"]
    for name in names:
        before, after = common(read_task(root, "flow", name)), common(read_task(root, "back", name))
        assert before == after, f"{name}: {difference(before, after)}"
    print(len(names))


def read(root):
    value = read_task(root, "rust", "value")
    field, plain = value.pop("field"), value.pop("plain")
    assert isinstance(field, da.Array) and field.chunks == ((4, 4, 2), (5, 5)), field
    assert isinstance(plain, da.Array), plain
    value["sums"] = [float(field.sum().compute()), float(plain.sum().compute()), str(field.dtype), str(plain.dtype)]
    print(repr(value))


if __name__ == "__main__":
    command, root = sys.argv[1:]
    {"write": write, "compare": compare, "read": read}[command](root)
