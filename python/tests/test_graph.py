"""Arrays of dask whose chunks need common results: each is computed once."""

import threading
import time
from collections import Counter

import dask
import dask.array as da
import numpy as np
import pytest
from dask.delayed import delayed

from arraystow._graph import Graph


@pytest.fixture
def counted():
    counts = Counter()
    lock = threading.Lock()

    def count(name):
        with lock:
            counts[name] += 1

    count.of = counts
    return count


def test_a_result_that_chunks_share_is_one_for_all(storage):
    wanted = da.from_delayed(delayed(np.random.rand)(100), (100,), float).rechunk(10)
    storage.save("x", {"a": wanted - wanted, "b": wanted})
    loaded = storage.load("x")
    np.testing.assert_array_equal(loaded["a"], np.zeros(100))
    assert len(np.unique(loaded["b"])) == 100
    drawn = da.from_delayed(delayed(np.random.rand)(100), (100,), float)
    storage.save("x", da.concatenate([drawn.rechunk(10), drawn.rechunk(20)]))
    found = np.asarray(storage.load("x"))
    np.testing.assert_array_equal(found[:100], found[100:])


def test_each_block_is_computed_once(storage, counted):
    def block(block_info=None):
        (first, last), _ = block_info[None]["array-location"]
        counted(first)
        time.sleep(0.001)
        return np.arange(first, last, dtype=float)[:, None] * np.ones(6)

    array = da.map_blocks(block, chunks=((2,) * 40, (6,)), dtype=float, meta=np.zeros((0, 0)))
    wanted = np.arange(80.0)[:, None] * np.ones(6)
    cases = {"mean": (array - array.mean(), wanted - wanted.mean()), "rechunked": (array.rechunk((7, 3)), wanted)}
    cases["sums"] = (array + array.sum(axis=0), wanted + wanted.sum(axis=0))
    for name, (one, result) in cases.items():
        counted.of.clear()
        storage.save(name, one)
        assert set(counted.of.values()) == {1} and len(counted.of) == 40, name
        np.testing.assert_allclose(storage.load(name), result)


def test_results_are_dropped_when_the_last_chunk_has_them(counted):
    array = da.ones((40, 4), chunks=(2, 4))
    array = array.map_blocks(lambda block: counted("x") or block + 1, meta=np.zeros((0, 0)))
    (array,) = dask.optimize(array - array.sum())
    keys = [(array.name, at, 0) for at in range(20)]
    graph = Graph(dict(array.__dask_graph__()), keys)
    first = graph.compute(keys[0])
    assert 0 < len(graph._kept) <= 20
    threads = [threading.Thread(target=graph.compute, args=(key,)) for key in keys[1:]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not graph._kept and counted.of["x"] == 20
    # A chunk that is asked for again is computed again.
    np.testing.assert_array_equal(graph.compute(keys[0]), first)
    assert not graph._kept


def test_what_is_read_from_data_is_not_kept(storage):
    storage.save("before", da.arange(1000, chunks=10))
    array = storage.load("before").to_dask()
    (array,) = dask.optimize(array - array.mean())
    keys = [(array.name, at) for at in range(100)]
    graph = Graph(dict(array.__dask_graph__()), keys)
    for key in keys[:10]:
        graph.compute(key)
    assert len(graph._kept) <= 2, "parts of a stored array are kept"
    storage.save("after", array)
    np.testing.assert_allclose(storage.load("after"), np.arange(1000) - 499.5)


def test_a_shared_result_that_fails_fails_all_chunks():
    @delayed
    def broken():
        raise RuntimeError("no sensor")

    array = da.from_delayed(broken(), (10,), float).rechunk(5)
    (array,) = dask.optimize(array)
    keys = [(array.name, at) for at in range(2)]
    graph = Graph(dict(array.__dask_graph__()), keys)
    for key in keys + keys:
        with pytest.raises(RuntimeError, match="no sensor"):
            graph.compute(key)
