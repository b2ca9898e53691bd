"""xarray: coordinates and groups come back as they were saved, and lazily."""

import os
import pickle

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import arraystow


def curvilinear():
    """A dataset with coordinates of every kind."""
    y, x = np.meshgrid(np.arange(4.0), np.arange(6.0), indexing="ij")
    return xr.Dataset(
        {
            "air": (("time", "y", "x"), da.arange(48, chunks=12).reshape(2, 4, 6).rechunk((1, 4, 3)), {"units": "K"}),
            "area": (("y", "x"), np.ones((4, 6), "f4")),
            "run": ((), 7),
        },
        coords={
            "time": np.array(["2026-01-01", "2026-01-02"], "M8[ns]"),
            "lat": (("y", "x"), y, {"units": "degrees_north"}),
            "lon": (("y", "x"), x),
            "level": 850.0,
            "season": ("time", ["winter", "spring"]),
            "a name": ("x", np.arange(6)),
            "station": ("place", [3, 4, 5]),
        },
        attrs={"title": "a grid", "range": np.array([0.5, 1.5]), "flags": [1, 2]},
    )


def is_lazy(variable):
    return "LazilyIndexedArray" in repr(variable.variable._data)


def test_every_coordinate_comes_back_as_one(storage):
    wanted = curvilinear()
    storage.save("x", wanted)
    opened = xr.open_dataset(storage, engine="arraystow")
    xr.testing.assert_identical(opened.compute(), wanted.compute())
    opened = xr.open_dataset(storage, engine="arraystow")
    assert set(opened.coords) == set(wanted.coords) and opened.attrs["flags"] == [1, 2]
    assert is_lazy(opened.lat) and is_lazy(opened.air), "opening has read elements"
    chunked = xr.open_dataset(storage, engine="arraystow", chunks={})
    assert chunked.air.chunks == wanted.air.chunks and chunked.lat.chunks == ((4,), (6,))
    storage.save("x", opened)
    xr.testing.assert_identical(xr.open_dataset(storage, engine="arraystow").compute(), wanted.compute())
    without = xr.open_dataset(storage, engine="arraystow", drop_variables=["lat", "area"])
    assert "lat" not in without and "lon" in without


def test_coordinates_are_those_that_cf_names(storage):
    storage.save("x", curvilinear())
    loaded = storage.load("x")
    assert loaded["area"].attrs == {"coordinates": "lat lon level"}
    assert loaded["air"].attrs["coordinates"] == "lat lon level season" and loaded["lat"].attrs == {"units": "degrees_north"}
    assert loaded["attrs"]["coordinates"] == ["a name", "station"]
    # As another program describes its arrays.
    named = xr.Variable("x", [1, 2], {"coordinates": "places missing"})
    storage.save("x", {"values": named, "places": xr.Variable("x", [5, 6])})
    opened = xr.open_dataset(storage, engine="arraystow")
    assert not opened.coords and opened["values"].attrs == {"coordinates": "places missing"}
    with pytest.raises(TypeError, match="the attribute 'coordinates'"):
        storage.save("x", xr.Dataset(coords={"a": 1}, attrs={"coordinates": "b"}))


def test_an_array_with_coordinates_comes_back(storage):
    wanted = curvilinear().air
    storage.save("x", wanted)
    opened = xr.open_dataset(storage, engine="arraystow")
    xr.testing.assert_identical(opened["air"].compute(), wanted.compute())


def test_an_array_of_rust_that_is_named_as_an_axis_is_a_coordinate(storage):
    height = xr.Variable(("lat", "lon"), np.zeros((3, 4)))
    storage.save("x", {"lat": np.arange(3.0), "lon": np.arange(5.0), "height": height})
    opened = xr.open_dataset(storage, engine="arraystow")
    assert set(opened.coords) == {"lat", "lon"} and opened.lat.dims == ("lat",)
    assert opened.lon.dims == ("lon_0",), "its length is not that of the axis"
    np.testing.assert_array_equal(opened.height.sel(lat=1.0), np.zeros(4))


