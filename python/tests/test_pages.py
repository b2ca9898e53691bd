"""The Python code of the pages runs as it is printed."""

import pathlib
import re

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
