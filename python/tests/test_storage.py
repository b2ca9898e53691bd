"""Values and storages: what Rust saved, what Python saves, errors, versions."""

import asyncio
import dataclasses
import datetime
import enum
import io
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import typing

import attrs
import numpy as np
import pydantic
import pytest
import rich.console
import rich.progress

import arraystow
from arraystow import errors


def test_what_rust_saved_loads_without_its_types(storage, helper):
    helper("save", storage.place)
    survey = storage.load("survey")
    assert survey["name"] == "north" and survey["count"] == 2**64 - 1 and survey["spacing"] == 0.25
    assert survey["note"] is None and survey["method"] == {"Approximate": {"tolerance": 0.5}}
    assert survey["tags"] == {"a": -1, "b": 2}
    height = survey["height"]
    assert isinstance(height, arraystow.Array)
    assert (height.shape, height.dtype, height.chunks) == ((30, 20), np.dtype("f4"), ((10, 10, 10), (20,)))
    assert (height.dims, height.attrs, height.path) == (("lat", "lon"), {"units": "m"}, "height")
    np.testing.assert_array_equal(height, np.arange(600, dtype="f4").reshape(30, 20))
    assert survey["small"].tolist() == [1, -2, 3]
    np.testing.assert_array_equal(survey["plain"], np.arange(1200, dtype="f8").reshape(40, 30))
    assert survey["complex"].compute().tolist() == [complex(i, -i) for i in range(7)]
    assert survey["texts"].compute().tolist() == ["", "ü", "a long string"]
    readings = survey["readings"].compute()
    assert readings.dtype == np.dtype([("time", "<i8"), ("value", "<f4"), ("name", "S8")])
    assert readings["time"].tolist() == list(range(5)) and set(readings["name"]) == {b"name"}
    first, second = storage.load("shared")
    assert first == [1, "shared"] and first is second
    assert storage.load("plain") == [1, 2.5, "text", list(b"bytes"), None, [True, False]]


def test_what_rust_shares_is_shared_no_more_after_a_save_of_python(storage, helper):
    """Its own type refuses it then, and a type that shares nothing loads it."""
    helper("save", storage.place)
    assert helper("load", storage.place, "shared", "shared") is True
    storage.update("shared", lambda value: value)
    assert storage.load("shared") == [[1, "shared"], [1, "shared"]] == helper("load", storage.place, "shared", "pair")
    with pytest.raises(AssertionError, match="shared"):
        helper("load", storage.place, "shared", "shared")


def test_what_only_rust_can_save_is_an_error_with_its_path(storage, helper):
    helper("save", storage.place)
    assert storage.load("records")["stations"][0] == {"name": "one", "height": 0.5}
    with pytest.raises(TypeError, match="^stations: .*objects.*'one'.* is none"):
        storage.update("records", lambda value: value)
    with pytest.raises(TypeError, match=r"^a\[0\]: .*External cannot be saved: only the Rust program .*copy\(\)"):
        storage.save("x", {"a": [arraystow.External("Model", "a[0]")]})


def test_what_python_saves_loads_in_rust_with_its_types(storage, helper):
    records = np.zeros(5, [("time", "<i8"), ("value", "<f4"), ("name", "S8")])
    records["time"], records["name"] = np.arange(5), b"name"
    value = {
        "name": "south",
        "count": 2**64 - 1,
        "spacing": np.float32(0.1),
        "note": "a note",
        "method": "Exact",
        "tags": {"x": 1},
        "height": np.arange(6, dtype=">f4").reshape(2, 3)[:, ::-1],
        "small": np.array([7], "i2"),
        "plain": np.ones((40, 30)),
        "complex": np.array([1 + 2j]),
        "texts": np.array(["a", "日本"]),
        "readings": records,
    }
    report = storage.save("mine", value)
    assert report["arrays_written"] == 6
    loaded = helper("load", storage.place, "mine", "survey")
    assert (loaded["name"], loaded["count"], loaded["note"], loaded["tolerance"]) == ("south", 2**64 - 1, "a note", None)
    assert np.float32(loaded["spacing"]) == np.float32(0.1)
    assert loaded["height"]["elements"] == ["2.0", "1.0", "0.0", "5.0", "4.0", "3.0"]
    assert loaded["small"] == [7] and loaded["plain"] == 1200.0
    assert loaded["texts"]["elements"] == ['"a"', '"日本"']
    assert "time: 4" in loaded["readings"]["elements"][4]


class Colour(enum.IntEnum):
    RED = 3


class Point(typing.NamedTuple):
    x: int
    y: float


@dataclasses.dataclass
class Inner:
    values: np.ndarray
    label: str = "none"