def tree():
    whole = curvilinear()
    return xr.DataTree.from_dict(
        {
            "/": xr.Dataset(coords={"time": whole.time}, attrs={"title": "a tree"}),
            "/model": whole[["air"]].drop_vars("time"),
            "/model/inner": xr.Dataset({"flag": ("place", [True, False])}, attrs={"kind": "flags"}),
            "/empty": xr.Dataset(),
            "/described": xr.Dataset(attrs={"a": 1}),
        }
    )


def test_trees_come_back_with_their_groups(storage):
    wanted = tree()
    storage.save("survey", wanted)
    with xr.open_datatree(storage, engine="arraystow", name="survey") as opened:
        assert [node.path for node in opened.subtree] == [node.path for node in wanted.subtree]
        assert is_lazy(opened["model/air"]), "opening has read elements"
        xr.testing.assert_identical(opened.compute(), wanted.compute())
        assert "time" in opened["model"].coords, "coordinates are those of the groups above too"
    chunked = xr.open_datatree(storage.place, engine="arraystow", chunks={})
    assert chunked["model/air"].chunks == wanted["model/air"].chunks
    groups = xr.open_groups(storage, engine="arraystow")
    assert set(groups) == {"/", "/model", "/model/inner", "/empty", "/described"}
    storage.save("survey", opened)
    xr.testing.assert_identical(xr.open_datatree(storage, engine="arraystow").compute(), wanted.compute())


def test_groups_of_any_value_are_its_dicts_with_arrays(storage):
    one = {"field": np.zeros((70, 60)), "step": 3}
    storage.save("x", {"name": "a run", "runs": [one, {"field": np.ones(4)}], "grid": {"parts": [np.ones(3)], "tags": {"a": 1}}, "cells": np.ones(2)})
    opened = xr.open_datatree(storage, engine="arraystow")
    assert {node.path for node in opened.subtree} == {"/", "/runs[0]", "/runs[1]", "/grid"}
    assert opened.attrs == {"name": "a run"} and opened["runs[0]"].attrs == {"step": 3}
    assert list(opened["grid"].data_vars) == ["parts[0]"] and opened["runs[0]/field"].shape == (70, 60)
    assert opened["cells"].sum() == 2
    storage.save("x", np.arange(3))
    assert xr.open_datatree(storage, engine="arraystow")["values"].shape == (3,)
    storage.save("x", {"a": {"b/c": np.ones(3)}})
    with pytest.raises(ValueError, match="/a: .*'b/c'"):
        xr.open_datatree(storage, engine="arraystow")
    assert set(xr.open_dataset(storage, engine="arraystow")) == {"a.b/c"}
    storage.save("x", {1: np.ones(3), "1": np.ones(4)})
    with pytest.raises(ValueError, match="same name"):
        xr.open_dataset(storage, engine="arraystow")


def test_groups_with_axes_of_other_lengths_open_one_by_one(storage):
    storage.save("x", {"lat": np.arange(3.0), "a": xr.Variable("lat", np.ones(3)), "deep": {"b": xr.DataArray([1, 2], {"lat": [5, 6]}, "lat", name="b")}})
    with pytest.raises(ValueError, match="not aligned"):
        xr.open_datatree(storage, engine="arraystow")
    groups = xr.open_groups(storage, engine="arraystow")
    assert {path: dict(group.sizes) for path, group in groups.items()} == {"/": {"lat": 3}, "/deep": {}, "/deep/b": {"lat": 2}}


def test_a_storage_in_a_store_opens_as_a_tree(s3):
    place = {name: value for name, value in s3.items()}
    arraystow.Storage("s3://bucket/tree", **place).save("survey", tree())
    opened = xr.open_datatree("s3://bucket/tree", engine="arraystow", storage_options=place)
    xr.testing.assert_identical(opened.compute(), tree().compute())


