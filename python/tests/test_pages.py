"""The Python code of the pages runs as it is printed."""

import json
import pathlib
import re

import dask.array
import functionfuse_double
import numpy as np
import pandas
import pytest
import xarray

import arraystow

ROOT = pathlib.Path(__file__).parent.parent.parent


def blocks(page):
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(), re.DOTALL)


def run(page, names):
    found = blocks(page)
    assert found
    for number, block in enumerate(found):
        exec(compile(block, f"{page}, block {number}", "exec"), names)
    return names


@pytest.fixture
def results(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return arraystow.Storage("results")


def test_rust_and_python(results):
    height = np.ones((300, 400), "f4")
    labelled = xarray.DataArray(height, dims=["y", "x"], attrs={"units": "m"})
    results.save("global/survey", {"name": "north", "spacing": 0.25, "height": labelled})
    names = run("docs/rust-and-python.md", {})
    np.testing.assert_array_equal(names["tile"], height[100:200, ::2])
    loaded = results.load("global/smooth", as_=names["Survey"])
    assert (loaded.name, loaded.spacing) == ("north", 0.25)
    np.testing.assert_array_equal(loaded.height, np.ones((300, 400)))
    anomaly = results.load("global/anomaly")["height"]
    assert anomaly.dims == ("y", "x")
    np.testing.assert_array_equal(anomaly, np.zeros((300, 400)))


def test_the_first_page(results):
    def compute(region):
        return np.ones([part.stop - part.start for part in region], "f4")

    for seed in range(3):
        results.save(f"runs/{seed}", {"params": {"alpha": 0.2 * seed}, "scheme": "heun", "seed": seed})
    names = run("python/README.md", {"pandas": pandas, "compute": compute})
    assert list(names["table"]["seed"]) == [2]
    np.testing.assert_array_equal(results.load("global/survey")["height"], np.ones((3000, 4000), "f4"))


def test_start(tmp_path, monkeypatch, capsys):
    """The other programs read what the program of the page has saved."""
    monkeypatch.chdir(tmp_path)
    ramp = dask.array.broadcast_to(dask.array.arange(2000, dtype="f4", chunks=250)[:, None], (2000, 2000), chunks=250)
    for name, array_format in {"ramp": "hdf5", "without-cmake": "zarr"}.items():
        storage = arraystow.Storage("surveys", array_format=array_format)
        storage.save(name, {"name": "a ramp", "height": ramp})
        (array,) = storage.info(name)["arrays"]
        assert len(storage.load(name)["height"].chunks[0]) == 8 and array["format"].startswith(array_format)
    run("docs/start.md", {})
    assert capsys.readouterr().out == "[1000. 1001. 1002.]\n" * 2


def test_labels(results):
    zarr = arraystow.Storage("results", array_format="zarr")
    air = xarray.DataArray(np.ones((4, 3), "f4"), dims=["time", "lat"], attrs={"units": "K"})
    zarr.save("climate", {"air": air, "deep": [{"lat": xarray.DataArray([1.0, 2.0, 3.0], dims=["lat"])}]})
    zarr.save("longer", {"air": xarray.DataArray(np.ones((7, 3), "f4"), dims=["time", "lat"])})
    dataset = run("docs/labels.md", {"xarray": xarray})["dataset"]
    assert set(dataset.variables) == {"air", "deep[0].lat"} and dataset["air"].dims == ("time", "lat")
    assert dataset["air"].attrs["units"] == "K" and float(dataset["air"].sum()) == 12


def test_coming_from(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    storage = functionfuse_double.FileStorage(str(tmp_path))
    names = {"np": np, "json": json, "name": "north", "spacing": 0.25, "storage": storage}
    run("docs/coming-from.md", names | {"height": np.ones((3, 4)), "land": np.zeros((3, 4), bool)})
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["height.npy", "land.npy", "survey.json"]
    storage.save("workflow", "task", {"field": dask.array.ones((10, 10), chunks=5)})
    assert isinstance(storage.read_task("workflow", "task")["field"], dask.array.Array)
    # And what the page says of the package.
    own = arraystow.Storage(tmp_path / "own")
    own.save("north", {"name": names["name"], "height": np.ones((3, 4))})
    assert own.load("north")["height"].shape == (3, 4)