@dataclasses.dataclass
class Outer:
    inner: list[Inner]
    best: Inner | None = None
    extent: tuple[int, ...] = ()


def test_objects_of_python_are_saved(storage):
    value = [Colour.RED, Point(1, 2.5), (1, 2), {3}, bytearray(b"x"), datetime.date(2026, 1, 2), np.int8(-3), np.True_, 2**127 - 1]
    storage.save("objects", value)
    assert storage.load("objects") == [3, {"x": 1, "y": 2.5}, [1, 2], [3], b"x", "2026-01-02", -3, True, 2**127 - 1]
    storage.save("keys", {1: "a", (1, 2): "b", None: "c", "k": math.inf})
    assert storage.load("keys") == {1: "a", (1, 2): "b", None: "c", "k": math.inf}


def test_values_become_dataclasses_and_models(storage):
    outer = Outer([Inner(np.arange(3)), Inner(np.arange(4), "b")], Inner(np.zeros(2)), (1, 2))
    storage.save("outer", outer)
    loaded = storage.load("outer", as_=Outer)
    assert isinstance(loaded, Outer) and loaded.inner[1].label == "b" and loaded.extent == (1, 2)
    assert isinstance(loaded.best, Inner) and np.asarray(loaded.inner[1].values).tolist() == [0, 1, 2, 3]
    storage.save("wrong", {"inner": [{"label": "x"}]})
    with pytest.raises(TypeError, match=r"inner\[0\].values"):
        storage.load("wrong", as_=Outer)

    class Model(pydantic.BaseModel):
        name: str
        size: int = 1

    assert storage.save("model", Model(name="m", size=3)) and storage.load("model", as_=Model) == Model(name="m", size=3)

    @attrs.define
    class Attrs:
        name: str
        size: int = 1

    @attrs.define
    class Private:
        _p: int
        public: int = 2

    storage.save("private", Private(7))
    assert storage.load("private", as_=Private) == Private(7)
    storage.save("attrs", Attrs("a"))
    assert storage.load("attrs", as_=Attrs) == Attrs("a")


def test_what_cannot_be_saved_is_an_error_with_its_path(storage):
    with pytest.raises(TypeError, match=r"runs\[1\].f: an object of the type"):
        storage.save("x", {"runs": [0, {"f": object()}]})
    with pytest.raises(TypeError, match="a: .*datetime64"):
        storage.save("x", {"a": np.array(["2026"], "M8[D]")})
    with pytest.raises(TypeError, match="a: .*masked"):
        storage.save("x", {"a": np.ma.array([1, 2], mask=[False, True])})
    records = np.ma.zeros(2, [("a", "i4"), ("b", "f8")])
    records["b"][1] = np.ma.masked
    with pytest.raises(TypeError, match="masked"):
        storage.save("x", records)
    with pytest.raises(OverflowError, match="a: an integer of more than 128 bits"):
        storage.save("x", {"a": 2**200})
    circle = []
    circle.append(circle)
    with pytest.raises(ValueError, match="contains itself"):
        storage.save("x", circle)
    deep = []
    for _ in range(600):
        deep = [deep]
    with pytest.raises(RecursionError, match=r"^runs(\[0\])+\.\.\.[\[0\]]+: the value is nested"):
        storage.save("x", {"runs": deep})
    for wrong in ({"a": ["b\ud800"]}, {"a": [{"k\ud800": 1}]}):
        with pytest.raises(ValueError, match=r"^a\[0\]: .*surrogates not allowed"):
            storage.save("x", wrong)
    with pytest.raises(ValueError, match="^a: .*surrogates not allowed"):
        storage.save("x", {"a": np.array(["b\ud800"], object)})
    assert not storage.exists()


def test_errors_have_kind_place_and_class(storage):
    with pytest.raises(errors.NotFoundError) as caught:
        storage.load("nothing")
    assert (caught.value.kind, caught.value.document) == ("not_found", "nothing") and isinstance(caught.value, LookupError)
    with pytest.raises(errors.InvalidNameError):
        storage.save("a//b", 1)
    with pytest.raises(errors.InvalidInputError, match="did you mean"):
        arraystow.Storage("s3://bucket/x", aws_endpiont="http://x")
    with pytest.raises(ValueError, match="zarr_version"):
        arraystow.Storage(storage.place, zarr_version=7)
    storage.create("x", 1)
    with pytest.raises(errors.AlreadyExistsError):
        storage.create("x", 2)
    storage.save("a", {"height": np.ones(10_000)})
    with pytest.raises(errors.NotFoundError, match="height"):
        storage.array("a", "hight")
    gone = storage.load("a")["height"]
    storage.remove("a")
    with pytest.raises(errors.GoneError) as caught:
        gone.compute()
    assert (caught.value.path, caught.value.document) == ("height", "a")


