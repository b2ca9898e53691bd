"""What Python objects are saved as."""

import datetime

import numpy as np
import pytest
import xarray as xr


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({datetime.date(2026, 1, 1): 1, "2026-01-01": 2}, r"keys datetime.date\(2026, 1, 1\) and '2026-01-01'"),
        ({(1, 2): 1, frozenset([1, 2]): 2}, r"keys \(1, 2\) and frozenset"),
        (xr.Dataset({1: ("x", [1]), "1": ("x", [2])}), "variables 1 and '1'"),
        (xr.Dataset({"a": ("x", [1])}, attrs={1: 1, "1": 2}), "attributes 1 and '1'"),
        (xr.Variable("x", [1], {1: 1, "1": 2}), "attributes 1 and '1'"),
        (xr.DataArray([1, 2], {"1": ("x", [3, 4])}, "x", name=1), "variables '1' and 1"),
        (xr.DataTree.from_dict({"/": xr.Dataset({1: ("x", [1]), "1": ("x", [2])})}), "variables 1 and '1'"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_keys_that_become_equal_are_refused_with_their_path(storage, value, text):
    """One of them was lost."""
    with pytest.raises(ValueError, match=rf"^deep\[0\]: the {text}.* are both saved as"):
        storage.save("x", {"deep": [value]})
    with pytest.raises(ValueError, match=rf"^the value: the {text}"):
        storage.save("x", value)
    assert "x" not in storage


def test_keys_that_only_look_alike_stay(storage):
    value = {b"a": 1, "a": 2, ("a",): 3, (("a",),): 4, np.str_("b"): 5, 1: 6, "1": 7}
    storage.save("x", value)
    assert storage.load("x") == value
