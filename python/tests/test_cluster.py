"""dask's cluster: workers in processes of their own write and read."""

import os
import signal
import threading
import time

import dask.array as da
import numpy as np
import pytest
import xarray as xr
from distributed import Client, LocalCluster

import arraystow
from arraystow import errors


@pytest.fixture(scope="module")
def client():
    with LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
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


def test_a_worker_gets_a_ticket_and_no_elements(client, storage):
    sizes = []
    original = arraystow._dask._written

    def counted(storage, ticket, array):
        sizes.append(len(ticket))
        return original(storage, ticket, array)

    arraystow._dask._written = counted
    try:
        storage.save("x", ramp())
    finally:
        arraystow._dask._written = original
    assert sizes and sizes[0] < 2000
