"""What Python objects are saved as."""

import dataclasses
import datetime
import enum
import pathlib
import uuid

import numpy as np
import pandas
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


class Colour(enum.Enum):
    RED = "red"
    OTHER = object()
    BLUE = (0, 0, 255)
    SINCE = datetime.date(2026, 1, 1)


class Access(enum.Flag):
    READ = 1
    WRITE = 2


@dataclasses.dataclass
class Run:
    day: datetime.date
    at: datetime.datetime
    noon: datetime.time
    folder: pathlib.Path
    id: uuid.UUID
    colour: Colour
    access: Access
    ends: datetime.datetime | None
    days: list[datetime.date]
    counts: dict[datetime.date, int]
    colours: dict[Colour, pathlib.PurePosixPath]
    either: list[datetime.datetime | datetime.date | uuid.UUID | pathlib.Path | int]


def run():
    day, zone = datetime.date(2026, 1, 2), datetime.timezone(datetime.timedelta(hours=2))
    at, id = datetime.datetime(2026, 1, 2, 3, 4, 5, 678, zone), uuid.UUID(int=7)
    path = pathlib.PurePosixPath("a/b")
    return Run(
        day, at, datetime.time(12, 30), pathlib.Path("/data/x"), id, Colour.BLUE, Access.READ | Access.WRITE, None, [day],
        {day: 1}, {Colour.SINCE: path, Colour.BLUE: path}, [day, at, id, pathlib.Path("/x"), 5],
    )


def test_objects_that_are_saved_as_texts_and_values_come_back(storage):
    storage.save("x", run())
    found = storage.load("x", as_=Run)
    assert found == run() and type(found.day) is datetime.date and type(found.either[0]) is datetime.date
    plain = storage.load("x")
    assert (plain["day"], plain["folder"], plain["colour"]) == ("2026-01-02", "/data/x", [0, 0, 255])
    assert plain["id"] == "00000000-0000-0000-0000-000000000007" and plain["access"] == 3


@pytest.mark.parametrize(
    ("field", "wrong", "text"),
    [
        ("day", "2026-13-01", r"day: '2026-13-01' is no date"),
        ("id", "7", "id: '7' is no UUID"),
        ("colour", "green", "colour: 'green' is not a valid Colour"),
        ("days", ["2026-01-01", "soon"], r"days\[1\]: 'soon' is no date"),
        ("counts", {"soon": 1}, r"counts\.soon: 'soon' is no date"),
    ],
)
def test_a_text_that_is_no_such_object_is_an_error_with_its_path(storage, field, wrong, text):
    storage.save("x", {**dataclasses.asdict(run()), field: wrong})
    with pytest.raises(TypeError, match=f"^{text}"):
        storage.load("x", as_=Run)


def test_rust_has_types_for_dates(storage, helper):
    at = datetime.datetime(2026, 1, 2, 3, 4, 5, 600)
    instant = at.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    storage.save("x", {"day": at.date(), "at": at, "time": at.time(), "instant": instant})
    found = helper("load", storage.place, "x", "dated")
    assert found["instant"] == "2026-01-02T01:04:05.0006Z"
    helper("echo", storage.place, "x")
    storage.save("rust", found)

    @dataclasses.dataclass
    class Dated:
        day: datetime.date
        at: datetime.datetime
        time: datetime.time
        instant: datetime.datetime

    for name in ("x", "x.again", "rust"):
        assert storage.load(name, as_=Dated) == Dated(at.date(), at, at.time(), instant), name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime.timedelta(1), "a: .*timedelta cannot be saved: save its total_seconds"),
        (1j, "a: .*complex cannot be saved: save np.complex128"),
        (object(), "a: .*object cannot be saved: save a dict"),
        (pandas.DataFrame({"n": [1]}), r"a: .*DataFrame cannot be saved: save its to_xarray\(\)"),
        (pandas.Series([1]), r"a: .*Series cannot be saved: save its to_xarray\(\)"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_cannot_be_saved_is_an_error_that_says_what_to_do(storage, value, text):
    with pytest.raises(TypeError, match=text):
        storage.save("x", {"a": value})


def test_what_errors_advise_can_be_saved(storage):
    storage.save("x", [np.timedelta64(datetime.timedelta(1)), np.complex128(1j)])
    assert [one.compute()[()] for one in storage.load("x")] == [datetime.timedelta(1), 1j]


def test_tables_of_pandas_are_saved_through_xarray(storage):
    days = pandas.date_range("2026-01-01", periods=3, name="day", unit="ns")
    table = pandas.DataFrame({"kelvin": [1.5, np.nan, 3], "count": [1, 2, 3], "station": ["a", "ü", ""]}, days)
    storage.save("x", table.to_xarray())
    found = xr.open_dataset(storage.place, engine="arraystow", name="x").to_dataframe()
    pandas.testing.assert_frame_equal(found, table, check_dtype=False, check_freq=False)
    assert found["count"].dtype == "int64" and found.index.dtype == days.dtype
