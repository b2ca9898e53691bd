"""Attributes of arrays, and elements that are missing."""

import datetime

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import arraystow
from arraystow import errors


def attrs_of(storage, **attrs):
    storage.save("x", {"a": xr.Variable("x", [1, 2], attrs)})
    return storage.load("x")["a"].attrs


def test_attributes_come_back(storage):
    day = np.datetime64("2026-01-02", "ns")
    assert attrs_of(
        storage,
        days=np.array([day, day]),
        day=day,
        date=datetime.date(2026, 1, 2),
        large=np.uint64(2**63 - 1),
        single=np.float32(0.5),
        mixed=[1, 2.5],
        flags=[np.True_, False],
        none=None,
        nan=np.nan,
        nat=np.datetime64("NaT"),
    ) == {
        "days": ["2026-01-02T00:00:00.000000000"] * 2,
        "day": "2026-01-02T00:00:00.000000000",
        "date": "2026-01-02",
        "large": 2**63 - 1,
        "single": 0.5,
        "mixed": [1.0, 2.5],
        "flags": [1, 0],
    }


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (np.uint64(2**63), OverflowError, "more than 64 bits"),
        ([1, 2**70], OverflowError, "more than 64 bits"),
        (np.array([2**64 - 1], "u8"), OverflowError, "more than 64 bits"),
        (np.inf, ValueError, "is infinite"),
        (-np.float32(np.inf), ValueError, "is infinite"),
        ([1.0, np.nan], ValueError, "NaN in a list"),
        (np.timedelta64(5, "ns"), TypeError, "timedelta64"),
        (1j, TypeError, "complex"),
    ],
    ids=str,
)
def test_an_attribute_that_cannot_be_stored_is_an_error_with_its_path(storage, value, kind, text):
    with pytest.raises(kind, match=rf"^a: the attribute 'odd' .*{text}"):
        attrs_of(storage, odd=value)
    data = xr.Dataset({"v": ("x", [1, 2], {"odd": value})})
    with pytest.raises(kind, match=r"^deep\.v: the attribute 'odd' "):
        storage.save("x", {"deep": data})
    with pytest.raises(kind, match="^the attribute 'odd' "):
        arraystow.pending((3,), "f4", attrs={"odd": value})
    assert not storage.exists()


def test_attributes_of_pending_arrays_and_of_datasets_are_like_those_of_others(storage):
    day = np.datetime64("2026-01-02", "ns")
    pending = arraystow.pending((3,), "f4", attrs={"day": day, "nan": np.nan, "count": np.int16(3)})
    assert pending.attrs == {"day": "2026-01-02T00:00:00.000000000", "count": 3}
    storage.save("x", xr.Dataset({"v": ("x", [1, 2])}, attrs={"day": day, "days": np.array([day])}))
    text = "2026-01-02T00:00:00.000000000"
    assert storage.load("x")["attrs"] == {"day": text, "days": [text]}


def test_missing_elements_of_rust_are_nan_in_xarray(storage, helper):
    helper("save", storage.place)
    loaded = storage.load("missing")
    assert (loaded["depth"].fill, loaded["air"].fill, loaded["plain"].fill) == (np.int16(-1), np.float32(-9999), None)
    assert loaded["depth"].compute().tolist() == [12, -1, 7] and loaded["depth"].lazy(slice(1, 2)).fill == -1
    opened = xr.open_dataset(storage, engine="arraystow", name="missing")
    assert "LazilyIndexedArray" in repr(opened["air"].variable._data), "opening has read elements"
    assert float(opened["air"].mean()) == 2.0 and float(opened["depth"].mean()) == 9.5
    assert opened["depth"].encoding["_FillValue"] == -1 and "_FillValue" not in opened["depth"].attrs
    assert opened["plain"].dtype == "i2"
    chunked = xr.open_dataset(storage, engine="arraystow", name="missing", chunks={})
    assert float(chunked["air"].mean()) == 2.0
    raw = xr.open_dataset(storage, engine="arraystow", name="missing", mask_and_scale=False)
    assert raw["depth"].values.tolist() == [12, -1, 7] and raw["depth"].attrs["_FillValue"] == -1
    # What was opened keeps what is missing when it is saved: as NaN, or as the number.
    for opened, wanted in [(opened, [12, None, 7]), (raw, [12, None, 7])]:
        storage.save("again", opened[["depth"]])
        again = xr.open_dataset(storage, engine="arraystow", name="again")
        assert again["depth"].isnull().values.tolist() == [False, True, False]
    assert storage.load("again")["depth"].fill == -1


def test_a_fill_value_of_xarray_is_one_of_the_array(storage, helper):
    array = xr.Variable("x", np.array([1, -5, 3], "i2"), {"_FillValue": -5, "units": "m"})
    lazy = xr.Variable("x", da.from_array(np.array([1.0, -9.0], "f4"), chunks=1), {"_FillValue": np.float64(-9)})
    encoded = xr.DataArray(np.array([1.0, np.nan]), dims="x")
    encoded.encoding["_FillValue"] = -9.0
    storage.save("x", {"array": array, "lazy": lazy, "encoded": encoded})
    loaded = storage.load("x")
    assert loaded["array"].fill == -5 and loaded["array"].attrs == {"units": "m"}
    assert loaded["lazy"].fill == -9 and np.isnan(loaded["encoded"].fill)
    array = loaded["array"].to_xarray()
    assert array.attrs == {"units": "m", "_FillValue": -5}
    storage.save("y", array)
    assert storage.load("y").fill == -5
    assert helper("load", storage.place, "y", "optional")["elements"] == ["Some(1)", "None", "Some(3)"]
    for wrong in (1e20, 0.5, "a", [1, 2]):
        with pytest.raises(TypeError, match="^a: .* is no fill value of an array of int16"):
            storage.save("x", {"a": xr.Variable("x", np.array([1], "i2"), {"_FillValue": wrong})})
    with pytest.raises(errors.InvalidInputError, match="_FillValue"):
        storage.save("x", {"a": xr.Variable("x", np.array(["a"]), {"_FillValue": ""})})


def test_scaled_numbers_and_times_of_cf_are_decoded_by_choice(storage):
    packed = xr.Variable("x", np.array([10, 20], "i2"), {"scale_factor": 0.5, "add_offset": 1.0})
    times = xr.Variable("x", np.array([0, 36], "i4"), {"units": "hours since 2026-01-01"})
    storage.save("x", {"packed": packed, "times": times, "spans": xr.Variable("x", [1, 2], {"units": "days"})})
    opened = xr.open_dataset(storage, engine="arraystow")
    assert opened["packed"].values.tolist() == [6.0, 11.0] and opened["spans"].dtype.kind == "i"
    assert opened["times"].values.astype("M8[h]").astype(str).tolist() == ["2026-01-01T00", "2026-01-02T12"]
    raw = xr.open_dataset(storage, engine="arraystow", decode_cf=False)
    assert raw["packed"].values.tolist() == [10, 20] and raw["times"].values.tolist() == [0, 36]
    half = xr.open_dataset(storage, engine="arraystow", mask_and_scale={"packed": False}, decode_times=False)
    assert half["packed"].values.tolist() == [10, 20] and half["times"].values.tolist() == [0, 36]
