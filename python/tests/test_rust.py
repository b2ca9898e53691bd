"""Arrays that Python saves, and Rust loads with their types; and those that Rust saves."""

import re

import dask.array as da
import ml_dtypes
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import arraystow

NUMBERS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
QUALITY = {"Good": 0, "Doubtful": 7}
quality = np.dtype("u1", metadata={"enum": QUALITY})
reading = np.dtype([("time", "<i8"), ("value", "<f4"), ("name", "S8")])
sample = np.dtype(
    [
        ("count", "<i2"),
        ("inner", [("flag", "?"), ("x", "<f4")]),
        ("at", "<f4", (3,)),
        ("quality", quality),
        ("time", "<M8[ns]"),
        ("key", "V3"),
        ("name", "S6"),
        ("weight", ml_dtypes.bfloat16),
    ]
)

shapes = npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
short = texts.map(str.encode).filter(lambda text: len(text) <= 6)
counts = st.integers(-(2**63) + 1, 2**63 - 1)
floats = st.floats(width=32)
brains = floats.map(ml_dtypes.bfloat16)


def times(kind, unit):
    """Points in time and durations that nanoseconds can have, and missing ones."""
    most = (2**63 - 1) // UNITS[unit]
    dtype = np.dtype(f"{kind}[{unit}]")
    return dtype, st.integers(-most, most).map(lambda count: np.int64(count).view(dtype)) | st.just(dtype.type("NaT"))


samples = st.tuples(
    st.integers(-(2**15), 2**15 - 1), st.tuples(st.booleans(), floats), st.tuples(floats, floats, floats),
    st.sampled_from(list(QUALITY.values())), counts, st.binary(min_size=3, max_size=3), short, brains,
)  # fmt: skip
KINDS = {
    **{name: (np.dtype(name), npst.from_dtype(np.dtype(name))) for name in NUMBERS},
    "bfloat16": (np.dtype(ml_dtypes.bfloat16), brains),
    "string": (np.dtype(object), texts),
    "text": (np.dtype("S6"), short),
    "bytes": (np.dtype("V3"), st.binary(min_size=3, max_size=3)),
    **{f"date in {unit}": times("M8", unit) for unit in UNITS},
    **{f"span in {unit}": times("m8", unit) for unit in UNITS},
    "quality": (quality, st.sampled_from(list(QUALITY.values()))),
    "reading": (reading, st.tuples(counts, floats, short.map(lambda text: text + b"!"))),
    "sample": (sample, samples),
}
quiet = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def storage(tmp_path):
    return arraystow.Storage(tmp_path / "storage", durability="not-synced")


def arrays(data, dtype, elements):
    """An array of these elements."""
    shape = data.draw(shapes)
    array = np.empty(int(np.prod(shape)), dtype)
    for at, element in enumerate(data.draw(st.lists(elements, min_size=array.size, max_size=array.size))):
        array[at] = element
    return array.reshape(shape)


@pytest.mark.parametrize("kind", KINDS)
@quiet
@given(data=st.data())
def test_rust_has_the_elements_of_python_and_python_those_of_rust(storage, helper, kind, data):
    """In Rust, each element is a value of its type."""
    dtype, elements = KINDS[kind]
    wanted = arrays(data, dtype, elements)
    storage.save("x", wanted)
    shown = helper("again", storage.place, "x", kind.partition(" ")[0])
    assert len(shown) == wanted.size
    found = storage.load("x.again")
    assert found.shape == wanted.shape
    if dtype.kind in "mM":
        assert found.dtype == np.dtype(f"{dtype.kind}8[ns]")
        np.testing.assert_array_equal(found, wanted.astype(found.dtype))
    elif dtype == object:
        assert found.compute().tolist() == wanted.tolist()
    else:
        assert found.dtype == dtype and names(found.dtype) == names(dtype)
        assert found.compute().tobytes() == wanted.tobytes()


def names(dtype):
    """The names of an enumeration, also of those in a record."""
    inner = {name: names(dtype.fields[name][0]) for name in dtype.names or ()}
    return dict((dtype.metadata or {}).get("enum", {})) | {name: found for name, found in inner.items() if found}


@pytest.mark.parametrize("name", [*NUMBERS, "bfloat16"])
def test_elements_mean_the_same_in_rust(storage, helper, name):
    wanted = np.array([0, 1, 3, 7, 100]).astype(KINDS[name][0])
    storage.save("x", wanted)
    shown = helper("load", storage.place, "x", name)["elements"]
    if wanted.dtype.kind == "c":
        assert [complex(*map(float, re.findall(r"[\d.]+", text))) for text in shown] == wanted.tolist()
    elif name == "bool":
        assert shown == ["false", "true", "true", "true", "true"]
    else:
        assert list(map(float, shown)) == wanted.astype(float).tolist()


def test_other_elements_mean_the_same_in_rust(storage, helper):
    record = np.array([(-1, (True, 0.5), (1, 2, 3), 7, 10**9, b"abc", "ü".encode(), 1.5)], sample)
    for kind, array, wanted in [
        ("text", np.array(["ü".encode()], "S6"), '"ü"'),
        ("bytes", np.array([b"\0ab"], "V3"), "FixedBytes([0, 97, 98])"),
        ("date", np.array(["2026-01-02T03"], "M8[s]"), "Some(2026-01-02T03:00:00Z)"),
        ("date", np.array(["NaT"], "M8[us]"), "None"),
        ("span", np.array([-1500], "m8[ms]"), "Some(1s 500ms ago)"),
        ("quality", np.array([7], quality), "Doubtful"),
        ("string", np.array(["ü"], object), '"ü"'),
        (
            "sample",
            record,
            "Sample { count: -1, inner: Inner { flag: true, x: 0.5 }, at: [1.0, 2.0, 3.0], quality: Doubtful, "
            'time: 1970-01-01T00:00:01Z, key: FixedBytes([97, 98, 99]), name: "ü", weight: 1.5 }',
        ),
    ]:
        storage.save("x", array)
        assert helper("load", storage.place, "x", kind)["elements"] == [wanted]


def test_objects_of_xarray_load_with_the_types_of_rust(storage, helper):
    time = np.array(["2026-01-01", "2026-01-02"], "M8[ns]")
    air = da.arange(6, chunks=4, dtype="f4").reshape(2, 3).rechunk((1, 2))
    dataset = xr.Dataset(
        {"air": (("time", "lat"), air, {"units": "K", "range": [0.5, 1.5]})},
        {"time": time, "lat": [10.0, 20.0, 30.0]},
        {"title": "a title"},
    )
    storage.save("x", dataset)
    found = helper("load", storage.place, "x", "climate")
    assert found["air"]["elements"] == ["0.0", "1.0", "2.0", "3.0", "4.0", "5.0"] and found["air"]["shape"] == [2, 3]
    assert found["air"]["dims"] == ["time", "lat"] and found["air"]["attrs"] == {"units": "K", "range": [0.5, 1.5]}
    assert found["time"]["elements"] == ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]
    assert found["time"]["dims"] == ["time"]
    assert found["lat"] == [10.0, 20.0, 30.0] and found["attrs"] == {"title": "a title"}
    storage.save("x", dataset.air.variable)
    assert helper("load", storage.place, "x", "float32") == found["air"]
