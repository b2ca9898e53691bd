"""Arrays: every dtype both ways, slices as numpy's, xarray, dask."""

import itertools
import json
import os
import pickle

import dask.array as da
import ml_dtypes
import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import arraystow
from arraystow import errors

NUMBERS = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float16 float32 float64 complex64 complex128".split()
quiet = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(found, wanted):
    found = np.asarray(found)
    assert found.dtype == wanted.dtype.newbyteorder("<") and found.shape == wanted.shape
    assert found.tobytes() == np.ascontiguousarray(wanted, found.dtype).tobytes()


@quiet
@given(data=st.data())
def test_arrays_of_every_number_come_back_bit_by_bit(storage, data):
    dtype = np.dtype(data.draw(st.sampled_from(NUMBERS))).newbyteorder(data.draw(st.sampled_from("<>")))
    array = data.draw(npst.arrays(dtype, npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=6)))
    storage.save("x", {"a": array})
    same(storage.load("x")["a"], array)


@pytest.mark.parametrize("dtype", NUMBERS)
def test_rust_reads_and_writes_again_what_python_saves(storage, helper, dtype):
    array = np.array([0, 1, 3, 7, 100]).astype(dtype)
    storage.save("x", array)
    loaded = helper("load", storage.place, "x", dtype)
    assert loaded["shape"] == [5] and len(set(loaded["elements"])) == len(set(array.tolist()))
    helper("echo", storage.place, "x")
    same(storage.load("x.again"), array)


@pytest.mark.parametrize(
    "array",
    [
        np.array(["2026-01-01", "NaT"], "M8[ns]"),
        np.array([1, -5], "m8[us]"),
        np.array([b"a", b"", b"bcd"]),
        np.array([b"\0ab", b"xyz"], "V3"),
        np.zeros(3, [("n", "<i2"), ("inner", [("flag", "?"), ("x", "<f4")]), ("at", "<f4", (3,))]),
        np.zeros(2, np.dtype([("a", "i1"), ("b", "f8")], align=True)),
    ],
    ids=lambda array: str(array.dtype),
)
def test_elements_that_are_no_numbers_come_back(storage, array, helper):
    storage.save("x", array)
    for name in ("x", "x.again"):
        found = np.asarray(storage.load(name))
        assert found.shape == array.shape and found.tobytes() == array.astype(found.dtype).tobytes()
        assert found.dtype.names == array.dtype.names and found.dtype.kind == array.dtype.kind
        helper("echo", storage.place, "x")


def test_strings_of_every_kind_come_back(storage, helper):
    texts = ["", "ä", "a\U0001f30d", "x" * 1000]
    for array in [np.array(texts), np.array(texts, object), np.array(texts, np.dtypes.StringDType())]:
        storage.save("x", array.reshape(2, 2))
        found = storage.load("x")
        assert found.compute().tolist() == [texts[:2], texts[2:]] and found[1, 0] == texts[2]
        assert len(helper("load", storage.place, "x", "string")["elements"]) == 4
    with pytest.raises(TypeError, match="a: .*strings"):
        storage.save("x", {"a": np.array(["a", None], object)})


def test_numbers_of_other_packages_are_not_saved_as_bytes(storage):
    """What ml_dtypes has beside bfloat16 is of the kind V too."""
    for dtype in (ml_dtypes.float8_e4m3fn, ml_dtypes.int4):
        with pytest.raises(TypeError, match=f"a: arrays of the dtype .*{dtype.__name__}.* cannot be saved"):
            storage.save("x", {"a": np.ones(3, dtype)})
    storage.save("x", np.zeros(3, "V3"))
    assert storage.load("x").dtype == "V3"


def index(length):
    steps = st.integers(-3, 3).filter(bool)
    ends = st.none() | st.integers(-length - 2, length + 2)
    parts = st.builds(slice, ends, ends, st.none() | steps)
    return parts | st.integers(-length, length - 1) if length else parts


@quiet
@given(data=st.data())
def test_slices_are_numpy_s(storage, data):
    shape = data.draw(npst.array_shapes(min_dims=1, max_dims=3, max_side=7))
    array = np.arange(np.prod(shape)).reshape(shape)
    key = tuple(data.draw(index(length)) for length in shape[: data.draw(st.integers(0, len(shape)))])
    at = data.draw(st.integers(0, len(key)))
    extras = [(), (None,)] + ([(...,), (..., None)] if at == len(key) else [])
    key = key[:at] + data.draw(st.sampled_from(extras)) + key[at:]
    storage.save("x", {"a": array, "chunked": da.from_array(array, chunks=2)})
    loaded = storage.load("x")
    for found in (loaded["a"], loaded["chunked"]):
        wanted = array[key]
        np.testing.assert_array_equal(found[key], wanted)
        assert np.shape(found[key]) == wanted.shape
        if None in key or any(isinstance(part, slice) and (part.step or 1) < 0 for part in key):
            with pytest.raises(IndexError, match="a lazy part has no"):
                found.lazy(key)
        else:
            np.testing.assert_array_equal(found.lazy(key), wanted)