def test_chunks_of_other_elements_have_other_names(storage):
    """xarray names arrays of dask by what is opened: two saves, or two groups, had the same names."""

    def opened(**options):
        return xr.open_dataset(storage.place, engine="arraystow", name="x", chunks={}, **options)["a"]

    storage.save("x", {"a": np.zeros(5)})
    before, same = opened(), opened()
    assert before.data.name == same.data.name, "the same elements have the same name"
    # The time of the folder is no part of the test.
    times = os.stat(storage.place)
    storage.save("x", {"a": np.ones(5)})
    os.utime(storage.place, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = opened()
    assert after.data.name != before.data.name and type(after.variable) is xr.Variable
    storage.save("x", {"a": np.zeros(5), "b": {"a": np.ones(5)}, "runs": [{"a": np.full(5, 2.0)}, {"a": np.full(5, 3.0)}]})
    groups = xr.open_groups(storage.place, engine="arraystow", name="x", chunks={})
    names = [groups[path]["a"].data.name for path in ("/", "/b", "/runs[0]", "/runs[1]")]
    assert len(set(names)) == 4
    difference = groups["/runs[1]"]["a"] - groups["/runs[0]"]["a"]
    np.testing.assert_array_equal(difference.compute(), np.ones(5))


def test_a_variable_that_was_opened_is_one_of_xarray(storage):
    storage.save("x", {"a": xr.Variable(("y", "x"), np.arange(12.0).reshape(3, 4), {"units": "m"}), "b": np.arange(3)})
    opened = xr.open_dataset(storage, engine="arraystow")
    again = pickle.loads(pickle.dumps(opened))
    xr.testing.assert_identical(again.compute(), opened.compute())
    assert type((opened.a + 1).variable) is xr.Variable and type(opened.a.mean("x").variable) is xr.Variable
    xr.testing.assert_identical(opened.a.chunk(x=2).compute(), opened.a.compute())
    joined = xr.concat([opened.a, opened.a], "x")
    assert joined.shape == (3, 8) and opened.a.variable.chunk({"x": 2}).chunks == ((3,), (2, 2))
    np.testing.assert_array_equal(opened.a.chunk(x=2).T.values, np.arange(12.0).reshape(3, 4).T)


def test_axes_of_elements_are_the_last_ones(storage, helper):
    helper("save", storage.place)
    array = storage.load("missing")["vectors"]
    wanted = np.array([[[i, j, 9] for j in range(2)] for i in range(4)], "f4")
    assert array.shape == (4, 2)
    np.testing.assert_array_equal(array.compute(), wanted)
    made = array.to_dask()
    assert (made.shape, made.dtype, made.chunks) == ((4, 2, 3), np.dtype("f4"), ((2, 2), (2,), (3,)))
    np.testing.assert_array_equal(made, wanted)
    np.testing.assert_array_equal(made[1:3, 0, ::2], wanted[1:3, 0, ::2])
    assert array.to_xarray().dims == ("y", "x", "dim_2")
    opened = xr.open_dataset(storage, engine="arraystow", name="missing")["vectors"]
    assert opened.dims == ("y", "x", "vectors_2")
    np.testing.assert_array_equal(opened, wanted)
    np.testing.assert_array_equal(opened.isel(y=2, vectors_2=[2, 0]), wanted[2][:, [2, 0]])
    np.testing.assert_array_equal(xr.open_dataset(storage, engine="arraystow", name="missing", chunks={})["vectors"], wanted)


def test_a_folder_of_another_program_is_not_searched(tmp_path, monkeypatch):
    from arraystow import _guess
    from arraystow._xarray import ArraystowBackend

    guess = ArraystowBackend().guess_can_open
    read = []
    is_document = _guess._is_document
    monkeypatch.setattr(_guess, "_is_document", lambda path: read.append(path) or is_document(path))
    for n in range(300):
        (tmp_path / f"{n}").mkdir()
        (tmp_path / f"{n}" / "file").write_text("text")
        (tmp_path / f"file{n}").write_text("text")
    assert not guess(tmp_path) and len(read) <= 120
    zarr = tmp_path / "zarr"
    arraystow.Storage(zarr).save("x", np.ones(5))
    assert guess(zarr)
    (zarr / "zarr.json").write_text("{}")
    assert not guess(zarr), "a group of Zarr"
    deep = arraystow.Storage(tmp_path / "deep")
    deep.save("a/b/c", 1)
    assert guess(deep.place) and guess(str(deep.place)) and guess(deep)
    for format in ("json", "pickle"):
        arraystow.Storage(tmp_path / format, format=format).save("x", 1)
        assert guess(tmp_path / format), format
    assert not guess(tmp_path / "nothing") and not guess("http://localhost/x") and not guess(5)
