"""dask's cluster: workers in processes of their own write and read."""

import os
import pickle
import signal
import threading
import time
from collections import Counter

import dask
import dask.array as da
import numpy as np
import pytest
import xarray as xr
from dask.delayed import delayed
from distributed import Client, LocalCluster, get_task_stream

import arraystow
from arraystow import errors


@pytest.fixture(scope="module")
def client():
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            yield client


def ramp(rows=64, slow=0.0):
    def block(block_info=None):
        time.sleep(slow)
        (top, bottom), (left, right) = block_info[None]["array-location"]
        return np.add.outer(np.arange(top, bottom), np.arange(left, right)).astype("f4")

    return da.map_blocks(block, chunks=((8,) * (rows // 8), (32,)), dtype="f4", meta=np.zeros((0, 0), "f4"))


WANTED = np.add.outer(np.arange(64), np.arange(32)).astype("f4")


def test_workers_write_and_read(client, storage):
    array = ramp()
    report = storage.save("x", {"name": "a ramp", "height": array, "again": array, "small": np.arange(3)})
    assert report["arrays_written"] == 2
    loaded = storage.load("x")
    assert loaded["name"] == "a ramp" and loaded["height"].chunks == array.chunks
    np.testing.assert_array_equal(loaded["height"], WANTED)
    np.testing.assert_array_equal(loaded["again"], WANTED)
    # The workers read, by what was pickled.
    assert float(loaded["height"].to_dask().sum().compute()) == WANTED.sum()
    assert storage.verify("x")[0]["faults"] == [] and storage.sweep() == []


def test_paths_with_the_same_text_and_keys_of_every_kind_are_written(client, storage):
    """Of two arrays with the same path, one got no chunk."""
    value = {"a": {"b": ramp()}, "a.b": ramp() + 1, 1e16: ramp() + 2, (1, True): ramp() + 3}
    value["same"] = xr.Dataset({"one": (("y", "x"), value["a.b"]), "two": (("y", "x"), value["a.b"])})
    storage.save("x", value)
    loaded = storage.load("x")
    for added, found in enumerate([loaded["a"]["b"], loaded["a.b"], loaded[1e16], loaded[1, True]]):
        np.testing.assert_array_equal(found, WANTED + added)
    np.testing.assert_array_equal(loaded["same"]["two"], WANTED + 1)


def test_a_killed_worker_costs_nothing(client, storage):
    storage.save("x", 1)

    def kill():
        time.sleep(0.7)
        os.kill(next(iter(client.run(os.getpid).values())), signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        storage.save("x", {"height": ramp(slow=0.3)})
        np.testing.assert_array_equal(storage.load("x")["height"], WANTED)
    except Exception:
        assert storage.load("x") == 1
    killer.join()
    client.wait_for_workers(2, timeout=30)


def test_a_save_that_fails_leaves_the_old_value(client, storage):
    storage.save("x", 1)

    def broken(block):
        raise RuntimeError("no sensor")

    with pytest.raises(RuntimeError, match="no sensor"):
        storage.save("x", {"height": ramp().map_blocks(broken, meta=np.zeros((0, 0), "f4"))})
    assert storage.load("x") == 1 and storage.sweep() == []


def test_of_two_savers_one_wins(client, storage):
    outcomes = []

    def save(number):
        try:
            storage.save("x", {"number": number, "height": ramp() + np.float32(number)})
            outcomes.append(number)
        except errors.ConflictError:
            outcomes.append(None)

    savers = [threading.Thread(target=save, args=(number,)) for number in range(2)]
    for saver in savers:
        saver.start()
    for saver in savers:
        saver.join()
    loaded = storage.load("x")
    assert loaded["number"] in outcomes
    np.testing.assert_array_equal(loaded["height"], WANTED + np.float32(loaded["number"]))


def test_chunks_that_cannot_be_written_are_refused_with_their_place(client, storage):
    with pytest.raises(TypeError, match="a: .*rechunk"):
        storage.save("x", {"a": da.zeros((10,), chunks=((3, 4, 3),))})
    assert not storage.exists()
    # Full chunks at the edge would take a third more.
    with pytest.raises(TypeError, match=r"a: .*must be those that are stored, of \[2\]"):
        storage.save("x", {"a": da.zeros((7,), chunks=3)})
    assert storage.list() == [] and storage.sweep() == []
    sharded = arraystow.Storage(storage.place, array_format="zarr", shard_bytes=800)
    for rechunk in (False, True):
        try:
            sharded.save("x", {"a": da.ones((1000,), chunks=10), "b": da.ones((7,), chunks=3)}, rechunk=rechunk)
        except TypeError as error:
            assert not rechunk and "must be those that are stored" in str(error)
    assert sharded.load("x")["a"].compute().sum() == 1000 and sharded.load("x")["b"].compute().sum() == 7


def test_datasets_empty_arrays_and_parts_are_written(client, storage):
    data = xr.Dataset({"air": (("y", "x"), ramp(), {"units": "K"})}, {"x": np.arange(32)})
    storage.save("x", {"data": data, "empty": da.zeros((0, 3)), (1, True): ramp(), None: ramp()})
    loaded = storage.load("x")
    air = loaded["data"]["air"]
    assert (air.dims, air.attrs, loaded["empty"].shape) == (("y", "x"), {"units": "K"}, (0, 3))
    for array in (air, loaded[1, True], loaded[None]):
        np.testing.assert_array_equal(array, WANTED)
    assert float(air.lazy((slice(8, 24), 3)).to_dask().sum().compute()) == WANTED[8:24, 3].sum()


def test_chunks_that_are_not_what_dask_says_are_refused(client, storage):
    for function, text in [(lambda block: block.view("i4"), "int32"), (np.ma.masked_less, "masked")]:
        more = (100,) if function is np.ma.masked_less else ()
        with pytest.raises((TypeError, ValueError), match=text):
            storage.save("x", {"a": ramp().map_blocks(function, *more, dtype="f4", meta=np.zeros((0, 0), "f4"))})
    assert storage.list() == []


def test_what_a_cluster_holds_is_saved_with_a_version(client, storage):
    storage.save("x", 1)
    held = ramp().persist()
    storage.save("x", [held, held + 1], version=storage.version("x"))
    first, second = storage.load("x")
    np.testing.assert_array_equal(first, WANTED)
    np.testing.assert_array_equal(second, WANTED + 1)


def test_a_task_gets_a_group_of_chunks_and_no_elements(client, storage, monkeypatch):
    seen = []
    original = arraystow._cluster._merged

    def counted(receipts):
        seen.extend(receipts)
        return original(receipts)

    monkeypatch.setattr(arraystow._cluster, "_merged", counted)
    array = da.ones((200, 10), chunks=(1, 10)) * 2
    with get_task_stream(client) as stream:
        storage.save("x", {"a": array})
    ran = Counter(str(task["key"]).rsplit("-", 5)[0] for task in stream.data)
    assert ran == {"_write_computed": 16, "merge_receipts": 3}, "one task for each group, and a tree that merges receipts"
    assert all(len(pickle.dumps(task.__dask_graph__())) < 60_000 for task in seen), "elements passed the scheduler"
    assert storage.load("x")["a"].to_dask().sum().compute() == 4000
    monkeypatch.setattr(arraystow._cluster, "TASK_BYTES", 200)
    assert len(arraystow._cluster._groups(array)) == 100, "a task has more bytes than it may"


def elements():
    records = np.zeros(7, [("n", "<i2"), ("inner", [("flag", "?"), ("x", "<f4")])])
    records["n"] = np.arange(7)
    return {
        "points": np.arange(7).astype("M8[ns]"),
        "spans": np.array([5, "NaT", -3, 0, 1, 2, 3], "m8[us]"),
        "records": records,
        "fixed": np.array([b"a", b"", b"bcd", b"x", b"y", b"z", b"abc"]),
        "raw": np.array([b"\0ab"] * 7, "V3"),
        "texts": np.array(["", "ä", "a\U0001f30d", "x" * 1000, "b", "c", "d"]),
        "objects": np.array(["", "ä", "a\U0001f30d", "x" * 1000, "b", "c", "d"], object),
    }


def test_workers_write_elements_that_are_no_numbers(client, storage, helper):
    wanted = elements()
    storage.save("x", {name: da.from_array(array, chunks=(4,)) for name, array in wanted.items()})
    helper("echo", storage.place, "x")
    for name in ("x", "x.again"):
        for key, found in storage.load(name).items():
            assert found.chunks == ((4, 3),)
            found = np.asarray(found)
            if key in ("texts", "objects"):
                assert found.tolist() == wanted[key].tolist()
            else:
                assert found.tobytes() == wanted[key].astype(found.dtype).tobytes() and found.dtype == wanted[key].dtype
    assert storage.verify("x")[0]["faults"] == []


def test_arrays_of_dask_whose_chunks_depend_on_each_other_are_written(client, storage):
    numbers = np.arange(400.0).reshape(20, 20)
    array = da.from_array(numbers, chunks=(5, 4))
    whole = delayed(np.copy)(numbers)
    cases = {
        "product": (array @ array.T, numbers @ numbers.T),
        "rechunked": (array.rechunk((4, 5)), numbers),
        "means": (array - array.mean(axis=0), numbers - numbers.mean(axis=0)),
        "parts": (da.from_delayed(whole, (20, 20), float).rechunk((7, 20)), numbers),
        "stored": (None, numbers),
    }
    storage.save("before", array)
    cases["stored"] = (storage.load("before").to_dask() + 1, numbers + 1)
    with dask.annotate(retries=2):
        cases["annotated"] = (da.from_array(numbers, chunks=(5, 4)) * 3, numbers * 3)
    storage.save("x", {name: array for name, (array, _) in cases.items()})
    loaded = storage.load("x")
    for name, (array, wanted) in cases.items():
        np.testing.assert_allclose(loaded[name], wanted)
        assert loaded[name].chunks == array.chunks


def test_a_last_chunk_without_elements_is_not_written(client, storage):
    numbers = np.arange(16.0).reshape(8, 2)
    array = da.from_array(numbers, chunks=((4, 4, 0), (2, 0)))
    assert array.chunks == ((4, 4, 0), (2, 0))
    storage.save("x", {"a": array, "shared": array - array.sum(), "held": (array + 1).persist()})
    loaded = storage.load("x")
    np.testing.assert_array_equal(loaded["a"], numbers)
    np.testing.assert_array_equal(loaded["shared"], numbers - 120)
    np.testing.assert_array_equal(loaded["held"], numbers + 1)
    storage.save("here", array, version=storage.save("here", 1)["version"])
    np.testing.assert_array_equal(storage.load("here"), numbers)


def test_a_save_of_unknown_outcome_leaves_the_session(client, storage, monkeypatch):
    """The value may refer to its arrays."""

    class Session:
        def __init__(self, raw):
            self.raw = raw

        def tickets(self):
            return self.raw.tickets()

        def commit(self, receipts):
            self.raw.commit(receipts)
            raise errors._of_kind("unknown_outcome", "the store does not respond", None, "x", None, None, [])

        def abandon(self):
            raise AssertionError("abandoned")

    class Raw:
        begin = lambda self, *given: Session(storage._raw.begin(*given))
        slot = lambda self, ticket: storage._raw.slot(ticket)

    class Doubled:
        _raw = Raw()

        def __reduce__(self):
            return arraystow.Storage, (storage.place,)

    with pytest.raises(errors.UnknownOutcomeError):
        arraystow._cluster.save(Doubled(), "x", {"height": ramp()}, False, None)
    np.testing.assert_array_equal(storage.load("x")["height"], WANTED)


def test_unequal_chunks_are_made_equal_by_choice(client, storage):
    array = da.from_array(np.arange(30).reshape(10, 3), chunks=((3, 4, 3), (1, 2)))
    storage.save("x", {"a": array, "fits": ramp()}, rechunk=True)
    loaded = storage.load("x")
    assert loaded["a"].chunks == ((4, 4, 2), (2, 1)) and loaded["fits"].chunks == ramp().chunks
    np.testing.assert_array_equal(loaded["a"], np.arange(30).reshape(10, 3))


def test_a_value_is_walked_once(client, storage):
    class Counted(dict):
        walks = 0

        def items(self):
            type(self).walks += 1
            return super().items()

        def values(self):
            type(self).walks += 1
            return super().values()

    for name, value in [("x", Counted(height=ramp(), n=1)), ("plain", Counted(n=1))]:
        Counted.walks = 0
        storage.save(name, value)
        assert Counted.walks == 1, name


@pytest.fixture(scope="module")
def four(s3):
    """A cluster of 4 workers, which have the credentials of the server in their environment."""
    os.environ |= {name.upper(): value for name, value in s3.items() if "key" in name}
    with LocalCluster(n_workers=4, threads_per_worker=1, processes=True, dashboard_address=":0") as cluster:
        with Client(cluster) as client:
            yield client


@pytest.mark.parametrize("where", ["folder", "S3"])
def test_four_workers_sum_an_array(four, s3, where, storage):
    """Of 64 MiB; of ARRAYSTOW_CLUSTER_MIB=1024 it is 1 GiB."""
    mib = int(os.environ.get("ARRAYSTOW_CLUSTER_MIB", 64))
    if where == "S3":
        storage = arraystow.Storage("s3://bucket/sums", **s3)
    array = da.arange(mib << 17, chunks=1 << 18, dtype="i8")
    storage.save("x", {"a": array})
    loaded = storage.load("x")["a"]
    assert loaded.nbytes == mib << 20 and len(loaded.chunks[0]) == mib // 2
    start = time.perf_counter()
    count = mib << 17
    assert int(loaded.to_dask().sum().compute()) == count * (count - 1) // 2
    print(f"{where}: {mib} MiB summed in {time.perf_counter() - start:.2f} s")
    storage.remove("x")