def test_wrong_indices_are_errors(storage):
    storage.save("x", np.zeros((3, 4)))
    array = storage.load("x")
    for key in [3, (0, 0, 0), (..., ...), "a", True, [0, 1], np.array([True, False, True]), (0, -5)]:
        with pytest.raises(IndexError):
            array[key]
    with pytest.raises(TypeError):
        len(storage.load("x").lazy((0, 0)))
    with pytest.raises(ValueError):
        np.array(array, copy=False)
    assert np.from_dlpack(array).sum() == 0 and len(array) == 3
    assert repr(array) == "<arraystow.Array float64 [3, 4], 1 chunks>"


def test_a_transposed_array_is_lazy(storage):
    records = np.zeros((2, 3), [("a", "i2"), ("b", "f4")])
    records["a"] = np.arange(6).reshape(2, 3)
    arrays = {"numbers": np.arange(24).reshape(2, 3, 4), "records": records, "texts": np.array([["a", "b"], ["c", "d"]])}
    storage.save("x", arrays)
    for name, found in storage.load("x").items():
        assert found.T.shape == arrays[name].T.shape and found.T.dtype == found.dtype
        assert np.asarray(found.T).tolist() == arrays[name].T.tolist()
        assert np.asarray(pickle.loads(pickle.dumps(found.lazy(0).T))).tolist() == arrays[name][0].T.tolist()
        assert np.asarray(found.T.lazy((slice(None), 1))).tolist() == arrays[name].T[:, 1].tolist()


def test_an_array_with_one_element_is_a_number(storage):
    storage.save("x", {"a": np.array([[2.75]]), "many": np.arange(3), "text": np.array(["a"])})
    loaded = storage.load("x")
    assert (float(loaded["a"]), int(loaded["a"]), float(loaded["many"].lazy(2))) == (2.75, 2, 2.0)
    with pytest.raises(TypeError, match=r"one element.*\(3,\)"):
        float(loaded["many"])
    with pytest.raises(ValueError):
        int(loaded["text"])


def test_dask_arrays_are_saved_and_loaded_chunk_by_chunk(storage):
    computed = []

    def block(block_info=None):
        place = block_info[None]["array-location"]
        computed.append(place)
        (top, bottom), (left, right) = place
        return np.add.outer(np.arange(top, bottom), np.arange(left, right)).astype("f4")

    array = da.map_blocks(block, chunks=((10, 10, 5), (8, 8)), dtype="f4", meta=np.zeros((0, 0), "f4"))
    storage.save("x", {"a": array, "again": array})
    assert len(computed) == 6, "each chunk was computed once"
    loaded = storage.load("x")["a"]
    wanted = np.add.outer(np.arange(25), np.arange(16)).astype("f4")
    assert loaded.chunks == array.chunks and storage.info("x")["arrays"][0]["paths"] == ["a", "again"]
    lazy = loaded.to_dask()
    assert lazy.chunks == array.chunks and lazy.dtype == "f4"
    np.testing.assert_array_equal(lazy[::2, 3].compute(), wanted[::2, 3])
    np.testing.assert_array_equal((lazy + 1).compute(), wanted + 1)
    with pytest.raises(errors.UserCodeError) as caught:
        storage.save("x", da.from_array(np.zeros(3)).map_blocks(lambda block: 1 / 0, meta=np.zeros(0)))
    assert isinstance(caught.value.__cause__, ZeroDivisionError) and "a" in storage.load("x")


@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (3, 0, 2)], ids=str)
def test_arrays_without_axes_or_elements_are_arrays_of_dask_and_xarray(storage, shape):
    storage.save("x", {"memory": np.ones(shape), "dask": da.ones(shape), "unmasked": np.ma.ones(shape)})
    for array in storage.load("x").values():
        for found in (array.to_dask(), array.to_xarray(), array[...]):
            np.testing.assert_array_equal(np.asarray(found), np.ones(shape))
    assert xr.open_dataset(storage, engine="arraystow", chunks={}).load()["dask"].shape == shape


def test_masked_chunks_are_refused(storage):
    with pytest.raises(errors.UserCodeError, match="masked"):
        storage.save("x", da.ma.masked_greater(da.arange(6, chunks=3), 4))
    storage.save("x", da.ma.filled(da.ma.masked_greater(da.arange(6, chunks=3), 4), -1))
    assert np.asarray(storage.load("x")).tolist() == [0, 1, 2, 3, 4, -1]