def test_versions_guard_saves(storage):
    storage.save("x", 1)
    value, version = storage.load_versioned("x")
    storage.save("x", 2, version=version)
    with pytest.raises(errors.ConflictError):
        storage.save("x", 3, version=version)
    for wrong in ("", "replace", "create"):
        with pytest.raises(ValueError, match="no version"):
            storage.save("x", 3, version=wrong)
    storage.save("n", {"count": 0})

    def add(value):
        value["count"] += 1

    threads = [threading.Thread(target=storage.update, args=("n", add)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert storage.load("n") == {"count": 4}


def test_a_storage_is_listed_copied_verified_and_swept(storage, tmp_path):
    assert not storage.exists() and storage.list() == []
    storage.save("a/x", np.ones(10_000))
    storage.save("b", 1)
    assert storage.list() == ["a/x", "b"] and storage.list("a/*") == ["a/x"] and "b" in storage and "c" not in storage
    info = storage.info("a/x")
    assert storage.rename("b", "c")["bytes_written"] == 0 and storage.list() == ["a/x", "c"]
    with pytest.raises(errors.AlreadyExistsError):
        storage.rename("c", "a/x")
    assert info["arrays"][0]["data_type"] == "float64" and info["arrays"][0]["bytes"] >= 80_000
    other = arraystow.Storage(tmp_path / "other", array_format="zarr", durability="not-synced")
    storage.copy("a/x", other)
    np.testing.assert_array_equal(other.load("a/x"), np.ones(10_000))
    assert [one["faults"] for one in other.verify()] == [[]] and other.verify("a/x", depth="quick")[0]["arrays"] == 1
    path = next(os.path.join(folder, file) for folder, _, files in os.walk(tmp_path / "other") for file in files if folder.endswith("/c"))
    with open(path, "r+b") as chunk:
        chunk.write(b"\xff\xff")
    (found,) = other.verify("a/x")
    assert found["faults"][0]["kind"] == "corrupt"
    with pytest.raises(errors.CorruptError):
        other.load("a/x").compute()
    other.remove("a/x")
    assert other.sweep() == [] and other.list() == []


def test_values_are_removed_by_a_glob(storage):
    for name in ("sim/1", "sim/2", "real/1"):
        storage.save(name, {"a": np.arange(5000)})
    assert storage.remove_matching("*/1") == ["real/1", "sim/1"] and storage.remove_matching("none/*") == []
    assert storage.list() == ["sim/2"] and storage.sweep() == []
    with pytest.raises(errors.InvalidNameError):
        storage.remove_matching("a[")


def test_all_object_stores_of_the_library_are_there():
    """The error names the options of the store."""
    for place, option in {"gs://b/x": "google_bucket", "az://b/x": "azure_storage_token", "s3://b/x": "aws_region"}.items():
        with pytest.raises(errors.InvalidInputError, match=option):
            arraystow.Storage(place, **{f"{option}_": "x"})


def test_values_are_found_by_their_fields(storage):
    for n in range(20):
        storage.save(f"runs/{n:02}", {"params": {"alpha": n / 10}, "scheme": "euler" if n % 2 else "heun", "n": n})
    for _ in range(2):
        found = storage.query("runs/*", ("params.alpha", ">=", 1.6), ("scheme", "contains", "he"), select=["n", "missing"])
        assert found == {
            "runs/16": {"params.alpha": 1.6, "scheme": "heun", "n": 16},
            "runs/18": {"params.alpha": 1.8, "scheme": "heun", "n": 18},
        }
        assert list(storage.query("runs/0*")) == [f"runs/0{n}" for n in range(10)]
        assert storage.query("**", ("params", "!=", None), ("n", "<", 1)) == {"runs/00": {"n": 0}}
    storage.save("typed", {"day": datetime.date(2026, 5, 1), "n": np.int8(7), "half": np.float32(0.5), "kind": Colour.RED})
    for condition in [
        ("day", ">", datetime.date(2026, 4, 30)),
        ("n", "==", np.int64(7)),
        ("half", "<=", np.float32(0.5)),
        ("half", "==", np.float64(0.5)),
        ("kind", "==", Colour.RED),
    ]:
        assert list(storage.query("typed", condition)) == ["typed"], condition
    with pytest.raises(TypeError, match=r"write a list of paths, as \['n'\]"):
        storage.query("**", select="n")
    with pytest.raises(ValueError, match="is not a comparison"):
        storage.query("**", ("n", "=~", 1))
    with pytest.raises(ValueError, match="a field is compared with"):
        storage.query("**", ("n", "==", [1]))


def test_whatever_moves_elements_reports_its_progress(storage, tmp_path):
    storage.save("x", {"a": np.arange(100_000), "texts": np.array(["a", "b"])})
    loaded = storage.load("x")
    for work in (
        loaded["a"].compute,
        loaded["texts"].compute,
        lambda progress: storage.rename("x", "other/x", progress=progress),
        lambda progress: storage.update("other/x", lambda value: {"a": value["a"][:] + 1}, progress=progress),
        lambda progress: storage.copy("other/x", arraystow.Storage(tmp_path / "copy"), progress=progress),
    ):
        seen = []
        work(progress=lambda done, total: seen.append((done, total)))
        assert seen and seen[-1][0] == seen[-1][1] > 0


def test_progress_is_reported_and_ctrl_c_stops(storage, tmp_path):
    seen = []
    storage.save("x", np.zeros(4_000_000), progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (32_000_000, 32_000_000)
    drawn = io.StringIO()
    with arraystow.progress.tqdm(desc="a save", file=drawn, mininterval=0) as bar:
        storage.save("x", np.zeros(4_000_000), progress=bar)
    assert "a save: 100%" in drawn.getvalue() and "32.0M/32.0M" in drawn.getvalue()
    with arraystow.progress.tqdm(unit="bytes", unit_scale=False, file=io.StringIO()) as bar:
        assert (bar._bar.unit, bar._bar.unit_scale) == ("bytes", False)
    shown = rich.progress.Progress(console=rich.console.Console(file=io.StringIO()))
    with shown, arraystow.progress.rich("a save", progress=shown) as bar:
        storage.verify("x", progress=bar)
    (task,) = shown.tasks
    assert task.description == "a save" and task.completed == task.total == 32_000_000
    with arraystow.progress.rich("its own"):
        pass
    script = tmp_path / "long.py"
    script.write_text(
        "import signal, sys, time, numpy as np, dask.array as da, arraystow\n"
        # A shell starts programs in the background with the signal ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def slow(block): time.sleep(0.2); return block\n"
        "array = da.zeros((200, 1000), chunks=(1, 1000)).map_blocks(slow, meta=np.zeros((0, 0)))\n"
        "print('begun', flush=True)\n"
        "arraystow.Storage(sys.argv[1]).save('long', array)\n"
    )
    running = subprocess.Popen([sys.executable, script, storage.place], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "begun\n"
    time.sleep(1)
    running.send_signal(signal.SIGINT)
    _, printed = running.communicate(timeout=20)
    assert "KeyboardInterrupt" in printed and "long" not in storage and storage.sweep() == []


def test_storages_and_arrays_are_pickled_without_secrets(storage):
    storage.save("x", {"deep": [np.arange(10_000)]})
    array = pickle.loads(pickle.dumps(storage.load("x")["deep"][0]))
    np.testing.assert_array_equal(array[5:8], [5, 6, 7])
    options = dict(aws_access_key_id="abc", aws_secret_access_key="hidden", aws_region="r", aws_endpoint="http://localhost:1", aws_allow_http="true")
    pickled = pickle.dumps(arraystow.Storage("s3://bucket/x", **options))
    assert b"hidden" not in pickled and b"abc" not in pickled and b"localhost" in pickled
    more = {"AWS_SESSION_TOKEN": "odd", "proxy_url": "http://user:odd@proxy:1", "aws_sse_kms_key_id": "a-name"}
    kept = arraystow.Storage("s3://bucket/x", **options, **more).__reduce__()[1][1]
    assert kept == {"aws_region": "r", "aws_endpoint": "http://localhost:1", "aws_allow_http": "true", "aws_sse_kms_key_id": "a-name"}
    part = pickle.loads(pickle.dumps(array.lazy(slice(2, 8, 2)).lazy(slice(1, 3))))
    np.testing.assert_array_equal(part, [4, 6])
    pickled = pickle.dumps(array)
    storage.save("x", {"deep": [np.zeros(10_000)]})
    with pytest.raises(errors.GoneError, match="replaced") as caught:
        pickle.loads(pickled)
    assert (caught.value.path, caught.value.document) == ("deep[0]", "x")
    # A save that leaves an array as it is leaves its pickles too.
    loaded = storage.load("x")
    pickled = pickle.dumps(loaded["deep"][0])
    storage.save("x", loaded | {"note": "new"})
    assert pickle.loads(pickled)[3] == 0.0


def test_async_forms_leave_the_loop_free(storage):
    async def main():
        ticks = 0

        async def tick():
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        ticking = asyncio.create_task(tick())
        await storage.save_async("x", np.zeros(4_000_000))
        loaded = await storage.load_async("x")
        ticking.cancel()
        return ticks, loaded.shape

    ticks, shape = asyncio.run(main())
    assert ticks > 0 and shape == (4_000_000,)