def dataset():
    return xr.Dataset(
        {
            "air": (("time", "lat"), np.arange(12, dtype="f4").reshape(4, 3), {"units": "K", "range": [0.5, 1.5]}),
            "flag": (("lat",), np.array([True, False, True])),
        },
        coords={"time": np.array(["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"], "M8[ns]"), "lat": [10.0, 20.0, 30.0]},
        attrs={"title": "a title", "levels": 3},
    )


def test_xarray_objects_are_saved_and_opened(storage, tmp_path):
    wanted = dataset()
    storage.save("set", {"data": wanted, "array": wanted.air, "bare": wanted.air.variable})
    loaded = storage.load("set")
    assert loaded["data"]["air"].dims == ("time", "lat") and loaded["data"]["air"].attrs["units"] == "K"
    assert set(loaded["array"]) == {"air", "time", "lat"} and loaded["bare"].shape == (4, 3)
    np.testing.assert_array_equal(loaded["data"]["time"], wanted.time)
    array = loaded["data"]["air"].to_xarray()
    assert array.dims == ("time", "lat") and array.attrs["units"] == "K" and array.chunks is not None

    storage.save("whole", wanted.drop_attrs(deep=False).assign_attrs(title="a title"))
    opened = xr.open_dataset(storage.place, engine="arraystow", name="whole")
    assert set(opened.coords) == {"time", "lat"} and opened.air.chunks is None
    xr.testing.assert_equal(opened.isel(time=slice(None, None, -1), lat=[2, 0]), wanted.isel(time=slice(None, None, -1), lat=[2, 0]))
    xr.testing.assert_equal(opened.compute(), wanted)
    chunked = xr.open_dataset(storage.place, engine="arraystow", name="whole", chunks={})
    assert chunked.air.chunks == ((4,), (3,))
    xr.testing.assert_equal(chunked.compute(), wanted)
    assert opened.air.attrs["units"] == "K" and opened.attrs == {"title": "a title"}
    assert set(xr.open_dataset(storage.place, engine="arraystow", name="whole", drop_variables="flag")) == {"air"}
    with pytest.raises(ValueError, match="set, whole"):
        xr.open_dataset(storage.place, engine="arraystow")
    alone = arraystow.Storage(tmp_path / "alone")
    alone.save("x", wanted)
    assert set(xr.open_dataset(alone.place)) == {"air", "flag"}, "the engine was not guessed"
    for wrong, text in [
        (xr.Dataset({"attrs": ("x", [1])}, attrs={"a": 1}), "attrs"),
        (xr.DataArray([5, 6], {"x": [1, 2]}, "x", name="x"), "both named 'x'"),
        (xr.Variable("x", [1], {"nested": {"a": 1}}), "the attribute 'nested' is of dict"),
        (xr.Variable("x", [1], {"mixed": [1, "a"]}), "the attribute 'mixed' is of float and str"),
    ]:
        with pytest.raises(TypeError, match=text):
            storage.save("wrong", wrong)
    with pytest.raises(FileNotFoundError, match="no values in"):
        xr.open_dataset(tmp_path / "nowhere", engine="arraystow")
    tree = xr.DataTree.from_dict({"/": wanted[["flag"]], "/deep": wanted[["air"]].drop_vars("lat")})
    storage.save("tree", tree)
    assert storage.load("tree")["deep"]["air"].dims == ("time", "lat")


def test_other_programs_read_what_python_saves(storage):
    import h5py

    storage.save("x", np.arange(5000.0))
    file = storage.info("x")["arrays"][0]["file"]
    with h5py.File(os.path.join(storage.place, "bigdata", file)) as opened:
        np.testing.assert_array_equal(opened["dask_arrays"], np.arange(5000.0))


def test_an_array_is_found_again_whatever_the_keys_above_it(storage):
    keys = [True, None, 7, 1.5, (1, 2), "text", "with.dot"]
    storage.save("x", {key: np.full(5000, at) for at, key in enumerate(keys)})
    loaded = storage.load("x")
    for at, key in enumerate(keys):
        again = pickle.loads(pickle.dumps(loaded[key]))
        assert again[17] == at, key


def test_a_chunk_that_is_not_what_dask_says_is_an_error(storage):
    wrong = da.from_array(np.zeros((4, 4), "f4"), chunks=2)
    for function in (lambda block: block[:1], lambda block: block.astype("f8")):
        with pytest.raises(errors.UserCodeError, match="dask computed a chunk"):
            storage.save("x", wrong.map_blocks(function, dtype="f4", meta=np.zeros((0, 0), "f4")))
    assert not storage.list()
